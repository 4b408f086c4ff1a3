"""The microphone: unbroken, in real time, and a pacing clock that goes on whatever happens."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from livekit import rtc

from visavis.caller.microphone import LEAD_S, Microphone
from visavis.caller.speech import Line
from visavis.caller.take import Said, now_s


@pytest.fixture
async def microphone() -> AsyncIterator[Microphone]:
    ours = Microphone()
    running = asyncio.create_task(ours.run())
    yield ours
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await ours.aclose()


async def test_a_line_leaves_in_blocks_of_ten_milliseconds(microphone: Microphone, line: Line) -> None:
    said, asked_s = Said(line, 0, interrupts=False), now_s()
    await microphone.say(said)
    assert said.complete and len(said.leaves) == 120
    assert np.diff(said.leaves).min() > 0.0099  # later where this machine was busy, never earlier
    assert said.start_s > asked_s and said.leaves[-1] < now_s() + LEAD_S + 0.01
    assert said.last_voiced_s == pytest.approx(said.leaves[100], abs=0.011)


async def test_the_clock_beats_though_every_frame_is_slow(
    microphone: Microphone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(_: rtc.AudioFrame) -> None:
        await asyncio.sleep(0.03)

    monkeypatch.setattr(microphone.source, "capture_frame", slow)
    async with asyncio.timeout(5):
        for _ in range(5):
            await microphone.pulse()


async def test_a_line_that_is_given_up_leaves_silence_behind(microphone: Microphone, line: Line) -> None:
    first, second = (Said(line, turn, interrupts=False) for turn in range(2))
    saying = asyncio.create_task(microphone.say(first))
    await microphone.pulse()
    await microphone.pulse()
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)
    await microphone.say(second)
    assert not first.complete and second.complete
