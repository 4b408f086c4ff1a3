"""Who is in the picture and how they hold their face: the head fitted to the landmarks of one picture.

Weak perspective: p = s (R X)_xy + t, y turned down, X = mean + identity + expression. Pose and shape are solved in
turns: the pose by Gauss-Newton, the shape by ridge regression with the expressions held in 0..1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares, lsq_linear
from scipy.spatial.transform import Rotation

from visavis_models.serve.head import Head
from visavis_models.spec import INDEX, N_MOTION, ROTATION, WEIGHTS

FloatArray = NDArray[np.float64]

MODES = 40  # of identity
ROUNDS = 6
IDENTITY_RIDGE, EXPRESSION_RIDGE = 0.01, 0.02  # of the face's height: what one deviation, one unit of weight costs
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
OVAL_WEIGHT = 0.35  # they slide along the contour as the head turns
FOREHEAD, CHIN = 10, 152
INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)  # the lips' inner edges, corners included
INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
CLOSED = 0.004  # of the face's height: lips whose edges lie nearer to each other are closed
# What parts lips or presses them together: on closed ones two such channels cancel, and neither is told by the picture.
PARTING = (
    "jawOpen", "mouthClose", "mouthFunnel", "mouthUpperUp", "mouthLowerDown", "mouthShrug", "mouthPress",
)  # fmt: skip
LIDS, BROWS = 2.5, 4.0  # times as dear: where brows and lids of calm people lie is more who they are than what they do
SMILES = 0.25  # times as dear: who has their picture taken smiles, more often than their mouth is of an unusual shape
UNTOLD = 10.0  # cost that no landmark outweighs
# A head that is bowed or raised by less counts as upright, one by more as turned by what is more: a fit mistakes builds
# for pitch (people by 1 to 3 degrees, a drawn face by 10), and a head that is drawn in its own pose shows nothing that
# the picture hides.
UPRIGHT_RAD = math.radians(8)


@dataclass(frozen=True)
class Solved:
    """A head that fits the picture.

    Attributes:
        identity: [I] standard deviations.
        rest: float32 [60], the picture's motion, without gaze.
        scale: pixels per centimetre; place: [2], where the head's origin lies, pixels.
    """

    identity: FloatArray
    rest: NDArray[np.float32]
    scale: float
    place: FloatArray

    @property
    def turn(self) -> FloatArray:
        """R [3, 3], y up."""
        return turn_of(self.rest[ROTATION].astype(np.float64))

    @property
    def held(self) -> FloatArray:
        """(pitch, yaw, roll) in rad that count as how the head is turned: see `upright`."""
        return upright(self.rest[ROTATION])

    def project(self, points: FloatArray) -> FloatArray:
        """[N, 3] cm upright -> x, y in pixels (y down), z in pixels at the viewer."""
        seen = points @ self.turn.T * self.scale
        return np.stack([seen[:, 0] + self.place[0], self.place[1] - seen[:, 1], seen[:, 2]], 1)

    def moved(self, factor: float, shift: FloatArray) -> Solved:
        """The same in a picture that was resized by `factor` and then shifted."""
        return Solved(self.identity, self.rest, self.scale * factor, self.place * factor + shift)


def height_of(landmarks: FloatArray) -> float:
    """From the forehead to the chin, pixels."""
    return float(np.hypot(*(landmarks[FOREHEAD, :2] - landmarks[CHIN, :2])))


def closed(landmarks: FloatArray) -> bool:
    """Whether landmarks [478, >= 2] show a closed mouth."""
    gaps = landmarks[list(INNER_LOWER), 1] - landmarks[list(INNER_UPPER), 1]
    return float(np.median(gaps[3:-3])) < CLOSED * height_of(landmarks)


def ridges(mouth_closed: bool, smiles: float = 1.0) -> FloatArray:
    """What one unit of each of the 54 weights costs, in parts of the face's height; gaze and tongue are not fitted.

    A smile with closed lips is `smiles` times as dear as other expressions; one with teeth is told surely.
    """
    cost = np.full(WEIGHTS.stop, EXPRESSION_RIDGE)
    untold: tuple[str, ...] = ("eyeLook", "tongue", "breath", "cheekPuff", "jawForward", "noseSneer", "mouthRoll")
    if mouth_closed:
        untold += PARTING
    for name, index in INDEX.items():
        if index >= WEIGHTS.stop:
            continue
        if name.startswith(untold):
            cost[index] = UNTOLD
        elif name.startswith("eye"):
            cost[index] = LIDS * EXPRESSION_RIDGE
        elif name.startswith("brow"):
            cost[index] = BROWS * EXPRESSION_RIDGE
        elif name.startswith("mouthSmile") and mouth_closed:
            cost[index] = smiles * EXPRESSION_RIDGE
    return cost


def solve(head: Head, landmarks: FloatArray, smiles: float = 1.0) -> Solved:
    """Fit the head to mediapipe's landmarks [478, >= 2] in pixels.

    Args:
        smiles: how dear a closed smile is beside other expressions: 1 for calm pictures, `SMILES` for a portrait.
    """
    index = head.landmark_index.astype(int)
    vertex = head.landmark_vertex.astype(int)
    target = np.asarray(landmarks, np.float64)[index, :2]
    height = height_of(landmarks)
    weight = np.where(np.isin(index, OVAL), OVAL_WEIGHT, 1.0)[:, None] / height
    mean = head.points[vertex].astype(np.float64)
    basis = np.concatenate([head.identity[:MODES, vertex], head.expression[:, vertex]]).astype(np.float64)
    cost = np.r_[np.full(MODES, IDENTITY_RIDGE), ridges(closed(landmarks), smiles)] * math.sqrt(len(index) / 10)
    low = np.r_[np.full(MODES, -3.0), np.zeros(WEIGHTS.stop)]
    high = np.r_[np.full(MODES, 3.0), np.ones(WEIGHTS.stop)]
    shape = np.zeros(len(basis))
    pose = np.r_[0.0, 0.0, 0.0, height / 18.0, target.mean(0)]
    for _ in range(ROUNDS):
        points = mean + np.tensordot(shape, basis, 1)
        pose = least_squares(lambda q, p=points: ((_seen(q, p) - target) * weight).ravel(), pose).x
        view = turn_of(pose[:3])[:2] * pose[3] * np.array([[1.0], [-1.0]])
        design = ((basis @ view.T) * weight).reshape(len(basis), -1).T
        wanted = ((target - _seen(pose, mean)) * weight).ravel()
        normal = design.T @ design + np.diag(cost**2)
        root = np.linalg.cholesky(normal).T
        shape = lsq_linear(root, np.linalg.solve(root.T, design.T @ wanted), (low, high), method="bvls").x
    rest = np.zeros(N_MOTION, np.float32)
    weights = shape[MODES:]
    rest[WEIGHTS] = np.where(weights > 0.02, weights, 0)
    rest[ROTATION] = pose[:3]
    return Solved(shape[:MODES], rest, float(pose[3]), pose[4:6].copy())


def upright(angles: ArrayLike) -> FloatArray:
    """(pitch, yaw, roll) in rad as they count: of the pitch what is beyond `UPRIGHT_RAD`."""
    pitch, yaw, roll = np.asarray(angles, np.float64)
    return np.array([math.copysign(max(abs(pitch) - UPRIGHT_RAD, 0.0), pitch), yaw, roll])


def turn_of(angles: FloatArray) -> FloatArray:
    """R = R_y(yaw) R_x(pitch) R_z(roll) of (pitch, yaw, roll), in double precision: it is differentiated."""
    return Rotation.from_euler("YXZ", [angles[1], angles[0], angles[2]]).as_matrix()


def _seen(pose: FloatArray, points: FloatArray) -> FloatArray:
    seen = points @ turn_of(pose[:3]).T * pose[3]
    return np.stack([seen[:, 0] + pose[4], pose[5] - seen[:, 1]], 1)
