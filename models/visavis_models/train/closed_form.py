"""Last layers solved for: least squares and logistic regression, held back by a ridge in mean powers of a feature.

Rows of features end in a one, for what a layer adds (`with_ones`); what it adds is never held back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ROUNDS = 6  # of Newton's method
SHORTEST = 5  # halvings of a step of it


def with_ones(rows: Array) -> Array:
    """Rows [T, D] with a column of ones: [T, D + 1]."""
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def least_squares(gram: Array, power: Array, ridge: float) -> Array:
    """What solves `(gram + ridge) D = power`: gram [D + 1, D + 1], power [D + 1, K] to [D + 1, K]."""
    solved: Array = np.linalg.solve(gram + _held_back(np.diag(gram)[:-1].mean() * ridge, len(gram)), power)
    return solved


def logistic(X: NDArray[np.floating], y: Array, w: Array, begin: Array, ridge: float) -> Array:
    """Where `sum w (log(1 + exp z) - y z) + ridge |at - begin|^2 / 2` with `z = X at` is least, by Newton's method.

    Args:
        X: features [N, D + 1].
        y: answers in 0..1, [N]; w: how much each counts, [N].
        begin: where it starts, and what it is pulled to, [D + 1].
    """
    held_back = _held_back(ridge * float((w @ X**2)[:-1].mean()), len(begin))

    def loss(at: Array) -> float:
        return cross_entropy(X @ at, y, w) + float(0.5 * (at - begin) @ held_back @ (at - begin))

    at = begin
    for _ in range(ROUNDS):
        held = 1 / (1 + np.exp(-(X @ at)))
        slope = X.T @ (w * (held - y)) + held_back @ (at - begin)
        bend = (w * np.maximum(held * (1 - held), 1e-3)).astype(X.dtype)
        step = np.linalg.solve((X * bend[:, None]).T @ X + held_back, slope)
        length = next((f for f in 0.5 ** np.arange(SHORTEST) if loss(at - f * step) <= loss(at)), 0.0)
        at = at - length * step
    return at


def cross_entropy(z: Array, y: Array, w: Array) -> float:
    """`sum w (log(1 + exp z) - y z)` of logits and answers, all [N]."""
    return float((w * (np.logaddexp(0, z) - y * z)).sum())


def _held_back(amount: float, size: int) -> Array:
    diagonal = np.full(size, amount)
    diagonal[-1] = 0.0
    return np.diag(diagonal)
