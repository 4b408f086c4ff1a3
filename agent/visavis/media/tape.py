"""Samples in order, addressed by their place: what a voice was, is and will be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]


class Tape:
    """Mono samples [start, end): grows at its end, forgets at its beginning, and can be cut back."""

    def __init__(self, capacity: int = 4096) -> None:
        self._buffer = np.zeros(capacity, np.int16)
        self._first = 0  # where sample `start` lies in the buffer
        self.start = 0
        self.end = 0

    def append(self, pcm: Pcm) -> None:
        """Put `pcm` [n] at the end."""
        length = self.end - self.start
        if self._first + length + len(pcm) > len(self._buffer):
            self._make_room(length + len(pcm))
        at = self._first + length
        self._buffer[at : at + len(pcm)] = pcm
        self.end += len(pcm)

    def read(self, begin: int, end: int) -> Pcm:
        """A copy of [begin, end); zeros where nothing is kept."""
        out = np.zeros(max(end - begin, 0), np.int16)
        low, high = max(begin, self.start), min(end, self.end)
        if low < high:
            at = self._first + low - self.start
            out[low - begin : high - begin] = self._buffer[at : at + high - low]
        return out

    def cut(self, end: int) -> None:
        """Take back everything from place `end` on."""
        self.end = min(max(end, self.start), self.end)

    def forget(self, before: int) -> None:
        """Let everything before place `before` go."""
        step = min(max(before, self.start), self.end) - self.start
        self._first += step
        self.start += step

    def _make_room(self, length: int) -> None:
        kept = self._buffer[self._first : self._first + self.end - self.start]
        grown = np.zeros(max(2 * length, len(self._buffer)), np.int16)
        grown[: len(kept)] = kept
        self._buffer, self._first = grown, 0
