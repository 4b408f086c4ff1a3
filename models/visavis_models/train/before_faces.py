"""Things drawn before faces, to measure what enrolment makes of them: hands, locks, microphones, telephones.

A hand is a smooth union of cones along its bones, marched by rays (Quilez, "Distance functions") and shaded with the
face's own skin: mediapipe finds it as it finds a person's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

FloatArray = NDArray[np.float64]
Picture = NDArray[np.uint8]
Point = tuple[float, float]
Colour = Sequence[float]
Cone = tuple[FloatArray, FloatArray, float, float]  # ends and their radii, cm

# A right hand, cm: the wrist at the origin, fingers up, the palm at the viewer, the thumb to the left.
KNUCKLES = np.array([(-2.6, 8.6, 0), (-0.9, 9.2, 0), (0.9, 8.9, 0), (2.5, 8.0, 0)])
BONES = np.array([(4.3, 2.5, 2.1), (4.8, 2.9, 2.2), (4.5, 2.7, 2.2), (3.5, 2.0, 1.9)])
THICK = (0.92, 0.98, 0.92, 0.8)
SPREAD = np.radians([-9, -2, 5, 13])
BEND = (0.9, 1.0, 0.7)  # of a finger's curl, joint by joint
THUMB = np.array([(-2.0, 2.2, 0.6), (-4.3, 4.6, 1.2), (-5.4, 7.4, 1.6), (-5.7, 9.7, 1.6)])
OPPOSED = np.array([(0, 0, 0), (0, 0, 0), (2.5, 0, 1.0), (5.0, 0, 1.5)])  # what a thumb laid into the palm moves
FOREARM: Cone = (np.array([0, 1.5, 0]), np.array([0, -14.0, 0]), 2.3, 3.0)
MIDDLE = np.array([0, 7.0, 0])
SPAN_CM = 26.0
BLEND_CM = 0.35
LIGHT = np.array([-0.36, 0.52, 0.78])


def _cones(curl: Sequence[float], opposed: float) -> list[Cone]:
    """The hand's bones; curl: degrees at the first joint of each finger; opposed: 0..1, the thumb."""
    cones = [FOREARM]
    for k, angle in enumerate(SPREAD):
        at, radius, bend = KNUCKLES[k], THICK[k], 0.0
        along = np.array([math.sin(angle), math.cos(angle), 0.0])
        cones.append((np.array([0.55 * at[0], 1.2, 0]), at, 1.45, 1.15))
        for joint, length in zip(BEND, BONES[k], strict=True):
            bend += math.radians(curl[k]) * joint
            end = at + length * (math.cos(bend) * along + math.sin(bend) * np.array([0, 0, 1.0]))
            cones.append((at, end, radius, 0.9 * radius))
            at, radius = end, 0.9 * radius
    thumb = THUMB + opposed * OPPOSED
    return cones + list(zip(thumb[:-1], thumb[1:], (1.6, 1.15, 0.95), (1.15, 0.95, 0.8), strict=True))


def _distance(points: FloatArray, cones: list[Cone]) -> FloatArray:
    """How far points [N, 3] lie from the hand, cm."""
    nearest = np.full(len(points), 1e3)
    for a, b, first, last in cones:
        along = np.clip((points - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        one = np.linalg.norm(points - a - along[:, None] * (b - a), axis=1) - (first + (last - first) * along)
        mix = np.clip(0.5 + 0.5 * (nearest - one) / BLEND_CM, 0, 1)
        nearest = nearest * (1 - mix) + one * mix - BLEND_CM * mix * (1 - mix)
    return nearest


def _hand(curl: Sequence[float], opposed: float, back: bool, cm: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How bright, how open to light and how solid each pixel of a hand is, [S, S] each, at `cm` pixels a centimetre."""
    turn = Rotation.from_euler("y", math.pi if back else 0.0)
    cones = [(turn.apply(a - MIDDLE), turn.apply(b - MIDDLE), r, s) for a, b, r, s in _cones(curl, opposed)]
    size = int(SPAN_CM * cm / 2)  # drawn at half of the size
    u = (np.arange(size) + 0.5) / size * SPAN_CM - SPAN_CM / 2
    points = np.stack([*(axis.ravel() for axis in np.meshgrid(u, -u)), np.full(size * size, 12.0)], 1)
    live, hit = np.arange(len(points)), np.zeros(len(points), bool)
    for _ in range(70):
        away = _distance(points[live], cones)
        points[live, 2] -= 0.9 * away
        hit[live[away < 0.02]] = True
        live = live[(away >= 0.02) & (points[live, 2] > -12)]
    skin = points[hit]
    steps = 0.05 * np.eye(3)
    normal = np.stack([_distance(skin + step, cones) - _distance(skin - step, cones) for step in steps], 1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    shut = sum(np.clip(1 - _distance(skin + way * normal, cones) / way, 0, 1) for way in (0.4, 0.9, 1.6))
    bright, opening = np.zeros(len(points)), np.ones(len(points))
    opening[hit] = np.clip(1 - 0.22 * shut, 0.3, 1)
    bright[hit] = (0.45 + 0.62 * np.clip(normal @ LIGHT, 0, 1)) * opening[hit]
    grain = np.random.default_rng(0).normal(size=(size, size))
    fine, coarse = (cv2.GaussianBlur(grain, (0, 0), sigma) for sigma in (1.2, 9.0))
    mottled = bright.reshape(size, size) * (1 + 0.03 * fine / fine.std() + 0.03 * coarse / coarse.std())
    layers = (mottled, opening.reshape(size, size), hit.reshape(size, size).astype(np.float64))
    large = [cv2.resize(layer, (2 * size, 2 * size), interpolation=cv2.INTER_CUBIC) for layer in layers]
    return large[0], large[1], np.clip(large[2], 0, 1)


def put_hand(
    picture: Picture,
    at: Point,
    cm: float,
    skin: Colour,
    *,
    roll: float = 0.0,
    left: bool = False,
    back: bool = False,
    curl: Sequence[float] = (10, 8, 8, 12),
    opposed: float = 0.0,
) -> Picture:
    """A hand and its shadow over a picture, RGB [H, W, 3].

    Args:
        at: where the middle of its palm lies, pixels; cm: pixels a centimetre; skin: its colour.
        roll: degrees clockwise; left: mirrored; back: seen from behind.
        curl: how far the fingers are bent, degrees at the first joint; opposed: 0..1, the thumb laid into the palm.
    """
    layers = [layer[:, ::-1] if left else layer for layer in _hand(curl, opposed, back, cm)]
    H, W = picture.shape[:2]
    size = len(layers[0])
    place = cv2.getRotationMatrix2D((size / 2, size / 2), -roll, 1)
    place[:, 2] += np.array(at) - size / 2
    bright, opening, solid = (cv2.warpAffine(np.ascontiguousarray(layer), place, (W, H)) for layer in layers)
    solid = cv2.GaussianBlur(solid, (0, 0), 0.8)[..., None]
    shadow = np.roll(cv2.GaussianBlur(solid, (0, 0), 0.45 * cm), (int(0.3 * cm), int(0.15 * cm)), (0, 1))
    behind = picture * (1 - 0.35 * shadow[..., None] * (1 - solid))
    red = 1 - 0.35 * (1 - opening)
    colour = np.asarray(skin) * bright[..., None] * np.stack([np.ones_like(red), red, red**1.3], -1)
    return _mixed(behind, colour, solid)


def put_lock(picture: Picture, way: Sequence[Point], width: float, colour: Colour, strands: int = 260) -> Picture:
    """A lock of hair over a picture, strand by strand, along a way of points; width in pixels."""
    out, rng, line = picture.copy(), np.random.default_rng(0), np.asarray(way, float)
    share = np.linspace(0, 1, 24)
    middle = np.stack([np.interp(share, np.linspace(0, 1, len(line)), line[:, k]) for k in (0, 1)])
    middle = cv2.GaussianBlur(middle, (0, 0), 2, sigmaY=1e-3, borderType=cv2.BORDER_REPLICATE).T
    along = np.gradient(middle, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1) / np.linalg.norm(along, axis=1, keepdims=True)
    taper = np.interp(share, [0, 0.6, 1], [1, 1, 0.35])
    for _ in range(strands):
        start = rng.normal(0, 0.28)
        aside = (start + rng.normal(0, 0.12) * share) * taper * width
        strand = ((middle + across * aside[:, None]) * 8).round().astype(np.int32)
        shade = rng.uniform(0.55, 1.3)
        mine = [min(255.0, shade * part) for part in colour]
        cv2.polylines(out, [strand], False, mine, max(1, int(width / 40)), cv2.LINE_AA, 3)
    return out


def put_microphone(picture: Picture, at: Point, radius: float, tilt: float = 20.0) -> Picture:
    """A dark microphone over a picture, held from below: its ball at a place, pixels; tilt in degrees."""
    H, W = picture.shape[:2]
    y, x = np.mgrid[:H, :W].astype(np.float64)
    away = np.hypot(x - at[0], y - at[1]) / radius
    ball = np.clip((1 - away) * radius + 0.5, 0, 1)
    stick = np.zeros((H, W), np.uint8)
    angle = math.radians(tilt)
    foot = (int(at[0] + 9 * radius * math.sin(angle)), int(at[1] + 9 * radius * math.cos(angle)))
    cv2.line(stick, (int(at[0]), int(at[1])), foot, 255, int(1.1 * radius), cv2.LINE_AA)
    wire = max(1, int(radius / 14))
    grid = 0.75 + 0.5 * ((x // wire + y // wire) % 2)
    bright = np.where(ball > 0.5, (0.5 + 1.6 * np.sqrt(np.clip(1 - away**2, 0, 1))) * grid, 1.2)
    return _mixed(picture, bright[..., None] * np.array([35, 35, 38]), np.maximum(ball, stick / 255)[..., None])


def put_box(picture: Picture, at: Point, size: Point, roll: float, colour: Colour) -> Picture:
    """A telephone, a cup: a rounded box over a picture, its middle, width and height in pixels, lit from the right."""
    H, W = picture.shape[:2]
    y, x = np.mgrid[:H, :W].astype(np.float64) - np.array(at)[::-1, None, None]
    angle, corner = math.radians(roll), 0.12 * min(size)
    u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    over = [np.maximum(np.abs(axis) - side / 2 + corner, 0) for axis, side in zip((u, v), size, strict=True)]
    solid = np.clip(0.5 + corner - np.hypot(*over), 0, 1)[..., None]
    return _mixed(picture, np.asarray(colour) * (0.8 + 0.4 * np.clip(u / size[0] + 0.5, 0, 1))[..., None], solid)


def _mixed(behind: NDArray[np.generic], before: FloatArray, solid: FloatArray) -> Picture:
    return np.clip(behind * (1 - solid) + before * solid, 0, 255).astype(np.uint8)
