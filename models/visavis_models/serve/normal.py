"""What a fit computes, compiled: a head's projection and derivatives, normal equations, a boxed minimum."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DISTANCE = 90.0  # cm from the camera to the pivot, assumed: that from which the renderer looks
POSE = 7  # parameters: turn about x, y, z; c; log s
ROBUST = 1.5  # residuals beyond so many spreads count linearly (Huber)
# What a weight of 1 costs beside that, in units of half a squared spread: a face rather does something else than less
# of what it does when calm.
MORE, LESS = 1.0, 20.0
SWEEPS, SETTLED = 200, 1e-5  # at most, and the largest step of a weight after which no other sweep is made


@njit(cache=True, nogil=True)
def linearised(
    turn: FloatArray, centre: FloatArray, scale: float, points: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Projected points [L, 3], their derivatives by the points [L, 3, 3] and by the pose [L, 3, 7].

    Args:
        turn, centre, scale: the pose; points: [L, 3] cm from the pivot.
    """
    L = len(points)
    at, by_points, by_pose = np.zeros((L, 3)), np.zeros((L, 3, 3)), np.zeros((L, 3, POSE))
    q, by_q = np.zeros(3), np.zeros((3, 3))
    for k in range(L):
        for i in range(3):
            q[i] = turn[i, 0] * points[k, 0] + turn[i, 1] * points[k, 1] + turn[i, 2] * points[k, 2]
        deep = DISTANCE - q[2]
        near = scale * DISTANCE / deep
        by_q[0, 0], by_q[1, 1], by_q[2, 2] = near, -near, scale
        by_q[0, 2], by_q[1, 2] = near * q[0] / deep, -near * q[1] / deep
        by_pose[k, 0, 6], by_pose[k, 1, 6], by_pose[k, 2, 6] = near * q[0], -near * q[1], scale * q[2]
        for i in range(3):
            at[k, i] = centre[i] + by_pose[k, i, 6]
            for j in range(3):
                for m in range(3):
                    by_points[k, i, j] += by_q[i, m] * turn[m, j]
            # by w: by_q d(w x q) / dw
            by_pose[k, i, 0] = by_q[i, 2] * q[1] - by_q[i, 1] * q[2]
            by_pose[k, i, 1] = by_q[i, 0] * q[2] - by_q[i, 2] * q[0]
            by_pose[k, i, 2] = by_q[i, 1] * q[0] - by_q[i, 0] * q[1]
            by_pose[k, i, 3 + i] = 1.0
    return at, by_points, by_pose


@njit(cache=True, nogil=True, fastmath=True)
def added(points: FloatArray, modes: FloatArray, weights: FloatArray) -> FloatArray:
    """points [L, 3] + modes [L, 3, K] weights [K]."""
    out = points.copy()
    for k in range(len(out)):
        for i in range(3):
            for j in range(len(weights)):
                out[k, i] += modes[k, i, j] * weights[j]
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _derive(J: FloatArray, by_pose: FloatArray, by_point: FloatArray, modes: FloatArray) -> None:
    """J [3, 7 + K] of one landmark: by the pose, and by the weights through its place."""
    for i in range(3):
        J[i, :POSE] = by_pose[i]
        for j in range(modes.shape[1]):
            J[i, POSE + j] = by_point[i, 0] * modes[0, j] + by_point[i, 1] * modes[1, j] + by_point[i, 2] * modes[2, j]


@njit(cache=True, nogil=True, fastmath=True)
def _add(H: FloatArray, g: FloatArray, J: FloatArray, residual: FloatArray, weight: FloatArray) -> None:
    """H += J' diag(weight) J above the diagonal, and g += J' diag(weight) residual; J [3, N]."""
    for i in range(len(g)):
        x, y, z = weight[0] * J[0, i], weight[1] * J[1, i], weight[2] * J[2, i]
        if x != 0.0 or y != 0.0 or z != 0.0:
            g[i] += x * residual[0] + y * residual[1] + z * residual[2]
            for j in range(i, len(g)):
                H[i, j] += x * J[0, j] + y * J[1, j] + z * J[2, j]


@njit(cache=True, nogil=True, fastmath=True)
def normal(
    at: FloatArray, by_points: FloatArray, by_pose: FloatArray, modes: FloatArray, seen: FloatArray,
    counts: FloatArray, pairs: IntArray, pair_count: float, depth: float,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """J' W J [7 + K, 7 + K] and J' W r [7 + K] of the residuals of landmarks and pairs, with Huber's weights.

    Args:
        at, by_points, by_pose: what `linearised` gives; modes: [L, 3, K] cm, expressions; seen: [L, 3] pixels.
        counts: [L], 1 / spread in pixels of each landmark, 0: it does not count; pairs: [P, 2] rows of them whose
            differences in x and y count too, by `pair_count`; depth: how much z counts beside x and y.
    """
    L, N = len(at), POSE + modes.shape[2]
    J, other, residuals = np.zeros((3, N)), np.zeros((3, N)), seen - at
    H, g, weight = np.zeros((N, N)), np.zeros(N), np.zeros(3)
    for k in range(L):
        if counts[k] > 0.0:
            _derive(J, by_pose[k], by_points[k], modes[k])
            x, y, z = residuals[k] * counts[k]
            far = np.sqrt(x * x + y * y + (z * depth) ** 2)
            weight[:] = counts[k] ** 2 * min(1.0, ROBUST / max(far, 1e-9))
            weight[2] *= depth**2
            _add(H, g, J, residuals[k], weight)
    weight[:] = pair_count**2
    weight[2] = 0.0
    for a, b in pairs:
        _derive(J, by_pose[a], by_points[a], modes[a])
        _derive(other, by_pose[b], by_points[b], modes[b])
        J -= other
        _add(H, g, J, residuals[a] - residuals[b], weight)
    for i in range(N):
        for j in range(i):
            H[i, j] = H[j, i]
    return H, g


@njit(cache=True, nogil=True)
def boxed(H: FloatArray, g: FloatArray, x: FloatArray, mean: FloatArray, low: FloatArray) -> None:
    """Minimise x' H x / 2 - g' x + a |x - mean| over low <= x <= 1 in place, from x: coordinate by coordinate.

    a is `MORE` above the mean, and `LESS` below it.
    """
    slope = -g
    for j in range(len(x)):
        if x[j] != 0.0:
            slope += x[j] * H[j]
    for _ in range(SWEEPS):
        largest = 0.0
        for i in range(len(x)):
            wanted = x[i] - slope[i] / H[i, i]
            wanted = max(wanted - MORE / H[i, i], min(wanted + LESS / H[i, i], mean[i]))
            step = min(1.0, max(low[i], wanted)) - x[i]
            if step != 0.0:
                x[i] += step
                for j in range(len(x)):
                    slope[j] += step * H[j, i]
                largest = max(largest, abs(step))
        if largest < SETTLED:
            break


@njit(cache=True, nogil=True)
def eliminated(
    H: FloatArray, g: FloatArray, x: FloatArray, belief: FloatArray, mean: FloatArray, low: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """A step [7] of the pose, and the weights [F], that solve the normal equations from weights x [F].

    The pose is free: it is eliminated (Schur's complement), and follows from the weights; these are believed to lie
    about `mean`, as surely as `belief` [F] (1 / spread squared) says, and not below `low`.
    """
    right = np.concatenate((g[:POSE].copy().reshape(-1, 1), H[:POSE, POSE:]), 1)
    follows = np.linalg.solve(H[:POSE, :POSE].copy(), right)
    A, wanted = H[POSE:, POSE:].copy(), g[POSE:] + belief * mean
    F = len(x)
    for i in range(F):
        for m in range(POSE):
            cross = H[POSE + i, m]
            wanted[i] -= cross * follows[m, 0]
            for j in range(F):
                A[i, j] -= cross * follows[m, 1 + j]
        for j in range(F):
            wanted[i] += A[i, j] * x[j]
    for i in range(F):
        A[i, i] += belief[i]
    after = x.copy()
    boxed(A, wanted, after, mean, low)
    step = np.empty(POSE)
    step[:] = follows[:, 0]
    for m in range(POSE):
        for j in range(F):
            step[m] -= follows[m, 1 + j] * (after[j] - x[j])
    return step, after
