"""Lips as a camera measures them: openings, width and chin in eye distances, of landmarks and of motion alike; and the
fit of motion to landmarks.

A talker's landmarks are moved onto the head by what does not move in a face; what is left is each point's way from the
talker's own neutral face, in centimetres of our head: `d = E w + rest`, with E the blendshapes' ways at the landmarks.
The weights are the non-negative least squares of it with a ridge, found for all frames at once by accelerated projected
gradient (Beck and Teboulle, A fast iterative shrinkage-thresholding algorithm, 2009). Because only ways from the
talker's own neutral count, whose lips touch, the talker's own shape drops out, and "closed" is closed for everybody.
Last, the weights give way to what is seen first of a mouth: both gaps, width and chin become those of the landmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.head import Head
from visavis_models.spec import INDEX, N_MOTION

FloatArray = NDArray[np.float32]

# mediapipe's landmarks: (one, the other) or the middle of the eyes' outer corners
INNER, OUTER, CORNERS, EYES, CHIN = (13, 14), (0, 17), (61, 291), (33, 263), (168, 152)
# what is seen first of a mouth: two marks, the axis along which they lie apart, and which way
MEASURES = ((INNER, 1, 1.0), (OUTER, 1, 1.0), (CORNERS, 0, -1.0), (CHIN, 1, 1.0))
# what keeps its place while a face speaks: corners of the eyes, bridge of the nose, forehead, temples
STABLE = (
    33, 133, 263, 362, 168, 6, 197, 195, 5, 4, 1, 8, 151, 10, 127, 356, 234, 454, 162, 389, 21, 251, 54, 284, 103, 332,
    67, 297, 109, 338, 98, 327, 2,
)  # fmt: skip
LIPS = (
    0, 17, 37, 39, 40, 185, 267, 269, 270, 409, 81, 80, 191, 311, 310, 415, 178, 88, 95, 402, 318, 324, 84, 181, 91,
    146, 314, 405, 321, 375, 152, 148, 377, 175, 199,
)  # fmt: skip
MIDDLE_LIPS, MOUTH_CORNERS = (13, 14, 82, 312, 87, 317), (61, 291, 78, 308)
DEPTH_WEIGHT = 0.1  # of z, which a landmark model guesses
RIDGE = 0.004  # of the mean power of a blendshape
# what a mouth seen from the front tells apart, with factors on the ridge: dear shapes are used last. Corners that go
# out are a stretch, not a smile: a smile is a mood's, and what the voice tells is to be among the channels of speech
FITTED: dict[str, float] = {
    "jawOpen": 0.2, "mouthClose": 3.0, "mouthFunnel": 0.5, "mouthPucker": 0.5, "mouthStretchLeft": 0.5,
    "mouthStretchRight": 0.5, "mouthRollLower": 1.0, "mouthRollUpper": 3.0, "mouthShrugLower": 4.0,
    "mouthPressLeft": 2.0, "mouthPressRight": 2.0, "mouthLowerDownLeft": 0.4, "mouthLowerDownRight": 0.4,
    "mouthUpperUpLeft": 0.5, "mouthUpperUpRight": 0.5,
}  # fmt: skip
ROUNDS = 150
MEETINGS = 4
NEUTRAL_SHARE = 0.15  # of the frames, those with the smallest gap between the lips, are the talker's neutral face


@dataclass(frozen=True)
class Measures:
    """What a camera sees of a mouth, each float32 [T] in units of the distance between the outer corners of the eyes.

    Attributes:
        inner, outer: gap between the inner, and between the outer borders of the lips, in the middle.
        width: from corner to corner. chin: from the bridge of the nose to the chin.
    """

    inner: FloatArray
    outer: FloatArray
    width: FloatArray
    chin: FloatArray


def landmark_measures(points: FloatArray, index: Sequence[int]) -> Measures:
    """Of landmarks [T, K, 2 or 3] in pixels or cm, `index` [K] their numbers in mediapipe's mesh."""
    place = {int(mark): k for k, mark in enumerate(index)}

    def between(pair: tuple[int, int]) -> FloatArray:
        one, other = (points[:, place[mark], :2] for mark in pair)
        return np.linalg.norm(one - other, axis=-1).astype(np.float32)

    eyes = between(EYES).mean()
    return Measures(*(between(pair) / eyes for pair in (INNER, OUTER, CORNERS, CHIN)))


def motion_measures(motion: FloatArray, head: Head | None = None) -> Measures:
    """Of motion [T, 60] on the mean head, which is held still."""
    head = head or Head.load()
    index = sorted({mark for pair in (INNER, OUTER, CORNERS, EYES, CHIN) for mark in pair})
    at = [head.landmark(mark) for mark in index]
    ways = np.tensordot(motion[:, : len(head.expression)], head.expression[:, at], 1)
    return landmark_measures(head.points[at] + ways, index)


@dataclass(frozen=True)
class LipFit:
    """Motion float32 [N, 60] with only fitted mouth channels set, known [60], and what the fit leaves, rms [N] cm."""

    motion: FloatArray
    known: FloatArray
    rest_cm: FloatArray


def fit_lips(points: FloatArray, index: Sequence[int], head: Head | None = None) -> LipFit:
    """Mouth motion of one talker.

    Args:
        points: float32 [N, K, 3] landmarks in pixels, y down, z away from the viewer, in the scale of x; of all clips.
        index: [K] mediapipe's numbers.
    """
    head = head or Head.load()
    known = set(head.landmark_index.tolist())
    picked = [k for k, mark in enumerate(index) if int(mark) in known]
    marks = [int(index[k]) for k in picked]
    at = [head.landmark(mark) for mark in marks]
    stable = [k for k, mark in enumerate(marks) if mark in STABLE]
    laid = _laid_on(points[:, picked] * np.array([1, -1, -1], np.float32), head.points[at], stable)
    ways = laid - neutral_face(laid, marks)

    weight = _weights(marks, head.points[at]).ravel()
    shapes = [INDEX[name] for name in FITTED]
    design = head.expression[shapes][:, at].reshape(len(shapes), -1) * weight
    gram = design @ design.T
    ridge = RIDGE * np.trace(gram) / len(shapes) * np.array(list(FITTED.values()), np.float32)
    target = ways.reshape(len(ways), -1) * weight
    fitted = non_negative(gram + np.diag(ridge), target @ design.T)
    left = target - fitted @ design
    fitted = _met(fitted, head, at, shapes, laid, marks)
    motion, mask = np.zeros((len(points), N_MOTION), np.float32), np.zeros(N_MOTION, np.float32)
    motion[:, shapes], mask[shapes] = fitted, 1.0
    return LipFit(motion, mask, np.sqrt((left**2).sum(axis=1) / (weight**2).sum()))


def _met(
    weights: FloatArray, head: Head, at: Sequence[int], shapes: Sequence[int], laid: FloatArray, marks: Sequence[int]
) -> FloatArray:
    """Weights [N, C] moved the least, by how they move together, so that `measured` is that of the landmarks.

    The fit shares its error out among all landmarks; what is seen first of a mouth is to have none of it. Constant
    differences are the talker's own shape and stay. Weights stay in 0..1, so it is done in a few rounds.
    """
    still = head.points[at]
    ways = head.expression[shapes][:, at]
    told = np.stack([measured(still + way, marks) - measured(still, marks) for way in ways])  # [C, 4], linear
    seen = np.stack([measured(points, marks) for points in laid])
    together = np.cov(weights.T)
    back = together @ told @ np.linalg.inv(told.T @ together @ told)
    for _ in range(MEETINGS):
        lack = seen - weights @ told
        weights = np.clip(weights + (lack - lack.mean(axis=0)) @ back.T, 0, 1).astype(np.float32)
    return weights


def measured(points: FloatArray, marks: Sequence[int]) -> FloatArray:
    """Inner gap, outer gap, width and chin of an upright face [K, 3], along one axis each: [4], in the points' unit."""
    place = {mark: k for k, mark in enumerate(marks)}
    return np.array([sign * (points[place[one]] - points[place[other]])[axis] for (one, other), axis, sign in MEASURES])


def neutral_face(points: FloatArray, index: Sequence[int]) -> FloatArray:
    """The mean [K, 3] of the frames whose lips are nearest to each other."""
    gap = landmark_measures(points, index).inner
    return points[gap <= np.quantile(gap, NEUTRAL_SHARE)].mean(axis=0)


def non_negative(gram: FloatArray, power: FloatArray) -> FloatArray:
    """Weights 0..1 [N, C] that minimise `w G w' / 2 - b w'` for gram [C, C] and every row of power [N, C]."""
    rate = 1.0 / float(np.linalg.eigvalsh(gram)[-1])
    gram, power = gram.astype(np.float32), power.astype(np.float32)
    weights = ahead = np.zeros_like(power)
    pace = 1.0
    for _ in range(ROUNDS):
        stepped = np.clip(ahead - rate * (ahead @ gram - power), 0, 1)
        following = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead = stepped + np.float32((pace - 1) / following) * (stepped - weights)
        weights, pace = stepped, following
    return weights


def _weights(marks: Sequence[int], points: FloatArray) -> FloatArray:
    """How much each landmark counts, [K, 3]: nothing above the nose."""
    kinds = ((MIDDLE_LIPS, 2.0), (MOUTH_CORNERS, 3.0), (LIPS, 1.0))
    below = points[:, 1] < points[list(marks).index(2), 1] + 0.3  # cm, under the nose
    weight = np.where(below & (np.abs(points[:, 0]) < 5.0), 0.4, 0.0)
    for group, value in kinds:
        weight[np.isin(marks, group)] = value
    return (weight[:, None] * np.array([1.0, 1.0, DEPTH_WEIGHT])).astype(np.float32)


def _laid_on(points: FloatArray, target: FloatArray, stable: Sequence[int]) -> FloatArray:
    """Each frame [K, 3] turned, scaled and moved so that its stable points meet the target's, then the talker's mean.

    The second pass lays every frame on the talker's mean: the talker's shape then pulls at no frame.
    """
    reference = target[stable]
    for _ in range(2):
        turn, scale, centre = _similarity(points[:, stable], reference)
        laid = scale[:, None, None] * ((points - centre) @ turn) + reference.mean(axis=0)
        reference = laid[:, stable].mean(axis=0)
    return laid.astype(np.float32)


def _similarity(moving: FloatArray, fixed: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rotation [N, 3, 3], scale [N], centre [N, 1, 3] of least squares (Umeyama, IEEE PAMI 13, 1991)."""
    centre = moving.mean(axis=1, keepdims=True)
    away = moving - centre
    u, spread, v = np.linalg.svd(away.transpose(0, 2, 1) @ (fixed - fixed.mean(axis=0)))
    sign = np.ones((len(moving), 3), np.float32)
    sign[:, 2] = np.sign(np.linalg.det(u @ v))
    return (u * sign[:, None]) @ v, (spread * sign).sum(axis=1) / (away**2).sum(axis=(1, 2)), centre
