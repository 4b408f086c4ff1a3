"""A person's camera: the newest frame of a remote video track, a few times a second.

LiveKit's `rtc.VideoStream` now and then gives no frame at all although the track is live (seen in 2 of 10 two-way
calls with a browser). `Camera` watches for that silence and opens the stream again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from visavis.media.frames import to_rgb, within

logger = logging.getLogger(__name__)

CAMERA_FPS = 15.0  # frames a second looked at
SILENT_S = 2.0  # without a frame for so long, a live stream is opened again
CLOSE_S = 1.0  # a stream that does not end within this is left to itself
BLANK_PX = 8  # a browser that leaves sends frames of 8x8: no picture of anything
LONG_SIDE_PX = 640  # larger frames are made smaller, to at most this: a face's crop is 192 px wide in any case

QUARTER_TURNS: dict[object, int] = {
    rtc.VideoRotation.VIDEO_ROTATION_0: 0,
    rtc.VideoRotation.VIDEO_ROTATION_90: 1,
    rtc.VideoRotation.VIDEO_ROTATION_180: 2,
    rtc.VideoRotation.VIDEO_ROTATION_270: 3,
}


def newest_only(track: rtc.Track) -> rtc.VideoStream:
    """A stream that keeps one frame: the newest."""
    return rtc.VideoStream(track, capacity=1)


class Camera:
    """Frames of one track, newest first: `async for event in camera`. A muted camera is waited for.

    Args:
        track: a subscribed remote video track.
        fps: at most so many frames a second; 0: none until it is set again.
        silent_s: without a frame for so long, a live stream is opened again.
        on_silent: called whenever the stream was opened again, with the count of times so far.
        open_stream: opens a stream of a track.

    Attributes:
        reopened: how often the stream was opened again.
    """

    def __init__(
        self,
        track: rtc.Track,
        *,
        fps: float = CAMERA_FPS,
        silent_s: float = SILENT_S,
        on_silent: Callable[[int], None] | None = None,
        open_stream: Callable[[rtc.Track], rtc.VideoStream] = newest_only,
    ) -> None:
        self.track = track
        self.reopened = 0
        self._silent_s = silent_s
        self._looks = asyncio.Event()  # whether any frame is wanted
        self.fps = fps
        self._on_silent = on_silent
        self._open_stream = open_stream
        self._stream = open_stream(track)
        self._due_s = 0.0

    @property
    def fps(self) -> float:
        """At most so many frames a second; may be set at any time."""
        return self._fps

    @fps.setter
    def fps(self, fps: float) -> None:
        self._fps = fps
        if fps > 0:
            self._looks.set()
        else:
            self._looks.clear()

    def __aiter__(self) -> Camera:
        return self

    async def __anext__(self) -> rtc.VideoFrameEvent:
        """The next frame that is due; ends with the track."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(self._due_s - clock())  # the stream keeps the newest meanwhile
        await self._looks.wait()
        while True:
            event = await self._next_event()
            if event.frame.width > BLANK_PX and event.frame.height > BLANK_PX:
                self._due_s = clock() + 1 / (self._fps or CAMERA_FPS)
                return event

    async def aclose(self) -> None:
        """Close the stream."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._stream.aclose()

    async def _next_event(self) -> rtc.VideoFrameEvent:
        while True:
            muted = self.track.muted
            try:
                async with asyncio.timeout(self._silent_s):
                    return await anext(self._stream)
            except TimeoutError:
                # unmuted in between: its first frame has its full time still
                if not muted and not self.track.muted:
                    await self._reopen()

    async def _reopen(self) -> None:
        await self.aclose()
        self._stream = self._open_stream(self.track)
        self.reopened += 1
        logger.warning(
            "camera %s gave no frame for %g s; opened again (%d)", self.track.sid, self._silent_s, self.reopened
        )
        if self._on_silent is not None:
            self._on_silent(self.reopened)


def upright(event: rtc.VideoFrameEvent) -> NDArray[np.uint8]:
    """The picture of a frame, RGB uint8 [H, W, 3], turned as the person holds it, at most 640 pixels long.

    Computes: not for the event loop.
    """
    rgb = to_rgb(within(event.frame, LONG_SIDE_PX))
    # the frame's rotation says how far clockwise it has to be turned; numpy turns the other way
    return np.ascontiguousarray(np.rot90(rgb, -QUARTER_TURNS[event.rotation]))
