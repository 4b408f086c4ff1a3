"""Keeps the received pictures until the call is over: encoded as they come, quickly and nearly without loss.

The record itself is made afterwards, so that it takes no time from the call on a machine with few cores.
"""

from __future__ import annotations

import queue
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import FPS, FRAME_MS

BACKLOG = 250  # pictures that may wait for the encoder, 10 s
_MILLISECOND = Fraction(1, 1000)
_OPTIONS = {"preset": "ultrafast", "crf": "12", "tune": "zerolatency", "threads": "1", "g": "25"}


class Spool:
    """A folder of video files, a new one whenever the size of the picture changes.

    Args:
        folder: an existing folder of its own.

    Attributes:
        dropped: pictures that came too fast for the encoder.
        size: (width, height) of the largest picture, None before any.
    """

    def __init__(self, folder: Path) -> None:
        self.dropped = 0
        self.size: tuple[int, int] | None = None
        self._folder = folder
        self._parts: list[tuple[Path, list[float]]] = []
        self._queue: queue.Queue[tuple[float, NDArray[np.uint8]] | None] = queue.Queue(BACKLOG)
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._thread.start()

    def put(self, at_s: float, i420: NDArray[np.uint8]) -> None:
        """Keep one picture, uint8 [height * 3 / 2, width], shown at `at_s` seconds. Never waits."""
        try:
            self._queue.put_nowait((at_s, i420))
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """No more pictures come; returns when all are written. Safe to call again."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def pictures(self, from_s: float = 0.0, to_s: float = float("inf")) -> Iterator[tuple[float, av.VideoFrame]]:
        """The kept pictures shown in a stretch of time, with their times. Call `close` before."""
        for path, times in self._parts:
            first, last = bisect_left(times, from_s), bisect_right(times, to_s)
            if first < last:
                yield from zip(times[first:last], _frames(path, first), strict=False)

    def _run(self) -> None:
        item = self._queue.get()
        while item is not None:
            item = self._write_part(item)

    def _write_part(self, item: tuple[float, NDArray[np.uint8]]) -> tuple[float, NDArray[np.uint8]] | None:
        """Write pictures of one size; returns the first of another size, or None at the end."""
        height, width = item[1].shape[0] * 2 // 3, item[1].shape[1]
        if self.size is None or width * height > self.size[0] * self.size[1]:
            self.size = width, height
        path = self._folder / f"{len(self._parts):03d}.mkv"
        times: list[float] = []
        self._parts.append((path, times))
        shape = item[1].shape
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=FPS, options=_OPTIONS)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.time_base = stream.codec_context.time_base = _MILLISECOND
            following: tuple[float, NDArray[np.uint8]] | None = item
            while following is not None and following[1].shape == shape:
                frame = av.VideoFrame.from_ndarray(following[1], "yuv420p")
                frame.pts, frame.time_base = len(times) * FRAME_MS, _MILLISECOND
                times.append(following[0])
                container.mux(stream.encode(frame))
                following = self._queue.get()
            container.mux(stream.encode(None))
        return following


def _frames(path: Path, first: int) -> Iterator[av.VideoFrame]:
    """The pictures of one file from number `first` on; the times in the file only number them."""
    with av.open(str(path)) as container:
        container.seek(first * FRAME_MS * 1000, backward=True)  # microseconds
        for frame in container.decode(video=0):
            if round(frame.time * 1000 / FRAME_MS) >= first:
                yield frame
