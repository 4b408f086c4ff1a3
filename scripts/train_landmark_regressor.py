"""What mediapipe's landmarks tell of a motion, learned from drawn faces whose motion is known.

`.venv/bin/python scripts/train_landmark_regressor.py film FILMS.npz` draws every face at random motions, in which all
of it moves independently, and looks at the pictures with the very tracker of a call; half of them are small, noisy and
compressed. `... train FILMS.npz -o REGRESSOR.npz [--without FACE]` learns from them, with or without one of the faces.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from drawn_caller import FRAME, NOISE, filmed
from measure_tracking import BROWS, GAZE, MOVED, wandering
from numpy.typing import NDArray

from visavis.perception.landmarks import FaceTracker
from visavis.vision.bundles import find
from visavis_models.serve.portrait import portrait
from visavis_models.serve.regressor import ASSET, features, targets
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import ARKIT_NAMES, FPS, INDEX, N_MOTION

FACES = ("alex", "kenji", "leo", "mara", "nora")  # Pixel, a stylised one, has no landmarks worth learning from
CLIPS, FRAMES, REST_FRAMES, IN_FRAMES = 5, 200, 8, 6
FASTER = 2.0  # times as many changes a second as people make: another picture each time
PRESENT = 0.6  # how often each of the main movements is in a clip
OTHERS, OTHER = 7, (1.5, -0.5, 0.9)  # other movements in a clip; changes a second and range of each
WAYS = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")  # to a side, not of a side
KINDS = sorted(
    {name if name in WAYS else name.removesuffix("Left").removesuffix("Right") for name in ARKIT_NAMES}
    - {"tongueOut", "eyeBlink", "browDown", "browInnerUp", "browOuterUp"}
)
ONE_SIDED = 0.3  # of movements that two sides make
BLINK = (2.5, -1.2, 1.2)
COMPONENTS, RIDGE = 150, 0.003  # of the landmarks' movements, and what they cost, of a variance of 1
SIZES = (180, 400)  # pixels of a face's picture in it

Row = NDArray[np.float32]


def motion(rng: np.random.Generator) -> Row:
    """Motion [FRAMES, 60]: rest, and then anything."""
    rows = np.zeros((FRAMES, N_MOTION), np.float32)

    def put(name: str, way: tuple[float, float, float]) -> None:
        both = [channel for channel in (f"{name}Left", f"{name}Right") if channel in INDEX]
        values = curve(rng, way)
        if both and rng.random() < ONE_SIDED:
            both = [both[rng.integers(2)]]
        for channel in both or [name]:
            rows[:, INDEX[channel]] = values if name.startswith("head") else np.clip(values, 0, 1)

    for name, way in MOVED.items():
        if name.startswith("head") or rng.random() < PRESENT:
            put(name, way)
    brows, outer, gaze = curve(rng, BROWS), rng.uniform(0, 1), curve(rng, GAZE)
    rows[:, INDEX["browInnerUp"]] = np.clip(brows, 0, 1)
    rows[:, [INDEX["browOuterUpLeft"], INDEX["browOuterUpRight"]]] = np.clip(brows, 0, 1)[:, None] * outer
    rows[:, [INDEX["browDownLeft"], INDEX["browDownRight"]]] = np.clip(-brows, 0, 1)[:, None]
    for side, sign in (("Left", 1), ("Right", -1)):
        rows[:, INDEX[f"eyeLookOut{side}"]] = np.clip(sign * gaze, 0, 1)
        rows[:, INDEX[f"eyeLookIn{side}"]] = np.clip(-sign * gaze, 0, 1)
    put("eyeBlink", BLINK)
    for name in rng.choice(KINDS, OTHERS, False):
        put(name, OTHER)
    put("headZ", (0.5, -15.0, 15.0))
    return rows * np.clip((np.arange(FRAMES)[:, None] - REST_FRAMES) / IN_FRAMES, 0, 1).astype(np.float32)


def curve(rng: np.random.Generator, way: tuple[float, float, float]) -> NDArray[np.float64]:
    changes, low, high = way
    return wandering(rng, FASTER * changes, low, high)[:FRAMES]


def film(out: Path) -> None:
    """Draw all faces; write the landmarks [T, 478, 3] and the motion [T, 60] of each clip."""
    tracker, now_ms, films = FaceTracker(find(), pose_every_ms=None), 0, {}
    for index, name in enumerate(FACES):
        renderer = Renderer(portrait(name))
        for clip in range(CLIPS):
            rng = np.random.default_rng([index, clip, 2])
            rows, size, seen = motion(rng), int(rng.integers(*SIZES)), []
            for row in rows:
                now_ms += 1000 // FPS
                picture = renderer.render(row[None])[0]
                if clip % 2:
                    small = np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
                    noise = rng.standard_normal((*FRAME, 1), np.float32) * np.float32(NOISE)
                    picture = filmed(small, noise)
                face = tracker.see(picture, now_ms).face
                seen.append(np.full((478, 3), np.nan, np.float32) if face is None else face)
            now_ms += 10_000
            films[f"{name}_{clip}_L"], films[f"{name}_{clip}_m"] = np.stack(seen), rows
        print(name, flush=True)
    np.savez(out, allow_pickle=False, **films)


def train(films: Path, out: Path, without: str | None) -> None:
    """Ridge regression on the principal components of what landmarks do beside rest."""
    seen, known = [], []
    with np.load(films) as data:
        for clip in sorted({key[:-2] for key in data.files}):
            landmarks, rows = data[f"{clip}_L"], data[f"{clip}_m"]
            found = np.isfinite(landmarks[:, 0, 0])
            values = np.array([features(face) for face in landmarks[found]])
            if clip.split("_")[0] != without:
                seen.append(values - values[: found[:REST_FRAMES].sum()].mean(0))
                known.append(targets(rows[found]))
    X, Y = np.concatenate(seen), np.concatenate(known)
    variances, axes = np.linalg.eigh(X.T @ X / len(X))
    axes = axes[:, ::-1][:, :COMPONENTS] / np.sqrt(variances[::-1][:COMPONENTS])
    P = X @ axes
    weights = np.linalg.solve(P.T @ P / len(X) + RIDGE * np.eye(COMPONENTS), P.T @ Y / len(X))
    np.savez(out, matrix=(axes @ weights).astype(np.float32))
    away = P @ weights - Y
    print(f"{len(X)} pictures; left of each variance: {np.round(away.var(0) / Y.var(0), 3)}")


def main() -> None:
    """Film, or train."""
    parser = argparse.ArgumentParser()
    parser.add_argument("do", choices=["film", "train"])
    parser.add_argument("films", type=Path)
    parser.add_argument("-o", dest="out", type=Path, default=Path("models/visavis_models/assets") / ASSET)
    parser.add_argument("--without", choices=FACES, help="a face that is left out, to measure what it is worth on it")
    options = parser.parse_args()
    if options.do == "film":
        film(options.films)
    else:
        train(options.films, options.out, options.without)


if __name__ == "__main__":
    main()
