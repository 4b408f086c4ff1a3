"""One frame of a camera on demand."""

from __future__ import annotations

import numpy as np
import pytest
from livekit import rtc
from livekit.agents.utils.images import EncodeOptions, encode

from visavis.call import snapshot as module
from visavis.call.snapshot import snapshot

JPEG = b"\xff\xd8\xff"


class Track:
    muted = False


class Stream:
    """Gives frames of the sizes it is told, then none; all of them lie on their side."""

    def __init__(self, *sizes: tuple[int, int]) -> None:
        self.sizes, self.closed = list(sizes), False

    async def __anext__(self) -> rtc.VideoFrameEvent:
        if not self.sizes:
            raise StopAsyncIteration
        width, height = self.sizes.pop(0)
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[:, : width // 2] = 200
        frame = rtc.VideoFrame(width, height, rtc.VideoBufferType.RGB24, pixels.tobytes())
        return rtc.VideoFrameEvent(frame, 0, rtc.VideoRotation.VIDEO_ROTATION_90)

    async def aclose(self) -> None:
        self.closed = True


async def test_the_first_picture_is_given_upright() -> None:
    stream = Stream((8, 8), (64, 48))
    frame = await snapshot(Track(), lambda _: stream)
    assert (frame.width, frame.height, stream.closed) == (48, 64, True)
    pixels = np.frombuffer(frame.data, np.uint8).reshape(64, 48, 4)[..., :3]
    assert pixels[:30].min() > 150 and pixels[34:].max() < 50
    assert encode(frame, EncodeOptions()).startswith(JPEG)


async def test_without_a_camera_or_a_frame_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    muted = Track()
    muted.muted = True
    assert await snapshot(None) is None and await snapshot(muted) is None
    stream = Stream()
    assert await snapshot(Track(), lambda _: stream) is None and stream.closed
    assert module.WITHIN_S > 0
