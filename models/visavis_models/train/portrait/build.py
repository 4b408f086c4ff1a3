"""Build Alex: `python -m visavis_models.train.portrait.build ../shared/data`."""

from __future__ import annotations

from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.portrait import ASSETS, SUFFIX, Portrait
from visavis_models.train.portrait import alex, mesh
from visavis_models.train.portrait.eyes import build_eyes
from visavis_models.train.portrait.fitted import FittedHead, openings
from visavis_models.train.portrait.head import FACE, SKIN, Head, load_head
from visavis_models.train.portrait.mouth import build_mouth
from visavis_models.train.portrait.plate import background, premultiplied

Picture = NDArray[np.uint8]

PLATE_SIDE = 512  # pixels: what is behind is out of focus
LIP_COLUMNS = 28


def build(name: str, head: Head, fit: FittedHead, picture: Picture, matte: Picture) -> Portrait:
    """A portrait from a fitted head and its picture.

    Args:
        picture: RGB [S, S, 3]; matte: the figure alone, RGBA [S, S, 4], not premultiplied.
    """
    size = len(picture)
    holes = openings(head)
    face = mesh.front(head, FACE)
    visible = mesh.seen(fit, face, size)
    depth = mesh.surface(fit.points, mesh.front(head, SKIN), size)[0]
    skin = mesh.build_skin(head, fit, holes, visible, depth, picture, matte)
    graph = mesh.edge_graph(fit.points[FACE], face)
    upper, lower = mesh.edge_of(fit, visible, graph, holes.lips, LIP_COLUMNS)
    lids = [mesh.ring_of(fit, graph, pair, mesh.LID_RING, mesh.LID_COLUMNS) for pair in holes.lids]
    roots = [mesh.ring_of(fit, graph, pair, mesh.LASH_RING, mesh.LID_COLUMNS)[0] for pair in holes.lids]

    hole = mesh.surface(fit.points, face, size)[1] < 0
    eyes, clean = build_eyes(fit, picture, hole, lids, roots)
    plate = background(picture, matte)
    small = cv2.resize(plate, (PLATE_SIDE, PLATE_SIDE), interpolation=cv2.INTER_AREA)
    return Portrait(
        name=name,
        size=size,
        scale=fit.scale,
        pivot=fit.pivot.astype(np.float32),
        rest=fit.rest,
        figure=premultiplied(clean, plate, matte),
        plate=small,
        skin=skin,
        mouth=build_mouth(head, fit, upper, lower),
        eyes=eyes,
        marks=mesh.marks(fit) | {"upper_lip": int(upper[len(upper) // 2]), "lower_lip": int(lower[len(lower) // 2])},
    )


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), default=ASSETS / f"alex{SUFFIX}")
def main(data: Path, out: Path) -> None:
    """Make Alex from the data folder DATA (ict_face and portraits in it)."""
    head = load_head(data / "ict_face" / "ict_face.npz")
    picture = cv2.cvtColor(cv2.imread(str(data / "portraits" / "alex.png")), cv2.COLOR_BGR2RGB)
    matte = cv2.imread(str(data / "portraits" / "alex_rgba.png"), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]]
    build("Alex", head, alex.fitted(head), picture, matte).save(out)
    click.echo(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
