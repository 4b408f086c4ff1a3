"""Pictures to the colour space of video encoders: BT.601, limited range, 4:2:0."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def to_i420(rgb: Picture) -> Picture:
    """An RGB picture as I420 in memory of its own.

    Args:
        rgb: uint8 [H, W, 3], H and W even.

    Returns:
        uint8 [H * 3 / 2 * W]: the Y plane, then U and V of half the size each way. Each chroma sample is that of the
        mean of its four pixels (ITU-R BT.601, in 8 bits of fixed point).
    """
    height, width, _ = rgb.shape
    out = np.empty(height * width * 3 // 2, np.uint8)
    luma = out[: height * width].reshape(height, width)
    chroma = out[height * width :].reshape(2, height // 2, width // 2)
    _fill(rgb, luma, chroma[0], chroma[1])
    return out


@njit(nogil=True, cache=True)
def _fill(rgb: Picture, luma: Picture, u: Picture, v: Picture) -> None:  # pragma: no cover
    """Y = (66 R + 129 G + 25 B) / 256 + 16, and U and V likewise around 128."""
    for i in range(u.shape[0]):
        for j in range(u.shape[1]):
            red = green = blue = np.int32(0)
            for y in (2 * i, 2 * i + 1):
                for x in (2 * j, 2 * j + 1):
                    r, g, b = np.int32(rgb[y, x, 0]), np.int32(rgb[y, x, 1]), np.int32(rgb[y, x, 2])
                    luma[y, x] = ((66 * r + 129 * g + 25 * b + 128) >> 8) + 16
                    red, green, blue = red + r, green + g, blue + b
            u[i, j] = ((-38 * red - 74 * green + 112 * blue + 512) >> 10) + 128
            v[i, j] = ((112 * red - 94 * green - 18 * blue + 512) >> 10) + 128
