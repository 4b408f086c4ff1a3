"""The steps of the quality ladder: what a renderer leaves out, and in which order, where there is not time for all."""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import MOTION_NAMES

FloatArray = NDArray[np.float32]


class Quality(Enum):
    """How well a face is drawn, best first. Each step also saves what the steps before it save.

    Attributes:
        FULL: all of it, in every frame.
        HALF_RATE: the lips, the jaw and the tongue in every frame; head, eyes, brows and breath in every second one.
        HALF_RATE_384, HALF_RATE_256: drawn at so many pixels each way and scaled up to the size of the frames; where
            only the background is seen, it stays as sharp as it was.
    """

    FULL = "full"
    HALF_RATE = "half_rate"
    HALF_RATE_384 = "half_rate_384"
    HALF_RATE_256 = "half_rate_256"

    def side(self, size: int) -> int:
        """Pixels each way that frames of `size` are drawn at."""
        return {Quality.HALF_RATE_384: 384, Quality.HALF_RATE_256: 256}.get(self, size)


def steps_of(size: int) -> tuple[Quality, ...]:
    """The steps that frames of so many pixels each way can take, best first: none draws more pixels than it shows."""
    return tuple(q for q in Quality if q.value in ("full", "half_rate") or q.side(size) < size)


SPEAKS = np.array([name.startswith(("jaw", "mouth", "tongue", "cheekPuff")) for name in MOTION_NAMES])  # at every step


class HalfRate:
    """Motion of which only the mouth is new in every second row. Rows that do not change pass as they are."""

    def __init__(self) -> None:
        self._held: FloatArray | None = None
        self._turn = False

    def of(self, row: FloatArray) -> FloatArray:
        """What is drawn for a motion row [60]."""
        self._turn = not self._turn
        if self._turn or self._held is None:
            self._held = row.copy()
            return row
        return np.where(SPEAKS, row, self._held)
