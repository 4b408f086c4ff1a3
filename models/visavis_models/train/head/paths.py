"""The lines that a renderer needs: where lips and lids end, where lashes grow, brows and jaw."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from visavis_models.serve.head import PARTS
from visavis_models.train.head.source import Source
from visavis_models.train.portrait.head import boundary_loops, halves

IntArray = NDArray[np.int64]

LID_EDGE, LASH_ROOTS = 2, 4  # edges of the mesh from the eye's border to the lid's front edge, and to its lashes
INNER_LIP, OUTER_LIP = (13, 14, 81, 311, 178, 402), (0, 17, 37, 267, 84, 314)  # landmarks on either line
LINES = {
    "brow.right.lower": (46, 53, 52, 65, 55),
    "brow.right.upper": (70, 63, 105, 66, 107),
    "brow.left.lower": (285, 295, 282, 283, 276),
    "brow.left.upper": (336, 296, 334, 293, 300),
    "jaw": (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397),
    "nose": (168, 6, 197, 195, 5, 4, 1),
    "fold.right": (98, 203, 206, 216),
    "fold.left": (327, 423, 426, 436),
}


def _graph(edges: IntArray, count: int, length: NDArray[np.float64] | None = None) -> csr_matrix:
    weight = np.ones(len(edges)) if length is None else length
    graph = csr_matrix((weight, (edges[:, 0], edges[:, 1])), (count, count))
    return graph.maximum(graph.T)


def _edges(faces: IntArray) -> IntArray:
    """The edges of triangles or quads (-1 pads), each once, [E, 2]."""
    corners = np.where(faces < 0, faces[:, :1], faces)
    pairs = np.concatenate([np.stack([corners[:, k], np.roll(corners, -1, 1)[:, k]], 1) for k in range(faces.shape[1])])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def _holes(source: Source) -> tuple[IntArray, dict[str, tuple[IntArray, IntArray]]]:
    """The face's outline, and its openings as (upper, lower) halves."""
    face = source.part == PARTS.index("face")
    outline, *inner = boundary_loops(source.triangles[face[source.triangles].all(1)])
    V = source.points
    mouth = min(inner, key=lambda loop: V[loop, 1].mean())
    right, left = sorted((loop for loop in inner if loop is not mouth), key=lambda loop: V[loop, 0].mean())
    loops = {"lips": mouth, "lids.right": right, "lids.left": left}
    return outline, {name: halves(loop, V) for name, loop in loops.items()}


def _rings(source: Source) -> dict[str, tuple[IntArray, IntArray]]:
    """All lines around the openings, each as its (upper, lower) vertices from left to right."""
    face = source.part == PARTS.index("face")
    quads = source.quads[face[np.maximum(source.quads, source.quads[:, :1])].all(1)]
    graph = _graph(_edges(quads), len(source.points))
    under = dict(zip(source.landmark_index.tolist(), source.landmark_vertex.tolist(), strict=True))
    found: dict[str, tuple[IntArray, IntArray]] = {}
    for name, (upper, lower) in _holes(source)[1].items():
        away = dijkstra(graph, indices=np.unique(np.r_[upper, lower]), min_only=True)
        to_upper, to_lower = (dijkstra(graph, indices=half[2:-2], min_only=True) for half in (upper, lower))
        if name == "lips":
            lines = {
                "inner": int(np.median([away[under[k]] for k in INNER_LIP])),
                "outer": int(np.median([away[under[k]] for k in OUTER_LIP])),
            }
        else:
            lines = {"edge": LID_EDGE, "lash": LASH_ROOTS}
        found[name] = (upper, lower)
        for line, ring in lines.items():
            rows = [np.nonzero((away == ring) & mine)[0] for mine in (to_upper <= to_lower, to_lower < to_upper)]
            first, second = (row[np.argsort(source.points[row, 0])] for row in rows)
            found[f"{name}.{line}"] = (first, second)
    return found


def rings_to_keep(source: Source) -> IntArray:
    """The vertices of all lines around the openings."""
    return np.unique(np.concatenate([np.r_[upper, lower] for upper, lower in _rings(source).values()]))


def creases(source: Source) -> IntArray:
    """Edges [E, 2] that keep their line: every open border of the mesh, and the face's outline."""
    T = source.triangles
    edges = np.concatenate([T[:, [0, 1]], T[:, [1, 2]], T[:, [2, 0]]])
    unique, count = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    outline, holes = _holes(source)
    loops = [outline, *(np.r_[upper, lower[-2:0:-1]] for upper, lower in holes.values())]
    lines = [np.stack([loop, np.roll(loop, -1)], 1) for loop in loops]
    return np.concatenate([unique[count == 1], *lines])


def named_paths(source: Source, kept: IntArray, triangles: IntArray) -> dict[str, IntArray]:
    """The paths of `Head`, as numbers of the vertices that stay; triangles [T, 3] over those."""
    after = np.full(len(source.points), -1)
    after[kept] = np.arange(len(kept))
    paths: dict[str, IntArray] = {}
    outline = after[_holes(source)[0]]
    paths["outline"] = outline[outline >= 0]
    for name, pair in _rings(source).items():
        for half, row in zip(("upper", "lower"), pair, strict=True):
            paths[f"{name}.{half}"] = after[row]
    points = source.points[kept]
    edges = _edges(triangles)
    graph = _graph(edges, len(kept), np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1))
    under = dict(zip(source.landmark_index.tolist(), after[source.landmark_vertex].tolist(), strict=True))
    for name, landmarks in LINES.items():
        paths[name] = _through(graph, [under[k] for k in landmarks if k in under])
    return paths


def _through(graph: csr_matrix, stops: list[int]) -> IntArray:
    """The shortest way along the mesh through the stops in their order."""
    path = stops[:1]
    for start, end in itertools.pairwise(stops):
        before = dijkstra(graph, indices=start, return_predecessors=True)[1]
        way = [end]
        while way[-1] != start:
            way.append(int(before[way[-1]]))
        path += way[-2::-1]
    return np.array(path)
