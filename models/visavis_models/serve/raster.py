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
GROUP = 10  # vertices: about ten triangles
UNSET = np.int32(1 << 30)
GAP = 64  # values of a mode: shorter stretches that it does not move are not passed over
FAR = np.float32(-1e9)
NONE, WHOLE, THIN = np.float32(0), np.float32(1), np.float32(1e-6)
EDGE = np.float32(
    1e-4
)  # how far outside of a triangle, in its own coordinates, a sample still counts as inside: no cracks
OVER = WHOLE + 3 * EDGE
STILL = np.float32(0.01)  # of a step: what a turn by nothing moves by rounding
LAYER, LAYERS = np.float32(4), np.float32(8)  # more than any brightness; steps from the picture to what is beyond it
JIT: dict[str, Any] = {"nogil": True, "cache": True, "fastmath": {"nsz", "arcp", "contract", "afn", "reassoc"}}


def runs_of(modes: FloatArray) -> tuple[IntArray, IntArray]:
    """The runs of values of modes [K, n] that move anything: starts and ends [R, 2], and the first run of each mode and
    one past the last mode's [K + 1]. Gaps shorter than `GAP` are part of a run."""
    runs, firsts = [], [0]
    for mode in modes:
        at = np.flatnonzero(mode)
        cuts = np.flatnonzero(np.diff(at) > GAP)
        if len(at):
            runs += list(zip(at[np.r_[0, cuts + 1]], at[np.r_[cuts, len(at) - 1]] + 1, strict=True))
        firsts.append(len(runs))
    return np.array(runs, np.int32).reshape(-1, 2), np.array(firsts, np.int32)


@njit(**JIT)
def add(out: FloatArray, weight: np.float32, mode: FloatArray) -> None:  # pragma: no cover
    """out += weight mode, [n] each."""
    for i in range(len(out)):
        out[i] += weight * mode[i]


@njit(**JIT)
def deform(
    base: FloatArray,
    modes: FloatArray,
    runs: IntArray,
    firsts: IntArray,
    rows: IntArray,
    weights: FloatArray,
    out: FloatArray,
) -> None:  # pragma: no cover
    """out = base + sum over rows k of weights[k] modes[rows[k]]; base and out [n], modes [K, n] and their `runs_of`."""
    out[:] = base
    for k in range(len(rows)):
        mode = modes[rows[k]]
        for r in range(firsts[rows[k]], firsts[rows[k] + 1]):
            first, last = runs[r, 0], runs[r, 1]
            add(out[first:last], weights[k], mode[first:last])


@njit(**JIT)
def pose(
    points: FloatArray,
    head: FloatArray,
    turn: FloatArray,
    pivot: FloatArray,
    shift: FloatArray,
    zoom: float,
    view: FloatArray,
) -> None:  # pragma: no cover
    """Turn points [N, 3] (y down) about the pivot by `turn` [3, 3] (y up), in place, each by its share of the head.

    p' = p + head (zoom (V(R (U(p) - U(pivot)) + U(pivot)) - pivot) + pivot + shift - p), where a viewer at distance d
    before the point c of the picture sees V(P) = c + d (P - c) / (d - P_z) of a point P in space, and U is V's inverse.

    Args:
        view: [3], c and d.
    """
    flat = points.reshape(-1)
    xx, xy, xz = turn[0, 0], turn[0, 1], turn[0, 2]
    yx, yy, yz = turn[1, 0], turn[1, 1], turn[1, 2]
    zx, zy, zz = turn[2, 0], turn[2, 1], turn[2, 2]
    cx, cy, away, nearer = view[0], view[1], view[2], WHOLE / view[2]
    px, py, pz, sx, sy, sz, grown = pivot[0], pivot[1], pivot[2], shift[0], shift[1], shift[2], np.float32(zoom)
    back = (away - pz) * nearer
    ax, ay = (px - cx) * back, (cy - py) * back
    for i in range(len(head)):
        back = (away - flat[3 * i + 2]) * nearer
        x, y, z = (flat[3 * i] - cx) * back - ax, (cy - flat[3 * i + 1]) * back - ay, flat[3 * i + 2] - pz
        share, deep = head[i], zx * x + zy * y + zz * z
        seen = away / (away - deep - pz)
        right, up = seen * (xx * x + xy * y + xz * z + ax), seen * (yx * x + yy * y + yz * z + ay)
        flat[3 * i] += share * (grown * (cx + right - px) + px + sx - flat[3 * i])
        flat[3 * i + 1] += share * (grown * (cy - up - py) + py - sy - flat[3 * i + 1])
        flat[3 * i + 2] += share * (grown * deep + pz + sz - flat[3 * i + 2])


@njit(**JIT)
def dress(
    points: FloatArray,
    base: FloatArray,
    source: FloatArray,
    inset: FloatArray,
    light: FloatArray,
    reach: float,
    after: FloatArray,
    values: FloatArray,
) -> None:  # pragma: no cover
    """What each vertex shows: values [N, 3] = (source + inset s, light), s = |p - base| / reach - after, in 0..1."""
    at, was, out = points.reshape(-1), base.reshape(-1), values.reshape(-1)
    shown, inwards, share = source.reshape(-1), inset.reshape(-1), WHOLE / np.float32(reach)
    for i in range(len(light)):
        dx, dy = at[3 * i] - was[3 * i], at[3 * i + 1] - was[3 * i + 1]
        moved = min(WHOLE, max(NONE, np.sqrt(dx * dx + dy * dy) * share - after[i]))
        out[3 * i] = shown[2 * i] + moved * inwards[2 * i]
        out[3 * i + 1] = shown[2 * i + 1] + moved * inwards[2 * i + 1]
        out[3 * i + 2] = light[i]


@njit(**JIT)
def edge_corners(
    triangles: IntArray,
    points: FloatArray,
    base: FloatArray,
    values: FloatArray,
    reach: float,
    out: FloatArray,
    out_values: FloatArray,
) -> None:  # pragma: no cover
    """The corners of triangles at the face's edge apart, out and out_values [3 T, 3]; the brightness of each triangle
    says how far it shows what lies beyond the silhouette, in steps of `LAYER`: none where it has not moved, all
    `LAYERS` of them where its corners have moved by `reach` pixels in the mean."""
    share = LAYERS / (np.float32(3) * np.float32(reach))
    for t in range(len(triangles)):
        way = NONE
        for k in range(3):
            vertex, corner = np.uint32(triangles[t, k]), np.uint32(3 * t + k)
            dx, dy = points[vertex, 0] - base[vertex, 0], points[vertex, 1] - base[vertex, 1]
            way += np.sqrt(dx * dx + dy * dy)
            for axis in range(3):
                out[corner, axis], out_values[corner, axis] = points[vertex, axis], values[vertex, axis]
        layer = LAYER * min(np.ceil(way * share - STILL), LAYERS)
        for k in range(3):
            out_values[3 * t + k, 2] += layer


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
def find_boxes(
    points: FloatArray,
    values: FloatArray,
    old_points: FloatArray,
    old_values: FloatArray,
    differs: NDArray[np.uint8],
    boxes: IntArray,
) -> None:  # pragma: no cover
    """Which vertices differ, [N], and the pixels around both places of each, boxes [4 N]: x0, y0, -x1, -y1.

    The four arrays of vertices are flat, [3 N].
    """
    for i in range(len(differs)):
        differs[i] = np.uint8(0)
        for k in range(3):
            at = 3 * i + k
            differs[i] |= np.uint8(points[at] != old_points[at]) | np.uint8(values[at] != old_values[at])
    for i in range(len(differs)):
        x, y, old_x, old_y = points[3 * i], points[3 * i + 1], old_points[3 * i], old_points[3 * i + 1]
        boxes[4 * i], boxes[4 * i + 1] = np.int32(np.floor(min(x, old_x))), np.int32(np.floor(min(y, old_y)))
        boxes[4 * i + 2], boxes[4 * i + 3] = np.int32(np.floor(-max(x, old_x))), np.int32(np.floor(-max(y, old_y)))


def groups_of(triangles: IntArray, points: FloatArray) -> IntArray:
    """The vertices of triangles [T, 3] that are near to each other at points [N, >= 2]: [G, `GROUP`].

    The triangles are taken in Morton order; what is left of a group repeats its first vertex.
    """
    middles = points[triangles, :2].mean(1)
    cells = ((middles - middles.min(0)) / (np.ptp(middles, axis=0).max() + 1e-9) * 1023).astype(np.int64)
    order = sum(((cells[:, axis] >> bit) & 1) << (2 * bit + axis) for axis in (0, 1) for bit in range(10))
    groups: list[list[int]] = []
    held: dict[int, None] = {}
    for corners in triangles[np.argsort(order, kind="stable")].tolist():
        if len(held.keys() | corners) > GROUP:
            groups.append([*held])
            held = {}
        held |= dict.fromkeys(corners)
    groups.append([*held])
    return np.array([group + group[:1] * (GROUP - len(group)) for group in groups if group], np.int32)


@njit(**JIT)
def find_changes(
    groups: IntArray,
    points: FloatArray,
    values: FloatArray,
    old_points: FloatArray,
    old_values: FloatArray,
    spans: IntArray,
    width: int,
) -> None:  # pragma: no cover
    """Widen the spans [S, 2] by the boxes around what groups of triangles were and are in which anything differs.

    Args:
        groups: [G, M], vertices of a mesh, such as its triangles or their `groups_of`.
        points, values: [N, 3], of its vertices; old_points, old_values: what they were.
    """
    N, S, M = len(points), len(spans), groups.shape[1]
    differs, boxes = np.empty(N, np.uint8), np.empty(4 * N, np.int32)
    find_boxes(
        points.reshape(-1), values.reshape(-1), old_points.reshape(-1), old_values.reshape(-1), differs, boxes
    )  # fmt: skip
    one, two, three, four = np.uint32(1), np.uint32(2), np.uint32(3), np.uint32(4)
    for g in range(len(groups)):
        left, top, right, bottom = UNSET, UNSET, UNSET, UNSET
        differ = np.uint8(0)
        for k in range(M):
            vertex = np.uint32(groups[g, k])
            at = four * vertex
            differ |= differs[vertex]
            left, top = min(left, boxes[at]), min(top, boxes[at + one])
            right, bottom = min(right, boxes[at + two]), min(bottom, boxes[at + three])
        first, last = max(left, np.int32(0)), min(np.int32(1 - right), np.int32(width))
        if differ == 0 or first >= last:
            continue
        for i in range(max(int(top), 0), min(1 - int(bottom), S)):
            row = np.uint32(i)
            if spans[row, 0] >= spans[row, 1]:
                spans[row, 0], spans[row, 1] = first, last
            else:
                spans[row, 0], spans[row, 1] = min(spans[row, 0], first), max(spans[row, 1], last)


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


@njit(**JIT)
def beside(
    triangles: IntArray, drawn: NDArray[np.bool_], points: FloatArray, windows: IntArray, out: IntArray
) -> int:  # pragma: no cover
    """Those of the triangles [T, 3] that lie in no window where they are drawn, into out [T, 3]; how many they are.

    Args:
        drawn: [T, W], which windows draw each of them; points: [N, >= 2] in pixels.
        windows: [W, 4], the first and the last pixels x0, y0, x1, y1 of each.
    """
    count = 0
    for t in range(len(triangles)):
        a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
        left, right = min(points[a, 0], points[b, 0], points[c, 0]), max(points[a, 0], points[b, 0], points[c, 0])
        top, bottom = min(points[a, 1], points[b, 1], points[c, 1]), max(points[a, 1], points[b, 1], points[c, 1])
        inside = False
        for k in range(len(windows)):
            x0, y0, x1, y1 = windows[k, 0], windows[k, 1], windows[k, 2], windows[k, 3]
            inside |= drawn[t, k] & (left >= x0) & (right <= x1) & (top >= y0) & (bottom <= y1)
        out[count] = triangles[t]
        count += not inside
    return count


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
