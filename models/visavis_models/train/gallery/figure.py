"""The person as geometry: an identity of the parametric head, sculpted, in the expression of the picture.

Coordinates are those of `visavis_models.train.portrait.head`: cm, x to the picture's right, y up, z at the viewer.
The MEAN head is the head of no identity: it shares its topology with everybody, so a place on it (a cheek, the
hairline) is a place on every face.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from visavis_models.serve.head import PIVOT
from visavis_models.serve.smooth import smoothstep
from visavis_models.spec import INDEX, N_MOTION
from visavis_models.train.gallery.cast import Person
from visavis_models.train.portrait.head import EYEBALLS, SKIN, Head, load_head

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Angles = tuple[float, float, float]  # pitch, yaw and roll of a head as in the face space, rad

# The 68 points that face trackers number the same way (jaw, brows, nose, eyes, lips), as vertices of the head.
# fmt: off
LANDMARKS = np.array([
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443,
    268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360,
    1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732,
    5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
])
# fmt: on
JAW = slice(0, 17)
RIGHT_EYE, LEFT_EYE = slice(36, 42), slice(42, 48)
RIGHT_BROW, LEFT_BROW = slice(17, 22), slice(22, 27)
LIPS_OUTER, LIPS_INNER = slice(48, 60), slice(60, 68)

NECK_CM = (-6.2, -0.7)  # heights from where the neck stays to where it turns with the head: below chin and nape
BALL = 0.985  # radius of the white in radii of the cornea's ball
IRIS, DRAWN_IRIS = 0.52, 0.60  # radius of the iris in radii of the white


@dataclass(frozen=True)
class Source:
    """The parametric head with what only pictures need.

    Attributes:
        head: vertices and expression modes.
        identity: [100, N, 3] cm per standard deviation.
        uv: [U, 2]; quads_uv: [F, 4] into it; material: [F] indices of the source's materials.
    """

    head: Head
    identity: FloatArray
    uv: FloatArray
    quads_uv: IntArray
    material: IntArray


def load_source(path: Path) -> Source:
    """Read `ict_face.npz`."""
    with np.load(path, allow_pickle=False) as data:
        identity = data["identity_q"] * data["identity_scale"][:, None, None].astype(np.float64)
        return Source(
            load_head(path),
            identity,
            data["uv"].astype(np.float64),
            data["faces_uv"].astype(np.int64),
            data["face_material"].astype(np.int64),
        )


def identity_weights(person: Person, count: int) -> FloatArray:
    """Standard deviations along each identity mode, [count]: a seeded draw under the modes chosen by eye."""
    weights = np.random.default_rng(person.seed).standard_normal(count) * person.spread
    weights[30:] *= 0.5
    for mode, value in person.identity.items():
        weights[mode] = value
    return weights


def rest(person: Person) -> NDArray[np.float32]:
    """The motion that the picture shows, [60]."""
    row = np.zeros(N_MOTION, np.float32)
    for name, weight in person.expression.items():
        row[INDEX[name]] = weight
    return row


@dataclass(frozen=True)
class Figure:
    """One person's head.

    Attributes:
        neutral: [N, 3], the identity before the sculptor and without expression.
        mean: [N, 3], the same vertices on the mean head.
        posed: [N, 3], sculpted, in the picture's expression.
        normals: [N, 3] of `posed` (skin only).
        triangles: [T, 3] of the skin.
    """

    person: Person
    source: Source
    neutral: FloatArray
    mean: FloatArray
    posed: FloatArray
    normals: FloatArray
    triangles: IntArray

    @property
    def landmarks(self) -> FloatArray:
        """The 68 points as posed, [68, 3]."""
        return self.posed[LANDMARKS]

    def sculpted(self, points: FloatArray) -> FloatArray:
        """The sculptor's strokes on any state of this head's vertices."""
        return sculpt(points, self.neutral[LANDMARKS], self.person)

    def eyeballs(self) -> tuple[FloatArray, FloatArray]:
        """Centres [2, 3] and radii [2] of the balls that are rendered; the person's right eye first."""
        centres, radii = np.zeros((2, 3)), np.zeros(2)
        for side, ball in enumerate(reversed(EYEBALLS)):
            low, high = self.posed[ball].min(0), self.posed[ball].max(0)
            radii[side] = (high - low)[:2].mean() / 2
            centres[side] = (low + high) / 2
            centres[side, 2] = high[2] - 1.085 * radii[side]
        return centres, radii


def vertex_normals(points: FloatArray, triangles: IntArray) -> FloatArray:
    """Unit normals [N, 3], area-weighted over the triangles around each vertex."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.zeros_like(points)
    for k in range(3):
        np.add.at(normals, triangles[:, k], faces)
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


def sculpt(points: FloatArray, marks: FloatArray, person: Person) -> FloatArray:
    """Larger eyes, smaller nose, fuller lips, narrower jaw, slimmer neck, by the person's amounts; [N, 3] cm."""
    P = np.asarray(points, np.float64)
    D = np.zeros_like(P)
    s = person.strokes
    for eye in (RIGHT_EYE, LEFT_EYE):
        centre = marks[eye].mean(0) - [0, 0, 1.2]
        q = P - centre
        radius = np.sqrt(q[:, 0] ** 2 + q[:, 1] ** 2 + (0.6 * q[:, 2]) ** 2)
        D += s.eyes * (1 - smoothstep(1.5, 6.6, radius))[:, None] * q
    q = P - (marks[33] + [0, 0.9, -0.3])
    w = 1 - smoothstep(0.6, 3.6, np.linalg.norm(q * [1, 0.8, 1], axis=1))
    D -= s.nose * w[:, None] * q * [1.1, 0.7, 1.0]
    q = P - (marks[[51, 57]].mean(0) - [0, 0, 0.9])
    w = 1 - smoothstep(0.5, 2.6, np.linalg.norm(q * [0.55, 1, 0.8], axis=1))
    D += s.lips * w[:, None] * q * [0.0, 1.0, 0.6]
    x, y, z = P.T
    chin = marks[8, 1] + 7.57  # by how much this chin lies above the mean one
    jaw = smoothstep(2.0, -7.0, y - chin) * smoothstep(-10.5, -8.0, y - chin) * smoothstep(0, 5, z)
    D[:, 0] -= s.jaw * jaw * x
    w = smoothstep(-6.5, -9.5, y - chin) * (1 - smoothstep(-13, -17, y))
    D[:, 0] -= s.neck * w * x
    D[:, 2] -= 0.5 * s.neck * w * z
    return P + D


def pose(source: Source, person: Person) -> Figure:
    """The person in the expression of the picture."""
    mean = source.head.vertices
    weights = identity_weights(person, len(source.identity))
    neutral = mean + np.tensordot(weights, source.identity, 1)
    expression = rest(person)[: len(source.head.modes)].astype(np.float64)
    posed = neutral + np.tensordot(expression, source.head.modes, 1)
    posed = sculpt(posed, neutral[LANDMARKS], person)
    triangles = source.head.triangles(SKIN)
    return Figure(person, source, neutral, mean, posed, vertex_normals(posed, triangles), triangles)


def turned(points: FloatArray, chin: FloatArray, angles: Angles) -> FloatArray:
    """Points [n, 3] of a head that turns on its shoulders: whole down to a plane from chin to nape, the neck twists.

    Args:
        chin: [3], before the turn; angles: of the head from how it is posed.
    """
    below = (points - chin) @ [0.0, 1.0, 0.25]
    share = smoothstep(*NECK_CM, below)[:, None]
    pitch, yaw, roll = angles
    turn = Rotation.from_euler("YXZ", share * [yaw, pitch, roll])
    return turn.apply(points - PIVOT) + PIVOT


def replaced(figure: Figure, strands: int) -> Figure:
    """The same figure with so many hairs."""
    person = replace(figure.person, hair=replace(figure.person.hair, strands=strands))
    return replace(figure, person=person)


@dataclass(frozen=True)
class Samples:
    """Points spread over the skin: [n, 3] as posed, their normals, and where they are on the mean head."""

    points: FloatArray
    normals: FloatArray
    mean: FloatArray


def scatter(figure: Figure, count: int, rng: np.random.Generator, mask: FloatArray | None = None) -> Samples:
    """Points of even density over the skin's triangles, `mask` [T] weighing them."""
    corners = figure.posed[figure.triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    weight = area if mask is None else area * mask
    chosen = rng.choice(len(area), count, p=weight / weight.sum())
    u = rng.random((count, 2))
    root = np.sqrt(u[:, :1])
    share = np.hstack([1 - root, root * (1 - u[:, 1:]), root * u[:, 1:]])[:, :, None]
    vertices = figure.triangles[chosen]
    points, normals, mean = ((share * field[vertices]).sum(1) for field in (figure.posed, figure.normals, figure.mean))
    return Samples(points, normals / np.linalg.norm(normals, axis=1, keepdims=True), mean)
