"""The figure cut out of its picture: the segmentation's soft outline sharpened by the colours on both sides of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.plate import continued

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]

SURE = 0.95  # the segmentation is believed beyond this, a band's width inside
BAND_PX = (13, 9)  # how far outside and inside of the outline hairs and soft edges reach
NOISE = 18.0  # colour distance at which front and back can just be told apart
GUIDE_PX, GUIDE_EPS = 8, 60.0


def cut_out(picture: Picture, mask: FloatArray) -> Picture:
    """The figure with its own colours, RGBA [S, S, 4], not premultiplied.

    Within a band around the outline alpha is the place of the colour between what is surely in front and what is
    surely behind, a = (I - B) . (F - B) / |F - B|^2, as far as the two differ; else the outline's own softness.

    Args:
        picture: RGB [S, S, 3]; mask: float32 [S, S], 0..1, how sure the segmentation is of the figure.
    """
    inside = (mask > 0.5).astype(np.uint8)
    out, into = (cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1)) for r in BAND_PX)
    back = cv2.dilate(inside, out) == 0
    front = (cv2.erode(inside, into) > 0) & (mask > SURE)
    colour = picture.astype(np.float32)
    F, B = continued(colour, front), continued(colour, back)
    away = F - B
    apart = (away**2).sum(2)
    along = ((colour - B) * away).sum(2) / np.maximum(apart, 1.0)
    guided = cv2.ximgproc.guidedFilter(picture, mask.astype(np.float32), GUIDE_PX, GUIDE_EPS)
    trust = apart / (apart + NOISE**2)
    alpha = np.clip(trust * along + (1 - trust) * guided, 0, 1)
    # what the segmentation is sure of counts, the more the farther from its outline
    signed = _signed_distance(inside)
    low = np.clip((signed + 2.0) / BAND_PX[1], 0, 1)
    high = np.clip(1 + (signed - 2.0) / BAND_PX[0], 0, 1)
    alpha = np.clip(alpha, low, high)
    alpha = np.where(front, 1.0, np.where(back, 0.0, alpha)).astype(np.float32)
    alpha = np.clip((alpha - 0.04) / 0.92, 0, 1)
    a = alpha[..., None]
    own = np.where(a > 0.1, (colour - (1 - a) * B) / np.maximum(a, 0.1), F)
    return np.clip(np.concatenate([own, 255 * a], 2), 0, 255).round().astype(np.uint8)


def _signed_distance(inside: Picture) -> FloatArray:
    """Pixels from the outline, positive inside, [S, S]."""
    return cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
