"""The caller's camera: a video file, repeated to the end of the call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from visavis.caller.take import now_s
from visavis.media.files import read_pictures

MAX_SIZE = (640, 480)  # what the page publishes at most, and so does this camera
MAX_FPS = 20


def fitted(width: int, height: int) -> tuple[int, int]:
    """The even size in pixels that a picture of this size gets, within `MAX_SIZE`, its shape kept."""
    scale = min(MAX_SIZE[0] / width, MAX_SIZE[1] / height, 1.0)
    return max(round(width * scale / 2) * 2, 2), max(round(height * scale / 2) * 2, 2)


class CameraFile:
    """Publishes a video file as a camera.

    Args:
        path: any video that FFmpeg reads.

    Attributes:
        began_s: when its first picture was sent, on the caller's clock; None before.

    Raises:
        InputError: it cannot be read or holds no picture; raised here, before a call is begun.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        _, first = next(read_pictures(path))
        self.size = fitted(first.shape[1], first.shape[0])
        self.began_s: float | None = None
        self._source: rtc.VideoSource | None = None

    def open(self) -> rtc.VideoSource:
        """The source to be published, once the event loop runs."""
        self._source = rtc.VideoSource(*self.size)
        return self._source

    async def run(self) -> None:
        """Play the file again and again until cancelled; decoding and scaling happen on another thread."""
        assert self._source, "open() comes first"
        while True:
            began_s, pictures = now_s(), read_pictures(self.path)
            due_s, frame = await asyncio.to_thread(self._next, pictures, 0.0)
            while frame:
                await asyncio.sleep(began_s + due_s - now_s())
                if self.began_s is None:
                    self.began_s = now_s()
                self._source.capture_frame(frame, timestamp_us=int(now_s() * 1e6))
                due_s, frame = await asyncio.to_thread(self._next, pictures, due_s + 1 / MAX_FPS)
            await asyncio.sleep(max(began_s + due_s - now_s(), 1 / MAX_FPS))

    def _next(
        self, pictures: Iterator[tuple[float, NDArray[np.uint8]]], from_s: float
    ) -> tuple[float, rtc.VideoFrame | None]:
        """The next picture that lies at `from_s` seconds or later, scaled, with its time; None at the end."""
        for at_s, rgb in pictures:
            if at_s >= from_s - 1e-3:
                width, height = self.size
                scaled = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(width, height, "yuv420p").to_ndarray()
                return at_s, rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, scaled.tobytes())
        return from_s, None

    async def aclose(self) -> None:
        if self._source:
            await self._source.aclose()
