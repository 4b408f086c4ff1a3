"""What a face does, picture by picture, by a fit of its head to mediapipe's landmarks; who it is, is known.

The camera is a perspective one at a fixed distance (a crop does not tell its focal length):

    q = R (x - pivot),  u = c + s (D / (D - q_z) q_x, -D / (D - q_z) q_y, q_z)

with x in cm, c in pixels, s in pixels per cm at the pivot, D = 90 cm. Pose and weights are estimated together by
Gauss-Newton steps on robust residuals; weights keep within 0..1 by coordinate descent on each step's quadratic form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.solve import OVAL, Solved
from visavis_models.serve.head import PIVOT, Head
from visavis_models.serve.normal import DISTANCE, added, eliminated, linearised, normal
from visavis_models.spec import ARKIT_NAMES, INDEX

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

N_LANDMARKS = 478
FACE_LANDMARKS = 468  # mediapipe's numbers from here on are the irises', the person's right one first
IRIS_CM = 0.58  # radius of an iris
K = len(ARKIT_NAMES)

LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375, 78, 191, 80, 81, 82,
        13, 312, 311, 310, 415, 308, 95, 88, 178, 87, 14, 317, 402, 318, 324)  # fmt: skip
EYES = (33, 246, 161, 160, 159, 158, 157, 173, 133, 7, 163, 144, 145, 153, 154, 155,
        263, 466, 388, 387, 386, 385, 384, 398, 362, 249, 390, 373, 374, 380, 381, 382)  # fmt: skip
BROWS = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
# The outline slides along the cheek as a head turns, so it counts for little.
OVAL_WEIGHT, LIPS_WEIGHT, EYES_WEIGHT, BROWS_WEIGHT, IRIS_WEIGHT = 0.2, 1.5, 1.5, 1.5, 2.0
# Openings and widths count once more, as differences, in which errors of the pose cancel; the mouth's widths, of which
# there are few, four times.
WIDTHS = ((61, 291), (78, 308))
PAIRS = (
    (13, 14), (82, 87), (312, 317), (81, 178), (311, 402), (0, 17), *WIDTHS, *WIDTHS, *WIDTHS, *WIDTHS,
    (159, 145), (158, 153), (160, 144), (386, 374), (385, 380), (387, 373),
)  # fmt: skip
PAIR_WEIGHT = 5.0
DEPTH_WEIGHT = 0.3  # of a landmark's depth, which is little more than a guess

SPREAD = 0.015  # of a landmark's place from what the head can do, in face heights
FACE_HEIGHT_CM = 17.5  # from landmark 10 to 152 of the mean head
# What a prior takes for the spread of a weight; channels that landmarks tell badly are held back.
WEIGHT_SPREAD = 0.35
SPREADS = {
    "jawForward": 0.12, "jawLeft": 0.25, "jawRight": 0.25, "mouthClose": 0.2, "cheekPuff": 0.12, "noseSneer": 0.15,
    "cheekSquint": 0.12, "mouthPress": 0.2, "mouthShrugUpper": 0.2, "eyeSquint": 0.25,
    "mouthFrown": 0.25, "eyeBlink": 0.7, "eyeLook": 0.5, "jawOpen": 0.6, "mouthSmile": 0.5,
    "mouthStretch": 0.6, "mouthPucker": 0.6, "mouthFunnel": 0.5, "mouthDimple": 0.3,
}  # fmt: skip
FITTED = [k for k, name in enumerate(ARKIT_NAMES) if name != "tongueOut"]  # a tongue has no landmarks
ROUNDS = 1  # of a picture: it begins from the last one, and more brings it no nearer to a known motion


@dataclass(frozen=True)
class Pose:
    """How a head stands before the camera.

    Attributes:
        turn: [3, 3], R; centre: [3], c in pixels, its depth arbitrary; scale: s in pixels per cm.
    """

    turn: FloatArray
    centre: FloatArray
    scale: float

    def project(self, points: NDArray[np.floating]) -> FloatArray:
        """Points [N, 3] cm of the upright head -> x, y in pixels (y down), and z in pixels at the viewer, [N, 3]."""
        q = (np.asarray(points, np.float64) - PIVOT) @ self.turn.T
        near = self.scale * DISTANCE / (DISTANCE - q[:, 2])
        return self.centre + np.stack([near * q[:, 0], -near * q[:, 1], self.scale * q[:, 2]], 1)

    def linearised(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Points [L, 3] as `project` gives them, and their derivatives: `visavis_models.serve.normal.linearised`."""
        return linearised(self.turn, self.centre, self.scale, points - PIVOT)

    def angles(self) -> tuple[float, float, float]:
        """(pitch, yaw, roll) in rad, the inverse of `visavis_models.serve.rotation.rotation`."""
        R = self.turn
        return -math.asin(float(np.clip(R[1, 2], -1, 1))), math.atan2(R[0, 2], R[2, 2]), math.atan2(R[1, 0], R[1, 1])

    def place(self, rest: Pose) -> FloatArray:
        """Displacement [3] in cm from another pose."""
        x, y = (self.centre - rest.centre)[:2] / rest.scale
        return np.array([x, -y, DISTANCE * (1 - rest.scale / self.scale)])

    def moved(self, step: FloatArray) -> Pose:
        """After a step [7]: a small turn (Rodrigues), c, log s."""
        angle = float(np.linalg.norm(step[:3]))
        x, y, z = step[:3] / max(angle, 1e-12)
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        turn = np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
        scale = self.scale * math.exp(float(np.clip(step[6], -0.5, 0.5)))
        return Pose(turn @ self.turn, self.centre + step[3:6], scale)


@dataclass(frozen=True)
class Shape:
    """One person's head at its landmarks alone.

    Attributes:
        landmarks: [L], mediapipe's numbers; points: [L, 3] cm, neutral; modes: [52, L, 3] cm, expressions.
        weights: [L], how much each counts; pairs: [P, 2], rows of `landmarks` whose differences count too.
    """

    landmarks: IntArray
    points: FloatArray
    modes: FloatArray
    weights: FloatArray
    pairs: IntArray

    @classmethod
    def of(cls, head: Head, identity: NDArray[np.floating]) -> Shape:
        """The landmarks of somebody, told by their identity [<= I]."""
        landmarks, under = landmark_vertices(head)
        weights = np.where(landmarks >= FACE_LANDMARKS, IRIS_WEIGHT, 1.0)
        for group, weight in ((LIPS, LIPS_WEIGHT), (EYES, EYES_WEIGHT), (BROWS, BROWS_WEIGHT), (OVAL, OVAL_WEIGHT)):
            weights[np.isin(landmarks, group)] = weight
        row = {int(k): i for i, k in enumerate(landmarks)}
        pairs = np.array([(row[a], row[b]) for a, b in PAIRS])
        modes = head.expression[:K, under].astype(np.float64)
        return cls(landmarks, head.shaped(identity)[under].astype(np.float64), modes, weights, pairs)

    def at(self, weights: FloatArray) -> FloatArray:
        """The landmarks [L, 3] cm at weights [52]."""
        return added(self.points, self._by_landmark, weights)

    @cached_property
    def fitted(self) -> FloatArray:
        """The modes that are fitted, [L, 3, F]."""
        return np.ascontiguousarray(self._by_landmark[..., FITTED])

    @cached_property
    def _by_landmark(self) -> FloatArray:
        return np.ascontiguousarray(self.modes.transpose(1, 2, 0))

    def met(self, pose: Pose, weights: FloatArray, seen: FloatArray) -> Shape:
        """The shape with its points moved onto the landmarks seen [L, 3], which are of this pose and these weights."""
        mine, by_points, _ = pose.linearised(self.at(weights))
        return replace(self, points=self.points + np.linalg.solve(by_points, (seen - mine)[..., None])[..., 0])


@dataclass(frozen=True)
class Prior:
    """What is believed of the 52 weights before anything is seen: their spreads, means and least values."""

    spreads: FloatArray
    mean: FloatArray
    low: FloatArray

    @classmethod
    def about(cls, weights: FloatArray, low: FloatArray | float = 0.0) -> Prior:
        """That of a person whose calm face has these weights [52]."""
        spreads = np.full(K, WEIGHT_SPREAD)
        for prefix, spread in SPREADS.items():
            spreads[[INDEX[name] for name in ARKIT_NAMES if name.startswith(prefix)]] = spread
        return cls(spreads, weights, np.broadcast_to(np.float64(low), (K,)))


def landmark_vertices(head: Head) -> tuple[IntArray, IntArray]:
    """mediapipe's landmarks with their vertices [L], those of the irises included: centre, and four on the rim."""
    landmarks, under = head.landmark_index.astype(np.int64), head.landmark_vertex.astype(np.int64)
    irises = []
    for side, name in enumerate(("right_sclera", "left_sclera")):
        ball = np.array(head.vertices[name])
        ball = ball[head.points[ball, 2] > head.centre(head.points, side)[2]]
        pupil = head.points[ball[head.points[ball, 2].argmax()], :2]
        for x, y in ((0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)):
            wanted = pupil + IRIS_CM * np.array([x, y])
            irises.append(ball[np.linalg.norm(head.points[ball, :2] - wanted, axis=1).argmin()])
    return np.r_[landmarks, FACE_LANDMARKS + np.arange(len(irises))], np.r_[under, irises]


def depth_up(landmarks: NDArray[np.floating]) -> FloatArray:
    """mediapipe's landmarks [.., 3], whose depth grows away from the viewer, with depth at the viewer."""
    return np.asarray(landmarks, np.float64)[..., :3] * np.array([1.0, 1.0, -1.0])


def pose_of(solved: Solved, shape: Shape, seen: FloatArray) -> Pose:
    """The pose of a head that was fitted to a picture, in our camera; its depth that of the landmarks seen [L, 3]."""
    pivot = solved.project(PIVOT[None].astype(np.float64))[0]
    pose = Pose(solved.turn, pivot, solved.scale)
    deep = seen[:, 2] - pose.project(shape.at(solved.rest[:K].astype(np.float64)))[:, 2]
    return replace(pose, centre=pose.centre + np.array([0, 0, np.median(deep)]))


def fit_frame(shape: Shape, seen: FloatArray, pose: Pose, weights: FloatArray, prior: Prior) -> tuple[Pose, FloatArray]:
    """Pose and weights [52] that bring the shape onto the landmarks seen [L, 3] (depth at the viewer), from a guess."""
    belief = 1 / prior.spreads[FITTED] ** 2
    mean, low = prior.mean[FITTED], prior.low[FITTED]
    for _ in range(ROUNDS):
        spread = SPREAD * FACE_HEIGHT_CM * pose.scale  # in pixels
        parts = pose.linearised(shape.at(weights))
        H, g = normal(
            *parts, shape.fitted, seen, shape.weights / spread, shape.pairs, PAIR_WEIGHT / spread, DEPTH_WEIGHT
        )
        step, after = eliminated(H, g, weights[FITTED], belief, mean, low)
        pose, weights = pose.moved(step), weights.copy()
        weights[FITTED] = after
    return pose, weights
