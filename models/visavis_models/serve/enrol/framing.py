"""Which square of a picture becomes the portrait, and what stands where the square reaches beyond the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.solve import Solved

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float64]

SIZE = 1024  # pixels of the portrait's picture
WIDTH_CM, LEAST_CM = 39.0, 33.0  # of the square: as loose as the default face's, or at least so loose
MIDDLE_CM = 0.9  # height of its middle on the head: the bridge of the nose


@dataclass(frozen=True)
class Frame:
    """A square: `origin` its upper left corner, `side` its length, in pixels of the picture."""

    origin: tuple[float, float]
    side: float

    @property
    def factor(self) -> float:
        return SIZE / self.side

    def place(self, points: FloatArray) -> FloatArray:
        """Places in the picture [N, >= 2] in the square's pixels; a third column is scaled."""
        placed = np.array(points, np.float64)
        placed[:, :2] = (placed[:, :2] + 0.5 - np.array(self.origin)) * self.factor - 0.5
        placed[:, 2:] *= self.factor
        return placed

    def solved(self, solved: Solved) -> Solved:
        """The fitted head in the square's pixels."""
        shift = (0.5 - np.array(self.origin)) * self.factor - 0.5
        return solved.moved(self.factor, shift)

    def cut(self, picture: Picture) -> tuple[Picture, NDArray[np.bool_]]:
        """The square as RGB [SIZE, SIZE, 3], and where it shows the picture [SIZE, SIZE]; the border is repeated."""
        factor = self.factor
        source = picture
        if factor < 1:
            smaller = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            source, factor = np.asarray(smaller, np.uint8), 1.0
        shrink = np.array([source.shape[1] / picture.shape[1], source.shape[0] / picture.shape[0]])
        scale = self.factor / shrink
        offset = -np.array(self.origin) * self.factor + 0.5 * scale - 0.5
        matrix = np.array([[scale[0], 0, offset[0]], [0, scale[1], offset[1]]])
        way = cv2.INTER_LANCZOS4 if factor > 1 else cv2.INTER_CUBIC
        cut = cv2.warpAffine(source, matrix, (SIZE, SIZE), flags=way, borderMode=cv2.BORDER_REPLICATE)
        known = cv2.warpAffine(np.ones(source.shape[:2], np.uint8), matrix, (SIZE, SIZE), flags=cv2.INTER_NEAREST)
        return np.asarray(cut, np.uint8), known > 0


def framing(solved: Solved, shape: tuple[int, ...]) -> Frame:
    """The square around a head in a picture of shape (H, W, 3): no wider than needed, inside where it can be."""
    H, W = shape[:2]
    side = float(np.clip(min(H, W), LEAST_CM * solved.scale, WIDTH_CM * solved.scale))
    x = solved.place[0] - side / 2
    y = solved.place[1] - MIDDLE_CM * solved.scale - side / 2
    # The bottom is better where the picture ends than beyond it, and a little space above the hair is no loss.
    y = min(y, max(H - side, y - 5.0 * solved.scale))
    return Frame((float(x), float(y)), side)
