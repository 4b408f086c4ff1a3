"""Our compact parametric head: who somebody is, what the face space does to it, and what lies behind the lips.

It is re-estimated from ICT-FaceKit (MIT, USC ICT) by `visavis_models.train.head.build`; see NOTICE. Coordinates are
centimetres in the axes of the face space: x to the picture's right for a head that faces the viewer, y up, z at the
viewer. The person's right side is the picture's left.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import AssetError
from visavis_models.spec import WEIGHTS

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]

ASSET = Path(__file__).parent.parent / "assets" / "head.npz"
VERSION = 1

# Vertices and triangles come in this order. `face` and `neck` (with ears and scalp) are the skin; `socket` is the
# mouth's lining and `orbit` that of the lids, both welded to the face; `sclera` has the cornea in it.
PARTS: tuple[str, ...] = (
    "face", "neck", "socket", "orbit", "upper_gums", "lower_gums", "tongue", "upper_teeth", "lower_teeth",
    "right_sclera", "right_iris", "left_sclera", "left_iris", "lashes",
)  # fmt: skip
PIVOT = np.array([0.0, -4.5, -1.5], np.float32)  # cm, what a head turns about: between the ears' lobes and the neck


@dataclass(frozen=True)
class Head:
    """The mean head and its modes.

    Attributes:
        points: float32 [V, 3] cm, neutral.
        triangles: int32 [T, 3], counter-clockwise as seen from outside, y up.
        uv: float32 [V, 2], v up; on a texture seam one side's.
        identity: float32 [I, V, 3] cm for one standard deviation of each mode, the strongest mode first.
        expression: float32 [54, V, 3] cm at weight 1, the first 54 channels of the face space; breath moves nothing.
        vertices, faces: for each name of `PARTS` its range of vertices, and that of triangles (a triangle that joins
            two parts is of the later one).
        landmark_index, landmark_vertex: int32 [L], mediapipe's landmarks and the vertex under each.
        paths: named rows of vertices, each from the picture's left to its right unless it is a loop:
            `outline` (loop: the border of `face` to `neck`); `lips.upper`, `lips.lower` (the border of `face` to
            `socket`, behind the lips), the same with `lips.inner` (where the lips meet) and `lips.outer` (the border
            of the red); `lids.right.upper` ... `lids.left.lower` (the border of `face` to `orbit`),
            `lids.right.edge.upper` ... (the lids' front edges), `lids.right.lash.upper` ... (the lashes' roots);
            `brow.right.upper`, `brow.right.lower`, `brow.left...`; `jaw` (from ear to ear by the chin); `nose`
            (the bridge, from the top down); `fold.right`, `fold.left` (from the nose's wing to beside the mouth).
    """

    points: FloatArray
    triangles: IntArray
    uv: FloatArray
    identity: FloatArray
    expression: FloatArray
    vertices: dict[str, range]
    faces: dict[str, range]
    landmark_index: IntArray
    landmark_vertex: IntArray
    paths: dict[str, IntArray]

    @classmethod
    def load(cls) -> Head:
        """The head that comes with the package; read once, read-only.

        Raises:
            AssetError: it is missing or damaged.
        """
        return _shipped()

    @classmethod
    def read(cls, path: Path) -> Head:
        """A head from a file that `visavis_models.train.head.build` wrote.

        Raises:
            AssetError: it is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                return _assembled(data)
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise AssetError(f"{path}: the head cannot be read ({error}); install the package again") from error

    @property
    def skin(self) -> range:
        """The vertices of the face, the ears, the scalp and the neck."""
        return range(self.vertices["face"].start, self.vertices["neck"].stop)

    def landmark(self, index: int) -> int:
        """The vertex under one of mediapipe's landmarks; KeyError if none is known well enough."""
        found = np.nonzero(self.landmark_index == index)[0]
        if not len(found):
            raise KeyError(index)
        return int(self.landmark_vertex[found[0]])

    def shaped(self, identity: NDArray[np.floating], row: NDArray[np.floating] | None = None) -> FloatArray:
        """Somebody's vertices [V, 3] cm, upright.

        Args:
            identity: [<= I] in standard deviations.
            row: a motion row [60], or its first weights [<= 54]; its rotation and place are not applied.
        """
        points = self.points + np.tensordot(np.asarray(identity, np.float32), self.identity[: len(identity)], 1)
        if row is not None:
            weights = np.asarray(row, np.float32)[: WEIGHTS.stop]
            used = np.nonzero(weights)[0]
            points = points + np.tensordot(weights[used], self.expression[used], 1)
        return points

    def centre(self, points: FloatArray, side: int) -> FloatArray:
        """Centre [3] of an eyeball (0: the person's right one) among somebody's vertices [V, 3] at rest."""
        return sphere_centre(points[self.vertices[("right_sclera", "left_sclera")[side]]])


def components(faces: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    """The connected part that each of `count` vertices belongs to, [count]; faces [F, 3 or 4], -1 pads triangles."""
    part = np.arange(count, dtype=np.int64)
    corners = np.where(faces < 0, faces[:, :1], faces)
    while True:
        low = part[corners].min(1)
        after = part.copy()
        for k in range(corners.shape[1]):
            np.minimum.at(after, corners[:, k], low)
        after = after[after]
        if (after == part).all():
            return part
        part = after


def sphere_centre(points: NDArray[np.floating]) -> FloatArray:
    """Centre [3] of the sphere that lies nearest to points [N, 3]: |p|^2 = 2 p . c + d, in least squares."""
    design = np.c_[2 * points, np.ones(len(points))].astype(np.float64)
    squares = (points.astype(np.float64) ** 2).sum(1)
    return np.linalg.lstsq(design, squares, rcond=None)[0][:3].astype(np.float32)


def pack(modes: NDArray[np.floating], step: float) -> NDArray[np.int16]:
    """Modes [K, V, 3] cm as steps, each vertex less the one before it, which compresses well."""
    steps = np.round(np.asarray(modes, np.float64) / step).astype(np.int64)
    assert np.abs(steps).max(initial=0) < 2**15, "a mode is too large for its step"
    return np.diff(steps, axis=1, prepend=0).astype(np.int16)  # wraps, and wraps back in `unpack`


def unpack(packed: NDArray[np.int16], step: float) -> FloatArray:
    """Inverse of `pack`: float32 [K, V, 3] cm."""
    return (np.cumsum(packed, axis=1, dtype=np.int16) * np.float32(step)).astype(np.float32)


@lru_cache(maxsize=1)
def _shipped() -> Head:
    return Head.read(ASSET)


def _assembled(data: Mapping[str, NDArray]) -> Head:
    """The head of these arrays, read-only; KeyError, ValueError."""
    if int(data["version"]) != VERSION:
        raise ValueError(f"version {int(data['version'])}")
    held = Head(
        points=data["points"],
        triangles=data["triangles"].astype(np.int32),
        uv=data["uv"].astype(np.float32),
        identity=unpack(data["identity"], float(data["identity_step"])),
        expression=unpack(data["expression"], float(data["expression_step"])),
        vertices=_ranges(data["part_vertices"]),
        faces=_ranges(data["part_triangles"]),
        landmark_index=data["landmark_index"].astype(np.int32),
        landmark_vertex=data["landmark_vertex"].astype(np.int32),
        paths={name.removeprefix("path."): data[name].astype(np.int32) for name in data if name.startswith("path.")},
    )
    for array in (held.points, held.triangles, held.uv, held.identity, held.expression):
        array.flags.writeable = False
    return held


def _ranges(ends: NDArray[np.integer]) -> dict[str, range]:
    """The range of each part from where each begins, and the last ends, [P + 1]."""
    return {name: range(int(a), int(b)) for name, a, b in zip(PARTS, ends[:-1], ends[1:], strict=True)}
