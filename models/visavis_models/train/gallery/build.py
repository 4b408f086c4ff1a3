"""Portraits of the rendered faces: `python -m visavis_models.train.gallery.build PICTURES`.

A face of the gallery stands on its picture by construction, as Alex does: identity, expression and camera are known.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from visavis_models.serve.enrol.build import build
from visavis_models.serve.enrol.fitted import FittedHead
from visavis_models.serve.head import Head
from visavis_models.serve.portrait import ASSETS, SUFFIX, Provenance
from visavis_models.train.gallery.cast import CAST, Person
from visavis_models.train.gallery.figure import (
    BALL,
    DRAWN_IRIS,
    IRIS,
    LANDMARKS,
    Source,
    identity_weights,
    load_source,
    rest,
    sculpt,
)
from visavis_models.train.portrait import alex

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]

SAME_CM = 0.005  # nearer than that, a vertex of the compact head is one of the source's


def fitted(head: Head, source: Source, person: Person) -> FittedHead:
    """The person standing on their picture."""
    mode_weights = identity_weights(person, len(source.identity))
    neutral = source.head.vertices + np.tensordot(mode_weights, source.identity, 1)
    row = rest(person)
    posed = head.shaped(coordinates(head, source, neutral), row).astype(np.float64)
    iris = BALL * (DRAWN_IRIS if person.drawn else IRIS)
    return alex.rendered(head, posed, lambda points: sculpt(points, neutral[LANDMARKS], person), row, iris)


def full_size(path: Path) -> Picture:
    """A picture of the camera's, enlarged where a smaller one was rendered: [1024, 1024, 3 or 4], blue first."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return np.asarray(cv2.resize(picture, (alex.SIZE, alex.SIZE), interpolation=cv2.INTER_CUBIC), np.uint8)


def coordinates(head: Head, source: Source, neutral: FloatArray) -> FloatArray:
    """The compact head's identity [I] that comes nearest to a head [N, 3] of the source's."""
    away, kept = cKDTree(source.head.vertices).query(head.points)
    same = away < SAME_CM
    modes = head.identity[:, same].reshape(len(head.identity), -1).astype(np.float64)
    wanted = (neutral[kept[same]] - head.points[same]).ravel()
    return np.linalg.lstsq(modes.T, wanted, rcond=None)[0]


@click.command()
@click.argument("pictures", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("names", nargs=-1, type=click.Choice(sorted(CAST)))
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), default="../shared/data")
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), default=ASSETS)
def main(pictures: Path, names: tuple[str, ...], data: Path, out: Path) -> None:
    """Make portraits of NAMES (all by default) from NAME.png and NAME_rgba.png in PICTURES."""
    head, source = Head.load(), load_source(data / "ict_face" / "ict_face.npz")
    for name in names or sorted(CAST):
        file = pictures / f"{name}.png"
        picture = cv2.cvtColor(full_size(file), cv2.COLOR_BGR2RGB)
        matte = full_size(pictures / f"{name}_rgba.png")[..., [2, 1, 0, 3]]
        person = CAST[name]
        made = Provenance(
            source=file.name,
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            made_by="visavis",
            consent="nobody: a face of our own making",
        )
        portrait = build(name.title(), head, fitted(head, source, person), picture, matte, made)
        target = out / f"{name}{SUFFIX}"
        portrait.save(target)
        click.echo(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
