"""The eyes taken apart: the white continued under lids and iris, the iris whole, the lashes lifted off the skin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.fitted import FittedHead
from visavis_models.serve.enrol.plate import continued, membrane
from visavis_models.serve.portrait import Eyes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Picture = NDArray[np.uint8]

WHITER = 4  # power of the brightness, beside that of the white, of what is outside of an iris
IRIS_LEAST, IRIS_LARGEST, IRIS_AWAY = 0.9, 2.3, 0.5  # of the radius that is guessed: how large, how far from there
LIMBUS_PX = 2.5  # half the width of the soft rim between iris and white
SHADOW_PX, RIM_PX = 9, 7  # how far the upper lid's shadow and the lower lid's rim reach over the iris
LID_PX = 1  # so near to the lids' edges the picture shows them and lashes, and the iris goes on under them
LASH_CM = 0.9  # how far above their roots lashes are looked for, if nothing else is known
HAIR, ROOT_REACH_PX = 0.12, 4  # alpha of a lash, and how near to the roots it begins
GAP_PX = 9  # wider than one lash
ROOT_PX = 2.0  # how far below the roots the lashes' line still reaches


@dataclass(frozen=True)
class Patch:
    """A window of the picture around one eye: `box` is (x0, y0, x1, y1)."""

    box: tuple[int, int, int, int]

    def cut(self, picture: NDArray[Any]) -> NDArray[Any]:
        x0, y0, x1, y1 = self.box
        return picture[y0:y1, x0:x1]

    def grid(self) -> tuple[FloatArray, FloatArray]:
        """x and y in the picture of every pixel of the window."""
        x0, y0, x1, y1 = self.box
        y, x = np.mgrid[y0:y1, x0:x1].astype(np.float64)
        return x, y


def over(picture: FloatArray, below: FloatArray, alpha: FloatArray) -> FloatArray:
    """The colour that over `below` at `alpha` gives the picture: (I - (1 - a) B) / a, [H, W, 3]."""
    a = alpha[..., None]
    return np.where(a > 0.02, (picture - (1 - a) * below) / np.maximum(a, 0.02), below)


def _rgba(colour: FloatArray, alpha: FloatArray) -> Picture:
    return np.clip(np.concatenate([colour, 255 * alpha[..., None]], 2), 0, 255).round().astype(np.uint8)


@dataclass(frozen=True)
class View:
    """One eye in the picture: its `patch`, what that shows [h, w, 3], where the ball is `shown` [h, w], and the circle
    (x, y, r) that is guessed for the iris."""

    patch: Patch
    window: FloatArray
    shown: BoolArray
    guess: FloatArray

    def jumps(self, circles: FloatArray) -> FloatArray:
        """How much circles [n, 3] look like the border of an iris, [n]: `find_irises`."""
        grey = cv2.GaussianBlur(self.window.mean(2).astype(np.float32), (0, 0), 1.0)
        sure = cv2.erode(self.shown.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
        white = float(np.percentile(grey[sure > 0], 90)) if sure.any() else 255.0
        half = np.radians(np.linspace(-32, 32, 33))
        angles = np.stack([half, np.pi - half])
        x, y, r = (circles[:, k, None, None] for k in range(3))

        def along(field: NDArray[np.float32], way: float) -> NDArray[np.float32]:
            u = (x - self.patch.box[0] + (r + way) * np.cos(angles)).astype(np.float32)
            v = (y - self.patch.box[1] + (r + way) * np.sin(angles)).astype(np.float32)
            rows = (len(circles), angles.size)
            return cv2.remap(field, u.reshape(rows), v.reshape(rows), cv2.INTER_LINEAR).reshape(u.shape)

        weight, outer = along(sure, 2.0), along(grey, 2.0)
        seen = np.maximum(weight.sum(2), 12)
        rise = (weight * (outer - along(grey, -2.0))).sum(2) / seen
        return (rise * np.clip((weight * outer).sum(2) / seen / white, 0, 1) ** WHITER).min(1)

    def best(self, x: FloatArray, y: FloatArray, radius: float) -> tuple[float, FloatArray]:
        """The best circle of a radius with its middle at one of x and one of y, and how good it is."""
        places = np.stack(np.meshgrid(x, y, indexing="ij"), -1).reshape(-1, 2)
        circles = np.c_[places, np.full(len(places), radius)]
        jumps = self.jumps(circles)
        return float(jumps.max()), circles[jumps.argmax()]


def find_irises(eyes: list[View]) -> list[FloatArray]:
    """The circles (x, y, r) near the guessed ones across which the brightness jumps most (Daugman's operator).

    argmax over (x, y, r) of the lesser of the means of I(r + 2) - I(r - 2) over the left and the right arc, where the
    picture shows the ball; lids hide the rest. What lies outside of an iris is white, which it is not around a pupil;
    and both irises are about as large. Drawn and rendered eyes have larger ones than the guess knows of: radii up to
    `IRIS_LARGEST` of it are tried.
    """
    mean = float(np.mean([eye.guess[2] for eye in eyes]))
    away = np.arange(-IRIS_AWAY, IRIS_AWAY + 0.1, 0.1) * mean
    radii = mean * np.arange(IRIS_LEAST, IRIS_LARGEST, 0.04)
    found = [[eye.best(eye.guess[0] + away, eye.guess[1] + away / 2, r) for eye in eyes] for r in radii]
    _, coarse = zip(*found[int(np.argmax([sum(score for score, _ in pair) for pair in found]))], strict=True)
    close, irises = np.arange(-1.5, 2.0, 0.5), []
    for eye, (x, y, r) in zip(eyes, coarse, strict=True):
        finer = [eye.best(x + close, y + close, r * scale) for scale in np.arange(0.96, 1.045, 0.01)]
        irises.append(max(finer, key=lambda one: one[0])[1])
    return irises


def whole_iris(picture: FloatArray, patch: Patch, shown: BoolArray, iris: FloatArray) -> FloatArray:
    """The picture [h, w, 3], the iris where lids hide or shadow it taken from its sides at the same radius.

    Towards the middle both sides are mixed: one is often brighter, and a seam would stand where they meet.
    """
    x, y = patch.grid()
    dx, dy = x - iris[0], y - iris[1]
    middle = shown[:, np.clip(round(iris[0]) - patch.box[0], 0, shown.shape[1] - 1)]
    rows = np.nonzero(middle)[0] + patch.box[1]
    top, bottom = rows.min() + SHADOW_PX - iris[1], rows.max() - RIM_PX - iris[1]
    radius = np.hypot(dx, dy)
    slid = np.clip(dy, top, bottom)
    across, v = np.sqrt(np.maximum(radius**2 - slid**2, 0)), (slid + iris[1] - patch.box[1]).astype(np.float32)
    left, right = (
        cv2.remap(picture.astype(np.float32), (way + iris[0] - patch.box[0]).astype(np.float32), v, cv2.INTER_LINEAR)
        for way in (-across, across)
    )
    share = np.clip(0.5 + dx / iris[2], 0, 1)[..., None]
    filled = left + share * (right - left)
    hidden = np.abs(slid - dy) > 0
    return np.where(hidden[..., None], cv2.GaussianBlur(filled, (0, 0), 1.2), picture).astype(np.float64)


def eyeball(picture: FloatArray, patch: Patch, shown: BoolArray, iris: FloatArray) -> tuple[FloatArray, Picture]:
    """White [h, w, 3] without its iris, and the iris whole as RGBA.

    Args:
        shown: [h, w], where the picture shows the ball; iris: its circle (x, y, r) in the picture.
    """
    x, y = patch.grid()
    radius = np.hypot(x - iris[0], y - iris[1])
    inner = cv2.erode(shown.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    outside = radius > iris[2] + 2 * LIMBUS_PX
    white = continued(picture, inner & outside).astype(np.float64)
    white = np.where((shown & outside)[..., None], picture, white)
    alpha = np.clip((iris[2] + 2 * LIMBUS_PX - radius) / (2 * LIMBUS_PX), 0, 1)
    whole = whole_iris(picture, patch, shown, iris)
    clear = cv2.erode(shown.astype(np.uint8), np.ones((2 * LID_PX + 1, 2 * LID_PX + 1), np.uint8))
    colour = np.where(clear[..., None] > 0, over(picture, white, np.maximum(alpha, 0.25)), whole)
    return white, _rgba(colour, alpha)


def lashes(
    picture: FloatArray, patch: Patch, roots: FloatArray, open_eye: BoolArray, length: float
) -> tuple[FloatArray, Picture, FloatArray]:
    """Lift the upper lashes off the skin.

    Args:
        roots: [C, 2], where they grow along the upper lid, from left to right, pixels of the picture.
        open_eye: [h, w], where the lids leave the ball open; length: of the longest lashes, pixels.

    Returns:
        the skin without lashes [h, w, 3], the lashes as RGBA, and tips [C, 2] from each root.
    """
    column = (roots[:, 0] - roots[:, 0].mean()) / (0.5 * np.ptp(roots[:, 0]))
    tips = np.stack([0.85 * column * np.abs(column) * length, -length * (1 - 0.5 * column**2)], 1)
    outline = np.concatenate([roots + np.array([0, ROOT_PX]), (roots + tips)[::-1]]) - patch.box[:2]
    fan = np.zeros(open_eye.shape, np.uint8)
    cv2.fillPoly(fan, [np.round(outline * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    whole = cv2.erode(fan, np.ones((3, 3), np.uint8))  # the filled polygon holds pixels that are only half in it
    band = (whole > 0) & ~open_eye
    ball = cv2.dilate(open_eye.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    # Between the lashes the skin shows: a closing across them finds it where they are thin, a membrane where dense.
    between = cv2.morphologyEx(picture.astype(np.float32), cv2.MORPH_CLOSE, np.ones((3, GAP_PX), np.uint8))
    between = cv2.GaussianBlur(between, (0, 0), 6, sigmaY=1.5)
    filled = np.maximum(membrane(picture, band, ~ball), np.where(ball[..., None], 0, between))
    skin = np.where(band[..., None], filled, picture).astype(np.float64)

    dark = np.percentile(picture[band].mean(1), 2)
    fall = (skin - picture).max(2) / np.maximum((skin - dark).max(2), 1)
    alpha = np.clip(fall, 0, 1) * band
    grown = _growing(alpha, roots - patch.box[:2])
    skin, alpha = picture + grown[..., None] * (skin - picture), alpha * grown
    return skin, _rgba(over(picture, skin, alpha), alpha), tips


def _growing(alpha: FloatArray, roots: FloatArray) -> FloatArray:
    """1 where what is dark, by alpha [h, w], grows from the roots [C, 2]: not in the fold of the lid, 0..1 [h, w]."""
    lid = np.zeros(alpha.shape, np.uint8)
    cv2.polylines(lid, [roots.round().astype(np.int32)], False, 1, 2 * ROOT_REACH_PX + 1)
    _, label = cv2.connectedComponents((alpha > HAIR).astype(np.uint8))
    own = np.isin(label, np.unique(label[(lid > 0) & (label > 0)]))
    wide = cv2.dilate(own.astype(np.float32), np.ones((7, 7), np.uint8))
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), 1.2), np.float64)


def build_eyes(
    fit: FittedHead,
    picture: Picture,
    hole: BoolArray,
    lids: list[tuple[IntArray, IntArray]],
    roots: list[IntArray],
    lash_cm: float = LASH_CM,
) -> tuple[Eyes, Picture]:
    """Both eyes, and the picture with its lashes taken off; `hole` [S, S]: where the skin leaves the balls open.

    Args:
        lids: of each eye the (upper, lower) edge, as vertices; roots: where its upper lashes grow.
        lash_cm: how far above their roots they reach at most.
    """
    clean = picture.copy()
    half_w, half_h = round(3.3 * fit.scale), round(2.1 * fit.scale)
    kept: dict[str, list[NDArray[Any]]] = {name: [] for name in ("origin", "sclera", "pupil", "lashes", "tips")}
    views = []
    for centre, guess in zip(fit.centres, fit.iris, strict=True):
        cx, cy = centre[:2].round().astype(int)
        patch = Patch((cx - half_w, cy - half_h, cx + half_w, cy + half_h))
        views.append(View(patch, patch.cut(picture).astype(np.float64), patch.cut(hole), guess))
    irises = find_irises(views)
    for side, (view, iris) in enumerate(zip(views, irises, strict=True)):
        patch, window, shown = view.patch, view.window, view.shown
        white, pupil = eyeball(window, patch, shown, iris)
        skin, lash, tips = lashes(window, patch, fit.points[roots[side], :2], shown, lash_cm * fit.scale)
        patch.cut(clean)[:] = np.clip(skin, 0, 255).round().astype(np.uint8)
        kept["origin"].append(np.array(patch.box[:2]))
        kept["sclera"].append(np.clip(white, 0, 255).round().astype(np.uint8))
        kept["pupil"].append(pupil)
        kept["lashes"].append(lash)
        kept["tips"].append(tips)
    eyes = Eyes(
        centres=fit.centres.astype(np.float32),
        radius=fit.radius.astype(np.float32),
        iris=np.array(irises, np.float32)[:, 2],
        origin=np.array(kept["origin"], np.int32),
        sclera=np.array(kept["sclera"]),
        pupil=np.array(kept["pupil"]),
        lashes=np.array(kept["lashes"]),
        upper=np.array([upper for upper, _ in lids], np.int32),
        lower=np.array([lower for _, lower in lids], np.int32),
        roots=np.array(roots, np.int32),
        tips=np.array(kept["tips"], np.float32),
    )
    return eyes, clean
