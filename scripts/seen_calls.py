"""One scripted call for each cue: `.venv/bin/python scripts/seen_calls.py [CASE ...] [--report FILE]`.

A drawn caller (Mara) goes before a real agent in a real room: her picture is encoded, sent and looked at as anybody's.
She does one thing, asks whether it is seen, and the agent answers by voice. In further calls she waves without a word,
leaves in mid-reply, comes back, or is seen only later. Each takes half a minute; prints a table in Markdown.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click
import numpy as np
from drawn_caller import FRAME, SIZE, before_a_camera
from measure_cues import ACTS, alive, perform

from visavis.caller.camera import CameraFile
from visavis.caller.questions import ask
from visavis.caller.scene import Scene, scene_of
from visavis.caller.session import hold_call
from visavis.caller.speech import Line, Plan
from visavis.caller.take import Take
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.dialogue.seen import PHRASES
from visavis.local.server import LocalServer
from visavis.local.tokens import calling_token
from visavis.local.worker_process import LocalWorker
from visavis.media.files import VideoWriter
from visavis.media.frames import to_float
from visavis.media.texts import write_whole
from visavis.vision.portraits import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import FPS, ROOM_RATE

CALLER = "mara"
BEGINS_S, FILM_S, RAMP_S = 5.0, 45.0, 0.25  # her rest is known by then; no call is longer
HOLDS = 2  # frames that show one picture: 12.5 a second are enough
WAVE_RAD, WAVE_HZ = 0.45, 1.4
GESTURES = ("nod", "shake")  # made for two seconds, then not for one, again and again
BEAT_S, BEAT_PAUSE_S = 2.0, 1.0
LONG = "Who are you, and what can you do?"  # its answer is long enough to be left in
WAITING = ((0.5, "How much is two plus two?"), (22.0, "Thank you."))  # and in between she says nothing
QUIET = "present", "looking", "speaking"  # cues that come with any caller


@dataclass(frozen=True)
class Case:
    """One call.

    Attributes:
        act: what she does from `BEGINS_S` of the film on, of `measure_cues.ACTS`.
        arm: seconds -> how far her raised arm leans, in rad; None while it hangs.
        away: (from, until) s, in which nobody is in the picture.
        begins_s: when in the film that begins which is to be told.
        lines: what she says: (silence before it, in s, and the text).
        expected: what the agent says of it, a regular expression.
        cue: that must be told.
        pauses: whether its voice must wait, and go on.
    """

    name: str
    lines: tuple[tuple[float, str], ...]
    expected: str
    cue: str = ""
    act: str = ""
    arm: Callable[[float], float | None] = lambda t: None
    away: tuple[float, float] = (0.0, 0.0)
    begins_s: float = BEGINS_S
    pauses: bool = False


def asking(cue: str) -> tuple[tuple[float, str], ...]:
    doing = PHRASES[cue].doing.replace("your", "my")
    return ((1.5, f"Can you see that I am {doing}?"),)


def answering(cue: str) -> str:
    return r"yes, i can see your smile" if cue == "smile" else f"yes, i see you {PHRASES[cue].doing}"


def arm_up(wave: bool) -> Callable[[float], float | None]:
    def lean(t: float) -> float | None:
        if t < BEGINS_S:
            return None
        return WAVE_RAD * float(np.sin(2 * np.pi * WAVE_HZ * t)) if wave else 0.1

    return lean


CASES = [
    *(Case(name, asking(name), answering(name), name, act=name) for name in ACTS if PHRASES.get(name)),
    Case("hand_raised", asking("hand_raised"), answering("hand_raised"), "hand_raised", arm=arm_up(False)),
    Case("wave", asking("wave"), answering("wave"), "wave", arm=arm_up(True)),
    Case(
        "waves without a word", WAITING, r"i see you waving", "wave",
        arm=lambda t: arm_up(True)(t) if 15 < t < 21 else None, begins_s=15.0,
    ),
    Case("leaves in mid-reply", ((0.5, LONG),), r"camera shows", "away", away=(9.0, 17.0), begins_s=9.0, pauses=True),
    Case("comes back", WAITING, r"welcome back", "away", away=(12.0, 24.0), begins_s=12.0),
    Case("is seen later", WAITING, r"now i can see you", "present", away=(0.0, 22.0), begins_s=22.0),
    Case("does nothing", ((2.0, "Can you see that I am smiling?"),), r"i do not see a smile"),
]  # fmt: skip


@dataclass
class Came:
    """What came of a case.

    Attributes:
        told_s: when the cue was told, after the act began; None for never.
        others: other cues that were told.
        said: all that the agent said, from the first line on.
        heard: what it understood of her.
        gave_way: when it had time for less: the quality of the face, and pictures of the camera a second.
        stops: how its voice was stopped, and when; `resumed`: when it went on.
    """

    name: str
    right: bool
    told_s: float | None
    others: list[str]
    said: list[str]
    heard: list[str]
    gave_way: list[tuple[float, str, float | None]]
    stops: list[tuple[float, str]] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)


@click.command()
@click.argument("names", nargs=-1, metavar="[CASE ...]")
@click.option("--report", type=click.Path(path_type=Path), help="Write all that was told and said there, JSON.")
@click.option(
    "--films", type=click.Path(file_okay=False, path_type=Path), help="Keep what the camera shows there, drawn once."
)
def main(names: tuple[str, ...], report: Path | None, films: Path | None) -> None:
    """Hold one call for each cue; prints a table in Markdown."""
    known = [case.name for case in CASES]
    if unknown := set(names) - set(known):
        raise click.BadParameter(f"no case {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    cases = [case for case in CASES if not names or case.name in names]
    with tempfile.TemporaryDirectory() as folder:
        drawn = draw(cases, films or Path(folder))
        made = asyncio.run(hold_all(cases, drawn))
    click.echo(
        "| the caller | told after | other cues | the agent said | as expected |\n| --- | --- | --- | --- | --- |"
    )
    for came in made:
        told = "-" if came.told_s is None else f"{came.told_s:.1f} s"
        said = " / ".join(came.said)
        click.echo(
            f"| {came.name} | {told} | {', '.join(came.others) or '-'} | {said} | {'yes' if came.right else 'NO'} |"
        )
    if report:
        write_whole(report, json.dumps([asdict(came) for came in made], indent=2))


def draw(cases: list[Case], folder: Path) -> dict[str, Path]:
    """The films of the cases by name; those that are there are taken as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    films = {case.name: folder / f"{case.name.replace(' ', '_')}.mp4" for case in cases}
    with click.progressbar(cases, label="Drawing", file=sys.stderr) as bar:
        for case in bar:
            if not films[case.name].exists():
                film(case, films[case.name])
    return films


async def hold_all(cases: list[Case], films: dict[str, Path]) -> list[Came]:
    voice, made = HibariVoice(), []
    async with LocalServer(environment=False) as server, LocalWorker(server):
        for case in cases:
            lines = tuple(later(ask(voice, text), silence_s) for silence_s, text in case.lines)
            plan, take = Plan(lines), Take("")
            camera = CameraFile(films[case.name])
            await hold_call(server.url, calling_token(server.endpoint.keys), plan, take, camera=camera)
            assert camera.began_s is not None
            made.append(judged(case, take, camera.began_s - take.began_s))
            click.echo(f"... {made[-1]}", err=True)
    return made


def later(line: Line, silence_s: float) -> Line:
    silence = np.zeros(round(silence_s * ROOM_RATE), np.float32)
    return Line.of(line.name, np.concatenate([silence, to_float(line.pcm)]))


def film(case: Case, path: Path) -> None:
    """Draw what the camera shows of the caller."""
    rng = np.random.default_rng(len(case.name))
    renderer = Renderer(portrait(CALLER), SIZE)
    with VideoWriter(path, (FRAME[1], FRAME[0])) as video:
        for k, row in enumerate(alive(rng, round(FILM_S * FPS))[::HOLDS]):
            t = k * HOLDS / FPS
            if case.act and t >= BEGINS_S:
                perform(row, *acted(case.act, t - BEGINS_S))
            away = case.away[0] <= t < case.away[1]
            picture = before_a_camera(None if away else renderer.render(row[None])[0], rng, case.arm(t))
            for _ in range(HOLDS):
                video.picture(picture)


def acted(name: str, t: float) -> tuple[dict[str, float], float]:
    """Weights `t` s into an act, and how much of them: it is held, or is a gesture that is made again and again."""
    if name in GESTURES:
        t %= BEAT_S + BEAT_PAUSE_S
        ramp = float(np.clip(min(t, BEAT_S - t) / RAMP_S, 0, 1))
    else:
        ramp = min(t / RAMP_S, 1.0)
    return ACTS[name](t, 0.95), ramp


def judged(case: Case, take: Take, film_s: float) -> Came:
    """What came of a case whose film began `film_s` s into the record."""
    scene = scene_of(take)
    told = [at_s for at_s, name, on in scene.cues if name == case.cue and on]
    said, heard = words(scene, mine=False), words(scene, mine=True)
    told_s = round(told[0 if case.cue != "present" else -1] - film_s - case.begins_s, 1) if told else None
    right = bool(re.search(case.expected, " ".join(said).lower())) and bool(told) == bool(case.cue)
    if case.pauses:
        right &= any(stop.how == "pause" for stop in scene.stopped) and bool(scene.resumed)
    others = sorted({name for _, name, on in scene.cues if on} - {case.cue, *QUIET})
    stops = [(round(stop.at, 1), stop.how) for stop in scene.stopped]
    return Came(
        case.name, right, told_s, others, said, heard, scene.gave_way, stops, [round(at_s, 1) for at_s in scene.resumed]
    )


def words(scene: Scene, *, mine: bool) -> list[str]:
    """The last caption of each segment, in order."""
    last = {caption.segment: caption.text for caption in scene.words if caption.mine is mine}
    return list(last.values())


if __name__ == "__main__":
    main()
