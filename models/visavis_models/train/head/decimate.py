"""Fewer vertices for many shapes at once: half-edge collapses by quadric error, summed over all shapes of a head.

Garland and Heckbert, "Surface simplification using quadric error metrics", SIGGRAPH 1997. Every vertex that stays is
one of the source's, so texture coordinates, modes and landmarks carry over as they are.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

BORDER_WEIGHT = 3.0  # of planes that stand upright on a crease, against those of the surface
FLAT = 0.25  # cosine: a triangle may not turn further than that, in any of the shapes that are watched
WATCHED = 12  # so many of the shapes are watched for turned triangles
SLIVER = 0.02  # the least shape quality (4 sqrt(3) area / sum of squared edges) of a new triangle


def plane_features(points: FloatArray) -> FloatArray:
    """[.., 3] -> [.., 10]: the monomials of p that a quadric weighs, x^2 y^2 z^2 2xy 2xz 2yz 2x 2y 2z 1."""
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z, 2 * x, 2 * y, 2 * z, np.ones_like(x)], -1)


def plane_quadrics(normals: FloatArray, points: FloatArray) -> FloatArray:
    """Quadric [.., 10] of (n . p + d)^2 for the planes through `points` with unit `normals`."""
    a, b, c = np.moveaxis(normals, -1, 0)
    d = -(normals * points).sum(-1)
    return np.stack([a * a, b * b, c * c, a * b, a * c, b * c, a * d, b * d, c * d, d * d], -1)


def vertex_quadrics(shapes: FloatArray, triangles: IntArray, creases: IntArray) -> FloatArray:
    """Q [N, K, 10], area-weighted: the squared distance to the planes around each vertex in each shape.

    Args:
        shapes: [K, N, 3]; triangles: [T, 3]; creases: [E, 2], edges that should keep their place.
    """
    K, N, _ = shapes.shape
    Q = np.zeros((N, K, 10), np.float32)
    keys = {tuple(edge) for edge in np.sort(creases, axis=1).tolist()}
    for k, points in enumerate(shapes):
        a, b, c = (points[triangles[:, i]] for i in range(3))
        cross = np.cross(b - a, c - a)
        area = np.linalg.norm(cross, axis=1, keepdims=True)
        normals = cross / np.maximum(area, 1e-12)
        planes = plane_quadrics(normals, a) * area
        for i in range(3):
            np.add.at(Q[:, k], triangles[:, i], planes)
            first, second = triangles[:, i], triangles[:, (i + 1) % 3]
            pairs = np.sort(np.stack([first, second], 1), axis=1)
            held = np.array([tuple(pair) in keys for pair in pairs.tolist()])
            edge = points[second[held]] - points[first[held]]
            upright = np.cross(edge, normals[held])
            upright /= np.maximum(np.linalg.norm(upright, axis=1, keepdims=True), 1e-12)
            walls = BORDER_WEIGHT * plane_quadrics(upright, points[first[held]]) * (edge**2).sum(1, keepdims=True)
            np.add.at(Q[:, k], first[held], walls)
            np.add.at(Q[:, k], second[held], walls)
    return Q


@dataclass
class Mesh:
    """A triangle mesh under collapse: which triangles stand around each vertex.

    Attributes:
        triangles: [T, 3]; alive: bool [T]; around: for each vertex the set of its triangles.
    """

    triangles: IntArray
    alive: BoolArray
    around: list[set[int]] = field(default_factory=list)

    @classmethod
    def of(cls, triangles: IntArray, count: int) -> Mesh:
        around: list[set[int]] = [set() for _ in range(count)]
        for t, corners in enumerate(triangles.tolist()):
            for v in corners:
                around[v].add(t)
        return cls(triangles.copy(), np.ones(len(triangles), bool), around)

    def neighbours(self, vertex: int) -> set[int]:
        found: set[int] = set()
        for t in self.around[vertex]:
            found.update(self.triangles[t].tolist())
        found.discard(vertex)
        return found

    def linked(self, u: int, v: int) -> bool:
        """Whether collapsing the edge keeps a manifold: the ends share only the corners of the edge's triangles."""
        shared = self.around[u] & self.around[v]
        opposite = {int(c) for t in shared for c in self.triangles[t]} - {u, v}
        return (self.neighbours(u) & self.neighbours(v)) == opposite and len(shared) in (1, 2)

    def collapse(self, u: int, v: int) -> None:
        """Move u onto v."""
        for t in list(self.around[u]):
            corners = self.triangles[t]
            if v in corners:
                self.alive[t] = False
                for c in corners.tolist():
                    self.around[c].discard(t)
            else:
                corners[corners == u] = v
                self.around[v].add(t)
        self.around[u] = set()


def collapses_well(mesh: Mesh, watched: FloatArray, u: int, v: int) -> bool:
    """Whether no triangle around u turns over or becomes a sliver when u moves onto v; watched [W, N, 3]."""
    kept = [t for t in mesh.around[u] if v not in mesh.triangles[t]]
    if not kept:
        return False
    before = mesh.triangles[kept]
    after = np.where(before == u, v, before)
    old, new = watched[:, before], watched[:, after]
    n0 = np.cross(old[:, :, 1] - old[:, :, 0], old[:, :, 2] - old[:, :, 0])
    n1 = np.cross(new[:, :, 1] - new[:, :, 0], new[:, :, 2] - new[:, :, 0])
    length = np.linalg.norm(n0, axis=-1) * np.linalg.norm(n1, axis=-1)
    if ((n0 * n1).sum(-1) < FLAT * length).any():
        return False
    edges = ((new - np.roll(new, 1, axis=2))[0] ** 2).sum((-1, -2))
    return bool((2 * np.sqrt(3) * np.linalg.norm(n1[0], axis=-1) > SLIVER * edges).all())


def decimate(
    shapes: FloatArray,
    triangles: IntArray,
    part: IntArray,
    budget: dict[int, int],
    weight: FloatArray,
    locked: BoolArray,
    creases: IntArray,
) -> tuple[IntArray, IntArray]:
    """Collapse edges, cheapest first, until every part is within its budget.

    Args:
        shapes: [K, N, 3] cm, the first one neutral; triangles: [T, 3].
        part: [N], the part of each vertex; budget: how many vertices each part may keep (a part without one is whole).
        weight: [N], how dear an error at each vertex is; locked: bool [N], vertices that stay.
        creases: [E, 2], edges: a vertex on one may only slide along them.

    Returns:
        the vertices that stay, ascending [M], and the triangles [T', 3] over the source's numbers.
    """
    N = len(part)
    Q = vertex_quadrics(shapes, triangles, creases) * weight[:, None, None].astype(np.float32)
    features = plane_features(shapes.transpose(1, 0, 2)).astype(np.float32)
    watched = shapes[np.linspace(0, len(shapes) - 1, WATCHED).astype(int)]
    mesh = Mesh.of(triangles, N)
    along = {frozenset(edge) for edge in creases.tolist()}
    on_crease = np.zeros(N, bool)
    on_crease[creases] = True
    used = np.zeros(N, bool)
    used[triangles] = True
    count = {p: int((used & (part == p)).sum()) for p in budget}
    version = np.zeros(N, np.int64)
    heap: list[tuple[float, int, int, int, int]] = []

    def offer(u: int, v: int) -> None:
        if locked[u] or part[u] not in budget or (on_crease[u] and frozenset((u, v)) not in along):
            return
        if part[u] != part[v] and not on_crease[u]:
            return
        cost = float(((Q[u] + Q[v]) * features[v]).sum())
        heapq.heappush(heap, (cost, u, v, int(version[u]), int(version[v])))

    for u in range(N):
        for v in mesh.neighbours(u):
            offer(u, v)
    while heap and any(count[p] > budget[p] for p in budget):
        _, u, v, at_u, at_v = heapq.heappop(heap)
        p = int(part[u])
        if version[u] != at_u or version[v] != at_v or count[p] <= budget[p]:
            continue
        if not mesh.linked(u, v) or not collapses_well(mesh, watched, u, v):
            continue
        if on_crease[u]:  # the crease closes over the gap
            for w in _crease_ends(along, u, mesh):
                if w != v:
                    along.add(frozenset((w, v)))
        mesh.collapse(u, v)
        Q[v] += Q[u]
        count[p] -= 1
        version[u] = -1
        version[v] += 1
        used[u] = False
        for w in mesh.neighbours(v):
            offer(v, w)
            offer(w, v)
    return np.nonzero(used)[0], mesh.triangles[mesh.alive]


def _crease_ends(along: set[frozenset[int]], u: int, mesh: Mesh) -> list[int]:
    """The neighbours that a crease joins to u."""
    return [w for w in mesh.neighbours(u) if frozenset((u, w)) in along]
