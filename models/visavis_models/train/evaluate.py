"""Judge an exported motion model as it serves, beside baselines.

    python -m visavis_models.train.evaluate [--model DIR] [--captures ../shared/data/facegood] [--picture curves.png]

The lips are judged on a real capture that was not trained on and on held-out sentences with known phone times; the face
at rest on silence. Sentences and their phone times come from the voice that the training speech came from.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.serve.layout import HOP, LOOKAHEAD_FRAMES
from visavis_models.serve.mel import frame_features
from visavis_models.serve.motion import MotionModel
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, MODEL_RATE, ROTATION, frames_in
from visavis_models.train.captures import CLIPS, HELD_OUT_CLIP, Capture, load_capture
from visavis_models.train.grid import load_sentences
from visavis_models.train.life import loudness
from visavis_models.train.mouth import author_mouth
from visavis_models.train.sentences import HELD_OUT
from visavis_models.train.voice import Phone, Utterance, Voice

FloatArray = NDArray[np.float32]

CLOSED = 0.06  # lip opening below which lips count as closed
NEAR_FRAMES = 1  # 40 ms
OPEN_VOWELS = "ɑæaʌɛɔAIOW"
LAGS = range(-4, 5)


def animate(
    model: MotionModel, voice: FloatArray, *, seed: int = 0, emit: int = HOP, style: Mapping[str, float] | None = None
) -> FloatArray:
    """Motion for a whole recording by the path that serves: [ceil(25 d), 60]."""
    T = frames_in(len(voice), MODEL_RATE)
    padded = np.concatenate([voice, np.zeros((HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME, np.float32)])
    state, rows = model.begin(seed=seed, style=style), []
    while state.frame < T:
        begin = state.frame * MODEL_FRAME
        motion, state = model.step(state, padded[begin : begin + (emit + LOOKAHEAD_FRAMES) * MODEL_FRAME], emit=emit)
        rows.append(motion.values)
    return np.concatenate(rows)[:T]


def lip_opening(motion: FloatArray) -> FloatArray:
    """How far the lips are parted, [T]: the jaw plus half of what lowers the lower and raises the upper lip."""
    lower = motion[:, [INDEX["mouthLowerDownLeft"], INDEX["mouthLowerDownRight"]]].mean(axis=1)
    upper = motion[:, [INDEX["mouthUpperUpLeft"], INDEX["mouthUpperUpRight"]]].mean(axis=1)
    return motion[:, INDEX["jawOpen"]] + 0.5 * (lower + upper)


def correlation(a: FloatArray, b: FloatArray, lag: int = 0) -> float:
    """Pearson's r of `a` and `b` moved earlier by `lag` frames."""
    n = len(a) - abs(lag)
    return float(np.corrcoef(a[max(0, -lag) :][:n], b[max(0, lag) :][:n])[0, 1])


def tracking(predicted: FloatArray, captured: FloatArray) -> tuple[float, int, float]:
    """r at zero lag, the lag in ms at which r is highest (positive: the prediction is late), amplitude ratio."""
    best = max(LAGS, key=lambda lag: correlation(captured, predicted, lag))
    ratio = float(predicted.std() / captured.std()) if captured.std() else 0.0
    return correlation(captured, predicted), best * 1000 // FPS, ratio


def log_energy(audio: FloatArray) -> FloatArray:
    """The baseline that every lip sync must beat: ln(0.001 + RMS) of each frame."""
    return np.log(1e-3 + loudness(audio, len(audio) // MODEL_FRAME))


def regression(train: list[Capture], audio: FloatArray) -> FloatArray:
    """Plain ridge regression of the jaw from 12 frames of mel features, 80 ms of them ahead, fitted on other clips."""
    x = np.concatenate([_stacked(clip.audio) for clip in train])
    y = np.concatenate([clip.motion[:, INDEX["jawOpen"]] for clip in train])
    mean = x.mean(axis=0)
    gram = (x - mean).T @ (x - mean) + 300.0 * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, (x - mean).T @ (y - y.mean()))
    return np.clip((_stacked(audio) - mean) @ weights + y.mean(), 0, 1).astype(np.float32)


def _stacked(audio: FloatArray) -> FloatArray:
    """Each frame's mean mel features beside those of its 9 predecessors and 2 successors: [T, 960]."""
    mel = frame_features(audio).reshape(-1, 4, 80).mean(axis=1)
    padded = np.pad(mel, ((9, LOOKAHEAD_FRAMES), (0, 0)), mode="edge")
    return np.concatenate([padded[k : k + len(mel)] for k in range(10 + LOOKAHEAD_FRAMES)], axis=1)


def bilabials(phones: Sequence[Phone]) -> list[Phone]:
    """All p, b and m."""
    return [phone for phone in phones if phone.symbol in "pbm"]


def lone_vowels(phones: Sequence[Phone]) -> list[Phone]:
    """Open vowels whose neighbours within 80 ms are neither p, b, m nor silence."""
    closing = [p for p in phones if p.symbol in "pbm_"]
    vowels = [p for p in phones if p.symbol in OPEN_VOWELS]
    return [v for v in vowels if all(c.end < v.begin - 0.08 or c.begin > v.end + 0.08 for c in closing)]


def closed_share(motion: FloatArray, phones: Sequence[Phone]) -> tuple[int, int]:
    """At how many of the phones the lips close in some frame within 40 ms of them, and how many phones there are."""
    opening = lip_opening(motion)
    hits = 0
    for phone in phones:
        first = max(0, int(phone.begin * FPS) - NEAR_FRAMES)
        last = min(len(opening), int(np.ceil(phone.end * FPS)) + NEAR_FRAMES)
        hits += bool((opening[first:last] < CLOSED).any())
    return hits, len(phones)


def seam_ratio(motion: FloatArray, emit: int = HOP) -> float:
    """Mean third difference (jerk) of the moving channels across hop seams by that within hops; 1 is seamless."""
    jerk = np.abs(np.diff(motion[:, [INDEX["jawOpen"], *range(*ROTATION.indices(60))]], n=3, axis=0))
    jerk = (jerk / (jerk.mean(axis=0) + 1e-9)).mean(axis=1)
    across = (np.arange(len(jerk)) % emit) >= emit - 3
    return float(jerk[across].mean() / jerk[~across].mean())


# -- the table ---------------------------------------------------------------------------------------------------------


def judge_capture(model: MotionModel, folder: Path) -> None:
    """Jaw of the capture that was left out, beside baselines."""
    clip = load_capture(folder, HELD_OUT_CLIP)
    others = [load_capture(folder, name) for name in CLIPS if name != HELD_OUT_CLIP]
    jaw, T = clip.motion[:, INDEX["jawOpen"]], len(clip.motion)
    shuffled = np.concatenate([others[0].audio, others[1].audio])[: len(clip.audio)]
    rows = {
        "motion model": animate(model, clip.audio)[:, INDEX["jawOpen"]],
        "motion model, in the captures' style": animate(model, clip.audio, style={"captured": 1})[:, INDEX["jawOpen"]],
        "motion model, another clip's voice": animate(model, shuffled)[:, INDEX["jawOpen"]],
        "log energy of the voice": log_energy(clip.audio),
        "ridge regression on mel": regression(others, clip.audio),
    }
    print(f"\nJaw of {HELD_OUT_CLIP} (left out, {T / FPS:.0f} s)      r at 0   best at   amplitude")
    for name, predicted in rows.items():
        r, lag, ratio = tracking(predicted[:T], jaw)
        print(f"  {name:36s} {r:10.3f} {lag:+6d} ms {ratio:10.2f}")


def judge_english(model: MotionModel, folder: Path) -> None:
    """Lip opening of a real English speaker whom the model has never heard, beside the energy of the voice."""
    clips = load_sentences(folder)
    gap = np.concatenate([clip.gap for clip in clips])
    print(f"\nLip gap of GRID's s1 ({len(clips)} clips, none trained on)   r at 0   best at")
    rows = {
        "motion model": [lip_opening(animate(model, clip.audio)) for clip in clips],
        "log energy of the voice": [log_energy(clip.audio) for clip in clips],
    }
    for name, predicted in rows.items():
        r, lag, _ = tracking(np.concatenate(predicted), gap)
        print(f"  {name:42s} {r:12.3f} {lag:+6d} ms")


def judge_lips(model: MotionModel, said: list[Utterance]) -> None:
    """Closed lips on p, b, m of held-out sentences; open vowels away from them are the chance level."""
    print(f"\nLips closed within 40 ms ({len(said)} held-out sentences)   p b m       open vowels away from them")
    moved = [animate(model, u.audio, seed=k) for k, u in enumerate(said)]
    authored = [author_mouth(u.phones, len(m)) for u, m in zip(said, moved, strict=True)]
    for name, motions in (("motion model", moved), ("authored (what it learned from)", authored)):
        closed = [closed_share(m, bilabials(u.phones)) for m, u in zip(motions, said, strict=True)]
        chance = [closed_share(m, lone_vowels(u.phones)) for m, u in zip(motions, said, strict=True)]
        shares = [f"{h:3d}/{n:3d} {100 * h / n:5.1f} %" for h, n in (np.sum(closed, axis=0), np.sum(chance, axis=0))]
        print(f"  {name:42s} {'    '.join(shares)}")
    a, b = (np.concatenate(m)[:, INDEX["jawOpen"]] for m in (moved, authored))
    peaks = f"peaks (99 %) {np.percentile(a, 99):.2f} of {np.percentile(b, 99):.2f}"
    print(f"  jaw against the authored jaw: r {correlation(a, b):.3f}, amplitude {a.std() / b.std():.2f}, {peaks}")
    print(f"  seam jerk ratio (1 is seamless): {np.mean([seam_ratio(m) for m in moved]):.2f}")


def judge_rest(model: MotionModel, seconds: int = 60) -> None:
    """The face in silence: alive, and its mouth shut."""
    motion = animate(model, np.zeros(seconds * MODEL_RATE, np.float32), seed=1)
    shut = motion[:, INDEX["eyeBlinkLeft"]] > 0.5
    blinks = int((np.diff(shut.astype(int)) == 1).sum())
    degrees = np.degrees(motion[:, ROTATION].std(axis=0))
    opening = lip_opening(motion)
    print(f"\n{seconds} s of silence")
    shut_ms = 1000 / FPS * shut.sum() / max(1, blinks)
    print(f"  blinks: {blinks * 60 / seconds:.0f} a minute, lids more than half shut for {shut_ms:.0f} ms each")
    print(f"  head: pitch {degrees[0]:.2f}, yaw {degrees[1]:.2f}, roll {degrees[2]:.2f} degrees (standard deviation)")
    print(f"  lip opening: mean {opening.mean():.4f}, highest {opening.max():.4f}")


def judge_speed(model: MotionModel, hops: int = 100) -> None:
    """Time of one hop of 8 frames on one core."""
    voice = np.zeros((HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME, np.float32)
    state, times = model.begin(), []
    for _ in range(hops):
        begun = time.perf_counter()
        _, state = model.step(state, voice)
        times.append(1000 * (time.perf_counter() - begun))
    print(f"\nOne hop of {HOP} frames: median {np.median(times):.1f} ms, 95 % under {np.percentile(times, 95):.1f} ms")


def draw_curves(model: MotionModel, said: Utterance, path: Path) -> None:
    """A picture of mouth curves against phones."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    motion = animate(model, said.audio)
    authored = author_mouth(said.phones, len(motion))
    t = (np.arange(len(motion)) + 0.5) / FPS
    figure, axes = plt.subplots(3, 1, figsize=(14, 7), sharex=True, height_ratios=(1, 3, 3))
    axes[0].plot(np.arange(len(said.audio)) / MODEL_RATE, said.audio, linewidth=0.4, color="0.4")
    axes[0].set_yticks([])
    groups = (
        ("jawOpen", "mouthLowerDownLeft", "mouthPressLeft"),
        ("mouthPucker", "mouthFunnel", "mouthRollLower", "tongueUp"),
    )
    for axis, names in zip(axes[1:], groups, strict=True):
        for name in names:
            line = axis.plot(t, motion[:, INDEX[name]], label=name)[0]
            axis.plot(t, authored[:, INDEX[name]], linestyle=":", color=line.get_color())
        axis.legend(loc="upper right", fontsize=8)
    for phone in said.phones:
        for axis in axes:
            axis.axvline(phone.begin, color="0.85", linewidth=0.5)
        if phone.symbol != "_":
            axes[1].text((phone.begin + phone.end) / 2, 0.62, phone.symbol, ha="center", fontsize=9)
    axes[2].set_xlabel("seconds; solid: the motion model, dotted: the authored motion it learned from")
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="folder of an exported model; default: the shipped one")
    parser.add_argument("--captures", type=Path, default=Path("../shared/data/facegood"))
    parser.add_argument("--grid", type=Path, default=Path("../shared/data/grid"))
    parser.add_argument("--picture", type=Path, help="draw mouth curves of one sentence into this file")
    options = parser.parse_args()
    model = MotionModel.load(options.model)
    voice, rng = Voice(), np.random.default_rng(7)
    said = [voice.say(text, rng) for text in HELD_OUT]
    print(f"trained: {model.card['training']}")
    if options.captures.exists():
        judge_capture(model, options.captures)
    else:
        print(f"\n{options.captures}: not there, so no figures on real captures")
    if options.grid.exists():
        judge_english(model, options.grid)
    judge_lips(model, said)
    judge_rest(model)
    judge_speed(model)
    if options.picture:
        draw_curves(model, said[1], options.picture)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"visavis: {error}")
