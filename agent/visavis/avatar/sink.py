"""The agent's audio output for a face in the same process: LiveKit's receiver contract, with a pause and progress."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections import deque
from collections.abc import AsyncIterator
from typing import Literal

from livekit import rtc
from livekit.agents.voice.avatar import AudioReceiver, AudioSegmentEnd
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities

WAITING_S = 10.0  # so much audio waits here at most


class PausableReceiver(AudioReceiver):
    """A receiver that can pause, and is told what stretches were played.

    Attributes:
        controls: emits `pause` and `resume`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.controls = rtc.EventEmitter[Literal["pause", "resume"]]()

    @abstractmethod
    def notify_playback_progressed(self, started_at: float, offset: float, duration: float) -> None:
        """`duration` seconds from `offset` of the segment on were played, begun at `started_at` (time.time())."""


class AvatarAudioOutput(AudioOutput, PausableReceiver):
    """Takes the agent's voice and gives it to a runner.

    A segment is counted when its first frame comes, and finishes exactly once: when it was played, or at the clear that
    drops it, whether the runner has seen anything of it or not. After `aclose` every segment finishes at its flush.
    """

    def __init__(self) -> None:
        AudioOutput.__init__(
            self, label="VisavisAvatar", sample_rate=None, capabilities=AudioOutputCapabilities(pause=True)
        )
        self._items: deque[rtc.AudioFrame | AudioSegmentEnd] = deque()
        self._waiting_s = 0.0
        self._changed = asyncio.Event()
        self._capturing = False
        self._dropping = False  # what comes until the flush belongs to a cleared segment
        self._closed = False

    # -- as AudioOutput ----------------------------------------------------------------------------------------------

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Take a frame; waits where more than `WAITING_S` is waiting already."""
        await super().capture_frame(frame)
        self._capturing = True
        while self._waiting_s > WAITING_S and not (self._dropping or self._closed):
            self._changed.clear()
            await self._changed.wait()
        if self._dropping or self._closed:
            return
        self._items.append(frame)
        self._waiting_s += frame.duration
        self._changed.set()

    def flush(self) -> None:
        """The segment has all its audio."""
        super().flush()
        if self._closed:
            self._finish_pending()
        elif self._capturing and not self._dropping:
            self._items.append(AudioSegmentEnd())
            self._changed.set()
        self._capturing = self._dropping = False

    def clear_buffer(self) -> None:
        """Drop whatever is not played yet; does nothing when nothing is awaited."""
        self._items.clear()
        self._waiting_s = 0.0
        self._changed.set()
        if not self._pending_playback_count:
            return
        self._dropping = self._capturing
        self.emit("clear_buffer")  # type: ignore[arg-type]  # the contract's two bases differ in their events
        self._finish_pending()

    def pause(self) -> None:
        """Stop at once; what was not heard is kept."""
        super().pause()
        self.controls.emit("pause")

    def resume(self) -> None:
        """Go on from the very sample."""
        super().resume()
        self.controls.emit("resume")

    # -- as AudioReceiver --------------------------------------------------------------------------------------------

    def notify_playback_started(self) -> None:
        self.on_playback_started(created_at=time.time())

    def notify_playback_progressed(self, started_at: float, offset: float, duration: float) -> None:
        self.on_playback_progressed(started_at=started_at, offset=offset, duration=duration)

    def notify_playback_finished(self, playback_position: float, interrupted: bool) -> None:
        self.on_playback_finished(playback_position=playback_position, interrupted=interrupted)

    def __aiter__(self) -> AsyncIterator[rtc.AudioFrame | AudioSegmentEnd]:
        return self._stream()

    async def _stream(self) -> AsyncIterator[rtc.AudioFrame | AudioSegmentEnd]:
        while not self._closed:
            while self._items:
                item = self._items.popleft()
                if isinstance(item, rtc.AudioFrame):
                    self._waiting_s -= item.duration
                    self._changed.set()
                yield item
            self._changed.clear()
            await self._changed.wait()

    async def aclose(self) -> None:
        """Take nothing any more; whatever is awaited finishes now."""
        self._closed = True
        self.clear_buffer()

    def _finish_pending(self) -> None:
        while self._pending_playback_count:
            self.on_playback_finished(playback_position=0.0, interrupted=True)
