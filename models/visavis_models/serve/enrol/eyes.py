"""The eyes taken apart: the white continued under lids and iris, the iris whole, the lashes lifted off the skin."""

from __future__ import annotations

import itertools
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

LIMBUS_PX = 2.5  # half the width of the soft rim between iris and white
SHADOW_PX, RIM_PX = 9, 7  # how far the upper lid's shadow and the lower lid's rim reach over the iris
LASH_CM = 0.5  # how far above their roots lashes are looked for, if nothing else is known
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


def find_iris(picture: FloatArray, patch: Patch, shown: BoolArray, guess: FloatArray) -> FloatArray:
    """The circle (x, y, r) near a guess across which the brightness jumps most (Daugman's operator).

    argmax over (x, y, r) of the lesser of the means of I(r + 2) - I(r - 2) over the left and the right arc, where the
    picture shows the ball; lids hide the rest.
    """
    grey = cv2.GaussianBlur(picture.mean(2).astype(np.float32), (0, 0), 1.0)
    sure = cv2.erode(shown.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    half = np.radians(np.linspace(-32, 32, 33))
    best, found = -np.inf, guess
    for x, y, scale in itertools.product(np.arange(-5, 5.5), np.arange(-2, 2.5), np.arange(0.9, 1.08, 0.02)):
        cx, cy, radius = guess[0] + x - patch.box[0], guess[1] + y - patch.box[1], guess[2] * scale
        arcs = []
        for angle in (half, np.pi - half):
            inner, outer = (
                (
                    (cx + (radius + d) * np.cos(angle)).astype(np.float32),
                    (cy + (radius + d) * np.sin(angle)).astype(np.float32),
                )
                for d in (-2.0, 2.0)
            )
            weight = cv2.remap(sure, *outer, cv2.INTER_LINEAR).ravel()
            bright, dark = (cv2.remap(grey, *arc, cv2.INTER_LINEAR).ravel() for arc in (outer, inner))
            arcs.append(float((weight * (bright - dark)).sum() / max(weight.sum(), 12)))
        if min(arcs) > best:
            best, found = min(arcs), np.array([guess[0] + x, guess[1] + y, radius])
    return found


def whole_iris(picture: FloatArray, patch: Patch, shown: BoolArray, iris: FloatArray) -> FloatArray:
    """The picture [h, w, 3], the iris where lids hide or shadow it taken from its sides at the same radius."""
    x, y = patch.grid()
    dx, dy = x - iris[0], y - iris[1]
    middle = shown[:, np.clip(round(iris[0]) - patch.box[0], 0, shown.shape[1] - 1)]
    rows = np.nonzero(middle)[0] + patch.box[1]
    top, bottom = rows.min() + SHADOW_PX - iris[1], rows.max() - RIM_PX - iris[1]
    radius = np.hypot(dx, dy)
    slid = np.clip(dy, top, bottom)
    across = np.sqrt(np.maximum(radius**2 - slid**2, 0)) * np.where(dx < 0, -1, 1)
    u, v = (across + iris[0] - patch.box[0]).astype(np.float32), (slid + iris[1] - patch.box[1]).astype(np.float32)
    filled = cv2.remap(picture.astype(np.float32), u, v, cv2.INTER_LINEAR)
    hidden = (np.abs(slid - dy) > 0).astype(np.float32)
    return np.where(hidden[..., None] > 0, cv2.GaussianBlur(filled, (0, 0), 1.2), picture).astype(np.float64)


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
    colour = np.where(shown[..., None], over(picture, white, np.maximum(alpha, 0.25)), whole)
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
    return skin, _rgba(over(picture, skin, alpha), alpha), tips


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
    irises = []
    for side in range(len(lids)):
        cx, cy = fit.centres[side, :2].round().astype(int)
        patch = Patch((cx - half_w, cy - half_h, cx + half_w, cy + half_h))
        window = patch.cut(picture).astype(np.float64)
        shown = patch.cut(hole)
        iris = find_iris(window, patch, shown, fit.iris[side])
        white, pupil = eyeball(window, patch, shown, iris)
        skin, lash, tips = lashes(window, patch, fit.points[roots[side], :2], shown, lash_cm * fit.scale)
        irises.append(iris[2])
        patch.cut(clean)[:] = np.clip(skin, 0, 255).round().astype(np.uint8)
        kept["origin"].append(np.array(patch.box[:2]))
        kept["sclera"].append(np.clip(white, 0, 255).round().astype(np.uint8))
        kept["pupil"].append(pupil)
        kept["lashes"].append(lash)
        kept["tips"].append(tips)
    eyes = Eyes(
        centres=fit.centres.astype(np.float32),
        radius=fit.radius.astype(np.float32),
        iris=np.array(irises, np.float32),
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
