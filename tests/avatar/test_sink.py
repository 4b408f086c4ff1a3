"""The agent's side of the sink."""

from __future__ import annotations

import asyncio

from livekit import rtc
from livekit.agents.voice.avatar import AudioSegmentEnd
from livekit.agents.voice.io import PlaybackFinishedEvent
from tests.avatar.conftest import hum

from visavis.avatar.sink import WAITING_S, AvatarAudioOutput


def counted(sink: AvatarAudioOutput) -> list[PlaybackFinishedEvent]:
    finishes: list[PlaybackFinishedEvent] = []
    sink.on("playback_finished", finishes.append)
    return finishes


async def given(sink: AvatarAudioOutput, count: int) -> list[rtc.AudioFrame | AudioSegmentEnd]:
    items = aiter(sink)
    return [await anext(items) for _ in range(count)]


async def test_it_can_pause() -> None:
    assert AvatarAudioOutput().can_pause


async def test_frames_and_the_segments_end_come_through_in_order() -> None:
    sink = AvatarAudioOutput()
    await sink.capture_frame(hum(0.1))
    await sink.capture_frame(hum(0.2))
    sink.flush()
    first, second, end = await given(sink, 3)
    assert isinstance(first, rtc.AudioFrame) and isinstance(second, rtc.AudioFrame)
    assert (first.duration, second.duration, type(end)) == (0.1, 0.2, AudioSegmentEnd)


async def test_a_flush_of_nothing_ends_nothing() -> None:
    sink = AvatarAudioOutput()
    sink.flush()
    await sink.capture_frame(hum(0.1))
    assert isinstance((await given(sink, 1))[0], rtc.AudioFrame)


async def test_a_clear_finishes_what_nobody_took() -> None:
    sink = AvatarAudioOutput()
    finishes = counted(sink)
    for _ in range(2):
        await sink.capture_frame(hum(0.1))
        sink.flush()
    sink.clear_buffer()
    sink.clear_buffer()
    assert [(event.playback_position, event.interrupted) for event in finishes] == [(0.0, True)] * 2


async def test_what_comes_after_a_clear_and_before_the_flush_is_dropped() -> None:
    sink = AvatarAudioOutput()
    finishes = counted(sink)
    await sink.capture_frame(hum(0.1))
    sink.clear_buffer()
    await sink.capture_frame(hum(0.1))
    sink.flush()
    await sink.capture_frame(hum(0.3))
    assert len(finishes) == 1
    (item,) = await given(sink, 1)
    assert isinstance(item, rtc.AudioFrame) and item.duration == 0.3


async def test_pause_and_resume_are_passed_on() -> None:
    sink, seen = AvatarAudioOutput(), []
    sink.controls.on("pause", lambda: seen.append("pause"))
    sink.controls.on("resume", lambda: seen.append("resume"))
    sink.pause()
    sink.resume()
    assert seen == ["pause", "resume"]


async def test_a_flood_waits_and_a_clear_lets_it_go() -> None:
    sink = AvatarAudioOutput()

    async def flood() -> None:
        for _ in range(round(WAITING_S) + 5):
            await sink.capture_frame(hum(1.0))

    flooding = asyncio.create_task(flood())
    await asyncio.sleep(0.1)
    assert not flooding.done()
    sink.clear_buffer()
    async with asyncio.timeout(5):
        await flooding


async def test_a_closed_sink_finishes_at_every_flush() -> None:
    sink = AvatarAudioOutput()
    finishes = counted(sink)
    await sink.capture_frame(hum(0.1))
    await sink.aclose()
    await sink.capture_frame(hum(0.1))
    sink.flush()
    await sink.capture_frame(hum(0.1))
    sink.flush()
    assert len(finishes) == 3 - 1  # the first flush belongs to the segment that the end finished
