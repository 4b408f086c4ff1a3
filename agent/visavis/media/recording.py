"""Both sides of a call in one sound file: left the agent, right the people, sample n of either is second n / rate.

The file grows as the call goes on and its header is kept true, so it can be played at any moment: a process that is
killed loses the last seconds and no more. No clock of its own: whoever adds sound says when it was heard.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.spec import SPEECH_RATE

Pcm = NDArray[np.int16]
AGENT, PEOPLE = 0, 1  # the channels
RATE = SPEECH_RATE  # Hz
SETTLE_US = 2_000_000  # so long after its moment sound may still come in
LOOK_US = 1_000_000  # the lateness of a source is the least within this
SLIP_US = 30_000  # a lasting shift beyond this is a gap in the source, not lateness of whoever hands it over
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


class Source:
    """Where the sound of one track lies: its blocks end to end, moved only where the track itself had a gap.

    Blocks are handed over late, now more, now less; what is constant is that they follow each other.
    """

    def __init__(self) -> None:
        self._end: int | None = None  # place after the last sample, from the beginning of the recording
        self._late: deque[tuple[int, int]] = deque()  # (when, by how much) blocks came after their place, us

    def place(self, at_us: int, count: int) -> int:
        """The place of a block of `count` samples whose first was heard at `at_us` or a little before."""
        if self._end is None:
            self._end = at_us * RATE // 1_000_000
        self._late.append((at_us, at_us - self._end * 1_000_000 // RATE))
        while self._late[0][0] < at_us - LOOK_US:
            self._late.popleft()
        shift = min(late for _, late in self._late)
        if shift > SLIP_US and at_us - self._late[0][0] > LOOK_US // 2:
            self._end += shift * RATE // 1_000_000
            self._late.clear()
        begin = self._end
        self._end += count
        return begin


class Recording:
    """A WAV in the making.

    Args:
        path: where it will stand; its folder is made.
        began_us: second 0, on the clock that all sound is timed by.

    Raises:
        InputError: it cannot be written.
    """

    def __init__(self, path: Path, began_us: int) -> None:
        self.path, self._began_us = path, began_us
        self._sources: dict[tuple[int, str], Source] = {}
        self._written = 0  # samples of either channel
        self._waiting = np.zeros((2, 0), np.int32)  # what lies after them
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb")
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); name a folder for recordings") from error
        self._head()

    @property
    def seconds(self) -> float:
        """How much of it is in the file."""
        return self._written / RATE

    def add(self, channel: int, name: str, at_us: int, pcm: Pcm) -> None:
        """Sound of one track: int16 [n] at `RATE`, its first sample heard at `at_us`; several tracks are mixed."""
        source = self._sources.setdefault((channel, name), Source())
        begin = source.place(at_us - self._began_us, len(pcm)) - self._written
        piece = pcm[max(-begin, 0) :]
        begin = max(begin, 0)
        missing = begin + len(piece) - self._waiting.shape[1]
        if missing > 0:
            self._waiting = np.pad(self._waiting, ((0, 0), (0, missing)))
        self._waiting[channel, begin : begin + len(piece)] += piece

    def settle(self, now_us: int) -> None:
        """Write what will not change any more; silence where nothing was heard."""
        self._write((now_us - SETTLE_US - self._began_us) * RATE // 1_000_000 - self._written)

    def close(self, now_us: int) -> None:
        """Write the rest, up to now."""
        if not self._file.closed:
            self._write((now_us - self._began_us) * RATE // 1_000_000 - self._written)
            self._file.close()

    def _write(self, count: int) -> None:
        if count <= 0:
            return
        missing = max(count - self._waiting.shape[1], 0)
        ready = np.pad(self._waiting[:, :count], ((0, 0), (0, missing)))
        self._waiting = self._waiting[:, count:]
        self._file.write(np.clip(ready, -32768, 32767).T.astype("<i2").tobytes())
        self._written += count
        self._head()

    def _head(self) -> None:
        size = self._written * 4
        self._file.seek(0)
        self._file.write(
            _HEADER.pack(
                b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 2, RATE, RATE * 4, 4, 16, b"data", size
            )
        )  # fmt: skip
        self._file.seek(0, os.SEEK_END)
        self._file.flush()
