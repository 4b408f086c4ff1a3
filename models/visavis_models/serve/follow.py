"""From the landmarks of one person, picture by picture, to their `Motion`: who they are is settled first and then held.

What mediapipe sees of a face is off by a constant for each person and each landmark. A few calm pictures tell the
person's build and that constant; from then on only the pose and the weights are free (`visavis_models.serve.fit`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.fitted import gaze_seen, look_into
from visavis_models.serve.enrol.solve import Solved, solve, turn_of, upright
from visavis_models.serve.fit import FACE_HEIGHT_CM, K, Pose, Prior, Shape, depth_up, fit_frame, pose_of
from visavis_models.serve.head import PIVOT, Head
from visavis_models.serve.regressor import Regressor, features
from visavis_models.spec import ARKIT_NAMES, INDEX, N_MOTION, PLACE, ROTATION

FloatArray = NDArray[np.float64]

CALM_PICTURES = 12  # from which somebody's build is told
# Of a head's pitch beside its rest mediapipe's landmarks show so much: 0.51 to 0.74 on three drawn heads whose pitch is
# known, about 0.4 to 0.7 on a real one whose nose was followed by optical flow. Yaw and roll they show nearly whole.
PITCH_SEEN = 0.65
# Of these channels the fit sees so much, on drawn faces whose motion is known; fit and regression err differently, and
# their mean errs less than either.
FIT_SHARE = {
    "jawOpen": 0.72, "mouthSmileLeft": 0.6, "mouthSmileRight": 0.6, "eyeBlinkLeft": 0.6, "eyeBlinkRight": 0.6,
}  # fmt: skip
TOLD_MOST_RAD = 0.12  # by which the regression may differ from that: it has learned no heads that are turned far
LOST = 0.35  # in face heights: a face that jumps further than this is looked for afresh
LIP_PAIR, EYE_PAIRS, EYE_CORNERS = (13, 14), ((159, 145), (386, 374)), (33, 263)
BROW_EYES = ((105, 33), (334, 263))  # a brow's middle, and the outer corner of its eye
GAZE = [INDEX[name] for name in ARKIT_NAMES if name.startswith("eyeLook")]
SLOW = [INDEX[name] for name in ARKIT_NAMES if name.startswith(("brow", "cheek", "nose"))]

# The most of a weight that counts as being at rest: who is first seen with a smile still smiles.
REST_MOST = {"mouthSmile": 0.25, "jawOpen": 0.15, "eyeBlink": 0.3, "mouthFrown": 0.4, "mouthUpperUp": 0.15}
REST_MOST_ELSE = 0.6


@dataclass(frozen=True)
class Person:
    """Somebody whose build is known.

    Attributes:
        shape: their landmarks; rest: the pose of their calm face; calm: its weights [52].
        features: those of its landmarks, by which brows and head are told; None: the fit alone tells them.
        fitted: the head that was solved for, and the landmarks [478, 3] that it was solved to; None: the gaze is ahead.
    """

    shape: Shape
    rest: Pose
    calm: FloatArray
    features: FloatArray | None = None
    fitted: tuple[Solved, FloatArray] | None = None

    @property
    def motion(self) -> NDArray[np.float32]:
        """Motion [60] of the calm face: what `Follower.row` gives for it."""
        row = np.zeros(N_MOTION, np.float32)
        row[: len(self.calm)], row[ROTATION] = self.calm, upright(self.rest.angles())
        return row

    def gaze(self) -> FloatArray | None:
        """Weights [52] of where the calm face looks, which `calm` and rows of a `Follower` do not hold; None: ahead.

        It takes a warp of the whole face: for clips, a call does without.
        """
        if self.fitted is None:
            return None
        row = np.zeros(N_MOTION, np.float32)
        look_into(row, gaze_seen(Head.load(), *self.fitted))
        return row[:K].astype(np.float64)

    def face_at(self, pose: Pose) -> FloatArray:
        """Where the middle of the face stands in a pose, [3] in cm from the calm head's pivot."""
        return np.asarray(pose.turn @ self._arm + pose.place(self.rest))

    def face_beside(self, angles: FloatArray) -> FloatArray:
        """Where the middle of the face stands beside the head's place, [T, 3] in cm, at rows' rotations [T, 3] in rad.

        R(angles) R(upright)' R_rest a, a from the pivot to the face: rotations that are drawn start from upright.
        """
        start = turn_of(upright(self.rest.angles())).T @ self.rest.turn @ self._arm
        return np.stack([turn_of(turned) @ start for turned in angles])

    @cached_property
    def _arm(self) -> FloatArray:
        return np.asarray(self.shape.at(self.calm).mean(0) - PIVOT)

    @classmethod
    def of(cls, landmarks: NDArray[np.floating]) -> Person:
        """Told from pictures: landmarks [T, 478, 3] in pixels, nan where no face was seen, but not everywhere."""
        pictures = np.asarray(landmarks, np.float64)[..., :3]
        face = mean_face(pictures[calm(pictures)])
        head = Head.load()
        solved = solve(head, face)
        shape, weights = Shape.of(head, solved.identity), solved.rest[:K].astype(np.float64)
        seen = depth_up(face)[shape.landmarks]
        rest = pose_of(solved, shape, seen)
        return cls(shape.met(rest, weights, seen), rest, weights, features(face), (solved, face))


@dataclass(frozen=True)
class Followed:
    """All that passes from picture to picture: the last pose, and weights [52] beside those of rest."""

    pose: Pose
    weights: FloatArray


class Follower:
    """Motion of one person, picture by picture.

    What a calm face shows of each weight is a matter of the person's build, which the solver cannot tell apart: raised
    brows, mostly. It is taken for where the weights begin, and fitted from there; rows contain it.

    Args:
        person: who it is.

    Attributes:
        rest: weights [52] from which theirs are fitted; shape: their landmarks at rest.
        prior: what is believed of their weights; state: what passes to the next picture.
    """

    def __init__(self, person: Person) -> None:
        self.person = person
        self.rest = at_rest(person.calm)
        self.shape = replace(person.shape, points=person.shape.at(self.rest))
        beside = person.calm - self.rest
        self.prior = Prior.about(beside, -self.rest)
        self.state = Followed(person.rest, beside)

    def row(self, landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
        """Motion [60] of one picture; landmarks [478, 3] in pixels of the camera that the person was told from."""
        shape, rest = self.shape, self.person.rest
        seen = depth_up(landmarks)[shape.landmarks]
        pose = self.state.pose
        if np.linalg.norm((seen - pose.project(shape.points)).mean(0)[:2]) > LOST * FACE_HEIGHT_CM * pose.scale:
            pose = replace(rest, centre=rest.centre + (seen - rest.project(shape.points)).mean(0))
        pose, weights = fit_frame(shape, seen, pose, self.state.weights, self.prior)
        self.state = Followed(pose, weights)
        row = np.zeros(N_MOTION, np.float32)
        row[: len(weights)] = np.minimum(self.rest + weights, 1)
        turn = (np.array(pose.angles()) - rest.angles()) / (PITCH_SEEN, 1, 1)
        if self.person.features is not None:
            told = Regressor.load()(features(landmarks) - self.person.features)
            turn += np.clip(told.turn - turn, -TOLD_MOST_RAD, TOLD_MOST_RAD)
            for name, value in told.brows.items():
                row[INDEX[name]] = self.rest[INDEX[name]] + (1 - self.rest[INDEX[name]]) * value
            for name, value in told.others.items():
                low, fitted = self.rest[INDEX[name]], weights[INDEX[name]]
                if fitted >= 0:
                    beside = (min(fitted / (1 - low) / FIT_SHARE[name], 1.0) + value) / 2
                    row[INDEX[name]] = low + (1 - low) * beside
        row[ROTATION], row[PLACE] = upright(rest.angles()) + turn, pose.place(rest)
        return row

    def misfit(self, landmarks: NDArray[np.floating]) -> float:
        """How far the head of the last row stands from its landmarks [478, 3], in face heights: their median."""
        shape, (pose, weights) = self.shape, (self.state.pose, self.state.weights)
        away = depth_up(landmarks)[shape.landmarks] - pose.project(shape.at(weights))
        return float(np.median(np.linalg.norm(away[:, :2], axis=1))) / (FACE_HEIGHT_CM * pose.scale)


def at_rest(calm: FloatArray) -> FloatArray:
    """How much of a calm face's weights [52] is rest, within what faces at rest look like."""
    most = np.full(K, REST_MOST_ELSE)
    for prefix, value in REST_MOST.items():
        most[[INDEX[name] for name in ARKIT_NAMES if name.startswith(prefix)]] = value
    return np.minimum(calm, most)


def compile_kernels() -> None:
    """Load or compile what the first picture would wait for; for set-up, and for a process that waits for a call."""
    shape = Shape.of(Head.load(), np.zeros(1))
    pose = Pose(np.eye(3), np.zeros(3), 1.0)
    fit_frame(shape, pose.project(shape.points), pose, np.zeros(K), Prior.about(np.zeros(K)))


def openings(landmarks: FloatArray) -> FloatArray:
    """Lips' gap, lids' gap, how far the nose stands off the middle, and the brows' height, in eye distances, [T, 4]."""
    far = np.linalg.norm(landmarks[:, EYE_CORNERS[0]] - landmarks[:, EYE_CORNERS[1]], axis=1)
    gap = [np.linalg.norm(landmarks[:, a] - landmarks[:, b], axis=1) / far for a, b in (LIP_PAIR, *EYE_PAIRS)]
    middle = (landmarks[:, EYE_CORNERS[0]] + landmarks[:, EYE_CORNERS[1]]) / 2
    aside = np.linalg.norm(landmarks[:, 1] - middle - np.nanmedian(landmarks[:, 1] - middle, axis=0), axis=1) / far
    high = [np.linalg.norm(landmarks[:, brow] - landmarks[:, eye], axis=1) / far for brow, eye in BROW_EYES]
    return np.stack([gap[0], (gap[1] + gap[2]) / 2, aside, (high[0] + high[1]) / 2], 1)


def calm(landmarks: FloatArray) -> NDArray[np.int64]:
    """The pictures in which a face is closest to rest: lips closed; eyes, brows and head as they usually are."""
    seen = np.nonzero(np.isfinite(landmarks[:, 0, 0]))[0]
    lips, lids, aside, brows = openings(landmarks[seen, :, :2]).T
    unrest = lips - lips.min() + np.abs(lids - np.median(lids)) + 0.5 * aside + np.abs(brows - np.median(brows))
    return seen[np.argsort(unrest, kind="stable")[:CALM_PICTURES]]


def mean_face(landmarks: FloatArray) -> FloatArray:
    """The mean [478, 3] of faces [T, 478, 3], each turned, sized and moved in space onto the first (Procrustes)."""
    first, faces = landmarks[0], []
    middle = first.mean(0)
    for face in landmarks:
        away = face - face.mean(0)
        U, strength, V = np.linalg.svd(away.T @ (first - middle))
        U[:, -1] *= np.sign(np.linalg.det(U @ V))
        faces.append(away @ U @ V * (strength.sum() / (away**2).sum()) + middle)
    return np.mean(faces, axis=0)
