"""How the lids of an enrolled face close, and how they look down."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.fitted import FittedHead
from visavis_models.serve.rotation import GAZE_DOWN
from visavis_models.serve.smooth import smoothstep
from visavis_models.spec import INDEX, WEIGHTS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

OVERLAP_PX = 2.0  # by which closed lids overlap
# A lid that closes: how much of the eye's height the lower one comes to meet the upper one, and how far below it the
# skin goes along. Lids of the head meet at the lower one's lowest line, so that the upper one, which has its corners
# in common with it, is a straight line halfway.
LOWER_RISES, RISES_CM = 0.26, 1.3
# A lid that looks down: how much of the iris's way it goes, how much of its arch it loses at most, how far its corners
# and the lower lid go, as shares of the head's own way and of the upper lid's.
LID_FOLLOWS, ARCH_FALLS, LID_CORNERS, LOWER_LID = 0.75, 0.62, 0.4, 0.45
LID_BLEND_CM = 0.15  # between the two


def closing_lids(fit: FittedHead, modes: FloatArray, lids: tuple[tuple[IntArray, IntArray], ...]) -> None:
    """Correct the blinks in place so that the lids just meet: `modes` [54, N, 3] of the face, `lids` their edges.

    The lower lid rises by `LOWER_RISES` of the eye's height; along each column the upper lid's way is scaled such that
    its edge ends on the lower lid's. Right beside a corner, where it hardly moves, the lower one comes the whole way.
    """
    points = fit.points[fit.face]
    neutral = points - np.tensordot(fit.rest[WEIGHTS].astype(np.float64), modes, 1)
    for (upper, lower), name in zip(lids, ("eyeBlinkRight", "eyeBlinkLeft"), strict=True):
        mode = modes[INDEX[name]]
        down = mode[:, 1] > 0
        mode[:, 1] -= _rise(fit, neutral, upper, lower, LOWER_RISES * _open(neutral, upper, lower))
        moved = neutral + mode
        bottom = np.interp(moved[upper, 0], moved[lower, 0], moved[lower, 1])
        ratio = _ratio(bottom + OVERLAP_PX - neutral[upper, 1], mode[upper, 1], 0.3, (0.5, 1.7))
        mode[down, 1] *= np.interp(points[down, 0], points[upper, 0], ratio)
        mode[:, 1] -= _rise(fit, neutral, upper, lower, _open(neutral + mode, upper, lower) + OVERLAP_PX)


def _open(points: FloatArray, upper: IntArray, lower: IntArray) -> FloatArray:
    """How far below the upper lid each vertex of the lower one's edge lies, [C] pixels, negative above it."""
    return points[lower, 1] - np.interp(points[lower, 0], points[upper, 0], points[upper, 1])


def _rise(fit: FittedHead, points: FloatArray, upper: IntArray, lower: IntArray, height: FloatArray) -> FloatArray:
    """How far up the lower lid's skin goes as its edge rises by a height [C] pixels where it is above 0, [N]."""
    x = points[lower, 0]
    along = np.interp(points[:, 0], x, np.maximum(height, 0), left=0.0, right=0.0)
    below = (points[:, 1] - np.interp(points[:, 0], x, points[lower, 1])) / (RISES_CM * fit.scale)
    return along * _lower(fit, points, upper, lower) * smoothstep(1, 0, below)


def lowered_lids(fit: FittedHead, modes: FloatArray, lids: tuple[tuple[IntArray, IntArray], ...]) -> None:
    """Correct the looks down in place so that the lids keep their arches: `modes` [54, N, 3] of the face, `lids` their
    edges.

    The upper lid follows the iris by `LID_FOLLOWS` of its way, lower by at most `ARCH_FALLS` of its own arch and in the
    arch's shape; the lower one goes down with it by `LOWER_LID`. The head's own lids close by half, to a straight line.
    """
    points = fit.points[fit.face]
    for side, ((upper, lower), name) in enumerate(zip(lids, ("eyeLookDownRight", "eyeLookDownLeft"), strict=True)):
        mode, x = modes[INDEX[name]], points[upper, 0]
        corners = np.interp(x, x[[0, -1]], points[upper[[0, -1]], 1])
        arch = np.maximum(corners - points[upper, 1], 0)
        falls = min(LID_FOLLOWS * fit.radius[side] * math.sin(GAZE_DOWN) / max(arch.max(), 1.0), ARCH_FALLS)
        ends = LID_CORNERS * np.interp(x, x[[0, -1]], mode[upper[[0, -1]], 1])
        wanted = ends + falls * arch
        across = np.interp(points[lower, 0], x, wanted)
        above = _ratio(wanted, mode[upper, 1])
        below = _ratio(LOWER_LID * across, mode[lower, 1])
        soft = _lower(fit, points, upper, lower)
        mode[:, 1] *= (1 - soft) * np.interp(points[:, 0], x, above) + soft * np.interp(
            points[:, 0], points[lower, 0], below
        )


def _lower(fit: FittedHead, points: FloatArray, upper: IntArray, lower: IntArray) -> FloatArray:
    """Which of the points [N, 3] belong to the lower lid, 0..1: [N]."""
    x = points[upper, 0]
    middle = np.interp(points[:, 0], x, 0.5 * (points[upper, 1] + np.interp(x, points[lower, 0], points[lower, 1])))
    return np.clip(0.5 + (points[:, 1] - middle) / (2 * LID_BLEND_CM * fit.scale), 0, 1)


def _ratio(
    wanted: FloatArray, moves: FloatArray, least: float = 0.2, limits: tuple[float, float] = (0.3, 2.2)
) -> FloatArray:
    """By how much displacements [C] along an edge are too small, smoothed along it and held within limits.

    Args:
        least: of the largest displacement; a smaller one counts as that.
    """
    ratio = np.clip(wanted / np.maximum(moves, least * moves.max()), *limits)
    return np.convolve(np.pad(ratio, 2, mode="edge"), np.ones(5) / 5, mode="valid")
