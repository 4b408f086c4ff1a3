"""Feeds the room with sound without a break: voice, or the silence between, a little ahead of its leaving.

It has a thread and an event loop of its own, so that nothing the agent does delays it. It is paced by the native queue:
a push is answered when the queue has come down to `QUEUE_MS`, so that between 50 and 70 ms of sound lie in it. Each
answer sets the clock of playout.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from livekit import rtc

from visavis.media import threads
from visavis.media.frames import audio_frame
from visavis.media.speech import Speech
from visavis_models.spec import ROOM_RATE

QUEUE_MS = 50
PUSH_MS = 20  # one Opus packet
PUSH = ROOM_RATE * PUSH_MS // 1000
QUEUE = ROOM_RATE * QUEUE_MS // 1000


def clock_us() -> int:
    """The clock of playout: monotonic microseconds."""
    return time.monotonic_ns() // 1000


class AudioPump:
    """Owns the audio source.

    Args:
        speech: what is said.
        on_pushed: called on the pump's thread after each push.
    """

    def __init__(self, speech: Speech, on_pushed: Callable[[], None]) -> None:
        self._speech, self._on_pushed = speech, on_pushed
        self._source: rtc.AudioSource | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
        self._ready: Future[rtc.AudioSource] = Future()

    async def start(self) -> rtc.AudioSource:
        """Begin; gives the source to publish once the first sound is in it and the clock runs."""
        self._thread.start()
        return await asyncio.wrap_future(self._ready)

    def cut(self) -> None:
        """Take back what has not left: after a pause or a clear, from any thread."""
        if self._loop is not None and self._source is not None:
            with contextlib.suppress(RuntimeError):  # it is ending
                self._loop.call_soon_threadsafe(self._speech.cut, self._source.clear_queue, clock_us)

    async def aclose(self) -> None:
        """End, and close the source."""
        if self._loop is not None and self._task is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._task.cancel)
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        threads.begin("sound", threads.URGENT)
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._feed())

    async def _feed(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        source = self._source = rtc.AudioSource(ROOM_RATE, 1, queue_size_ms=QUEUE_MS)
        try:
            while True:
                # no await between taking and handing over: a cut comes before both or after both
                await source.capture_frame(audio_frame(self._speech.take(PUSH, clock_us())))
                self._speech.answered(clock_us())
                if not self._ready.done():
                    self._ready.set_result(source)
                self._on_pushed()
        finally:
            await source.aclose()
