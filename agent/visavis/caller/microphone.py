"""The caller's microphone: one unbroken track in real time, silence between the lines."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from visavis.caller.take import BLOCK, Said, now_s
from visavis_models.spec import ROOM_RATE

LEAD_S = 0.060  # fed so far ahead; fed exactly on time an rtc.AudioSource drops out
PULSE_S = 0.020
QUEUE_MS = 1000
_SILENCE = np.zeros(BLOCK, np.int16)


@dataclass
class _Saying:
    said: Said
    done: asyncio.Future[None]
    block: int = 0


class Microphone:
    """Publishes the caller's voice and is the pacing clock of the call: `pulse()` returns every 20 ms.

    Sample n leaves at `origin + n / 48000`: what is in the source's queue counts as not yet said. When the event loop
    comes too late and the queue has run dry, the origin moves on.
    """

    def __init__(self) -> None:
        self.source = rtc.AudioSource(ROOM_RATE, 1, queue_size_ms=QUEUE_MS)
        self._origin_s = 0.0
        self._pushed = 0
        self._saying: _Saying | None = None
        self._beat = asyncio.Event()

    async def run(self) -> None:
        """Feed the source until cancelled."""
        self._origin_s = now_s()
        due_s = self._origin_s
        while True:
            await self._feed()
            self._beat.set()
            self._beat = asyncio.Event()
            due_s = max(due_s + PULSE_S, now_s())
            await asyncio.sleep(due_s - now_s())

    async def _feed(self) -> None:
        """Hand over what is missing to `LEAD_S`, at once: on a busy machine every handing over takes its time."""
        dry_s = now_s() - self._leaves_s()
        if dry_s > 0:
            self._origin_s += dry_s
        blocks = []
        while self._leaves_s() < now_s() + LEAD_S:
            blocks.append(self._next(self._leaves_s()))
            self._pushed += BLOCK
        if blocks:
            pcm = np.concatenate(blocks)
            await self.source.capture_frame(rtc.AudioFrame(pcm.tobytes(), ROOM_RATE, 1, len(pcm)))

    def _leaves_s(self) -> float:
        """When the next sample that is pushed will leave."""
        return self._origin_s + self._pushed / ROOM_RATE

    def _next(self, leaves_s: float) -> NDArray[np.int16]:
        saying = self._saying
        if saying is None:
            return _SILENCE
        saying.said.leaves.append(leaves_s)
        piece = saying.said.line.pcm[saying.block * BLOCK : (saying.block + 1) * BLOCK]
        saying.block += 1
        if saying.block * BLOCK >= len(saying.said.line.pcm):
            self._saying = None
            if not saying.done.done():
                saying.done.set_result(None)
        return np.pad(piece, (0, BLOCK - len(piece)))

    async def say(self, said: Said) -> None:
        """Say a line from the next sample on; returns when its last sample has been handed over."""
        assert self._saying is None, "one line at a time"
        saying = _Saying(said, asyncio.get_running_loop().create_future())
        self._saying = saying
        try:
            await saying.done
        finally:
            if self._saying is saying:
                self._saying = None

    async def pulse(self) -> None:
        """Wait for the next beat of the pacing clock."""
        await self._beat.wait()

    async def aclose(self) -> None:
        await self.source.aclose()
