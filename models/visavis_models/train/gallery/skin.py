"""Skin: what is painted on every vertex of the fine mesh, as functions of the place on the mean head (cm)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator, splev, splprep
from scipy.ndimage import map_coordinates

from visavis_models.serve.smooth import smoothstep
from visavis_models.train.gallery.cast import Person
from visavis_models.train.gallery.figure import LANDMARKS, LIPS_OUTER, Source

FloatArray = NDArray[np.float64]

MASK = 2048  # pixels of a mask over the face's texture space
# Height of the hairline over the angle from the nose around the head, on the mean head. No hair grows at the temples:
# the renderer continues the skin beyond the rim of the face by a mirror, which hair before that rim would reach.
ANGLES = np.radians([0, 12, 28, 42, 56, 66, 73, 80, 92, 104, 114, 128, 145, 180])
DRAWN_HEIGHTS = [10.15, 10.2, 10.0, 9.1, 7.2, 4.2, 1.0, 3.2, 6.3, 6.0, 2.0, -1.6, -4.6, -5.2]
HEIGHTS = [9.8, 9.85, 9.7, 8.9, 7.1, 4.2, 1.0, 3.2, 6.3, 6.0, 2.0, -1.6, -4.6, -5.2]


@dataclass(frozen=True)
class Paint:
    """By vertex: albedo [n, 3]; lips, freckles, shine (less roughness) [n], 0..1; relief [n] cm along the normal."""

    albedo: FloatArray
    lips: FloatArray
    freckles: FloatArray
    shine: FloatArray
    relief: FloatArray


def hairline(mean: FloatArray, drawn: bool = False) -> FloatArray:
    """Height above the hairline in cm, [n]; positive where hair grows. A drawn head's is higher in front."""
    angle = np.abs(np.arctan2(mean[:, 0], mean[:, 2] - 0.5))
    return mean[:, 1] - PchipInterpolator(ANGLES, DRAWN_HEIGHTS if drawn else HEIGHTS)(np.clip(angle, 0, np.pi))


def ear(mean: FloatArray) -> NDArray[np.bool_]:
    """Which points belong to an ear, [n]."""
    x, y, z = np.abs(mean[:, 0]), mean[:, 1], mean[:, 2]
    return (x > 7.55) & (y < 6.6) & (y > -1.5) & (z > -3.5) & (z < 4.2)


def beard_region(mean: FloatArray) -> FloatArray:
    """Where a beard grows, [n] 0..1: upper lip, chin, jaw and below it; not the lips."""
    x, y, z = np.abs(mean[:, 0]), mean[:, 1], mean[:, 2]
    # from the mouth's corner up to the ear
    line = np.interp(x, [0, 1.6, 2.6, 3.6, 5.0, 6.6, 7.4], [-1.75, -1.75, -2.3, -3.3, -3.0, -0.8, 2.2])
    inside = smoothstep(0.25, -0.55, y - line)
    neck = smoothstep(-9.6, -8.3, y + 0.25 * (z - 6))
    clear = 1 - smoothstep(0.30, 0.0, np.abs(y + 5.0) - 0.05) * smoothstep(1.9, 1.2, x) * smoothstep(0.6, 0.9, x)
    return inside * neck * smoothstep(0.8, 2.8, z) * clear


def lip_mask(source: Source, uv: FloatArray) -> FloatArray:
    """How much a vertex is lip, [n]: the outline through the lips' landmarks in texture space."""
    place = np.zeros((len(source.head.vertices), 2))
    face = source.material == 0
    corners = source.head.quads[face]
    place[corners[corners >= 0]] = source.uv[source.quads_uv[face][corners >= 0]]
    outline = LANDMARKS[LIPS_OUTER]
    arcs = []
    for run in (outline[:7], np.r_[outline[6:], outline[:1]]):
        spline, _ = splprep(place[run].T, s=0, k=3)
        arcs.append(np.stack(splev(np.linspace(0, 1, 200), spline), 1))
    polygon = np.vstack(arcs)
    mask = np.zeros((MASK, MASK), np.float32)
    pixels = np.stack([polygon[:, 0], 1 - polygon[:, 1]], 1) * MASK * 16
    cv2.fillPoly(mask, [np.round(pixels).astype(np.int32)], 1.0, lineType=cv2.LINE_AA, shift=4)
    mask = cv2.GaussianBlur(mask, (0, 0), 6)
    at = np.stack([(1 - uv[:, 1]) * MASK, uv[:, 0] * MASK])
    return map_coordinates(mask.astype(np.float64), at, order=1) * (uv[:, 0] < 1)


def paint(person: Person, source: Source, mean: FloatArray, uv: FloatArray) -> Paint:
    """All that is painted on the vertices `mean` [n, 3] with texture places `uv` [n, 2]."""
    look = person.skin
    both = np.abs(mean) * [1, 0, 0] + mean * [0, 1, 1]  # left and right fold upon each other

    def spot(centre: tuple[float, float, float], radius: float, squeeze: tuple[float, float, float] = (1, 1, 1)):
        q = (both - centre) * squeeze
        return np.exp(-(q**2).sum(1) / (2 * radius**2))

    dark = 1 - np.clip((np.array(look.base).mean() - 0.08) / 0.2, 0, 1)  # blood shows less through dark skin
    cheek = spot((4.6, -0.2, 8.5), 1.7, (1, 1.1, 0.6))
    nose = spot((0, 0.1, 12.6), 1.0) + 0.8 * spot((1.2, -0.6, 11.2), 0.7)
    chin = 0.6 * spot((0, -6.2, 11), 1.3)
    ears = smoothstep(7.4, 7.9, both[:, 0]) * ear(mean)
    lid = spot((3.1, 4.35, 9.4), 1.2, (0.75, 1.35, 0.7))
    under = spot((2.9, 2.15, 9.4), 0.75, (0.65, 1.6, 0.7))
    crease = spot((1.6, -1.6, 10.6), 0.6)
    albedo = np.tile(np.array(look.base), (len(mean), 1))
    red = look.blush * (1 - 0.7 * dark)
    for mask, share in (
        (cheek, (0.03, -0.22, -0.18)),
        (nose, (0.02, -0.17, -0.15)),
        (chin, (0.0, -0.12, -0.1)),
        (ears, (0.0, -0.26, -0.24)),
        (crease, (-0.02, -0.12, -0.1)),
    ):
        albedo *= 1 + red * mask[:, None] * share
    albedo *= (
        1 + lid[:, None] * [-0.08, -0.15, -0.12] + (0.6 + 0.6 * look.lines) * under[:, None] * [-0.08, -0.12, -0.05]
    )
    # a dark skin is darker at the rim of the face, and lighter where it is thin
    rim = smoothstep(5.0, 8.0, both[:, 0]) + smoothstep(7.0, 10.0, both[:, 1]) + smoothstep(-6.0, -8.5, both[:, 1])
    albedo *= 1 - 0.22 * dark * np.clip(rim, 0, 1)[:, None]
    albedo *= 1 + 0.18 * dark * (under + 0.6 * cheek)[:, None]
    albedo *= 1 + look.shadow * beard_region(mean)[:, None] * [-0.34, -0.26, -0.18]
    # warm at the forehead
    albedo *= 1 + spot((0, 8.5, 10), 2.4)[:, None] * [0.02, 0.02, -0.04]
    scalp = smoothstep(0.0, 1.2, hairline(mean)) * (1 - ears) * (0 if person.drawn else 1)
    root = np.array([0.06, 0.035, 0.022]) + (0.35 * np.array(look.base)) * (1 - person.hair.melanin)
    if person.hair.colours:
        root = 0.5 * np.array(look.base) + 0.5 * np.mean(person.hair.colours, 0)
    albedo += (root - albedo) * (0.75 * scalp)[:, None]
    lips = lip_mask(source, uv)
    lipstick = np.array(look.lips) * (1 - 0.25 * dark * smoothstep(-3.2, -2.6, mean[:, 1]))[:, None]
    albedo += (lipstick - albedo) * (0.9 * lips)[:, None]
    if person.beard:
        albedo += (np.array([0.30, 0.12, 0.05]) - albedo) * (0.30 * beard_region(mean) * (1 - lips))[:, None]
    freckles = look.freckles * np.clip(
        0.9 * cheek
        + 0.9 * nose
        + 0.7 * spot((3.0, 0.9, 10), 1.6)
        + 0.5 * spot((0, 2.5, 12), 1.2)
        + 0.25 * spot((0, 8, 10.5), 3.0)
        + 0.06,
        0,
        1,
    )
    shine = np.clip(0.8 * spot((0, 1.5, 12.3), 1.6, (1.2, 0.6, 1)) + 0.5 * spot((0, 8, 10.8), 2.0) + 0.3 * cheek, 0, 1)
    return Paint(np.clip(albedo, 0.002, 1), lips, freckles, shine, relief(person, mean, lips))


# Lines of age on the mean head's front, x and y of the person's left side: (points, width cm, depth cm).
FOLDS = [
    ([(1.55, -0.7), (2.1, -1.5), (2.75, -2.6), (3.15, -3.7), (3.2, -4.5)], 0.20, 0.085),
    ([(2.55, -3.75), (2.8, -4.6), (2.85, -5.6)], 0.14, 0.050),
    ([(4.75, 3.55), (5.3, 3.85), (5.9, 4.3)], 0.08, 0.022),
    ([(4.85, 3.25), (5.5, 3.25), (6.2, 3.35)], 0.08, 0.026),
    ([(4.75, 2.95), (5.3, 2.6), (5.9, 2.2)], 0.08, 0.022),
    ([(1.75, 2.55), (2.4, 2.05), (3.3, 1.85), (4.2, 2.15)], 0.16, 0.040),
    ([(2.1, 1.75), (2.9, 1.25), (3.7, 1.1)], 0.16, 0.022),
    ([(0.45, 4.9), (0.5, 5.6), (0.55, 6.3)], 0.10, 0.025),
    ([(0.0, 7.55), (1.3, 7.75), (2.7, 7.85), (4.0, 7.45)], 0.12, 0.026),
    ([(0.0, 8.45), (1.3, 8.6), (2.8, 8.65), (4.3, 8.1)], 0.12, 0.024),
    ([(0.0, 9.25), (1.2, 9.35), (2.6, 9.3)], 0.12, 0.016),
    ([(0.0, -9.4), (1.5, -9.2), (3.2, -8.8)], 0.16, 0.035),
    ([(0.0, -11.2), (1.6, -11.0), (3.4, -10.6)], 0.16, 0.030),
]


def relief(person: Person, mean: FloatArray, lips: FloatArray) -> FloatArray:
    """Lines of age and of the lips, [n] cm: each fold is a furrow between two low ridges."""
    height = np.zeros(len(mean))
    front = mean[:, 2] > 4
    x, y = np.abs(mean[front, 0]), mean[front, 1]
    wobble = 0.05 * np.sin(3.1 * mean[front, 0] + 1.3) + 0.03 * np.sin(7.3 * mean[front, 0])
    for points, width, depth in FOLDS if person.skin.lines else []:
        spline, _ = splprep(np.array(points).T, s=0, k=min(3, len(points) - 1))
        curve = np.stack(splev(np.linspace(0, 1, 60), spline), 1)
        away = np.full(len(x), np.inf)
        along = np.zeros(len(x))
        for k, (cx, cy) in enumerate(curve):
            d = np.hypot(x - cx, y + wobble * (abs(curve[0, 1]) > 7) - cy)
            nearer = d < away
            away[nearer], along[nearer] = d[nearer], k / 59
        ends = smoothstep(-0.02, 0.25, along + (curve[0, 0] == 0)) * smoothstep(1.02, 0.65, along)
        profile = -np.exp(-((away / width) ** 2)) + 0.35 * np.exp(-(((away - 2.1 * width) / (1.3 * width)) ** 2))
        height[front] += person.skin.lines * depth * ends * profile
    return height
