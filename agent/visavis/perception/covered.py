"""Whether the mouth can be seen: lips have another colour than the skin around them, cloth and hands do not.

mediapipe draws a closed mouth on whatever covers it, so landmarks alone do not tell.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.perception.measures import LEFT_EYE_CORNER, RIGHT_EYE_CORNER

LIPS = (0, 37, 267, 39, 269, 17, 84, 314, 181, 405)  # points on their red
AROUND = (164, 92, 322, 205, 425, 43, 273, 106, 335, 18, 200, 199)  # points on the skin about them
PATCH = 0.015  # half a patch's side, eye distances
LIGHTNESS = 0.25  # how much a difference of lightness counts beside one of hue: shadows make some as well


def lip_contrast(picture: NDArray[np.uint8], face: NDArray[np.float32]) -> float | None:
    """How far the lips' colour stands off that around them, in units of CIELAB's a and b.

    8 to 25 on six portraits (one with a beard) and eight clips of a speaker; 0.5 to 2.5 where cloth of one colour was
    painted over the mouth. None: the mouth is not in the picture.

    Args:
        picture: RGB [H, W, 3].
        face: its landmarks [478, 3], pixels.
    """
    reach = max(1, int(PATCH * np.linalg.norm(face[RIGHT_EYE_CORNER, :2] - face[LEFT_EYE_CORNER, :2])))
    lips, around = (_colours(picture, face[points, :2], reach) for points in (LIPS, AROUND))
    if len(lips) < len(LIPS) / 2 or len(around) < len(AROUND) / 2:
        return None
    away = np.abs(np.median(lips, axis=0) - np.median(around, axis=0))
    return float(np.hypot(away[1], away[2]) + LIGHTNESS * away[0])


def _colours(picture: NDArray[np.uint8], places: NDArray[np.float32], reach: int) -> NDArray[np.float64]:
    """The median colour about each place in the picture, CIELAB (L 0..255 as OpenCV has it), [<= N, 3]."""
    height, width, _ = picture.shape
    x, y = np.rint(places).astype(int).T
    inside = (reach <= x) & (x < width - reach) & (reach <= y) & (y < height - reach)
    if not inside.any():
        return np.empty((0, 3))
    down, right = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    patches = picture[y[inside, None] + down, x[inside, None] + right]  # [N, pixels, 3]
    colours = np.median(patches, axis=1).astype(np.uint8)
    return cv2.cvtColor(colours[None], cv2.COLOR_RGB2LAB)[0].astype(np.float64)
