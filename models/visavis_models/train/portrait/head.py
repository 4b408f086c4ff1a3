"""The parametric head that portraits are cut from: ICT-FaceKit's topology and ARKit expression modes.

Coordinates are centimetres, x to the picture's right for a head that faces the viewer, y up, z at the viewer.
Source: Li et al., "Learning Formation of Physically-Based Face Attributes", CVPR 2020, https://github.com/ICT-VGL/ICT-FaceKit
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.head import components
from visavis_models.spec import ARKIT_NAMES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FACE = range(0, 6706)  # the face without ears, scalp and neck
SKIN = range(0, 11248)  # the whole skin
SOCKET = range(11248, 13294)  # the mouth's lining
GUMS = range(14062, 17039)  # both gums and the tongue
TEETH = range(17039, 21451)
EYEBALLS = (range(21451, 22221), range(23021, 23791))  # sclera and cornea of the person's left and right eye


@dataclass(frozen=True)
class Head:
    """The neutral head and what each channel of the face space does to it.

    Attributes:
        vertices: [N, 3] cm.
        quads: [F, 4] vertex indices, -1 pads triangles.
        modes: [52, N, 3] cm, the displacement at weight 1 of each name of `ARKIT_NAMES` (tongueOut is all zero).
        tongue: bool [N].
    """

    vertices: FloatArray
    quads: IntArray
    modes: FloatArray
    tongue: NDArray[np.bool_]

    def triangles(self, vertices: range) -> IntArray:
        """The triangles [T, 3] whose corners all lie in a range of vertices."""
        low = np.where(self.quads < 0, vertices.start, self.quads).min(1)
        faces = self.quads[(low >= vertices.start) & (self.quads.max(1) < vertices.stop)]
        whole = faces[faces[:, 3] >= 0]
        return np.concatenate([faces[:, [0, 1, 2]], whole[:, [0, 2, 3]]])


def source_names(name: str) -> list[str]:
    """The head's own modes that make up one ARKit channel: it splits browInnerUp and cheekPuff into sides."""
    if name in ("browInnerUp", "cheekPuff"):
        return [f"{name}_L", f"{name}_R"]
    for side in ("Left", "Right"):
        if name.endswith(side) and name not in ("jawLeft", "jawRight", "mouthLeft", "mouthRight"):
            return [f"{name.removesuffix(side)}_{side[0]}"]
    return [] if name == "tongueOut" else [name]


def load_head(path: Path) -> Head:
    """Read `ict_face.npz` (int16 deltas with one scale a mode)."""
    with np.load(path, allow_pickle=False) as data:
        names = data["expression_names"].tolist()
        deltas = data["expression_q"] * data["expression_scale"][:, None, None].astype(np.float64)
        vertices, quads = data["vertices"].astype(np.float64), data["faces"].astype(np.int64)
        islands = components(data["faces_uv"].astype(np.int64), len(data["uv"]))
        island = np.zeros(len(vertices), np.int64)
        island[quads[quads >= 0]] = islands[data["faces_uv"][quads >= 0]]
    modes = np.zeros((len(ARKIT_NAMES), *vertices.shape))
    for channel, name in enumerate(ARKIT_NAMES):
        for source in source_names(name):
            modes[channel] += deltas[names.index(source)]
    return Head(vertices, quads, modes, _tongue(vertices, island))


def _tongue(vertices: FloatArray, island: IntArray) -> NDArray[np.bool_]:
    """The tongue is welded to the gums, but has texture islands of its own: the narrow ones inside the lower arch."""
    mask = np.zeros(len(vertices), bool)
    for label in np.unique(island[GUMS]):
        mine = np.array(GUMS)[island[GUMS] == label]
        low, high = vertices[mine].min(0), vertices[mine].max(0)
        if 1.0 < high[0] < 2.0 and low[0] < -1.0 and high[2] > 9:
            mask[mine] = True
    return mask


def halves(loop: IntArray, vertices: FloatArray) -> tuple[IntArray, IntArray]:
    """Cut a loop at its leftmost and rightmost vertex into (upper, lower), both from left to right."""
    x = vertices[loop, 0]
    rolled = np.roll(loop, -int(x.argmin()))
    cut = int(vertices[rolled, 0].argmax())
    one, other = rolled[: cut + 1], np.r_[rolled[cut:], rolled[:1]][::-1]
    return (one, other) if vertices[one, 1].mean() > vertices[other, 1].mean() else (other, one)


def boundary_loops(triangles: IntArray) -> list[IntArray]:
    """The closed borders of a triangle mesh as lists of vertices in order, longest first."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    owner, count = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    border = {tuple(edge) for edge in owner[count == 1].tolist()}
    after = {int(a): int(b) for a, b in edges.tolist() if (min(a, b), max(a, b)) in border}
    loops = []
    while after:
        start, vertex = next(iter(after.items()))
        loop = [start]
        del after[start]
        while vertex != start:
            loop.append(vertex)
            vertex = after.pop(vertex)
        loops.append(np.array(loop))
    return sorted(loops, key=len, reverse=True)
