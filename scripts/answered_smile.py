"""Does the face smile back, and only then? `.venv/bin/python scripts/answered_smile.py [--room] [PICTURE]`.

The same caller smiles, stays calm, or has no camera. Pictures go to the landmarks, what they show to the face. Without
--room that runs on a clock of its own, so that it does not matter what else the machine does, and what is seen reaches
the face `LATENCY_S` after its picture. With it calls are held in a real room on a LiveKit server of its own: pictures
go through the encoder and the wire, and take as long as they take. Prints a table in Markdown, and writes a picture of
both faces on one time line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.voice.room_io import RoomOptions
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from visavis.avatar import AvatarSession, VideoOptions
from visavis.avatar.pump import clock_us
from visavis.call.session import SURE
from visavis.local.server import LocalServer
from visavis.local.tokens import access_token
from visavis.perception import Watcher
from visavis.perception.landmarks import FaceTracker
from visavis.perception.user_motion import SeenMotion, UserMotion
from visavis.vision import bundles
from visavis.vision.portraits import portrait
from visavis_models.serve.chance import BLINK, WANDER, impulses
from visavis_models.serve.direction import Direction
from visavis_models.serve.ease import minimum_jerk
from visavis_models.serve.emotion import FRIENDLY, parse_emotion
from visavis_models.serve.follow import Person
from visavis_models.serve.motion import MotionModel
from visavis_models.serve.performance import Performance
from visavis_models.serve.reaction import SMILE_ON
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.stream import HORIZON_FRAMES, FaceStream, MotionStream
from visavis_models.spec import FPS, MODEL_FRAME, N_MOTION, ROTATION, Motion, channels

CALLER, AVATAR = "mara", "alex"
CAMERA_FPS, CAMERA_SIZE, FACE_SIZE = 15, 384, 256
CALM_S, SMILE_S, AFTER_S, RISE_S = 9.0, 4.0, 5.0, 0.4
SMILES = 0.7  # weight of the caller's smile
CALLS = 3  # of each kind
LATENCY_S = (0.15, 0.6)  # from a picture to what is known of it: a quiet machine, and a very busy one
RISEN = 0.05  # of the avatar's smile above what it was, that counts as an answer
SIDES = channels("mouthSmileLeft", "mouthSmileRight")
FRAMES = round((CALM_S + SMILE_S + AFTER_S) * FPS)
Curve = list[tuple[float, float]]  # seconds after the caller's smile begins, weight
Place = Callable[[float, float], tuple[float, float]]


def caller(smiles: float, seed: int = 0) -> NDArray[np.float32]:
    """Somebody before a camera, [T, 60]: sways and blinks, and smiles for a while."""
    chance, rows = impulses(7 + seed, 0, FRAMES), np.zeros((FRAMES, N_MOTION), np.float32)
    rows[:, ROTATION] = 0.02 * chance[:, WANDER][:, :3]
    rows[:, channels("eyeBlinkLeft", "eyeBlinkRight")] = np.clip(1.7 * chance[:, [BLINK]], 0, 1)
    for k in range(FRAMES):
        after_s = k / FPS - CALM_S
        level = minimum_jerk(after_s / RISE_S) - minimum_jerk((after_s - SMILE_S) / RISE_S)
        rows[k, SIDES] = smiles * level
        rows[k, channels("cheekSquintLeft", "cheekSquintRight")] = 0.5 * smiles * level
    return rows


def drawn(rows: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    """The pictures of a camera."""
    renderer = Renderer(portrait(CALLER), CAMERA_SIZE)
    places = np.arange(0, FRAMES, FPS / CAMERA_FPS).astype(int)
    return [renderer.render(rows[k : k + 1])[0].copy() for k in places]


def watched(pictures: list[NDArray[np.uint8]]) -> list[tuple[float, SeenMotion]]:
    """What is known of somebody after each picture, with the picture's time."""
    tracker, motion, known = FaceTracker(bundles.find(), pose_every_ms=None), UserMotion(), []
    for k, picture in enumerate(pictures):
        seen = motion.see(tracker.see(picture, round(1000 * k / CAMERA_FPS)))
        if (told := motion.untold()) is not None:
            motion.told(Person.of(told))
        if seen is not None:
            known.append((k / CAMERA_FPS, seen))
    tracker.close()
    return known


@dataclass
class Noted:
    """What a call gave: the smile that was seen, the avatar's, and the rows of its face."""

    began_us: int = 0
    seen: Curve = field(default_factory=list)
    own: Curve = field(default_factory=list)
    rows: list[NDArray[np.float32]] = field(default_factory=list)

    def at_s(self) -> float:
        return (clock_us() - self.began_us) / 1e6 - CALM_S


class NotingFace:
    """Draws the shipped face and notes its motion."""

    def __init__(self, noted: Noted, seed: int) -> None:
        self._noted = noted
        performance = Performance(seed=seed, bearing=parse_emotion(FRIENDLY))
        renderer = Renderer(portrait(AVATAR), FACE_SIZE, output="i420")
        self._stream = FaceStream(MotionStream(MotionModel.load(), seed=seed), renderer, performance)

    def direct(self, direction: Direction, in_frames: int) -> None:
        assert self._stream.performance is not None
        self._stream.performance.direct(direction, in_frames)

    def next(
        self, voice: NDArray[np.float32], user: NDArray[np.float32] | None, user_motion: Motion | None, skip: int
    ) -> NDArray[np.uint8]:
        for k in range(skip):
            self._stream.skip(voice[k * MODEL_FRAME :], user, user_motion)
        picture, row = self._stream.next(voice[skip * MODEL_FRAME :], user, user_motion)
        if self._noted.began_us:
            self._noted.own.append((self._noted.at_s(), float(row[SIDES].mean())))
            self._noted.rows.append(row)
        return picture


def at_desk(known: list[tuple[float, SeenMotion]], seed: int, latency_s: float) -> Noted:
    """The face's motion where what was seen of the caller reaches it so much later than its picture."""
    noted = Noted(seen=[(at + latency_s - CALM_S, float(it.motion.values[-1, SIDES].mean())) for at, it in known])
    motion = MotionStream(MotionModel.load(), seed=seed)
    performance = Performance(seed=seed, bearing=parse_emotion(FRIENDLY))
    silence = np.zeros(HORIZON_FRAMES * MODEL_FRAME, np.float32)
    for k in range(FRAMES):
        seen = next((it for at, it in reversed(known) if at + latency_s <= k / FPS), None)
        user = seen.motion if seen is not None and seen.confidence[-1] >= SURE else None
        row = performance.next(motion.next(silence, None, user), silence, None, user)
        noted.own.append((k / FPS - CALM_S, float(row[SIDES].mean())))
        noted.rows.append(row)
    return noted


def on_own_clock() -> dict[str, list[Noted]]:
    """All calls, by what the camera shows."""
    taken: dict[str, list[Noted]] = {}
    for seed in range(CALLS):
        smiling, calm = (watched(drawn(caller(smiles, seed))) for smiles in (SMILES, 0.0))
        for latency_s in LATENCY_S:
            taken.setdefault(f"smiling, {latency_s:g} s late", []).append(at_desk(smiling, seed, latency_s))
        taken.setdefault("calm", []).append(at_desk(calm, seed, LATENCY_S[0]))
        taken.setdefault("none", []).append(at_desk([], seed, 0.0))
    return taken


async def hold(server: LocalServer, name: str, pictures: list[NDArray[np.uint8]] | None, seed: int) -> Noted:
    """One call; None: no camera."""
    noted = Noted()
    rooms = {who: rtc.Room() for who in ("agent", "caller")}
    for who, room in rooms.items():
        token = access_token(server.endpoint.keys, room=name, identity=who, agent=None)
        await room.connect(server.url, token)

    def see(seen: SeenMotion | None) -> None:
        sure = seen is not None and seen.confidence[-1] >= SURE
        avatar.see(seen.motion if seen is not None and sure else None)
        if seen is not None:
            noted.seen.append((noted.at_s(), float(seen.motion.values[-1, SIDES].mean())))

    session: AgentSession[None] = AgentSession()
    avatar = AvatarSession(video=VideoOptions(FACE_SIZE), source=NotingFace(noted, seed))
    watcher = Watcher(rooms["agent"], lambda _: None, on_motion=see)
    watcher.start()
    await avatar.start(session, room=rooms["agent"])
    silent = RoomOptions(audio_input=False, audio_output=False, text_input=False)
    await session.start(Agent(instructions=""), room=rooms["agent"], room_options=silent)
    try:
        await show(rooms["caller"], pictures, noted)
    finally:
        await session.aclose()
        await avatar.aclose()
        await watcher.aclose()
        for room in rooms.values():
            await room.disconnect()
    return noted


async def show(room: rtc.Room, pictures: list[NDArray[np.uint8]] | None, noted: Noted) -> None:
    """Be in the room for as long as the pictures last, and show them."""
    source = rtc.VideoSource(CAMERA_SIZE, CAMERA_SIZE)
    if pictures is not None:
        track = rtc.LocalVideoTrack.create_video_track("camera", source)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, video_codec=rtc.VideoCodec.VP8, simulcast=False
        )
        await room.local_participant.publish_track(track, options)
    noted.began_us = clock_us()
    for k in range(round(FRAMES / FPS * CAMERA_FPS)):
        await asyncio.sleep(max(noted.began_us / 1e6 + k / CAMERA_FPS - clock_us() / 1e6, 0))
        if pictures is not None:
            picture = pictures[min(k, len(pictures) - 1)]
            source.capture_frame(rtc.VideoFrame(CAMERA_SIZE, CAMERA_SIZE, rtc.VideoBufferType.RGB24, picture.tobytes()))
    await source.aclose()


def answered(noted: Noted) -> tuple[float, float, float, float]:
    """Of one call: the smile before, how far it is up 1.2 s later and at most, and when it had risen (nan: never)."""
    times, smile = np.array(noted.own).T
    before = float(smile[(times > -2) & (times < 0)].mean())
    during = (times >= 0) & (times < SMILE_S)
    risen = times[during][smile[during] > before + RISEN]
    at_1200 = float(smile[times >= 1.2][0]) - before
    return before, at_1200, float(smile[during].max()) - before, float(risen[0]) if len(risen) else float("nan")


async def in_rooms() -> dict[str, list[Noted]]:
    """All calls, by what the camera shows."""
    cameras = {"smiling": drawn(caller(SMILES)), "calm": drawn(caller(0.0)), "none": None}
    taken: dict[str, list[Noted]] = {kind: [] for kind in cameras}
    async with LocalServer(environment=False) as server:
        for seed in range(CALLS):
            for kind, pictures in cameras.items():
                taken[kind].append(await hold(server, f"{kind}-{seed}", pictures, seed))
    return taken


def table(taken: dict[str, list[Noted]]) -> str:
    """Markdown: each figure of each call."""
    lines = [
        "| camera | seen after | smile before | 1.2 s later | most in 4 s | up by 0.05 after | 1.2 s after its end |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind, notes in taken.items():
        figures = [answered(noted) for noted in notes]
        ends = [
            _near(noted.own, SMILE_S + RISE_S + 1.2) - figure[0] for noted, figure in zip(notes, figures, strict=True)
        ]
        cells = [" / ".join(f"{value:+.2f}" for value in column) for column in list(zip(*figures, strict=True))[1:3]]
        before = " / ".join(f"{figure[0]:.2f}" for figure in figures)
        when, seen = " / ".join(_moment(f[3]) for f in figures), " / ".join(_moment(seen_after(n)) for n in notes)
        left = " / ".join(f"{value:+.2f}" for value in ends)
        lines.append(f"| {kind} | {seen} | {before} | {cells[0]} | {cells[1]} | {when} | {left} |")
    return "\n".join(lines)


def seen_after(noted: Noted) -> float:
    """When so much of the caller's smile was seen that it counts, in seconds after it began; nan: never."""
    return next((at for at, value in noted.seen if 0 < at < SMILE_S and value >= SMILE_ON), float("nan"))


def _moment(seconds: float) -> str:
    return "never" if np.isnan(seconds) else f"{seconds:.2f} s"


def _near(curve: Curve, at_s: float) -> float:
    times, values = np.array(curve).T
    return float(values[np.abs(times - at_s).argmin()])


FACES, FACE = 8, 144  # pictures in a row, pixels
CROP = (136, 116, 376, 356)  # of 512: the face alone
LEFT, RIGHT, PLOT, FROM_S, TO_S = 92, 16, 220, -1.0, SMILE_S + 3.0
INK, GRID = (40, 40, 40), (220, 220, 220)
SMILING, LATER, CALM, NONE = (200, 60, 40), (235, 160, 130), (60, 110, 190), (120, 120, 120)


def picture(taken: dict[str, list[Noted]], path: Path) -> None:
    """Both faces side by side over the smiles of all calls, on one time line."""
    width, height = LEFT + FACES * FACE + RIGHT, 2 * FACE + PLOT + 76
    image = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    rows, noted = caller(SMILES), next(iter(taken.values()))[0]
    colours = dict(zip(taken, (SMILING, *((LATER,) if len(taken) > 3 else ()), CALM, NONE), strict=True))
    moments = np.linspace(FROM_S, TO_S, FACES + 1)[:-1] + (TO_S - FROM_S) / FACES / 2
    own_times = np.array([at for at, _ in noted.own])
    for line, (name, label) in enumerate(((CALLER, "the caller"), (AVATAR, "the avatar"))):
        renderer = Renderer(portrait(name), 512)
        draw.text((8, line * FACE + FACE // 2 - 8), label, INK, font)
        for k, at_s in enumerate(moments):
            row = rows[round((at_s + CALM_S) * FPS)] if not line else noted.rows[np.abs(own_times - at_s).argmin()]
            face = Image.fromarray(renderer.render(row[None])[0]).crop(CROP).resize((FACE, FACE))
            image.paste(face, (LEFT + k * FACE, line * FACE))
    bottom = 2 * FACE + 16 + PLOT

    def place(at_s: float, value: float) -> tuple[float, float]:
        return LEFT + (at_s - FROM_S) / (TO_S - FROM_S) * FACES * FACE, bottom - value / 0.8 * PLOT

    for value in (0.0, 0.2, 0.4, 0.6, 0.8):
        draw.line((*place(FROM_S, value), *place(TO_S, value)), GRID)
        draw.text((LEFT - 30, place(0, value)[1] - 8), f"{value:.1f}", INK, font)
    for second in range(int(FROM_S), int(TO_S) + 1):
        draw.line((*place(second, 0), *place(second, 0.8)), GRID)
        draw.text((place(second, 0)[0] - 8, bottom + 4), f"{second} s", INK, font)
    shown = [(at - CALM_S, float(row[SIDES].mean())) for at, row in zip(np.arange(FRAMES) / FPS, rows, strict=True)]
    _line(draw, place, shown, INK, 2)
    for kind, notes in taken.items():
        for one in notes:
            _line(draw, place, one.own, colours[kind], 2)
    legend = [("the caller's smile", INK), *((f"the avatar's: {kind}", it) for kind, it in colours.items())]
    at = LEFT
    for text, colour in legend:
        draw.line((at, bottom + 40, at + 24, bottom + 40), colour, 3)
        draw.text((at + 30, bottom + 31), text, INK, font)
        at += 60 + int(draw.textlength(text, font))
    image.quantize(256).save(path, optimize=True)


def _line(draw: ImageDraw.ImageDraw, place: Place, curve: Curve, colour: tuple[int, int, int], width: int) -> None:
    points = [place(at_s, value) for at_s, value in curve if FROM_S <= at_s <= TO_S]
    draw.line(points, colour, width, joint="curve")


@click.command()
@click.option("--room", is_flag=True, help="Hold the calls in a real room.")
@click.argument("path", required=False, metavar="[PICTURE]", type=click.Path(dir_okay=False, path_type=Path))
def main(room: bool, path: Path | None) -> None:
    """Measure the avatar's smile at a smiling, a calm and no caller; prints a table in Markdown, draws PICTURE."""
    if path is not None and path.suffix != ".png":
        raise click.BadParameter(f"{path}: give a name that ends in .png")
    taken = asyncio.run(in_rooms()) if room else on_own_clock()
    click.echo(f"{CALLS} calls of each kind\n\n{table(taken)}")
    if path is not None:
        picture(taken, path)


if __name__ == "__main__":
    main()
