"""Compiled kernels that bend a mesh and draw it: triangles to a map of source places, and find what has to be drawn.

A map is float32 [h, w, 4]: the place in the source picture (u, v), a factor on its brightness, and the depth of what is
there. A pixel that nothing covers has u = `BARE`. Windows are drawn at `fine` samples a pixel: sample (i, j) of a
window whose first pixel is (x0, y0) lies at x0 + (j + 0.5) / fine - 0.5, y0 + (i + 0.5) / fine - 0.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]

BARE = np.float32(-1e6)
FAR = np.float32(-1e9)
NONE, WHOLE, THIN = np.float32(0), np.float32(1), np.float32(1e-6)
EDGE = np.float32(
    1e-4
)  # how far outside of a triangle, in its own coordinates, a sample still counts as inside: no cracks
OVER = WHOLE + 3 * EDGE
JIT: dict[str, Any] = {"nogil": True, "cache": True, "fastmath": {"nsz", "arcp", "contract", "afn", "reassoc"}}


@njit(**JIT)
def deform(
    base: FloatArray, modes: FloatArray, rows: IntArray, weights: FloatArray, out: FloatArray
) -> None:  # pragma: no cover
    """out = base + sum over rows k of weights[k] modes[rows[k]]; base and out [n], modes [K, n]."""
    out[:] = base
    for k in range(len(rows)):
        row, weight = modes[rows[k]], weights[k]
        for i in range(len(out)):
            out[i] += weight * row[i]


@njit(**JIT)
def pose(
    points: FloatArray, head: FloatArray, turn: FloatArray, pivot: FloatArray, shift: FloatArray, zoom: float
) -> None:  # pragma: no cover
    """Turn points [N, >= 3] (y down) about the pivot by `turn` [3, 3] (y up), in place, each by its share of the head.

    p' = p + head (zoom R (p - pivot) + pivot + shift - p)
    """
    for i in range(len(points)):
        x, y, z = points[i, 0] - pivot[0], pivot[1] - points[i, 1], points[i, 2] - pivot[2]
        share = head[i]
        rx = zoom * (turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z) + shift[0]
        ry = zoom * (turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z) + shift[1]
        rz = zoom * (turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z)
        points[i, 0] += share * (rx - x)
        points[i, 1] -= share * (ry - y)
        points[i, 2] += share * (rz - z)


@njit(**JIT)
def dress(
    points: FloatArray,
    base: FloatArray,
    source: FloatArray,
    inset: FloatArray,
    light: FloatArray,
    reach: float,
    values: FloatArray,
) -> None:  # pragma: no cover
    """What each vertex shows: values [N, 3] = (source + inset min(1, |p - base| / reach), light)."""
    for i in range(len(points)):
        dx, dy = points[i, 0] - base[i, 0], points[i, 1] - base[i, 1]
        share = min(1.0, np.sqrt(dx * dx + dy * dy) / reach)
        values[i, 0] = source[i, 0] + share * inset[i, 0]
        values[i, 1] = source[i, 1] + share * inset[i, 1]
        values[i, 2] = light[i]


@njit(**JIT)
def bounds(points: FloatArray) -> tuple[float, float, float, float]:  # pragma: no cover
    """x0, y0, x1, y1 of points [n, >= 2]."""
    x0 = x1 = points[0, 0]
    y0 = y1 = points[0, 1]
    for i in range(1, len(points)):
        x0, x1 = min(x0, points[i, 0]), max(x1, points[i, 0])
        y0, y1 = min(y0, points[i, 1]), max(y1, points[i, 1])
    return x0, y0, x1, y1


@njit(**JIT)
def clear(target: FloatArray, spans: IntArray) -> None:  # pragma: no cover
    """Nothing is drawn yet, between the first and the last column of each row [h, 2]."""
    for i in range(target.shape[0]):
        for j in range(spans[i, 0], spans[i, 1]):
            target[i, j, 0] = BARE
            target[i, j, 3] = FAR


@njit(**JIT)
def widen(spans: IntArray, x0: int, y0: int, x1: int, y1: int, width: int) -> None:  # pragma: no cover
    """Make the spans [S, 2] of a frame so wide cover the pixels x0..x1, y0..y1 (the last ones included)."""
    left, right = max(0, x0), min(width, x1 + 1)
    if left >= right:
        return
    for i in range(max(0, y0), min(len(spans), y1 + 1)):
        if spans[i, 0] >= spans[i, 1]:
            spans[i, 0], spans[i, 1] = left, right
        else:
            spans[i, 0], spans[i, 1] = min(spans[i, 0], left), max(spans[i, 1], right)


@njit(**JIT)
def find_changes(
    triangles: IntArray,
    points: FloatArray,
    values: FloatArray,
    old_points: FloatArray,
    old_values: FloatArray,
    spans: IntArray,
    width: int,
) -> None:  # pragma: no cover
    """Widen the spans [S, 2] by the boxes around what triangles were and are of which anything differs."""
    N, S = len(points), len(spans)
    differs = np.empty(N, np.bool_)
    x0, x1, y0, y1 = np.empty(N, np.int32), np.empty(N, np.int32), np.empty(N, np.int32), np.empty(N, np.int32)
    for i in range(N):
        same = True
        for k in range(3):
            same &= points[i, k] == old_points[i, k] and values[i, k] == old_values[i, k]
        differs[i] = not same
        x0[i] = np.int32(np.floor(min(points[i, 0], old_points[i, 0])))
        x1[i] = np.int32(np.ceil(max(points[i, 0], old_points[i, 0])))
        y0[i] = np.int32(np.floor(min(points[i, 1], old_points[i, 1])))
        y1[i] = np.int32(np.ceil(max(points[i, 1], old_points[i, 1])))
    for t in range(len(triangles)):
        a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
        if not (differs[a] or differs[b] or differs[c]):
            continue
        left, right = max(min(x0[a], x0[b], x0[c]), 0), min(max(x1[a], x1[b], x1[c]) + 1, width)
        if left >= right:
            continue
        for i in range(max(min(y0[a], y0[b], y0[c]), 0), min(max(y1[a], y1[b], y1[c]) + 1, S)):
            at = np.uint32(i)
            if spans[at, 0] >= spans[at, 1]:
                spans[at, 0], spans[at, 1] = left, right
            else:
                spans[at, 0], spans[at, 1] = min(spans[at, 0], left), max(spans[at, 1], right)


@njit(**JIT)
def crosses(spans: IntArray, x0: int, y0: int, x1: int, y1: int) -> bool:  # pragma: no cover
    """Whether the spans [S, 2] of a frame hold any of the pixels x0..x1, y0..y1 (the last ones included)."""
    for i in range(max(0, y0), min(len(spans), y1 + 1)):
        if spans[i, 0] <= x1 and spans[i, 1] > x0 and spans[i, 0] < spans[i, 1]:
            return True
    return False


@njit(**JIT)
def grow(spans: IntArray, by: int, width: int) -> None:  # pragma: no cover
    """Widen spans [S, 2] by so many pixels up, down and to the sides: edges are softened over their neighbours."""
    S = len(spans)
    before = spans.copy()
    for i in range(S):
        for j in range(max(0, i - by), min(S, i + by + 1)):
            if before[j, 0] < before[j, 1]:
                widen(spans, before[j, 0] - by, i, before[j, 1] - 1 + by, i, width)


@njit(inline="always", **JIT)
def inverse(slope: np.float32) -> np.float32:  # pragma: no cover
    """1 / slope, 0 for a slope of 0."""
    return WHOLE / slope if slope != NONE else NONE


@njit(inline="always", **JIT)
def narrowed(
    start: np.float32, slope: np.float32, step: np.float32, first: np.float32, last: np.float32
) -> tuple[np.float32, np.float32]:  # pragma: no cover
    """The part of [first, last] where start + slope j >= 0; step is 1 / slope."""
    if slope > NONE:
        first = max(first, -start * step)
    elif slope < NONE:
        last = min(last, -start * step)
    elif start < NONE:
        last = first - WHOLE
    return first, last


@njit(**JIT)
def draw_mesh(
    target: FloatArray,
    spans: IntArray,
    x0: float,
    y0: float,
    fine: float,
    triangles: IntArray,
    points: FloatArray,
    values: FloatArray,
    flat: bool,
) -> None:  # pragma: no cover
    """Draw the triangles that face the viewer into target [h, w, 4], the nearest wins.

    Args:
        spans: [h, 2], the first and one past the last sample of each row that is drawn.
        points: [N, >= 3] in pixels of the whole picture; values: [N, 3], interpolated into target[..., :3].
        flat: draw in order without looking at the depth, and leave the depth far.
    """
    h, w = target.shape[0], target.shape[1]
    # Single precision throughout: a constant of Python's would make every product a double.
    dense, half = np.float32(fine), np.float32(0.5)
    ox, oy = np.float32(x0) - half + half / dense, np.float32(y0) - half + half / dense
    top, low = h, -1
    for i in range(h):
        if spans[i, 0] < spans[i, 1]:
            top, low = min(top, i), i
    right_most, high_most, low_most = np.float32(w - 1), np.float32(top), np.float32(low)
    for t in range(len(triangles)):
        a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
        ax, ay = (points[a, 0] - ox) * dense, (points[a, 1] - oy) * dense
        bx, by = (points[b, 0] - ox) * dense, (points[b, 1] - oy) * dense
        cx, cy = (points[c, 0] - ox) * dense, (points[c, 1] - oy) * dense
        low_y, high_y = min(ay, by, cy), max(ay, by, cy)
        low_x, high_x = min(ax, bx, cx), max(ax, bx, cx)
        if high_y < high_most or low_y > low_most or high_x < NONE or low_x > right_most:
            continue
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area < THIN:
            continue
        scale = WHOLE / area
        ux, uy = (cy - ay) * scale, (ax - cx) * scale
        vx, vy = (ay - by) * scale, (bx - ax) * scale
        first_y, last_y = max(top, int(np.ceil(low_y))), min(low, int(np.floor(high_y)))
        if first_y > last_y or np.ceil(low_x) > np.floor(high_x):  # it lies between the samples
            continue
        # Each value is linear over the triangle: value(i, j) = start + across j + down i.
        z1, z2 = points[b, 2] - points[a, 2], points[c, 2] - points[a, 2]
        z_across, z_down = ux * z1 + vx * z2, uy * z1 + vy * z2
        p1, p2 = values[b, 0] - values[a, 0], values[c, 0] - values[a, 0]
        p_across, p_down = ux * p1 + vx * p2, uy * p1 + vy * p2
        q1, q2 = values[b, 1] - values[a, 1], values[c, 1] - values[a, 1]
        q_across, q_down = ux * q1 + vx * q2, uy * q1 + vy * q2
        s1, s2 = values[b, 2] - values[a, 2], values[c, 2] - values[a, 2]
        s_across, s_down = ux * s1 + vx * s2, uy * s1 + vy * s2
        u_step, v_step, w_step = inverse(ux), inverse(vx), inverse(-ux - vx)
        left, right = max(NONE, np.ceil(low_x)), min(right_most, np.floor(high_x))
        for i in range(first_y, last_y + 1):
            dy = np.float32(i) - ay
            u, v = uy * dy - ux * ax + EDGE, vy * dy - vx * ax + EDGE
            first, last = narrowed(u, ux, u_step, left, right)
            first, last = narrowed(v, vx, v_step, first, last)
            first, last = narrowed(OVER - u - v, -ux - vx, w_step, first, last)
            line = target[i]
            for j in range(max(int(np.ceil(first)), spans[i, 0]), min(int(np.floor(last)) + 1, spans[i, 1])):
                dx, at = np.float32(j) - ax, np.uint32(j)  # unsigned: no test for an index counted from the end
                if not flat:
                    z = np.float32(points[a, 2] + z_across * dx + z_down * dy)
                    if z < line[at, 3]:
                        continue
                    line[at, 3] = z
                line[at, 0] = values[a, 0] + p_across * dx + p_down * dy
                line[at, 1] = values[a, 1] + q_across * dx + q_down * dy
                line[at, 2] = values[a, 2] + s_across * dx + s_down * dy
