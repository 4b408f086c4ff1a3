"""The figure cut out of its picture: the segmentation's soft outline sharpened by the colours on both sides of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.plate import continued

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]

SURE = 0.95  # the segmentation is believed beyond this, a band's width inside
OUT_PX, IN_PX = 30, 9  # how far outside and inside of the outline hairs and soft edges reach
NOISE = 14.0  # colour distance at which front and back can just be told apart on an even ground
UNEVEN = 2.5  # by how many of the ground's own deviations it must be more
FAINT = 0.12  # alpha that is nothing, far from the outline
GUIDE_PX, GUIDE_EPS = 8, 60.0


def cut_out(picture: Picture, mask: FloatArray, known: NDArray[np.bool_]) -> Picture:
    """The figure with its own colours, RGBA [S, S, 4], not premultiplied.

    Within a band around the outline alpha is the place of the colour between what is surely in front and what is
    surely behind, a = (I - B) . (F - B) / |F - B|^2, as far as the two differ; else the outline's own softness.

    Args:
        picture: RGB [S, S, 3]; mask: float32 [S, S], 0..1, how sure the segmentation is of the figure.
        known: [S, S], where the square shows the picture.
    """
    inside = (mask > 0.5).astype(np.uint8)
    signed = _signed_distance(inside)
    back, front = (signed < -OUT_PX) & known, (signed > IN_PX) & (mask > SURE) & known
    colour = picture.astype(np.float32)
    F, B = continued(colour, front), continued(colour, back)
    away = F - B
    apart = (away**2).sum(2)
    along = ((colour - B) * away).sum(2) / np.maximum(apart, 1.0)
    guided = cv2.ximgproc.guidedFilter(picture, mask.astype(np.float32), GUIDE_PX, GUIDE_EPS)
    trust = apart / (apart + (NOISE + UNEVEN * unevenness(colour, back)) ** 2)
    alpha = trust * along + (1 - trust) * guided
    # Near the outline the colours decide; the farther from it, the surer must they be, and the segmentation holds.
    far = np.clip(-signed / OUT_PX, 0, 1)
    alpha = np.where(far > 0.2, np.clip((alpha - FAINT) / (1 - FAINT), 0, 1) * np.clip(2 * trust - 1, 0, 1), alpha)
    alpha = np.clip(alpha, np.clip((signed + 2.0) / IN_PX, 0, 1), np.clip(4 - 4 * far, 0, 1))
    alpha = np.where(signed > IN_PX, 1.0, np.where(signed < -OUT_PX, 0.0, alpha))
    alpha = np.clip((alpha - 0.04) / 0.92, 0, 1).astype(np.float32)
    a = alpha[..., None]
    own = np.where(a > 0.1, (colour - (1 - a) * B) / np.maximum(a, 0.1), F)
    return np.clip(np.concatenate([own, 255 * a], 2), 0, 255).round().astype(np.uint8)


def unevenness(colour: FloatArray, back: NDArray[np.bool_]) -> float:
    """By how much the ground [S, S, 3] differs from its smooth self where it is seen: a robust deviation, 0..255."""
    if not back.any():
        return 255.0
    smooth = cv2.GaussianBlur(colour, (0, 0), OUT_PX / 2)
    return float(1.48 * np.median(np.linalg.norm((colour - smooth)[back], axis=1)))


def _signed_distance(inside: Picture) -> FloatArray:
    """Pixels from the outline, positive inside, [S, S]."""
    return cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
