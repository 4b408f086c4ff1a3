"""One frame of the person's camera, when somebody asks for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import numpy as np
from livekit import rtc

from visavis.perception.camera import BLANK_PX, newest_only, upright

logger = logging.getLogger(__name__)

WITHIN_S = 2.0  # a live camera sends several in this time


async def snapshot(
    track: rtc.Track | None, open_stream: Callable[[rtc.Track], rtc.VideoStream] = newest_only
) -> rtc.VideoFrame | None:
    """The next frame of `track`, upright, RGBA, 640 pixels long at most; None where none comes in time."""
    if track is None or track.muted:
        return None
    stream = open_stream(track)
    try:
        async with asyncio.timeout(WITHIN_S):
            event = await anext(stream)
            while event.frame.width <= BLANK_PX or event.frame.height <= BLANK_PX:
                event = await anext(stream)
            picture = await asyncio.to_thread(upright, event)
    except (TimeoutError, StopAsyncIteration):
        logger.info("no picture came within %g s", WITHIN_S)
        return None
    finally:
        await stream.aclose()
    height, width, _ = picture.shape
    opaque = np.dstack([picture, np.full((height, width), 255, np.uint8)])  # RGB24 is what LiveKit can not encode
    return rtc.VideoFrame(width, height, rtc.VideoBufferType.RGBA, opaque.tobytes())
