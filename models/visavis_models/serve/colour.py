"""Pictures in the forms that are asked for: RGB, RGBA with straight alpha, and I420 for video encoders."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from visavis_models.serve.pixels import BYTE, EIGHT, LANES, LOW, SIXTEEN, Packed, byte
from visavis_models.serve.raster import JIT

Picture = NDArray[np.uint8]
IntArray = NDArray[np.int32]

TO_U, TO_V = (tuple(np.int32(weight) for weight in row) for row in ((-38, -74, 112), (112, -94, -18)))


def to_i420(picture: Picture) -> Picture:
    """A picture as I420 in memory of its own.

    Args:
        picture: RGB or RGBA uint8 [H, W, 3 or 4], H and W even; alpha is not looked at.

    Returns:
        uint8 [H * 3 / 2 * W]: the Y plane, then U and V of half the size each way. Each chroma sample is that of the
        mean of its four pixels (ITU-R BT.601, limited range, in 8 bits of fixed point).
    """
    height, width, _ = picture.shape
    packed = np.zeros((height, width, 4), np.uint8)
    packed[..., :3] = picture[..., :3]
    out = np.empty(height * width * 3 // 2, np.uint8)
    whole = np.zeros((height, 2), np.int32)
    whole[:, 1] = width
    fill_i420(packed.view("<u4")[..., 0], whole, out)
    return out


@njit(inline="always", **JIT)
def luma(pixel: np.uint32) -> np.uint8:  # pragma: no cover
    """Y of a packed pixel."""
    r, g = np.int32(pixel & BYTE), np.int32(np.uint32(pixel >> EIGHT) & BYTE)
    b = np.int32(np.uint32(pixel >> SIXTEEN) & BYTE)
    total = np.int32(np.int32(np.int32(66) * r) + np.int32(np.int32(129) * g))
    total = np.int32(np.int32(total + np.int32(np.int32(25) * b)) + np.int32(128))
    return np.uint8(np.int32(np.int32(total >> np.int32(8)) + np.int32(16)))


@njit(inline="always", **JIT)
def both(a: np.uint32, b: np.uint32) -> np.uint32:  # pragma: no cover
    """a + b in 32 bits."""
    return np.uint32(np.uint32(a) + np.uint32(b))


@njit(inline="always", **JIT)
def chroma(
    red: np.uint32, green: np.uint32, blue: np.uint32, weights: tuple[np.int32, ...]
) -> np.uint8:  # pragma: no cover
    """U or V of the sums of four pixels."""
    total = np.int32(np.int32(weights[0] * np.int32(red)) + np.int32(weights[1] * np.int32(green)))
    total = np.int32(np.int32(total + np.int32(weights[2] * np.int32(blue))) + np.int32(512))
    return np.uint8(np.int32(np.int32(total >> np.int32(10)) + np.int32(128)))


@njit(**JIT)
def fill_rows(
    above: Packed, below: Packed, y: Picture, under: Picture, u: Picture, v: Picture
) -> None:  # pragma: no cover
    """Two rows of pixels, [2 n] each, into theirs of the planes: y and under [2 n], u and v [n]."""
    for j in range(len(above)):
        y[j] = luma(above[j])
    for j in range(len(above)):
        under[j] = luma(below[j])
    for j in range(len(u)):
        # Two channels are added up in one number; four values of 8 bits stay within 16 bits each.
        a, b, c, d = above[2 * j], above[2 * j + 1], below[2 * j], below[2 * j + 1]
        even = both(np.uint32(both(a & LANES, b & LANES)), np.uint32(both(c & LANES, d & LANES)))
        odd = both(both((a >> EIGHT) & LANES, (b >> EIGHT) & LANES), both((c >> EIGHT) & LANES, (d >> EIGHT) & LANES))
        u[j] = chroma(even & LOW, odd & LOW, even >> SIXTEEN, TO_U)
        v[j] = chroma(even & LOW, odd & LOW, even >> SIXTEEN, TO_V)


@njit(**JIT)
def fill_i420(picture: Packed, spans: IntArray, out: Picture) -> None:  # pragma: no cover
    """The columns spans [H, 2] of each row of a packed picture [H, W] into I420 planes out [H * 3 / 2 * W].

    Y = (66 R + 129 G + 25 B) / 256 + 16, and U and V likewise around 128.
    """
    height, width = picture.shape
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
        left, right = int(first) // 2, (int(last) + 1) // 2
        if left < right:
            fill_rows(
                picture[2 * i][2 * left : 2 * right], picture[2 * i + 1][2 * left : 2 * right],
                luma[2 * i][2 * left : 2 * right], luma[2 * i + 1][2 * left : 2 * right],
                u[i][left:right], v[i][left:right],
            )  # fmt: skip


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
