"""Precision and recall of the cues: `.venv/bin/python scripts/measure_cues.py [PORTRAIT ...] [--rounds N]`.

Faces are drawn from authored motion: the acts come in random order and at random strength, on a face that blinks and
sways. The pictures go through the camera's noise and compression, and then through the very models and
cues of a call. Real clips are those of ../shared/data/grid, a speaker who does nothing else. Prints two tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import drawn_caller
import numpy as np
from drawn_caller import FRAME, NOISE, filmed
from numpy.typing import NDArray

from visavis.media.files import read_pictures
from visavis.perception.covered import lip_contrast
from visavis.perception.cues import Cues
from visavis.perception.landmarks import FaceTracker
from visavis.perception.names import CUES
from visavis.vision.bundles import find
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import INDEX, N_MOTION, Landmarks

GRID = Path(__file__).resolve().parents[2] / "shared/data/grid/video"
FPS = 15
STEPS = {15.0: 1, 7.5: 2, 5.0: 3}  # pictures a second, and every how many of 15 they are
ACT_S, RAMP_S, PAUSE_S, REST_S = 2.4, 0.25, 2.2, 4.0
AFTER_S = 1.5  # a cue that is on until so long after its act is of it
SIZE = 256  # pixels of the drawn face
SWAY_RAD, SWAY_CM = 0.02, 0.4
FACES = ("mara", "nora", "leo")

Row = NDArray[np.float32]
Act = Callable[[float, float], dict[str, float]]  # (seconds, strength 0.7..1) -> weights


def held(**weights: float) -> Act:
    """Weights that are held; names without a side mean both."""
    return lambda t, strength: {name: strength * value for name, value in weights.items()}


def swung(channel: str, rad: float, hertz: float) -> Act:
    """A head that goes to and fro."""
    return lambda t, strength: {channel: strength * rad * np.sin(2 * np.pi * hertz * strength * t)}


def talk(t: float, strength: float) -> dict[str, float]:
    """Syllables: about four a second, of changing vowels."""
    vowel = 0.5 + 0.5 * np.sin(2 * np.pi * 0.9 * t)
    open_ = strength * 0.35 * max(0.0, np.sin(2 * np.pi * 4.1 * t)) * (0.5 + 0.5 * np.sin(2 * np.pi * 1.3 * t + 1))
    return {"jawOpen": open_, "mouthFunnel": 0.3 * vowel * strength, "mouthStretch": 0.2 * (1 - vowel)}


ACTS: dict[str, Act] = {
    "smile": held(mouthSmile=0.8, cheekSquint=0.3),
    "frown": held(browDown=1.0, mouthFrown=0.8),
    "surprise": held(browInnerUp=0.8, browOuterUp=0.7, eyeWide=0.9, jawOpen=0.3),
    "yawn": held(jawOpen=1.0, eyeBlink=0.8, eyeSquint=0.4),
    "eyes_closed": held(eyeBlink=1.0),
    "nod": swung("headPitch", 0.16, 1.8),
    "shake": swung("headYaw", 0.24, 1.6),
    "tilt": held(headRoll=0.38),
    "leaning_in": held(headZ=22.0),
    "looking_away": held(headYaw=0.75),
    "speaking": talk,
}
ARMS: dict[str, Callable[[float], float]] = {  # how far a raised forearm leans outwards, in rad
    "hand_raised": lambda t: 0.1,
    "wave": lambda t: 0.45 * float(np.sin(2 * np.pi * 1.4 * t)),
}
OTHER_ARMS: dict[str, Callable[[float], float]] = {
    "a hand at the chin": lambda t: -0.9,
    "one slow swing": lambda t: 0.9 * t / ACT_S - 0.4,
}
OTHERS: dict[str, Act] = {  # that are no cue, and are to be taken for none
    "half a smile": held(mouthSmile=0.25),
    "a glance down": held(eyeLookDown=0.8),
    "a glance aside": held(eyeLookOutLeft=0.8, eyeLookInRight=0.8, headYaw=0.12),
    "one slow bow": lambda t, strength: {"headPitch": 0.2 * strength * np.sin(np.pi * t / ACT_S) ** 2},
    "pressed lips": held(mouthPress=0.8, mouthRollLower=0.4),
    "a pucker": held(mouthPucker=0.7),
    "a wrinkled nose": held(noseSneer=0.6),
    "brows up": held(browInnerUp=0.5, browOuterUp=0.4),
    "a squint": held(eyeSquint=0.8),
}
ALSO = {
    "eyes_closed": ("yawn",),
    "hand_raised": ("wave", "one slow swing"),
}  # acts in which another cue is rightly told


@dataclass(frozen=True)
class Played:
    """An act of a film: its name, from when until when, in seconds."""

    name: str
    start_s: float
    end_s: float


@dataclass
class Score:
    """Of one cue: acts found and missed, times it came rightly and wrongly, delays in s."""

    found: int = 0
    missed: int = 0
    right: int = 0
    wrong: int = 0

    def __post_init__(self) -> None:
        self.delays: list[float] = []


def authored(rng: np.random.Generator, rounds: int) -> tuple[Row, list[Played]]:
    """Motion [T, 60] at 15 rows a second, and what is in it."""
    order = [name for _ in range(rounds) for name in rng.permutation([*ACTS, *OTHERS])]
    T = round(FPS * (REST_S + len(order) * (ACT_S + PAUSE_S)))
    rows, played = alive(rng, T), []
    for index, name in enumerate(order):
        start_s, strength = REST_S + index * (ACT_S + PAUSE_S) + rng.uniform(0, 0.4), rng.uniform(0.75, 1.0)
        played.append(Played(name, start_s, start_s + ACT_S))
        for k in range(round(start_s * FPS), min(T, round((start_s + ACT_S) * FPS))):
            t = k / FPS - start_s
            ramp = float(np.clip(min(t, ACT_S - t) / RAMP_S, 0, 1))
            perform(rows[k], (ACTS | OTHERS)[name](t, strength), ramp)
    return rows, played


def perform(row: Row, weights: dict[str, float], ramp: float) -> None:
    """Add an act's weights to a row of motion [60], `ramp` of them; eyes do what closes or turns them more."""
    for channel, value in weights.items():
        for one in {channel, f"{channel}Left", f"{channel}Right"} & set(INDEX):
            at = INDEX[one]
            row[at] = max(row[at], ramp * value) if "eye" in one else row[at] + ramp * value


def alive(rng: np.random.Generator, T: int) -> Row:
    """Somebody who sways a little and blinks every two to five seconds, [T, 60]."""
    rows, t = np.zeros((T, N_MOTION), np.float32), np.arange(T) / FPS
    for names, size in ((("headPitch", "headYaw", "headRoll"), SWAY_RAD), (("headX", "headY"), SWAY_CM)):
        for name in names:
            rows[:, INDEX[name]] = size * np.sin(2 * np.pi * rng.uniform(0.1, 0.4) * t + rng.uniform(0, 6))
    at = rng.uniform(1, 3)
    while at < T / FPS:
        for name in ("eyeBlinkLeft", "eyeBlinkRight"):
            rows[:, INDEX[name]] = np.maximum(rows[:, INDEX[name]], np.clip(1.6 - np.abs(t - at) / 0.08, 0, 1))
        at += rng.uniform(2, 5)
    return rows


def drawn(name: str, rows: Row, rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    renderer = Renderer(portrait(name), SIZE)
    for row in rows:
        yield filmed(renderer.render(row[None])[0], rng.normal(0, NOISE, (*FRAME, 3)))


def waved(name: str, rng: np.random.Generator, rounds: int) -> tuple[list[NDArray[np.uint8]], list[Played]]:
    """Pictures of somebody who raises an arm now and then, 15 a second, and when."""
    renderer = Renderer(portrait(name), drawn_caller.SIZE)
    order = [str(act) for _ in range(rounds) for act in rng.permutation([*ARMS, *OTHER_ARMS])]
    played = [Played(act, at := REST_S + k * (ACT_S + PAUSE_S), at + ACT_S) for k, act in enumerate(order)]
    pictures = []
    for k, row in enumerate(alive(rng, round(FPS * (played[-1].end_s + PAUSE_S)))):
        t = k / FPS
        leans = [(ARMS | OTHER_ARMS)[act.name](t - act.start_s) for act in played if act.start_s <= t < act.end_s]
        pictures.append(drawn_caller.before_a_camera(renderer.render(row[None])[0], rng, *leans))
    return pictures, played


def real(path: Path) -> Iterator[NDArray[np.uint8]]:
    """A clip forwards and backwards, so that it does not jump, four times; every 1/15 s."""
    pictures = [picture for seconds, picture in read_pictures(path)]
    kept = [pictures[round(k * 25 / FPS)] for k in range(len(pictures) * FPS // 25)]
    for _ in range(4):
        yield from kept
        yield from kept[::-1]


Look = tuple[Landmarks, float, float | None]


def looked(tracker: FaceTracker, pictures: Iterator[NDArray[np.uint8]], start_ms: int, fps: float = FPS) -> list[Look]:
    """What the models see in pictures that come so many times a second."""
    looks = []
    for index, picture in enumerate(pictures):
        seen = tracker.see(picture, start_ms + round(index * 1000 / fps))
        contrast = None if seen.face is None else lip_contrast(picture, seen.face)
        looks.append((seen, float(picture.mean()), contrast))
    return looks


def told(looks: list[Look], step: int) -> dict[str, list[tuple[float, float]]]:
    """When each cue was on, as (from, until) in s."""
    cues = Cues()
    spans: dict[str, list[tuple[float, float]]] = {name: [] for name in CUES}
    before: frozenset[str] = frozenset()
    first_ms, now_s = looks[0][0].timestamp_ms, 0.0
    for seen, brightness, contrast in looks[::step]:
        facts, now_s = cues.update(seen, brightness, lip_contrast=contrast), (seen.timestamp_ms - first_ms) / 1000
        for name in facts - before:
            spans[name].append((now_s, np.inf))
        for name in before - facts:
            spans[name][-1] = (spans[name][-1][0], now_s)
        before = facts
    return {name: [(a, min(b, now_s)) for a, b in found] for name, found in spans.items()}


def score(spans: dict[str, list[tuple[float, float]]], played: list[Played], scores: dict[str, Score]) -> None:
    """Add a film to the scores."""
    for name in scores:
        acts = [act for act in played if act.name == name]
        shown = [act for act in played if act.name == name or act.name in ALSO.get(name, ())]
        for a, b in spans[name]:
            rightly = any(a <= act.end_s + AFTER_S and b >= act.start_s for act in shown)
            scores[name].right += rightly
            scores[name].wrong += not rightly
        for act in acts:
            came = [a for a, b in spans[name] if a <= act.end_s + AFTER_S and b >= act.start_s]
            scores[name].found += bool(came)
            scores[name].missed += not came
            if came:
                scores[name].delays.append(max(0.0, min(came) - act.start_s))


def main() -> None:
    """Print the tables in Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("portraits", nargs="*", default=FACES)
    parser.add_argument("--rounds", type=int, default=2, help="how often each act comes in each film")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    tracker, now_ms = FaceTracker(find(), pose_every_ms=None), 0
    by_rate: dict[float, dict[str, Score]] = {fps: {name: Score() for name in ACTS} for fps in STEPS}
    taken_for: dict[str, list[str]] = {}
    for index, name in enumerate(options.portraits):
        rng = np.random.default_rng(100 + index)
        rows, played = authored(rng, options.rounds)
        looks = looked(tracker, drawn(name, rows, rng), now_ms)
        now_ms += round(len(rows) * 1000 / FPS) + 10_000
        for fps, step in STEPS.items():
            spans = told(looks, step)
            score(spans, played, by_rate[fps])
            if step == 1:
                for cue in ACTS:
                    for a, b in spans[cue]:
                        during = [act.name for act in played if a <= act.end_s + AFTER_S and b >= act.start_s]
                        if not {cue, *ALSO.get(cue, ())} & set(during):
                            taken_for.setdefault(cue, []).append(" / ".join(during) or "nothing")
    bodies = FaceTracker(find())
    by_arm = {fps: {name: Score() for name in ARMS} for fps in STEPS}
    for index, name in enumerate(options.portraits):
        pictures, played = waved(name, np.random.default_rng(200 + index), options.rounds)
        for fps, step in STEPS.items():  # how often the body is looked for follows from the pictures
            looks = looked(bodies, iter(pictures[::step]), now_ms, fps)
            now_ms += round(len(pictures) * 1000 / FPS) + 10_000
            score(told(looks, 1), played, by_arm[fps])
    for fps in STEPS:
        by_rate[fps] |= by_arm[fps]
    print(f"Drawn: {', '.join(options.portraits)}, {options.rounds} rounds.\n")
    print("| cue | acts | recall | precision | delay, median | the same at 7.5 fps | at 5 fps | false in |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in (*ACTS, *ARMS):
        cells = [rates(by_rate[fps][name]) for fps in STEPS]
        here = by_rate[15.0][name]
        delay = f"{np.median(here.delays):.1f} s" if here.delays else "-"
        recall, precision = cells[0]
        others = ", ".join(sorted(set(taken_for.get(name, [])))) or "-"
        print(
            f"| {name} | {here.found + here.missed} | {recall} | {precision} | {delay} "
            f"| {' / '.join(cells[1])} | {' / '.join(cells[2])} | {others} |"
        )
    if not GRID.is_dir():
        print("\nReal clips: skipped, no ../shared/data/grid/video.")
        return
    seconds, on = 0.0, dict.fromkeys(CUES, 0.0)
    came = dict.fromkeys(CUES, 0)
    for path in sorted(GRID.glob("*.mpg")):
        looks = looked(tracker, real(path), now_ms)
        now_ms += round(len(looks) * 1000 / FPS) + 10_000
        seconds += len(looks) / FPS
        for name, times in told(looks, 1).items():
            came[name] += len(times)
            on[name] += sum(b - a for a, b in times)
    print(f"\nReal: {seconds:.0f} s of a speaker in {len(list(GRID.glob('*.mpg')))} clips.\n")
    print("| cue | came | on, share of the time |\n| --- | --- | --- |")
    for name in CUES:
        print(f"| {name} | {came[name]} | {on[name] / seconds:.0%} |")


def rates(score: Score) -> tuple[str, str]:
    """Recall and precision, as text."""
    recall, came = score.found / max(1, score.found + score.missed), score.right + score.wrong
    return f"{recall:.2f}", f"{score.right / came:.2f}" if came else "-"


if __name__ == "__main__":
    main()
