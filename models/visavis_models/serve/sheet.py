"""Contact sheets, a face in many named motions: `python -m visavis_models.serve.sheet alex -o sheet.jpg`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.serve.portrait import Portrait, portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import ARKIT_NAMES, INDEX, N_MOTION
from visavis_models.writing import whole

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]
Weights = Mapping[str, float]
Cells = Mapping[str, Weights | None]  # None stands for the enrolled picture's own motion

QUALITY = 84  # of JPEG files

# A name that ends in "*" stands for both sides; the head's rotation is in degrees.
VISEMES: dict[str, Weights] = {
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
}
BLINK: dict[str, Weights] = {f"blink {share:.2g}": {"eyeBlink*": share} for share in (0.2, 0.4, 0.6, 0.75, 0.9, 1.0)}
EMOTIONS: dict[str, Weights] = {
    "smile": {"mouthSmile*": 0.8, "cheekSquint*": 0.5, "eyeSquint*": 0.3},
    "laugh": {"mouthSmile*": 0.9, "cheekSquint*": 0.6, "eyeSquint*": 0.4, "jawOpen": 0.3, "mouthUpperUp*": 0.3},
    "sad": {
        "mouthFrown*": 0.8,
        "browInnerUp": 0.9,
        "browDown*": 0.15,
        "eyeBlink*": 0.12,
        "eyeLookDown*": 0.25,
        "mouthShrugLower": 0.3,
        "headPitch": 4,
    },
    "angry": {
        "browDown*": 1.0,
        "noseSneer*": 0.35,
        "mouthPress*": 0.6,
        "mouthRollLower": 0.25,
        "mouthShrugLower": 0.3,
        "mouthFrown*": 0.15,
        "eyeSquint*": 0.6,
        "eyeWide*": 0.35,
        "headPitch": 3,
    },
    "surprise": {"browInnerUp": 0.9, "browOuterUp*": 0.8, "eyeWide*": 0.8, "jawOpen": 0.35},
    "cheek puff": {"cheekPuff": 0.8, "mouthPucker": 0.3},
}
_RIGHT, _LEFT = {"eyeLookOutLeft": 0.7, "eyeLookInRight": 0.7}, {"eyeLookInLeft": 0.7, "eyeLookOutRight": 0.7}
_UP, _DOWN = {"eyeLookUp*": 0.7}, {"eyeLookDown*": 0.7}
GAZE: dict[str, Weights] = {  # sides of the picture
    "up left": _UP | _LEFT, "up": _UP, "up right": _UP | _RIGHT, "left": _LEFT, "right": _RIGHT,
    "down left": _DOWN | _LEFT, "down": _DOWN, "down right": _DOWN | _RIGHT,
}  # fmt: skip
TURNS: dict[str, Weights] = {
    f"{name.removeprefix('head').lower()} {angle:+d}": {name: angle}
    for name, angles in (
        ("headYaw", (-20, -14, -7, 7, 14, 20)),
        ("headPitch", (-12, -6, 6, 12)),
        ("headRoll", (-12, 12)),
    )
    for angle in angles
}
MIXED: dict[str, Weights] = {
    "turn + AA": {"headYaw": 10, "headPitch": 5, "headRoll": -4, "jawOpen": 0.4},
    "turn + blink": {"headYaw": -10, "headPitch": -5, "eyeBlink*": 0.6},
    "breath": {"breath": 1.0},
}
SHAPES: dict[str, Weights] = {
    f"{name} {share:g}": {name: share} for name in (*ARKIT_NAMES, "tongueUp") for share in (0.5, 1.0)
}
OVERVIEW: dict[str, Weights | None] = {
    "rest": None, **VISEMES, **BLINK, **EMOTIONS, **GAZE, **TURNS, **MIXED,
}  # fmt: skip
SHEETS: dict[str, tuple[Cells, str]] = {
    "overview": (OVERVIEW, "frame"),
    "shapes": (SHAPES, "face"),
    "visemes": (VISEMES, "mouth"),
    "blink": ({"rest": None, "open": {}, **BLINK}, "eyes"),
    "gaze": ({"rest": None, **GAZE}, "eyes"),
    "turns": (TURNS, "frame"),
    "emotions": (EMOTIONS, "face"),
}


def row_of(weights: Weights) -> FloatArray:
    """A motion row [60] of named weights (the head's rotation in degrees)."""
    row = np.zeros(N_MOTION, np.float32)
    for name, value in weights.items():
        sides = [name.replace("*", "Left"), name.replace("*", "Right")] if name.endswith("*") else [name]
        for side in sides:
            row[INDEX[side]] = math.radians(value) if side in ("headPitch", "headYaw", "headRoll") else value
    return row


def crop_of(renderer: Renderer, part: str) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 in the frame of a part of the face at rest: "frame", "face", "eyes" or "mouth"."""
    if part == "frame":
        return 0, 0, renderer.size, renderer.size
    at = {name: places[0] for name, places in renderer.landmarks(renderer.portrait.rest[None]).items()}
    height = float(at["chin"][1] - at["forehead"][1])
    eyes = renderer.portrait.eyes.centres[:, :2].mean(0) * (renderer.size / renderer.portrait.size)
    middle = {"face": (at["chin"] + at["forehead"]) / 2, "eyes": eyes, "mouth": (at["upper_lip"] + at["lower_lip"]) / 2}
    wide, high = {"face": (0.62, 0.7), "eyes": (0.46, 0.18), "mouth": (0.32, 0.22)}[part]
    low = np.clip(middle[part] - np.array([wide, high]) * height, 0, renderer.size - 2).astype(int)
    far = np.clip(middle[part] + np.array([wide, high]) * height, low + 2, renderer.size).astype(int)
    return int(low[0]), int(low[1]), int(far[0]), int(far[1])


def labelled(frame: Picture, name: str, side: int) -> Picture:
    """A frame [h, w, 3] at another width with its name in the corner."""
    height = round(side * frame.shape[0] / frame.shape[1])
    way = cv2.INTER_AREA if side < frame.shape[1] else cv2.INTER_CUBIC
    tile = cv2.resize(frame, (side, height), interpolation=way)
    # an outline by strokes of the same width: thicker letters stand farther apart
    around = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    for (x, y), colour in [*((place, (0, 0, 0)) for place in around), ((0, 0), (255, 255, 255))]:
        cv2.putText(tile, name, (6 + x, 18 + y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
    return np.asarray(tile, np.uint8)


def tiled(tiles: list[Picture], columns: int) -> Picture:
    """Pictures of one size side by side, black where there are none."""
    tiles = tiles + [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    return np.vstack([np.hstack(tiles[k : k + columns]) for k in range(0, len(tiles), columns)])


def contact_sheet(
    face: Portrait, cells: Cells = OVERVIEW, *, part: str = "frame", columns: int = 6, side: int = 256
) -> Picture:
    """A sheet of named motions.

    Args:
        cells: name -> weights as for `row_of`, or None for the enrolled picture's own motion.
        part: "frame", "face", "eyes" or "mouth"; side: width of a cell in pixels.

    Returns:
        RGB uint8 [H, W, 3].
    """
    renderer = Renderer(face)
    x0, y0, x1, y1 = crop_of(renderer, part)
    rows = {name: face.rest if weights is None else row_of(weights) for name, weights in cells.items()}
    frames = {name: renderer.render(row[None])[0][y0:y1, x0:x1] for name, row in rows.items()}
    return tiled([labelled(frame, name, side) for name, frame in frames.items()], columns)


def quality_sheet(face: Portrait, *, side: int = 256) -> Picture:
    """A sheet of what the steps of the quality ladder draw.

    Returns:
        RGB uint8 [H, W, 3]: a word in a turned face and a close-up of its mouth, at every step.
    """
    renderer = Renderer(face, ladder=True)
    row = row_of(MIXED["turn + AA"])
    frames = {}
    for step in renderer.steps:
        renderer.quality = step
        frames[step.value] = renderer.render(row[None])[0]
    rows = []
    for part in ("face", "mouth"):
        x0, y0, x1, y1 = crop_of(renderer, part)
        tiles = [labelled(f[y0:y1, x0:x1], name if part == "face" else "", side) for name, f in frames.items()]
        rows.append(np.hstack(tiles))
    return np.vstack(rows)


def write_picture(path: Path, picture: Picture) -> None:
    """Write an RGB or RGBA picture as the file's suffix says (.jpg, .png).

    Raises:
        InputError: no such kind of picture, or it cannot be written.
    """
    order = cv2.COLOR_RGB2BGR if picture.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY] if path.suffix.lower() in (".jpg", ".jpeg") else []
    try:
        ok, data = cv2.imencode(path.suffix.lower(), cv2.cvtColor(picture, order), options)
        if not ok:
            raise InputError(f"{path}: the picture cannot be encoded; name a .jpg or .png file")
    except cv2.error:
        raise InputError(f"{path}: no kind of picture that can be written; name a .jpg or .png file") from None
    with whole(path) as partial:
        partial.write_bytes(data.tobytes())


@click.command()
@click.argument("face", default="alex")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help=".jpg or .png")
@click.option("--sheet", "kind", type=click.Choice([*SHEETS, "quality"]), default="overview", show_default=True)
@click.option("--columns", default=6, show_default=True)
@click.option("--side", default=256, show_default=True, help="Width of a cell in pixels.")
def main(face: str, out: Path, kind: str, columns: int, side: int) -> None:
    """Draw a contact sheet of FACE: a shipped face by name, or an .avatar file."""
    if kind == "quality":
        sheet = quality_sheet(portrait(face), side=side)
    else:
        cells, part = SHEETS[kind]
        sheet = contact_sheet(portrait(face), cells, part=part, columns=columns, side=side)
    write_picture(out, sheet)


if __name__ == "__main__":
    main()
