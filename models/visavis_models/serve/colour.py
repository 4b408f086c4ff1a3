"""Pictures in the forms that are asked for: RGB, RGBA with straight alpha, and I420 for video encoders."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from visavis_models.serve.pixels import byte
from visavis_models.serve.raster import JIT

Picture = NDArray[np.uint8]
IntArray = NDArray[np.int32]


def to_i420(picture: Picture) -> Picture:
    """A picture as I420 in memory of its own.

    Args:
        picture: RGB or RGBA uint8 [H, W, 3 or 4], H and W even; alpha is not looked at.

    Returns:
        uint8 [H * 3 / 2 * W]: the Y plane, then U and V of half the size each way. Each chroma sample is that of the
        mean of its four pixels (ITU-R BT.601, limited range, in 8 bits of fixed point).
    """
    height, width, _ = picture.shape
    out = np.empty(height * width * 3 // 2, np.uint8)
    whole = np.zeros((height, 2), np.int32)
    whole[:, 1] = width
    fill_i420(picture, whole, out)
    return out


@njit(**JIT)
def fill_i420(picture: Picture, spans: IntArray, out: Picture) -> None:  # pragma: no cover
    """The columns spans [H, 2] of each row of a picture [H, W, >= 3] into I420 planes out [H * 3 / 2 * W].

    Y = (66 R + 129 G + 25 B) / 256 + 16, and U and V likewise around 128.
    """
    height, width = picture.shape[0], picture.shape[1]
    luma = out[: height * width].reshape(height, width)
    u = out[height * width : height * width * 5 // 4].reshape(height // 2, width // 2)
    v = out[height * width * 5 // 4 :].reshape(height // 2, width // 2)
    for i in range(height // 2):
        first, last = spans[2 * i, 0], spans[2 * i, 1]
        other, end = spans[2 * i + 1, 0], spans[2 * i + 1, 1]
        if first >= last:
            first, last = other, end
        elif other < end:
            first, last = min(first, other), max(last, end)
        for j in range(first // 2, (last + 1) // 2):
            red = green = blue = np.int32(0)
            for y in (2 * i, 2 * i + 1):
                for x in (2 * j, 2 * j + 1):
                    r, g, b = np.int32(picture[y, x, 0]), np.int32(picture[y, x, 1]), np.int32(picture[y, x, 2])
                    luma[y, x] = ((66 * r + 129 * g + 25 * b + 128) >> 8) + 16
                    red, green, blue = red + r, green + g, blue + b
            u[i, j] = ((-38 * red - 74 * green + 112 * blue + 512) >> 10) + 128
            v[i, j] = ((112 * red - 94 * green - 18 * blue + 512) >> 10) + 128


@njit(**JIT)
def fill_rgb(picture: Picture, out: Picture) -> None:  # pragma: no cover
    """The first three channels of a picture [H, W, 4] into out [H, W, 3]."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for k in range(3):
                out[i, j, k] = picture[i, j, k]


@njit(**JIT)
def fill_straight(picture: Picture, out: Picture) -> None:  # pragma: no cover
    """A picture of premultiplied alpha [H, W, 4] into out [H, W, 4], its colours divided by alpha."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            alpha = max(np.int32(picture[i, j, 3]), np.int32(1))
            for k in range(3):
                out[i, j, k] = byte(np.int32(picture[i, j, k]) * 255 / alpha)
            out[i, j, 3] = picture[i, j, 3]
