"""A picture book of the data: phones, mouth curves and rendered lips on one time line.

    python -m visavis_models.train.picture_book [--out docs/pictures] [--captures ../shared/data]

`data-lips.png` shows a sentence of the studio: under each phone the lips as our renderer draws them, with the gap
between them, so that anyone can see that p, b, m close and f, v bite. `data-grid.png` sets the lips that were tracked
on GRID's talker beside those of the fitted motion, as outlines: no picture of a real face.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.serve.head import Head
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, MODEL_RATE
from visavis_models.train.grid import fit_clips, load_clips
from visavis_models.train.lips import EYES, landmark_measures, motion_measures
from visavis_models.train.mouth import author_mouth
from visavis_models.train.voice import Phone, Synthesiser, Voice

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]

TEXT = "Peter Piper picked a peck of pickled peppers. Five fat frogs. Blue moon. Wow, who knew?"
ROW_S = 1.6  # seconds of a row of the book
OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61)
INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78)
CONTACTS = {"pbm": "C3", "fv": "C2"}  # sounds whose lips touch
CURVES = {"jawOpen": "C0", "mouthRollLower": "C1", "mouthPucker": "C2", "mouthFunnel": "C3", "mouthLowerDownLeft": "C4",
          "tongueUp": "C5"}  # fmt: skip


def mouth_picture(renderer: Renderer, row: FloatArray) -> Picture:
    """The lips alone of a motion row [60], drawn by the renderer: the middle of the lower half of the face."""
    picture = renderer.render(row[None])[0][..., :3]
    side = len(picture)
    return picture[int(0.52 * side) : int(0.74 * side), int(0.38 * side) : int(0.62 * side)]


def draw_lips(path: Path, voice: Synthesiser, text: str = TEXT) -> None:
    """A sentence: its sound, its phones, curves, and the lips in the middle of each phone."""
    said = voice.say(text, np.random.default_rng(1), speed=0.85)
    motion = author_mouth(said.phones, len(said.audio) // MODEL_FRAME)
    gap = motion_measures(motion).inner - motion_measures(0 * motion[:1]).inner  # of touching lips
    rows = int(np.ceil(max(phone.end for phone in said.phones if phone.symbol != "_") / ROW_S))
    renderer = Renderer(portrait("alex"), 512)
    figure = plt.figure(figsize=(22, 4.6 * rows))
    outer = figure.add_gridspec(rows, 1, hspace=0.12)
    for row in range(rows):
        _draw_row(figure, outer[row], said.audio, list(said.phones), motion, gap, renderer, row * ROW_S)
    figure.savefig(path, dpi=55, bbox_inches="tight")
    plt.close(figure)


def _draw_row(figure, place, audio: FloatArray, phones: list[Phone], motion: FloatArray, gap: FloatArray,
              renderer: Renderer, begin: float) -> None:  # fmt: skip
    """`ROW_S` seconds of it from `begin` on."""
    parts = place.subgridspec(2, 1, height_ratios=(1.2, 1), hspace=0.02)
    curves, lips = figure.add_subplot(parts[0]), figure.add_subplot(parts[1])
    t = (np.arange(len(motion)) + 0.5) / FPS
    curves.plot(
        np.arange(len(audio)) / MODEL_RATE, 0.5 + 0.5 * audio / np.abs(audio).max(), color="0.85", linewidth=0.5
    )
    for name, colour in CURVES.items():
        curves.plot(t, motion[:, INDEX[name]], color=colour, label=name)
    curves.plot(t, 8 * gap, "k--", label="gap of the lips, eye distances x 8")
    seen = [p for p in phones if p.symbol != "_" and begin <= (p.begin + p.end) / 2 < begin + ROW_S]
    width = min(ROW_S / max(len(seen), 1), 0.125)
    at = begin - width
    for k, phone in enumerate(seen):
        middle = (phone.begin + phone.end) / 2
        colour = next((colour for symbols, colour in CONTACTS.items() if phone.symbol in symbols), None)
        if colour:
            curves.axvspan(phone.begin, phone.end, color=colour, alpha=0.15)
        curves.text(middle, 1.02, phone.symbol, ha="center", fontsize=18, color=colour or "black")
        last = begin + ROW_S - width * (len(seen) - k)  # leaves room for those that follow
        at = min(max(at + width, middle - width / 2), last)
        picture = mouth_picture(renderer, motion[min(int(middle * FPS), len(motion) - 1)])
        lips.imshow(picture, extent=(at, at + 0.97 * width, 0, 0.8), aspect="auto")
        lips.plot((middle, at + width / 2), (1, 0.8), color=colour or "0.5", linewidth=1)
    for axis in (curves, lips):
        axis.set_xlim(begin, begin + ROW_S)
        axis.set_ylim(0, 1)
        axis.set_yticks([])
    lips.set_xlabel("seconds")
    curves.set_xticks([])
    curves.legend(loc="upper right", fontsize=9)


def draw_grid(path: Path, folder: Path) -> None:
    """Tracked lips and those of the fitted motion: curves of one sentence, outlines of eight of its frames."""
    clips = load_clips(folder, parts=1)
    fit, clip, head = fit_clips(clips), clips[20], Head.load()
    motion = fit.motion[20 * len(clip.points) : 21 * len(clip.points)]
    tracked, drawn = landmark_measures(clip.points, clip.index), motion_measures(motion)
    figure = plt.figure(figsize=(18, 8))
    grid = figure.add_gridspec(2, 8, hspace=0.25)
    t = (np.arange(len(motion)) + 0.5) / FPS
    for k, name in enumerate(("inner", "outer", "width", "chin")):
        axis = figure.add_subplot(grid[0, 2 * k : 2 * k + 2])
        for measures, style in ((tracked, "k-"), (drawn, "C3--")):
            curve = getattr(measures, name)
            axis.plot(t, curve - np.median(curve), style)
        axis.set_title(f"{name}: tracked (black), fitted motion (red)", fontsize=10)
    place = {int(mark): k for k, mark in enumerate(clip.index)}
    lines = [[mark for mark in line if mark in place] for line in (OUTER, INNER)]
    at = [head.landmark(mark) for mark in (*lines[0], *lines[1], *EYES)]
    own = head.points[at] + np.tensordot(motion[:, :54], head.expression[:, at], 1)
    seen = clip.points[:, [place[mark] for mark in (*lines[0], *lines[1], *EYES)]] * [1, -1, -1]
    for k, frame in enumerate(np.linspace(14, 60, 8).astype(int)):
        axis = figure.add_subplot(grid[1, k])
        for points, style in ((seen, "k-"), (own, "C3--")):
            laid = _lips_alone(points)[frame]
            for part in (laid[: len(lines[0])], laid[len(lines[0]) :]):
                axis.plot(*part.T, style)
        axis.set_title(f"{frame / FPS:.2f} s", fontsize=10)
        axis.set_aspect("equal")
        axis.axis("off")
    figure.savefig(path, dpi=55, bbox_inches="tight")
    plt.close(figure)


def _lips_alone(points: FloatArray) -> FloatArray:
    """Lips [T, K, 2] in eye distances about their mean place, of [T, K + 2, 3] whose last two are the eyes' corners."""
    eyes = np.linalg.norm(points[:, -1, :2] - points[:, -2, :2], axis=-1).mean()
    lips = points[:, :-2, :2] - points[:, -2:, :2].mean(axis=1, keepdims=True)
    return (lips - lips.mean(axis=(0, 1))) / eyes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="folder for the pictures")
    parser.add_argument("--captures", type=Path, default=Path("../shared/data"), help="folder of grid/")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    draw_lips(options.out / "data-lips.png", Voice())
    if (options.captures / "grid").exists():
        draw_grid(options.out / "data-grid.png", options.captures / "grid")
    else:
        print(f"{options.captures}: no grid/ there, so no picture of tracked lips", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        print(f"visavis: {error}", file=sys.stderr)
        sys.exit(2)
