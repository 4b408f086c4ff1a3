"""Alex: the head that our default face was rendered from, seen through the camera that rendered it.

Alex is a sculpted version of the parametric head, so nothing has to be estimated: every vertex is known to stand on
its pixel.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.fitted import FittedHead, Normals, marks_of, skin_triangles
from visavis_models.serve.head import PIVOT, Head
from visavis_models.serve.smooth import smoothstep
from visavis_models.spec import INDEX, N_MOTION, WEIGHTS

FloatArray = NDArray[np.float64]

SIZE = 1024  # pixels of the rendered picture
FOCAL = 85.0 / 36.0 * SIZE  # 85 mm on a 36 mm sensor, in pixels
TARGET = np.array([0.0, 0.9, 2.0])  # cm, what the camera looks at
DISTANCE = 92.0  # cm
RISE = 0.02  # of the camera above the target, in distances
EXPRESSION = {
    "mouthSmileLeft": 0.40,
    "mouthSmileRight": 0.40,
    "eyeWideLeft": 0.34,
    "eyeWideRight": 0.34,
    "browInnerUp": 0.08,
}
IRIS = 0.53 * 0.985  # its radius in radii of the eye's outer ball
SCALE = FOCAL / DISTANCE  # pixels per centimetre at the target
EYE_CENTRES = np.array([[3.094, 3.614, 7.99], [-3.094, 3.614, 7.99]])  # cm, the person's left and right


def sculpt(points: FloatArray) -> FloatArray:
    """The sculptor's strokes: larger eyes, a smaller nose, fuller lips, a narrower jaw, a slimmer neck; [N, 3] cm."""
    P = np.asarray(points, np.float64)
    D = np.zeros_like(P)
    for centre in EYE_CENTRES:
        q = P - centre
        radius = np.sqrt(q[:, 0] ** 2 + q[:, 1] ** 2 + (0.6 * q[:, 2]) ** 2)
        D += 0.25 * (1 - smoothstep(1.5, 6.6, radius))[:, None] * q
    q = P - np.array([0, -0.3, 11.3])
    w = 1 - smoothstep(0.6, 3.6, np.linalg.norm(q * [1, 0.8, 1], axis=1))
    D += -0.13 * w[:, None] * q * [1.1, 0.7, 1.0]
    q = P - np.array([0, -3.4, 10.8])
    w = 1 - smoothstep(0.5, 2.6, np.linalg.norm(q * [0.55, 1, 0.8], axis=1))
    D += w[:, None] * q * [0.0, 0.05, 0.03]
    x, y, z = P.T
    D[:, 0] -= 0.15 * smoothstep(2.0, -7.0, y) * smoothstep(-10.5, -8.0, y) * smoothstep(0, 5, z) * x
    w = smoothstep(-6.5, -9.5, y) * (1 - smoothstep(-13, -17, y))
    D[:, 0] -= 0.15 * w * x
    D[:, 2] -= 0.08 * w * z
    D[:, 0] -= 0.035 * (1 - smoothstep(6.0, 11.0, y)) * smoothstep(-9.5, -7.5, y) * smoothstep(-2, 3, z) * x
    return P + D


def rest() -> NDArray[np.float32]:
    """The motion that Alex's picture shows, [60]."""
    row = np.zeros(N_MOTION, np.float32)
    for name, weight in EXPRESSION.items():
        row[INDEX[name]] = weight
    return row


def vertices(head: Head) -> FloatArray:
    """Alex in the pose of the picture, [V, 3] cm."""
    return sculpt(_posed(head))


def _posed(head: Head) -> FloatArray:
    return head.shaped(np.zeros(0), rest()).astype(np.float64)


def project(points: FloatArray) -> FloatArray:
    """Through the camera: [N, 3] cm -> x and y in pixels of the picture (y down), z in pixels at the viewer."""
    eye = TARGET + DISTANCE * np.array([0.0, RISE, 1.0])
    back = (eye - TARGET) / np.linalg.norm(eye - TARGET)
    up = np.array([0.0, 1.0, 0.0]) - back[1] * back
    up /= np.linalg.norm(up)
    q = points - eye
    depth = -(q @ back)
    scale = FOCAL / depth
    centre = FOCAL / np.linalg.norm(eye - TARGET)
    return np.stack([SIZE / 2 + q[:, 0] * scale, SIZE / 2 - (q @ up) * scale, (points - TARGET) @ back * centre], 1)


def fitted(head: Head) -> FittedHead:
    """Alex standing on the picture that was rendered of him."""
    return rendered(head, _posed(head), sculpt, rest(), IRIS)


def rendered(
    head: Head, posed: FloatArray, sculpt: Callable[[FloatArray], FloatArray], row: NDArray[np.float32], iris: float
) -> FittedHead:
    """Somebody standing on the picture that Alex's camera rendered of them.

    Args:
        posed: [V, 3] cm, their head in the picture's expression, before the sculptor.
        sculpt: the sculptor's strokes on such vertices.
        row: the motion [60] that the picture shows.
        iris: its radius in radii of the eye's outer ball.
    """
    base = sculpt(posed)
    points = project(base)
    normals = Normals(skin_triangles(head), len(points))
    modes = np.zeros((WEIGHTS.stop, *points.shape))
    turned = np.zeros_like(modes)
    flip = np.array([1.0, -1.0, 1.0])
    for channel, mode in enumerate(head.expression):
        moved = sculpt(posed + mode)
        modes[channel] = project(moved) - points
        turned[channel] = normals(moved) * flip
    centres, radius, irises = _eyeballs(head, base, iris)
    pivot = project(PIVOT[None])[0]
    face = slice(0, head.vertices["face"].stop)
    return FittedHead(
        points, modes, normals(base) * flip, turned, row, SCALE, pivot, centres, radius, irises, face, marks_of(head)
    )


def _eyeballs(head: Head, base: FloatArray, iris: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Centres [2, 3], radii [2] and irises [2, 3] of the balls that were rendered, in pixels."""
    centres, radii = np.zeros((2, 3)), np.zeros(2)
    for side, name in enumerate(("right", "left")):
        ball = base[head.vertices[f"{name}_sclera"]]
        low, high = ball.min(0), ball.max(0)
        radii[side] = (high - low)[:2].mean() / 2
        centres[side] = (low + high) / 2
        centres[side, 2] = high[2] - 1.085 * radii[side]
    front = centres + np.array([0, 0, 1.0]) * radii[:, None]
    scale = project(front + np.array([1.0, 0, 0]))[:, 0] - project(front)[:, 0]
    seen = project(centres)
    return seen, radii * scale, np.c_[seen[:, :2], iris * radii * scale]
