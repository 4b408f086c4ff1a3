"""Flash and click: once a second one white frame, and a click that begins with that frame's first sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import ROOM_RATE

PERIOD = ROOM_RATE  # samples
CLICK_HZ = 3_000
CLICK_S = 0.003
LOUD = 0.8


def _click() -> NDArray[np.int16]:
    at = np.arange(round(CLICK_S * ROOM_RATE)) / ROOM_RATE
    return np.rint(np.sign(np.sin(2 * np.pi * CLICK_HZ * (at + 1e-9))) * LOUD * 32767).astype(np.int16)


CLICK = _click()


def mark(pcm: NDArray[np.int16], position: int) -> None:
    """Write clicks into the samples [position, position + n)."""
    first = position // PERIOD * PERIOD
    for begin in range(first, position + len(pcm), PERIOD):
        low, high = max(begin, position), min(begin + len(CLICK), position + len(pcm))
        if low < high:
            pcm[low - position : high - position] = CLICK[low - begin : high - begin]


def flashes(position: int) -> bool:
    """Whether the frame that begins at `position` is a flash."""
    return position % PERIOD == 0


def flash(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """All white, of the picture's size and kind: RGB [H, W, 3] or I420 [H * 3 / 2, W]."""
    white = np.full_like(picture, 255)
    if picture.ndim == 2:
        luma = len(picture) * 2 // 3
        white[:luma], white[luma:] = 235, 128  # of BT.601, limited range
    return white
