"""`visavis track` against known motion: `.venv/bin/python scripts/measure_tracking.py [PORTRAIT ...]`.

Jaw, lips, smile, brows, lids, gaze and head of a drawn face all move at random and at once, for twelve seconds; the
motion that `track` finds is compared with the motion that drew it. Prints a table in Markdown.
"""

from __future__ import annotations

from collections.abc import Mapping

import click
import numpy as np
from numpy.typing import NDArray

from visavis.perception.landmarks import FaceTracker
from visavis.perception.second_look import look_again
from visavis.vision.bundles import find
from visavis_models.serve.clip import Clip
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import FPS, INDEX, N_MOTION, ROTATION

FRAMES, REST_FRAMES, IN_FRAMES = 300, 12, 13  # of the clip, at rest before it, and until it moves in full
COMPARED = ("jawOpen", "mouthSmileLeft", "eyeBlinkLeft", "browInnerUp", "browOuterUpLeft", "browDownLeft")
# Each channel: changes a second, and the range; what falls below 0 is 0. Names without a side move both.
MOVED: Mapping[str, tuple[float, float, float]] = {
    "jawOpen": (3.0, -0.2, 0.6), "mouthFunnel": (2.0, -0.3, 0.5), "mouthStretch": (2.0, -0.3, 0.4),
    "mouthSmile": (0.8, -0.4, 0.8), "headPitch": (0.6, -0.2, 0.2), "headYaw": (0.6, -0.3, 0.3),
    "headRoll": (0.6, -0.2, 0.2), "headX": (0.4, -2.0, 2.0),
}  # fmt: skip
BROWS, GAZE = (0.8, -0.9, 0.9), (1.0, -0.6, 0.6)  # up and down, left and right
BLINK_S, BLINK_EVERY_S = 0.08, (1.5, 3.5)


def moved(seed: int) -> NDArray[np.float32]:
    """Motion [T, 60] in which all of it moves independently."""
    rng, rows = np.random.default_rng(seed), np.zeros((FRAMES, N_MOTION), np.float32)

    def put(name: str, values: NDArray[np.float64]) -> None:
        for channel in {name, f"{name}Left", f"{name}Right"} & set(INDEX):
            rows[:, INDEX[channel]] = values if name.startswith("head") else np.clip(values, 0, 1)

    for name, (changes, low, high) in MOVED.items():
        put(name, wandering(rng, changes, low, high))
    brows, gaze = wandering(rng, *BROWS), wandering(rng, *GAZE)
    put("browInnerUp", brows)
    put("browOuterUp", 0.8 * brows)
    put("browDown", -brows)
    for side, way in (("Left", 1), ("Right", -1)):
        put(f"eyeLookOut{side}", way * gaze)
        put(f"eyeLookIn{side}", -way * gaze)
    at, lids, t = 1.0, np.zeros(FRAMES), np.arange(FRAMES) / FPS
    while at < t[-1]:
        lids = np.maximum(lids, np.clip(1.5 - np.abs(t - at) / BLINK_S, 0, 1))
        at += rng.uniform(*BLINK_EVERY_S)
    put("eyeBlink", lids)
    return rows * np.clip((np.arange(FRAMES)[:, None] - REST_FRAMES) / IN_FRAMES, 0, 1).astype(np.float32)


def wandering(rng: np.random.Generator, changes: float, low: float, high: float) -> NDArray[np.float64]:
    """[T] between random values, so many a second, eased in and out."""
    count = max(2, round(FRAMES / FPS * changes))
    values, x = rng.uniform(low, high, count + 2), np.linspace(0, count, FRAMES)
    before, share = x.astype(int), x % 1
    return values[before] + share**2 * (3 - 2 * share) * (values[before + 1] - values[before])


@click.command()
@click.argument("portraits", nargs=-1, metavar="[PORTRAIT ...]")
@click.option("--once", is_flag=True, help="Do not draw what was found and look again.")
def main(portraits: tuple[str, ...], once: bool) -> None:
    """Compare what `visavis track` finds with the motion that drew it; prints a table in Markdown."""
    tracker, now_ms = FaceTracker(find(), pose_every_ms=None), 0
    heads = " | ".join(f"{name} r" for name in COMPARED)
    print(f"| face | {heads} | pitch, yaw, roll: share seen | error, p95 (most), degrees |")
    print(f"| {' | '.join(['---'] * (len(COMPARED) + 3))} |")
    for seed, name in enumerate(portraits or ("alex", "mara", "nora")):
        rows, renderer, seen = moved(seed), Renderer(portrait(name)), []
        for row in rows:
            now_ms += 1000 // FPS
            face = tracker.see(renderer.render(row[None])[0], now_ms).face
            seen.append(np.full((478, 3), np.nan, np.float32) if face is None else face)
        now_ms += 10_000
        landmarks = np.stack(seen).astype(np.float64)
        clip = Clip.of(landmarks)
        if not once:
            clip = look_again(clip, renderer.render(rows[:1])[0], 0)
        found = clip.motion(np.arange(FRAMES) / FPS, FRAMES / FPS).values
        r = [np.corrcoef(found[:, INDEX[channel]], rows[:, INDEX[channel]])[0, 1] for channel in COMPARED]
        turned, known = found[:, ROTATION] - found[:REST_FRAMES, ROTATION].mean(0), rows[:, ROTATION]
        shares = [np.polyfit(known[:, k], turned[:, k], 1)[0] for k in range(3)]
        away = np.degrees(np.abs(turned - known))
        errors = ", ".join(f"{np.percentile(away[:, k], 95):.1f} ({away[:, k].max():.1f})" for k in range(3))
        shown = ", ".join(f"{share:.2f}" for share in shares)
        print(f"| {name} | {' | '.join(f'{value:.2f}' for value in r)} | {shown} | {errors} |", flush=True)


if __name__ == "__main__":
    main()
