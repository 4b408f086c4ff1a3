"""What every portrait is built from: a head that stands on its picture, however it came to stand there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis_models.train.portrait.head import FACE, Head, boundary_loops

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class FittedHead:
    """A head seen in a picture.

    Attributes:
        points: [N, 3], each vertex of the head: x, y in pixels of the picture (y down), z in pixels at the viewer.
        modes: [52, N, 3], displacement in pixels at weight 1 of each ARKit channel, from the picture's own expression.
        normals: [N, 3] in the picture's axes (x right, y down, z at the viewer), as in the picture.
        normals_moved: [52, N, 3], the same with each channel one unit further.
        rest: float32 [60], the picture's motion.
        scale: pixels per centimetre.
        pivot: [3], what the head turns about, in the coordinates of `points`.
        centres: [2, 3], eyeballs: the person's right one (the picture's left) first.
        radius: [2], of the eyeballs; iris: [2], of the iris as seen; pixels.
    """

    points: FloatArray
    modes: FloatArray
    normals: FloatArray
    normals_moved: FloatArray
    rest: NDArray[np.float32]
    scale: float
    pivot: FloatArray
    centres: FloatArray
    radius: FloatArray
    iris: FloatArray


@dataclass(frozen=True)
class Openings:
    """The holes of the face's mesh: vertex loops, halved into an upper and a lower edge.

    Attributes:
        outline: the border of the face.
        lips: (upper, lower) halves of the mouth's loop; lids: the same of (right, left) eye.
    """

    outline: IntArray
    lips: tuple[IntArray, IntArray]
    lids: tuple[tuple[IntArray, IntArray], tuple[IntArray, IntArray]]


def halves(loop: IntArray, vertices: FloatArray) -> tuple[IntArray, IntArray]:
    """Cut a loop at its leftmost and rightmost vertex into (upper, lower), both from left to right."""
    x, y = vertices[loop, 0], vertices[loop, 1]
    rolled = np.roll(loop, -int(x.argmin()))
    cut = int(vertices[rolled, 0].argmax())
    one, other = rolled[: cut + 1], np.r_[rolled[cut:], rolled[:1]][::-1]
    assert y.ndim == 1
    return (one, other) if vertices[one, 1].mean() > vertices[other, 1].mean() else (other, one)


def openings(head: Head) -> Openings:
    """Find the mouth's and the eyes' loops by where they lie on the neutral head."""
    outline, *inner = boundary_loops(head.triangles(FACE))
    centre = {int(loop[0]): head.vertices[loop].mean(0) for loop in inner}
    mouth = min(inner, key=lambda loop: centre[int(loop[0])][1])
    right, left = sorted((loop for loop in inner if loop is not mouth), key=lambda loop: centre[int(loop[0])][0])
    V = head.vertices
    return Openings(outline, halves(mouth, V), (halves(right, V), halves(left, V)))
