"""The eyes taken apart: the white continued under lids and iris, the iris made whole, the lashes lifted off the skin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.portrait import Eyes
from visavis_models.train.portrait.fitted import FittedHead
from visavis_models.train.portrait.plate import continued

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Picture = NDArray[np.uint8]

LIMBUS_PX = 2.5  # half the width of the soft rim between iris and white
LASH_CM = 1.25  # how far above the lid's edge lashes are looked for


@dataclass(frozen=True)
class Patch:
    """A window of the picture around one eye: `box` is (x0, y0, x1, y1)."""

    box: tuple[int, int, int, int]

    def cut(self, picture: NDArray) -> NDArray:  # type: ignore[type-arg]
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


def eyeball(
    picture: FloatArray, patch: Patch, shown: BoolArray, centre: FloatArray, iris: float
) -> tuple[FloatArray, Picture]:
    """White [h, w, 3] without its iris, and the iris whole as RGBA; `shown` [h, w]: where the picture shows the ball."""
    x, y = patch.grid()
    radius = np.hypot(x - centre[0], y - centre[1])
    inner = cv2.erode(shown.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    white = continued(picture, inner & (radius > iris + 2 * LIMBUS_PX)).astype(np.float64)
    white = np.where((shown & (radius > iris + LIMBUS_PX))[..., None], picture, white)

    disc = radius < iris + LIMBUS_PX
    mirror_y = np.clip((2 * centre[1] - y) - patch.box[1], 0, len(y) - 1)
    mirrored = cv2.remap(
        picture.astype(np.float32), (x - patch.box[0]).astype(np.float32), mirror_y.astype(np.float32), 1
    )
    there = cv2.remap(inner.astype(np.uint8), (x - patch.box[0]).astype(np.float32), mirror_y.astype(np.float32), 0) > 0
    known = np.where(inner[..., None], picture, mirrored)
    whole = np.where(inner[..., None], known, continued(known, (inner | there) & disc))
    whole = np.where(shown[..., None], picture, whole)
    alpha = np.clip((iris + LIMBUS_PX - radius) / (2 * LIMBUS_PX), 0, 1)
    return white, _rgba(over(whole, white, alpha), alpha)


def lashes(picture: FloatArray, patch: Patch, edge: FloatArray, scale: float) -> tuple[FloatArray, Picture, FloatArray]:
    """Lift the upper lashes off the skin.

    Args:
        edge: [C, 2], the upper lid's edge from left to right, pixels of the picture.

    Returns:
        the skin without lashes [h, w, 3], the lashes as RGBA, and tips [C, 2] from each point of the edge.
    """
    x, y = patch.grid()
    length = LASH_CM * scale
    lid = np.interp(x, edge[:, 0], edge[:, 1])
    wide = np.ptp(edge[:, 0])
    side = np.clip((x - edge[:, 0].mean()) / (0.5 * wide), -1.6, 1.6)
    reach = length * (1 - 0.35 * np.clip(np.abs(side) - 0.9, 0, 1))
    beyond = np.maximum(np.maximum(edge[0, 0] - x, x - edge[-1, 0]), 0)
    band = (y < lid + 1.0 + 0.5 * beyond) & (y > lid - reach) & (beyond < 0.28 * wide)
    below = y >= lid + 1.0 + 0.5 * beyond
    soft = cv2.GaussianBlur(band.astype(np.float32), (0, 0), 1.5).astype(np.float64)
    clean = continued(picture, ~(band | below)).astype(np.float64)
    skin = picture + soft[..., None] * (clean - picture)
    skin = np.where(below[..., None], picture, skin)

    dark = np.percentile(picture[band].mean(1), 2) * np.ones(3)
    fall = (skin - picture).max(2) / np.maximum((skin - dark).max(2), 1)
    glow = ((picture - skin) / np.maximum(255 - skin, 1)).max(2)
    alpha = np.clip(np.maximum(np.maximum(fall, glow), 0), 0, 1) * (~below)
    columns = (edge[:, 0] - edge[:, 0].mean()) / (0.5 * wide)
    tips = np.stack([0.55 * columns * length, -length * np.ones(len(edge))], 1)
    return skin, _rgba(over(picture, skin, alpha), alpha), tips


def build_eyes(
    fit: FittedHead, picture: Picture, hole: BoolArray, lids: tuple[tuple[IntArray, IntArray], ...]
) -> tuple[Eyes, Picture]:
    """Both eyes, and the picture with its lashes taken off; `hole` [S, S]: where the skin leaves the balls open."""
    clean = picture.copy()
    half_w, half_h = round(2.3 * fit.scale), round(2.1 * fit.scale)
    kept: dict[str, list[NDArray]] = {name: [] for name in ("origin", "sclera", "pupil", "lashes", "tips")}  # type: ignore[type-arg]
    for side, (upper, _) in enumerate(lids):
        cx, cy = fit.centres[side, :2].round().astype(int)
        patch = Patch((cx - half_w, cy - half_h, cx + half_w, cy + half_h))
        window = patch.cut(picture).astype(np.float64)
        white, pupil = eyeball(window, patch, patch.cut(hole), fit.centres[side], float(fit.iris[side]))
        skin, lash, tips = lashes(window, patch, fit.points[upper, :2], fit.scale)
        patch.cut(clean)[:] = np.clip(skin, 0, 255).round().astype(np.uint8)
        values = (np.array(patch.box[:2]), np.clip(white, 0, 255).round().astype(np.uint8), pupil, lash, tips)
        for name, value in zip(kept, values, strict=True):
            kept[name].append(value)
    eyes = Eyes(
        centres=fit.centres.astype(np.float32),
        radius=fit.radius.astype(np.float32),
        iris=fit.iris.astype(np.float32),
        origin=np.array(kept["origin"], np.int32),
        sclera=np.array(kept["sclera"]),
        pupil=np.array(kept["pupil"]),
        lashes=np.array(kept["lashes"]),
        upper=np.array([upper for upper, _ in lids], np.int32),
        lower=np.array([lower for _, lower in lids], np.int32),
        tips=np.array(kept["tips"], np.float32),
    )
    return eyes, clean
