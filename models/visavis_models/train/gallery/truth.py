"""How near a drawn turn comes to a rendered one: `python -m visavis_models.train.gallery.truth PICTURES`.

The gallery's heads are known in space, so the path tracer shows what is to be seen of a turned one
(`python -m visavis_models.train.gallery leo --yaw 20 --out PICTURES`), and the renderer draws it from the picture of
the head's front alone.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.background import Background
from visavis_models.serve.painter import Painter
from visavis_models.serve.portrait import ASSETS, SUFFIX, Portrait, portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.sheet import labelled, tiled, write_picture
from visavis_models.spec import ROTATION

Picture = NDArray[np.uint8]

SIZE = 512  # pixels
NAMED = re.compile(r"(?P<name>[a-z]+)_(?P<pitch>[+-][\d.]+)_(?P<yaw>[+-][\d.]+)")
FRONT = (0.15, 0.95)  # of the way from forehead to chin: where a cheek, and no hair, is the figure's outline
ROWS = 60


@dataclass(frozen=True)
class Turn:
    """A head turned by pitch and yaw, degrees, as it was rendered: RGBA [SIZE, SIZE, 4] and before its backdrop."""

    name: str
    pitch: float
    yaw: float
    matte: Picture
    picture: Picture

    @classmethod
    def read(cls, path: Path) -> Turn:
        """That of `NAME_PITCH_YAW.png`, beside which its `_rgba.png` lies."""
        found = NAMED.fullmatch(path.stem)
        assert found, f"{path}: not NAME_PITCH_YAW.png"
        matte, picture = (_read(file) for file in (path.with_name(f"{path.stem}_rgba.png"), path))
        return cls(
            found["name"],
            float(found["pitch"]),
            float(found["yaw"]),
            np.asarray(matte[..., [2, 1, 0, 3]], np.uint8),
            np.asarray(picture[..., ::-1], np.uint8),
        )

    def row(self, face: Portrait) -> NDArray[np.float32]:
        """The motion [60] of it: the picture's own, turned."""
        row = face.rest.copy()
        row[ROTATION] += np.radians([self.pitch, self.yaw, 0]).astype(np.float32)
        return row


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise click.ClickException(f"{path}: no picture; `visavis_models.train.gallery` renders two of each turn")
    return np.asarray(cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True)
class Apart:
    """How far what is drawn is from what was rendered.

    Attributes:
        cheek_mm: mean distance of the outlines from forehead to chin, on the side that the head turns to, or both.
        colour: mean difference of red, green and blue over the face, 0..255.
    """

    cheek_mm: float
    colour: float


def outline_apart(one: Picture, other: Picture, rows: NDArray[np.int64], side: int) -> float:
    """Mean distance in pixels of the outermost column of two mattes [S, S], 0..255; side: -1 left, 1 right."""
    ends = []
    for matte in (one, other):
        solid = matte[rows][:, ::-side] > 127
        ends.append(solid.argmax(1))
    return float(np.abs(ends[0] - ends[1]).mean())


def compare(turn: Turn, face: Portrait) -> tuple[Apart, Picture]:
    """How far the face drawn in this turn is from it, and the drawing, RGB [SIZE, SIZE, 3]."""
    row = turn.row(face)
    renderer = Renderer(face, SIZE)
    drawn = renderer.render(row[None])[0]
    alpha = Renderer(face, SIZE, background=Background("transparent"), output="rgba").render(row[None])[0][..., 3]
    marks = renderer.landmarks(row[None])
    top, chin = (float(marks[name][0, 1]) for name in ("forehead", "chin"))
    rows = np.linspace(*(top + share * (chin - top) for share in FRONT), ROWS).round().astype(int)
    sides = (int(math.copysign(1, turn.yaw)),) if turn.yaw else (-1, 1)
    away = np.mean([outline_apart(turn.matte[..., 3], alpha, rows, side) for side in sides])
    places = Painter(face, SIZE, Background()).places(row)[: int(face.skin.triangles[face.skin.surround :].max()) + 1]
    over = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillConvexPoly(over, cv2.convexHull(places[:, :2].round().astype(np.int32)), 1)
    unlike = np.abs(turn.picture.astype(float) - drawn)[over > 0].mean()
    return Apart(10 * float(away) / (face.scale * SIZE / face.size), float(unlike)), drawn


@click.command()
@click.argument("pictures", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--faces", type=click.Path(exists=True, file_okay=False, path_type=Path), default=ASSETS)
@click.option(
    "--sheet", type=click.Path(dir_okay=False, path_type=Path), help=".jpg or .png: rendered above, drawn below."
)
def main(pictures: Path, faces: Path, sheet: Path | None) -> None:
    """Compare every NAME_PITCH_YAW.png in PICTURES with what FACES/NAME.avatar draws; prints a table in Markdown."""
    above, below = [], []
    click.echo("| face | pitch | yaw | cheek, mm | colour |\n| --- | --- | --- | --- | --- |")
    for path in sorted(path for path in pictures.glob("*.png") if NAMED.fullmatch(path.stem)):
        turn = Turn.read(path)
        apart, drawn = compare(turn, portrait(faces / f"{turn.name}{SUFFIX}"))
        click.echo(f"| {turn.name} | {turn.pitch:+g} | {turn.yaw:+g} | {apart.cheek_mm:.1f} | {apart.colour:.1f} |")
        above.append(labelled(turn.picture, f"{turn.pitch:+g} {turn.yaw:+g}", 3 * SIZE // 4))
        below.append(labelled(drawn, "", 3 * SIZE // 4))
    if sheet and above:
        write_picture(sheet, tiled([*above, *below], len(above)))


if __name__ == "__main__":
    main()
