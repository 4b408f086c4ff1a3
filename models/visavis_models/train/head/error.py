"""How far our head's surface lies from the source's, over people and expressions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from visavis_models.serve.head import PARTS, Head
from visavis_models.train.head.source import Source

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PEOPLE, SEED = 6, 11
NEAREST = 16  # triangles looked at for each vertex, by their middle
SKIN = ("face", "neck")


def point_triangle(points: FloatArray, corners: FloatArray) -> FloatArray:
    """Distance [..] from points [.., 3] to triangles [.., 3, 3].

    Ericson, "Real-Time Collision Detection", 5.1.5: inside by its barycentric coordinates, else the nearest edge.
    """
    a, b, c = (corners[..., k, :] for k in range(3))
    normal = np.cross(b - a, c - a)
    square = np.maximum((normal**2).sum(-1), 1e-18)
    ap = points - a
    v = (np.cross(ap, c - a) * normal).sum(-1) / square
    w = (np.cross(b - a, ap) * normal).sum(-1) / square
    height = np.abs((ap * normal).sum(-1)) / np.sqrt(square)
    inside = (v >= 0) & (w >= 0) & (v + w <= 1)
    edges = [_point_segment(points, p, q) for p, q in ((a, b), (b, c), (c, a))]
    return np.where(inside, height, np.minimum.reduce(edges))


def _point_segment(points: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    along = b - a
    t = ((points - a) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-18)
    return np.linalg.norm(points - a - np.clip(t, 0, 1)[..., None] * along, axis=-1)


def surface_distance(points: FloatArray, vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """Distance [N] from points [N, 3] to the nearest of a mesh's triangles."""
    corners = vertices[triangles]
    near = cKDTree(corners.mean(1)).query(points, k=NEAREST)[1]
    return point_triangle(points[:, None], corners[near]).min(1)


def projected_identity(source: Source, head: Head, kept: IntArray, person: FloatArray) -> FloatArray:
    """Our coordinates [I] of a person given in the source's [100], by least squares over the kept vertices."""
    wanted = np.tensordot(person, source.identity[:, kept], 1).ravel()
    modes = head.identity.reshape(len(head.identity), -1).astype(np.float64)
    return np.linalg.solve(modes @ modes.T, modes @ wanted)


def distances(source: Source, head: Head, kept: IntArray, people: int = PEOPLE) -> dict[str, FloatArray]:
    """Distances in mm from every vertex of the source's skin to our surface: {"identity": [people, N],
    "expression": [54, N]}, each expression on one of the people."""
    rng = np.random.default_rng(SEED)
    skin = np.nonzero(np.isin(source.part, [PARTS.index(name) for name in SKIN]))[0]
    triangles = head.triangles[: head.faces["orbit"].stop].astype(np.int64)
    persons = rng.normal(size=(people, len(source.identity)))
    ours = [projected_identity(source, head, kept, person) for person in persons]
    theirs = [source.points[skin] + np.tensordot(person, source.identity[:, skin], 1) for person in persons]
    out: dict[str, list[FloatArray]] = {"identity": [], "expression": []}
    for wanted, coordinates in zip(theirs, ours, strict=True):
        out["identity"].append(surface_distance(wanted, head.shaped(coordinates).astype(np.float64), triangles))
    for k, mode in enumerate(source.expression):
        if np.abs(mode[skin]).max() == 0:
            continue
        weights = np.eye(len(source.expression))[k]
        mine = head.shaped(ours[k % people], weights).astype(np.float64)
        out["expression"].append(surface_distance(theirs[k % people] + mode[skin], mine, triangles))
    return {name: 10 * np.array(rows) for name, rows in out.items()}


def measure(source: Source, head: Head, kept: IntArray) -> list[str]:
    """Lines of text: the error of the skin in mm over people, over expressions, and of the worst expression."""
    found = distances(source, head, kept)
    lines = []
    face = np.isin(source.part[np.isin(source.part, [PARTS.index(name) for name in SKIN])], [PARTS.index("face")])
    for name, rows in found.items():
        for where, columns in (("skin", slice(None)), ("face", face)):
            values = rows[:, columns]
            quantiles = np.percentile(values, [50, 95, 99])
            lines.append(
                f"{name} {where}: median {quantiles[0]:.3f} mm, p95 {quantiles[1]:.3f} mm, p99 {quantiles[2]:.3f} mm, "
                f"worst row's p95 {np.percentile(values, 95, axis=1).max():.3f} mm"
            )
    return lines
