"""Time the renderer and the reference prototype in turn: `.venv/bin/python scripts/compare_renderer.py`.

The prototype is the one of ../shared/reference; it is compiled and run in a folder that is thrown away. Both draw the
same face with the same motion, that of a spoken sentence, on one core.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np

from visavis.media.files import read_audio
from visavis.perception.landmarks import FaceTracker
from visavis.vision.bundles import ensure
from visavis_models.serve.motion import MotionModel
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.stream import MotionStream, voice_windows
from visavis_models.spec import ARKIT_NAMES, MODEL_RATE, MOTION_NAMES, frames_in

SHARED = Path(__file__).resolve().parents[2] / "shared"
SENTENCE = SHARED / "data" / "speech" / "LJ001-0001.flac"
PICTURE = SHARED / "data" / "portraits" / "alex.png"
FRAMES = 200
COMPILE = ("gcc", "-O3", "-march=native", "-shared", "-fPIC")
WHOLE = ("browInnerUp", "cheekPuff")  # the prototype splits them into sides


@click.command()
def main() -> None:
    """Print a table in Markdown: medians, the 99th percentiles and the ratio."""
    if not SHARED.exists() or not shutil.which("gcc"):
        print("skipped: the prototype needs ../shared and gcc")
        return
    cv2.setNumThreads(1)
    rows = spoken()
    prototype = Prototype()
    ours = Renderer(portrait("alex"))
    out = np.empty((1, 512, 512, 3), np.uint8)
    times: dict[str, list[float]] = {"prototype": [], "ours": []}
    for k in range(FRAMES + 10):
        row = rows[k % len(rows)]
        named = weights(row, prototype.names)
        yaw, pitch, roll = (float(row[MOTION_NAMES.index(name)]) for name in ("headYaw", "headPitch", "headRoll"))
        spent = {
            "prototype": timed(lambda: prototype.face.render(named, yaw=yaw, pitch=-pitch, roll=-roll)),  # noqa: B023
            "ours": timed(lambda: ours.render(row[None], out)),  # noqa: B023
        }
        if k >= 10:  # the first ones warm caches up
            for name, milliseconds in spent.items():
                times[name].append(milliseconds)
    print("| renderer at 512x512 | median | p99 |\n| --- | --- | --- |")
    for name, values in times.items():
        print(f"| {name} | {np.median(values):.2f} ms | {np.percentile(values, 99):.2f} ms |")
    print(f"| ratio of the medians | {np.median(times['ours']) / np.median(times['prototype']):.2f} | |")


def spoken() -> np.ndarray:
    """The motion of a spoken sentence, [T, 60]."""
    voice = read_audio(SENTENCE, MODEL_RATE)
    stream = MotionStream(MotionModel.load())
    return np.stack([stream.next(window) for window in voice_windows(voice, frames_in(len(voice), MODEL_RATE))])


def timed(draw: Callable[[], Any]) -> float:
    """Milliseconds of a core that a call takes: other work on the machine does not count."""
    began = time.thread_time()
    draw()
    return (time.thread_time() - began) * 1000


class Prototype:
    """The prototype with the default face. `face` draws, `names` are its modes."""

    def __init__(self) -> None:
        tracker = FaceTracker(ensure())
        picture = np.asarray(cv2.imread(str(PICTURE)), np.uint8)
        landmarks = tracker.see(np.ascontiguousarray(picture[..., ::-1]), 0).face
        tracker.close()
        assert landmarks is not None
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            write_inputs(Path(folder))
            subprocess.run([*COMPILE, "rast.c", "-o", "rast.so", "-lm"], check=True)
            sys.path.insert(0, folder)
            module = importlib.import_module("avatar")
            sys.path.remove(folder)
            vars(module)["cv2"] = Remapping()
            self.names: list[str] = module.EN
            self.face = module.Avatar(picture, landmarks.astype(np.float64))


class Remapping:
    """OpenCV for the prototype, which was written when numpy kept float32 where it now gives float64."""

    def __getattr__(self, name: str) -> Any:
        return getattr(cv2, name)

    def remap(self, picture: np.ndarray, x: np.ndarray, y: np.ndarray | None, *rest: Any, **named: Any) -> np.ndarray:
        down: Any = None if y is None else np.asarray(y, np.float32)
        return cv2.remap(picture, np.asarray(x, np.float32), down, *rest, **named)


def write_inputs(folder: Path) -> None:
    """What the prototype reads: its sources, the head and the landmarks' vertices, in the files it expects."""
    for name in ("avatar.py", "rast.c"):
        shutil.copy(SHARED / "reference" / "portrait_prototype" / name, folder)
    head = np.load(SHARED / "data" / "ict_face" / "ict_face.npz")
    where = np.load(SHARED / "data" / "ict_face" / "mediapipe478_to_ict.npz")
    scaled = {
        key: head[f"{name}_q"].astype(np.float32) * head[f"{name}_scale"].reshape(-1, 1, 1)
        for key, name in (("ids", "identity"), ("ex", "expression"))
    }
    np.savez(folder / "ict.npz", V=head["vertices"], F=head["faces"], en=head["expression_names"], **scaled)
    np.savez(folder / "corr.npz", idx=where["vertex"], err=where["error_px"])


def weights(row: np.ndarray, known: list[str]) -> dict[str, float]:
    """A motion row [60] in the prototype's names."""
    named: dict[str, float] = {}
    for name, value in zip(ARKIT_NAMES, row.tolist(), strict=False):
        if abs(value) < 1e-3:
            continue
        sides = [f"{name}_L", f"{name}_R"] if name in WHOLE else [name]
        if name.endswith(("Left", "Right")) and name not in known:
            sides = [f"{name.removesuffix('Left').removesuffix('Right')}_{'L' if name.endswith('Left') else 'R'}"]
        named |= {side: value for side in sides if side in known}
    return named


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
