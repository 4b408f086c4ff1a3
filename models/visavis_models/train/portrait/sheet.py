"""A contact sheet of a portrait: `python -m visavis_models.train.portrait.sheet alex -o sheet.jpg`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import INDEX, N_MOTION

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]

# Name -> weights; a name that ends in "*" stands for both sides, degrees for the head.
CELLS: dict[str, dict[str, float]] = {
    "neutral": {},
    "AA": {"jawOpen": 0.5, "mouthLowerDown*": 0.25, "mouthUpperUp*": 0.15},
    "EE": {"jawOpen": 0.14, "mouthSmile*": 0.3, "mouthStretch*": 0.3, "mouthLowerDown*": 0.4, "mouthUpperUp*": 0.25},
    "OO": {"jawOpen": 0.16, "mouthPucker": 0.75, "mouthFunnel": 0.25},
    "OH": {"jawOpen": 0.32, "mouthFunnel": 0.55, "mouthPucker": 0.2},
    "MM": {"mouthRollLower": 0.25, "mouthRollUpper": 0.2, "mouthPress*": 0.35},
    "FF": {"jawOpen": 0.08, "mouthRollLower": 0.4, "mouthUpperUp*": 0.3},
    "TH": {"jawOpen": 0.2, "tongueOut": 0.4, "tongueUp": 0.7, "mouthLowerDown*": 0.2, "mouthUpperUp*": 0.15},
    "L": {"jawOpen": 0.25, "tongueUp": 0.9, "mouthLowerDown*": 0.25, "mouthUpperUp*": 0.2},
    "jaw 1": {"jawOpen": 1.0},
    "jaw + tongue": {"jawOpen": 0.6, "tongueOut": 1.0},
    "shut by close": {"jawOpen": 0.4, "mouthClose": 0.4},
    "blink .25": {"eyeBlink*": 0.25},
    "blink .5": {"eyeBlink*": 0.5},
    "blink .75": {"eyeBlink*": 0.75},
    "blink 1": {"eyeBlink*": 1.0},
    "smile": {"mouthSmile*": 0.8, "cheekSquint*": 0.5, "eyeSquint*": 0.3},
    "laugh": {"mouthSmile*": 0.9, "cheekSquint*": 0.6, "eyeSquint*": 0.4, "jawOpen": 0.3, "mouthUpperUp*": 0.3},
    "sad": {"mouthFrown*": 0.7, "browInnerUp": 0.8, "eyeSquint*": 0.2, "mouthShrugLower": 0.3},
    "angry": {"browDown*": 0.9, "noseSneer*": 0.5, "mouthPress*": 0.5, "eyeSquint*": 0.4},
    "surprise": {"browInnerUp": 0.9, "browOuterUp*": 0.8, "eyeWide*": 0.8, "jawOpen": 0.35},
    "cheek puff": {"cheekPuff": 0.8, "mouthPucker": 0.3},
    "look left": {"eyeLookOutRight": 0.6, "eyeLookInLeft": 0.6},
    "look right": {"eyeLookInRight": 0.6, "eyeLookOutLeft": 0.6},
    "look up": {"eyeLookUp*": 0.6},
    "look down": {"eyeLookDown*": 0.6},
    "yaw -12": {"headYaw": -12},
    "yaw +12": {"headYaw": 12},
    "pitch -10": {"headPitch": -10},
    "pitch +10": {"headPitch": 10},
    "roll -10": {"headRoll": -10},
    "roll +10": {"headRoll": 10},
    "turn + AA": {"headYaw": 10, "headPitch": 5, "headRoll": -4, "jawOpen": 0.4},
    "turn + blink": {"headYaw": -10, "headPitch": -5, "eyeBlink*": 0.6},
    "breath": {"breath": 1.0},
}


def row_of(weights: Mapping[str, float]) -> FloatArray:
    """A motion row [60] of named weights (head in degrees)."""
    row = np.zeros(N_MOTION, np.float32)
    for name, value in weights.items():
        sides = [name.replace("*", "Left"), name.replace("*", "Right")] if name.endswith("*") else [name]
        for side in sides:
            row[INDEX[side]] = math.radians(value) if side in ("headPitch", "headYaw", "headRoll") else value
    return row


def sheet(
    face: str, cells: Mapping[str, Mapping[str, float]], columns: int, crop: tuple[int, int, int, int], side: int
) -> Picture:
    """A sheet of named cells; `crop` is (x0, y0, x1, y1) of the 512 x 512 frame, `side` the width of a cell."""
    renderer = Renderer(portrait(face))
    x0, y0, x1, y1 = crop
    tiles = []
    for name, weights in {"rest": {}, **cells}.items():
        row = renderer.portrait.rest if name == "rest" else row_of(weights)
        frame = renderer.render(row[None])[0][y0:y1, x0:x1]
        height = round(side * (y1 - y0) / (x1 - x0))
        tile = cv2.resize(frame, (side, height), interpolation=cv2.INTER_AREA if side < x1 - x0 else cv2.INTER_CUBIC)
        for colour, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(tile, name, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, width, cv2.LINE_AA)
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[k : k + columns]) for k in range(0, len(tiles), columns)])


@click.command()
@click.argument("face", default="alex")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--columns", default=6)
@click.option("--crop", type=int, nargs=4, default=(0, 0, 512, 512), help="x0 y0 x1 y1 of the frame")
@click.option("--side", default=256, help="width of a cell in pixels")
@click.option("--only", multiple=True, help="names of cells; all of them if none is given")
def main(face: str, out: Path, columns: int, crop: tuple[int, int, int, int], side: int, only: tuple[str, ...]) -> None:
    """Draw a contact sheet of FACE."""
    cells = {name: CELLS[name] for name in only} if only else CELLS
    picture = sheet(face, cells, columns, crop, side)
    cv2.imwrite(str(out), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
