"""Where the lips of a picture part: their edges brought onto it, closed ones onto the dark line between them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from visavis_models.serve.enrol import mesh
from visavis_models.serve.enrol.fitted import FittedHead
from visavis_models.serve.enrol.solve import INNER_LOWER, INNER_UPPER, closed
from visavis_models.serve.head import Head

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Picture = NDArray[np.uint8]

REACH_CM = 1.0  # the red of a lip is no higher
COLUMNS = 33  # along the mouth, where the edges are taken
SEAM_REACH_CM = 0.14  # how far above and below the landmarks the dark line is looked for
BEND, FAR = 6.0, 10.0  # levels of brightness that a step of one pixel costs, and the whole reach from the landmarks
CORNER = 0.1  # of the mouth's width: so near to its corners the landmarks are believed
SMOOTH_PX = 5.0  # of the line along the mouth


def settled(head: Head, fit: FittedHead, landmarks: FloatArray, picture: Picture) -> FittedHead:
    """The head with the edges of its lips where the picture shows them.

    An edge is each lip's farthest vertex towards the other one. It moves onto the landmarks, with everything behind it;
    the outer border of the red stays, and the lip in between stretches (harmonically along the skin). Both edges of a
    closed mouth come to lie on one line: nothing crosses, and nothing is seen between them.

    Args:
        landmarks: [478, >= 2] and picture: RGB [S, S, 3], both in the pixels that the head stands in.
    """
    points = fit.points[fit.face]
    above, near = mesh.lips_of(head, REACH_CM)
    upper, lower = _line(landmarks, INNER_UPPER), _line(landmarks, INNER_LOWER)
    x = np.arange(np.ceil(upper[0, 0]), np.floor(upper[-1, 0]) + 1)
    ends = [np.interp(x, *line.T) for line in (upper, lower)]
    if closed(landmarks):
        seam = found_seam(picture, x, (ends[0] + ends[1]) / 2, SEAM_REACH_CM * fit.scale)
        ends = [seam, seam]
    graph = mesh.edge_graph(points, mesh.face_of(head))
    moved = fit.points.copy()
    for part, sign, line, name in ((above, 1.0, ends[0], "upper"), (~above, -1.0, ends[1], "lower")):
        mine = near & part
        outer, inner = (head.paths[f"lips{kind}.{name}"].astype(np.int64) for kind in (".outer", ""))
        shift = _shift(points, np.nonzero(mine)[0], sign, x, line)
        values, fixed = np.zeros((len(points), 1)), ~mine
        fixed[outer] = True
        for held in (shift[0], inner):
            fixed[held] = True
            values[held, 0] = np.interp(points[held, 0], points[shift[0], 0], shift[1])
        values[[outer[0], outer[-1]]] = 0.0
        share = mesh.extended(graph, values, fixed)[:, 0]
        y = points[:, 1] + share
        limit = np.interp(points[:, 0], x, line)
        crosses = mine & (sign * (y - limit) > 0) & (points[:, 0] > x[0]) & (points[:, 0] < x[-1])
        moved[: len(points), 1] = np.where(mine, np.where(crosses, limit, y), moved[: len(points), 1])
    return replace(fit, points=moved)


def _line(landmarks: FloatArray, which: tuple[int, ...]) -> FloatArray:
    """Landmarks [n, 2] along an edge, from left to right."""
    line = np.asarray(landmarks, np.float64)[list(which), :2]
    return line[np.argsort(line[:, 0])]


def _shift(
    points: FloatArray, mine: IntArray, sign: float, x: FloatArray, line: FloatArray
) -> tuple[IntArray, FloatArray]:
    """The vertices [n] of a lip's edge from left to right, and how far down each must go to lie on the line, pixels."""
    at = np.linspace(x[0], x[-1], COLUMNS + 2)[1:-1]
    reach = 0.75 * (at[1] - at[0])
    edge = np.unique([mesh.extreme(mine, points[mine, 0], sign * points[mine, 1], place, reach) for place in at])
    edge = edge[np.argsort(points[edge, 0])]
    return edge, np.interp(points[edge, 0], x, line) - points[edge, 1]


def found_seam(picture: Picture, x: FloatArray, guess: FloatArray, reach: float) -> FloatArray:
    """The dark line of closed lips: y of it at columns x [n] near a guess [n], within `reach` pixels of it.

    The cheapest way from corner to corner by dynamic programming, over brightness, bends and distance from the guess.
    """
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.0)
    away = np.arange(-round(reach), round(reach) + 1)
    rows = (guess[:, None] + away).astype(np.float32)
    columns = np.repeat(x[:, None], len(away), 1).astype(np.float32)
    cost = cv2.remap(grey, columns, rows, cv2.INTER_LINEAR) + FAR * (away / reach) ** 2
    way = away[cheapest(cost.astype(np.float64), BEND)].astype(np.float32)
    along = (x - x[0]) / (x[-1] - x[0])
    way *= np.clip(np.minimum(along, 1 - along) / CORNER, 0, 1)
    return guess + cv2.GaussianBlur(way[None], (0, 0), SMOOTH_PX, borderType=cv2.BORDER_REPLICATE)[0]


@njit(cache=True)
def cheapest(cost: FloatArray, bend: float) -> IntArray:
    """Of each column [n] of a cost [n, m] the row of the cheapest way through it; a step by one row costs `bend`."""
    n, m = cost.shape
    total, back = cost.copy(), np.zeros((n, m), np.int64)
    for i in range(1, n):
        for j in range(m):
            best, origin = np.inf, j
            for k in range(max(0, j - 1), min(m, j + 2)):
                value = total[i - 1, k] + bend * abs(j - k)
                if value < best:
                    best, origin = value, k
            total[i, j] += best
            back[i, j] = origin
    way = np.zeros(n, np.int64)
    way[-1] = np.argmin(total[-1])
    for i in range(n - 1, 0, -1):
        way[i - 1] = back[i, way[i]]
    return way
