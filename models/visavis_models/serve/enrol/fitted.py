"""What every portrait is built from: a head that stands on its picture, however it came to stand there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from scipy.sparse import csr_matrix

from visavis_models.serve.enrol.solve import INNER_LOWER, INNER_UPPER, Solved, turn_of
from visavis_models.serve.head import PIVOT, Head
from visavis_models.serve.rotation import GAZE_DOWN, GAZE_IN, GAZE_OUT, GAZE_UP
from visavis_models.spec import INDEX, ROTATION

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SMOOTHING = 1.0  # of the warp onto the landmarks, square pixels: below the detector's own noise
WARP_STEP_CM = 0.6  # grid on which the warp's stretch is taken
STRETCH = (0.6, 1.7)  # what the warp may do to a displacement
IRISES = ((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))  # centre and rim; the person's right eye first
MARKS = {"nose": 4, "chin": 152, "forehead": 10}  # mediapipe's landmarks
AT_CAMERA = math.radians(14)  # who looks so near to the camera looks into it


@dataclass(frozen=True)
class FittedHead:
    """A head seen in a picture.

    Attributes:
        points: [V, 3], each vertex of the head: x, y in pixels of the picture (y down), z in pixels at the viewer,
            0 where `scale` holds.
        modes: [54, V, 3], displacement in pixels at weight 1 of each channel, from the picture's own expression.
        normals: [V, 3] in the picture's axes (x right, y down, z at the viewer), as in the picture.
        normals_moved: [54, V, 3], the same with each channel one unit further.
        rest: float32 [60], the picture's motion.
        scale: pixels per centimetre.
        pivot: [3], what the head turns about, in the coordinates of `points`.
        centres: [2, 3], eyeballs: the person's right one (the picture's left) first.
        radius: [2], of the eyeballs; iris: [2, 3], centre x, y and radius of each iris as seen; pixels.
        face: the vertices of the face, the first ones; marks: named vertices of it.
    """

    points: FloatArray
    modes: FloatArray
    normals: FloatArray
    normals_moved: FloatArray
    rest: NDArray[np.float32]
    scale: float
    pivot: FloatArray
    centres: FloatArray
    radius: FloatArray
    iris: FloatArray
    face: slice
    marks: dict[str, int]


def marks_of(head: Head) -> dict[str, int]:
    """Named vertices of the face."""
    return {name: head.landmark(index) for name, index in MARKS.items()}


def skin_triangles(head: Head) -> IntArray:
    """Face and neck [T, 3], counter-clockwise from outside."""
    return head.triangles[head.faces["face"].start : head.faces["neck"].stop].astype(np.int64)


class Normals:
    """Unit normals of many shapes of one mesh, area-weighted over the triangles around each vertex."""

    def __init__(self, triangles: IntArray, count: int) -> None:
        rows, columns = triangles.T.ravel(), np.tile(np.arange(len(triangles)), 3)
        self._triangles = triangles
        self._around = csr_matrix((np.ones(len(rows)), (rows, columns)), (count, len(triangles)))

    def __call__(self, points: FloatArray) -> FloatArray:
        """[V, 3] -> [V, 3]; 0 where no triangle is."""
        a, b, c = (points[self._triangles[:, k]] for k in range(3))
        normals = self._around @ np.cross(b - a, c - a)
        return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


class Warp:
    """What is left between a fitted head and the landmarks: a thin-plate spline that ends on them.

    Args:
        source, target: [L, 2] pixels, where landmarks are on the fitted head and in the picture.
        step: pixels between the places where its stretch is taken.
    """

    def __init__(self, source: FloatArray, target: FloatArray, step: float) -> None:
        kept = np.unique(np.round(source, 1), axis=0, return_index=True)[1]
        self._residual = RBFInterpolator(
            source[kept], (target - source)[kept], kernel="thin_plate_spline", smoothing=SMOOTHING
        )
        self._origin, self._step = source.min(0) - 8 * step, step
        columns, rows = np.ceil((source.max(0) + 8 * step - self._origin) / step).astype(int) + 1
        x, y = np.meshgrid(np.arange(columns) * step, np.arange(rows) * step)
        grid = np.stack([x, y], -1) + self._origin
        moved = grid + self._residual(grid.reshape(-1, 2)).reshape(grid.shape)
        down, across = np.gradient(moved, step, axis=(0, 1))
        left, stretch, right = np.linalg.svd(np.stack([across, down], -1))
        bounded = (left * np.clip(stretch, *STRETCH)[..., None, :]) @ right
        flat = bounded.reshape(rows, columns, 4).astype(np.float32)
        self._stretch = cv2.GaussianBlur(flat, (0, 0), 1.6, borderType=cv2.BORDER_REPLICATE)

    def __call__(self, points: FloatArray) -> FloatArray:
        """[N, 2] -> [N, 2]."""
        return points + self._residual(points)

    def stretch(self, points: FloatArray) -> FloatArray:
        """The Jacobian [N, 2, 2] at points [N, 2], bounded and smooth: what it does to a displacement."""
        at = ((points - self._origin) / self._step).astype(np.float32)
        found = cv2.remap(self._stretch, at[:, :1], at[:, 1:], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return found.reshape(-1, 2, 2).astype(np.float64)


def stand(head: Head, solved: Solved, landmarks: FloatArray) -> FittedHead:
    """The head on the picture whose landmarks [478, 3] it was fitted to, every landmark's vertex on its landmark.

    Not so the lips' inner edges: where lips meet on a head is told by its shape, see `lips.settled`.
    """
    shaped = head.shaped(solved.identity, solved.rest).astype(np.float64)
    plain = solved.project(shaped)
    warp = _warp(head, solved, plain, landmarks)
    near = np.array([0.0, 0.0, plain[head.landmark_vertex, 2].mean()])  # where the scale is true
    points = np.c_[warp(plain[:, :2]), plain[:, 2]] - near
    view = solved.turn * solved.scale * np.array([[1.0], [-1.0], [1.0]])
    modes = head.expression.astype(np.float64) @ view.T
    modes[..., :2] = np.einsum("nij,knj->kni", warp.stretch(plain[:, :2]), modes[..., :2])
    normals = Normals(skin_triangles(head), len(points))
    flip = np.array([1.0, -1.0, 1.0])
    turn = solved.turn.T * flip
    upright = [normals(shaped + mode) @ turn for mode in head.expression]
    centres, radius = _eyeballs(head, solved, shaped, warp)
    centres -= near
    irises = _irises(landmarks)
    rest = solved.rest.copy()
    rest[ROTATION] = solved.held
    look_into(rest, gaze_of(turn_of(solved.held), centres, radius, irises))
    return FittedHead(
        points, modes, normals(shaped) @ turn, np.array(upright), rest, solved.scale,
        solved.project(PIVOT[None].astype(np.float64))[0] - near, centres, radius, irises,
        slice(0, head.vertices["face"].stop), marks_of(head),
    )  # fmt: skip


def gaze_seen(head: Head, solved: Solved, landmarks: FloatArray) -> FloatArray:
    """(pitch, yaw) in rad of the eyes in their head, whose landmarks [478, 3] it was fitted to: see `gaze_of`."""
    shaped = head.shaped(solved.identity, solved.rest).astype(np.float64)
    warp = _warp(head, solved, solved.project(shaped), landmarks)
    return gaze_of(turn_of(solved.held), *_eyeballs(head, solved, shaped, warp), _irises(landmarks))


def _warp(head: Head, solved: Solved, plain: FloatArray, landmarks: FloatArray) -> Warp:
    """From the head's vertices as they were fitted, [V, >= 2] pixels, onto the landmarks [478, >= 2]."""
    held = ~np.isin(head.landmark_index, (INNER_UPPER[1:-1], INNER_LOWER[1:-1]))
    target = landmarks[head.landmark_index[held], :2].astype(np.float64)
    return Warp(plain[head.landmark_vertex[held], :2], target, WARP_STEP_CM * solved.scale)


def _eyeballs(head: Head, solved: Solved, shaped: FloatArray, warp: Warp) -> tuple[FloatArray, FloatArray]:
    """Centres [2, 3] and radii [2] in pixels."""
    centres, radii = np.zeros((2, 3)), np.zeros(2)
    for side, name in enumerate(("right", "left")):
        centre = head.centre(shaped.astype(np.float32), side).astype(np.float64)
        ball = shaped[head.vertices[f"{name}_sclera"]]
        radii[side] = np.median(np.linalg.norm(ball - centre, axis=1)) * solved.scale
        seen = solved.project(centre[None])[0]
        centres[side] = [*warp(seen[None, :2])[0], seen[2]]
    return centres, radii


def _irises(landmarks: FloatArray) -> FloatArray:
    """Centre and radius [2, 3] of the irises among the landmarks."""
    found = []
    for centre, *rim in IRISES:
        middle = landmarks[centre, :2]
        found.append([*middle, np.linalg.norm(landmarks[rim, :2] - middle, axis=1).mean()])
    return np.array(found, np.float64)


def gaze_of(turn: FloatArray, centres: FloatArray, radius: FloatArray, irises: FloatArray) -> FloatArray:
    """(pitch, yaw) in rad of both eyes in their head, the mean of the two.

    An iris at d from its ball's centre looks along n = (d, sqrt(r^2 - d^2)); within `AT_CAMERA` it means the camera.
    """
    away = ((irises[:, :2] - centres[:, :2]) / radius[:, None]).mean(0) * [1.0, -1.0]
    if np.hypot(*away) < math.sin(AT_CAMERA):
        away = np.zeros(2)
    away *= min(1.0, 0.7 / max(float(np.hypot(*away)), 1e-6))
    seen = np.r_[away, math.sqrt(1 - away @ away)]
    x, y, z = turn.T @ seen
    return np.array([-math.asin(np.clip(y, -1, 1)), math.atan2(x, z)])


def look_into(row: NDArray[np.float32], gaze: FloatArray) -> None:
    """Write a gaze (pitch, yaw) in rad into a motion row [60], in place; inverse of `rotation.gaze`."""
    pitch, yaw = gaze
    for name, outward in (("Right", -1.0), ("Left", 1.0)):
        out = outward * yaw
        row[INDEX[f"eyeLookDown{name}"]] = np.clip(pitch / GAZE_DOWN, 0, 1)
        row[INDEX[f"eyeLookUp{name}"]] = np.clip(-pitch / GAZE_UP, 0, 1)
        row[INDEX[f"eyeLookOut{name}"]] = np.clip(out / GAZE_OUT, 0, 1)
        row[INDEX[f"eyeLookIn{name}"]] = np.clip(-out / GAZE_IN, 0, 1)
