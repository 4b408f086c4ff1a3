"""Training data: scenes of speaking, listening and silence with authored motion, and real captures.

    python -m visavis_models.train.studio OUT [--minutes 120] [--captures ../shared/data] [--seed 0]

Speech comes from the default voice with exact phone times; the motion of those scenes is authored (`mouth`, `life`).
Shards of about ten minutes are seeded one by one: an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from visavis_models.errors import InputError
from visavis_models.serve.chance import impulses
from visavis_models.serve.emotion import EMOTIONS
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, MODEL_RATE
from visavis_models.train.captures import CLIPS, load_capture
from visavis_models.train.grid import grid_scenes
from visavis_models.train.life import author_life
from visavis_models.train.mouth import author_mouth, bite, closure
from visavis_models.train.scenes import AXES, N_STYLES, STYLES, Scene, new_scene, save_shard
from visavis_models.train.sentences import passage
from visavis_models.train.voice import Phone, Voice

FloatArray = NDArray[np.float32]

SCENE_S, SHARD_SCENES = 50.0, 12
LEAD_S = 1.0  # silence before and after a scene's events
SPEAKS, LISTENS = 0.62, 0.2  # shares of events; the rest is silence


def authored_scene(voice: Voice, rng: np.random.Generator, name: str) -> Scene:
    """A conversation of about 50 s."""
    own, user, own_phones, user_phones = _conversation(voice, rng)
    T = len(own) // MODEL_FRAME
    style = np.zeros(N_STYLES, np.float32)
    style[: len(AXES)] = np.clip(rng.normal(0, 0.7, len(AXES)), -2, 2)
    emotion = _mood(rng)
    track = impulses(int(rng.integers(2**32)), int(rng.integers(10_000)), T)
    other = impulses(int(rng.integers(2**32)), 0, T)
    return new_scene(
        name=name,
        source="hibari",
        speaker="hibari",
        voice=own,
        user_voice=user,
        motion=authored_motion(own, user, own_phones, track, style, emotion),
        user_motion=authored_motion(user, own, user_phones, other, np.zeros(N_STYLES, np.float32), _mood(rng)),
        impulses=track,
        contact=np.stack([closure(own_phones, T), bite(own_phones, T)], axis=1),
        emotion=emotion,
        style=style,
        phones=own_phones,
    )


def authored_motion(
    own: FloatArray, user: FloatArray, phones: list[Phone], track: FloatArray, style: FloatArray, emotion: FloatArray
) -> FloatArray:
    """Mouth and life together, within the channels' legal ranges: [T, 60]."""
    articulation, rounding, head, brows = (
        float(np.exp(0.25 * style[AXES.index(axis)])) for axis in ("articulation", "rounding", "head", "brows")
    )
    mouth = author_mouth(phones, len(track), amplitude=articulation, rounding=rounding)
    life = author_life(track, own, user, phones, mood=emotion, head=head, brows=brows)
    spread = 1.0 - 0.6 * np.clip(mouth[:, INDEX["mouthPucker"]], 0, 1)
    for side in ("Left", "Right"):
        life[:, INDEX[f"mouthSmile{side}"]] *= spread
    motion = mouth + life
    motion[:, : INDEX["headPitch"]] = np.clip(motion[:, : INDEX["headPitch"]], 0, 1)
    return motion


def captured_scene(folder: Path, clip: str) -> Scene:
    """A real capture; its eyes, brows and head are unknown."""
    capture = load_capture(folder, clip)
    style = np.zeros(N_STYLES, np.float32)
    style[STYLES.index("captured")] = 1.0
    return new_scene(
        name=f"facegood/{clip}",
        source="facegood",
        speaker="facegood",
        voice=capture.audio,
        motion=capture.motion,
        known=capture.known.astype(np.float32),
        style=style,
    )


def _conversation(voice: Voice, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, list[Phone], list[Phone]]:
    """Two tracks of audio of one length, a whole number of frames, and the phones of each."""
    own_pitch = 1.0 if rng.random() < 0.5 else rng.uniform(0.82, 1.18)
    user_pitch = rng.uniform(0.75, 1.2)
    tracks: dict[str, list[tuple[float, FloatArray]]] = {"own": [], "user": []}
    phones: dict[str, list[Phone]] = {"own": [], "user": []}
    at = LEAD_S
    while at < SCENE_S - LEAD_S:
        event = rng.random()
        if event < SPEAKS + LISTENS:
            who, pitch = ("own", own_pitch) if event < SPEAKS else ("user", user_pitch)
            said = voice.say(passage(rng), rng, speed=rng.uniform(0.85, 1.2), pitch=pitch)
            tracks[who].append((at, said.audio * np.float32(rng.uniform(0.7, 1.6))))
            phones[who] += [p.moved(at) for p in said.phones]
            at += len(said.audio) / MODEL_RATE + rng.uniform(0.2, 1.2)
        else:
            at += rng.uniform(2.0, 6.0)
    samples = int(np.ceil((at + LEAD_S) * FPS)) * MODEL_FRAME
    return _laid(tracks["own"], samples), _laid(tracks["user"], samples), phones["own"], phones["user"]


def _laid(pieces: list[tuple[float, FloatArray]], samples: int) -> FloatArray:
    track = np.zeros(samples, np.float32)
    for at, audio in pieces:
        begin = round(at * MODEL_RATE)
        track[begin : begin + len(audio)] += audio
    return np.clip(track, -1, 1)


def _mood(rng: np.random.Generator) -> FloatArray:
    """Neutral for half of the scenes, else one emotion at some strength."""
    mood = np.zeros(len(EMOTIONS), np.float32)
    if rng.random() < 0.5:
        mood[rng.integers(len(EMOTIONS))] = rng.uniform(0.3, 1.0)
    return mood


def make(out: Path, *, minutes: float, captures: Path | None, seed: int) -> None:
    """Write what is missing of the shards."""
    out.mkdir(parents=True, exist_ok=True)
    for clip in CLIPS if captures else ():
        if not (out / f"facegood_{clip}").exists():
            save_shard(out / f"facegood_{clip}", [captured_scene(captures / "facegood", clip)])
    if captures and not (out / "grid_s1").exists():
        save_shard(out / "grid_s1", grid_scenes(captures / "grid"))
    voice = Voice()
    scenes = max(1, round(minutes * 60 / SCENE_S))
    for shard in tqdm(range(-(-scenes // SHARD_SCENES)), disable=not sys.stderr.isatty(), unit="shard"):
        path = out / f"speech_{shard:04d}"
        if not path.exists():
            rng = np.random.default_rng([seed, shard])
            save_shard(
                path,
                [
                    authored_scene(voice, rng, f"authored/{shard:04d}-{k:02d}")
                    for k in range(min(SHARD_SCENES, scenes - shard * SHARD_SCENES))
                ],
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder for the shards")
    parser.add_argument("--minutes", type=float, default=120, help="of authored scenes")
    parser.add_argument("--captures", type=Path, default=Path("../shared/data"), help="folder of facegood/ and grid/")
    parser.add_argument("--no-captures", action="store_true", help="authored scenes only")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    captures = None if options.no_captures else options.captures
    make(options.out, minutes=options.minutes, captures=captures, seed=options.seed)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"visavis: {error}")
