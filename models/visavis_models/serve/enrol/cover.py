"""What lies before the face: a hand, hair, a telephone, a microphone.

Drawn through the mesh it would bend with the skin and tear where the face ends. Skin is told from it by what faces have
in common: they are alike on both sides, but for soft light. The picture is laid out as the mean head seen from the
front, so that mirrored places lie mirrored, and edges are looked for which have no fellow on the other side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol import mesh
from visavis_models.serve.enrol.checks import REMEDY, NoPortraitError
from visavis_models.serve.enrol.fitted import FittedHead
from visavis_models.serve.head import Head

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
Picture = NDArray[np.uint8]

SIDE, CELL_CM = 208, 0.1  # cells of the layout
FRONTAL = 0.42  # cosine: what faces more to the side lies at the rim, where hair may hang
HIGH_CM, LOW_CM = 2.6, -7.4  # from under the eyes to the chin; a fringe and glasses are no cover
EYES_CM = (3.1, 3.6, 2.6, 1.7)  # |x| and y of their middles, half width and half height
RIM_CELLS = 5  # aside, where an edge is the face's own
MIRROR_CELLS = 7  # so far from its mirrored place the fellow of an edge is looked for
FELLOW = 0.5  # of an edge's strength: a fellow has as much
EDGE_CELLS = 2.0  # softness at which edges are measured

# An edge's least step, in log of the brightness and of the colours' ratios, and how much of such edges is too much
MANY_STEP, MANY_CM2 = (0.3, 0.2), 1.9
LONG_STEP, LONG_CM = (0.5, 0.12), 2.6
SPECK_CELLS = 6

HAND_CM2 = 2.0  # of the face under a hand
FINGER = 0.85  # of the distance of two knuckles: a finger's width
PALM = (0, 1, 5, 9, 13, 17)  # of mediapipe's 21 landmarks of a hand
FINGERS = ((1, 2, 3, 4), (0, 5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))

CHIN_CM = (-1.4, 1.4, -7.1, -5.6)  # x and y of patches: the chin, and skin that a beard covers with it
SKIN_CM = (
    (-4.6, -3.2, -5.2, -3.8),
    (3.2, 4.6, -5.2, -3.8),
    (-1.2, 1.2, -2.5, -1.9),
    (-4.8, -3.4, -2, 0),
    (3.4, 4.8, -2, 0),
)
OTHER, SAME = 1.3, 0.6  # colours that differ by more are another thing's, by less the same thing's
DARKER, TINTED = 0.7, 0.15  # log of brightness and of the colours' ratios by which colours differ by 1
BELOW_CM, PATCH_CM = 1.5, 0.4
CHIN, LOWER_LIP = 152, 17  # landmarks


@dataclass(frozen=True)
class Layout:
    """The face laid out as the mean head from the front, a cell every `CELL_CM`: x to the right, y up, cm, [H, W].

    Attributes:
        corners: [H, W, 3] vertices of the face around a cell, and `share` [H, W, 3] of each.
        judged: bool [H, W], the skin between eyes and chin that a camera sees from the front; alike on both sides.
    """

    x: FloatArray
    y: FloatArray
    corners: NDArray[np.int64]
    share: FloatArray
    judged: BoolArray

    @classmethod
    def of(cls, head: Head) -> Layout:
        """That of our head."""
        triangles, points = mesh.face_of(head), head.points[: head.vertices["face"].stop].astype(np.float64)
        middle = (SIDE - 1) / 2
        flat = np.c_[middle + points[:, 0] / CELL_CM, middle - points[:, 1] / CELL_CM, points[:, 2] / CELL_CM]
        depth, owner = mesh.surface(flat, triangles, SIDE)
        row, column = np.mgrid[:SIDE, :SIDE].astype(np.float64)
        corners = triangles[np.maximum(owner, 0)]
        a, b, c = (flat[corners[..., k], :2] for k in range(3))
        u, v, w = b - a, c - a, np.stack([column, row], -1) - a
        area = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
        second = (w[..., 0] * v[..., 1] - w[..., 1] * v[..., 0]) / area
        third = (u[..., 0] * w[..., 1] - u[..., 1] * w[..., 0]) / area
        share = np.stack([1 - second - third, second, third], -1)
        x, y = (column - middle) * CELL_CM, (middle - row) * CELL_CM
        soft = cv2.GaussianBlur(np.where(owner >= 0, depth, 0).astype(np.float32), (0, 0), 3)
        down, across = np.gradient(soft)
        frontal = (owner >= 0) & (1 / np.sqrt(1 + down**2 + across**2) > FRONTAL)
        ex, ey, wide, high = EYES_CM
        eyes = np.hypot((np.abs(x) - ex) / wide, (y - ey) / high) < 1
        judged = frontal & frontal[:, ::-1] & ~eyes & (y < HIGH_CM) & (y > LOW_CM)
        return cls(x.astype(np.float32), y.astype(np.float32), corners, share.astype(np.float32), judged)

    def places(self, fit: FittedHead) -> FloatArray:
        """Where each cell lies in the picture, float32 [H, W, 2]."""
        return (fit.points[self.corners][..., :2] * self.share[..., None]).sum(2).astype(np.float32)

    def within(self, box: tuple[float, float, float, float]) -> BoolArray:
        """The cells of a box (left, right, low, high) in cm."""
        left, right, low, high = box
        return (self.x > left) & (self.x < right) & (self.y > low) & (self.y < high)

    def name(self, cells: BoolArray) -> str:
        """The part of the face in which the middle of some cells lies."""
        x, y = float(np.median(self.x[cells])), float(np.median(self.y[cells]))
        side = "left" if x > 0 else "right"
        if y < -5 and abs(x) < 3:
            return "chin"
        if y < -2.2 and abs(x) < 2.6:
            return "mouth"
        return f"person's {side} {'cheek' if abs(x) > 1.4 or y < -2.2 else 'side of the nose'}"


def check_bare(head: Head, fit: FittedHead, picture: Picture, hands: Iterable[NDArray[np.floating]]) -> None:
    """Nothing lies over the skin between the eyes and the chin.

    Args:
        picture: RGB [S, S, 3] on which the head stands; hands: landmarks [21, >= 2] of each hand in it, pixels.

    Raises:
        NoPortraitError: a hand or another thing does; says where.
    """
    layout = Layout.of(head)
    places = layout.places(fit)
    for hand in hands:
        under = layout.judged & (_laid(hand_mask(hand, picture.shape), places) > 0)
        if under.sum() * CELL_CM**2 > HAND_CM2:
            raise NoPortraitError(f"a hand lies over the {layout.name(under)}; {REMEDY}")
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.05 * fit.scale, 0.5)), np.uint8)
    colours = np.log(_laid(soft, places).astype(np.float32) + 8)
    found = strange(layout, colours)
    if found.any():
        raise NoPortraitError(
            f"hair, a hard shadow or something else lies over the {layout.name(found)}; {REMEDY}, in even light"
        )
    if _chin_hidden(head, layout, fit, soft, colours):
        raise NoPortraitError(f"something lies over the chin; {REMEDY}")


def hand_mask(hand: NDArray[np.floating], shape: tuple[int, ...]) -> Picture:
    """What a hand's landmarks [21, >= 2] cover of a picture of shape (H, W, 3): 255 there, [H, W]."""
    mask = np.zeros(shape[:2], np.uint8)
    at = hand[:, :2].round().astype(np.int32)
    width = FINGER * float(np.linalg.norm(np.diff(hand[[5, 9, 13, 17]], axis=0), axis=1).mean())
    cv2.fillConvexPoly(mask, cv2.convexHull(at[list(PALM)]), 255)
    for finger in FINGERS:
        cv2.polylines(mask, [at[list(finger)]], False, 255, max(1, round(width)))
    return mask


def strange(layout: Layout, colours: FloatArray) -> BoolArray:
    """Edges on one side of the face that the other has not, [H, W]; none where there are few and short ones.

    Args:
        colours: log of red, green and blue in each cell, [H, W, 3].
    """
    bright, ratios = _steps(colours)
    inner = cv2.erode(layout.judged.astype(np.uint8), np.ones((1, 2 * RIM_CELLS + 1), np.uint8)) > 0
    many, long = (inner & _lonely(np.maximum(bright / step, ratios / tint)) for step, tint in (MANY_STEP, LONG_STEP))
    for side in (layout.x > 0, layout.x < 0):
        if (many & side).sum() * CELL_CM**2 > MANY_CM2:
            return many & side
    count, labels, stats, _ = cv2.connectedComponentsWithStats(long.astype(np.uint8), connectivity=8)
    for k in range(1, count):
        length = CELL_CM * float(np.hypot(stats[k, cv2.CC_STAT_WIDTH], stats[k, cv2.CC_STAT_HEIGHT]))
        if stats[k, cv2.CC_STAT_AREA] > SPECK_CELLS and length > LONG_CM:
            return np.asarray(labels == k)
    return np.zeros_like(inner)


def _steps(colours: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How large a step of brightness, and of the colours' ratios, each cell lies on, [H, W] each."""
    scale = EDGE_CELLS * np.sqrt(2 * np.pi)  # of a step's slope behind the blur, which makes it the step
    ratios = colours[..., :2] - colours[..., 1:]
    fields = cv2.GaussianBlur(np.dstack([colours.mean(2), ratios]), (0, 0), EDGE_CELLS)
    slopes = scale * np.hypot(*np.gradient(fields, axis=(0, 1)))
    return slopes[..., 0].astype(np.float32), np.hypot(slopes[..., 1], slopes[..., 2]).astype(np.float32)


def _lonely(strength: FloatArray) -> BoolArray:
    """Where edges are stronger than 1 and have no fellow about their mirrored place, [H, W]."""
    about = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * MIRROR_CELLS + 1,) * 2)
    fellow = cv2.dilate(np.ascontiguousarray(strength[:, ::-1]), about)
    return (strength > 1) & (fellow < FELLOW * strength)


def _chin_hidden(head: Head, layout: Layout, fit: FittedHead, picture: Picture, colours: FloatArray) -> bool:
    """Whether a chin has another colour than all skin around, as no beard has it alone, and that goes on below it."""
    chin = np.median(colours[layout.within(CHIN_CM)], axis=0)
    if min(_apart(chin, np.median(colours[layout.within(box)], axis=0)) for box in SKIN_CM) < OTHER:
        return False
    tip, lip = (fit.points[head.landmark(index), :2] for index in (CHIN, LOWER_LIP))
    x, y = tip + BELOW_CM * fit.scale * (tip - lip) / np.linalg.norm(tip - lip)
    reach = PATCH_CM * fit.scale
    patch = picture[max(round(y - reach), 0) : round(y + reach) + 1, max(round(x - reach), 0) : round(x + reach) + 1]
    return patch.size > 0 and _apart(chin, np.median(np.log(patch.reshape(-1, 3) + 8.0), axis=0)) < SAME


def _apart(one: FloatArray, other: FloatArray) -> float:
    """How far two colours, logs of red, green and blue, are from each other."""
    away = one - other
    return max(abs(float(away.mean())) / DARKER, float(np.hypot(away[0] - away[1], away[1] - away[2])) / TINTED)


def _laid(picture: Picture, places: FloatArray) -> Picture:
    """A picture laid out: its colours at places [H, W, 2]."""
    x, y = places[..., 0], places[..., 1]
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)
