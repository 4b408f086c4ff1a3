"""The voice at its LiveKit interface."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT

from visavis.dialogue.tts import HibariTTS
from visavis_models.spec import SPEECH_RATE


@pytest.fixture
async def tts(voice):
    owner = HibariTTS(voice)
    yield owner
    await owner.aclose()


async def speak(tts: HibariTTS, *pieces: str):
    async with tts.stream() as stream:
        for piece in pieces:
            stream.push_text(piece)
        stream.end_input()
        return [event async for event in stream]


async def test_speech_with_the_time_of_each_word(tts) -> None:
    events = await speak(tts, "Hello there. ", "I am ", "Alex.")
    words = [word for event in events for word in event.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, [])]
    assert "".join(words) == "Hello there. I am Alex. "
    seconds = sum(event.frame.duration for event in events)
    assert [word.start_time for word in words] == sorted(word.start_time for word in words)
    assert 1.0 < words[-1].end_time <= seconds + 0.02
    assert events[0].frame.sample_rate == SPEECH_RATE
    assert events[-1].is_final


async def test_text_that_holds_nothing_sayable_is_no_failure(tts) -> None:
    assert sum(event.frame.duration for event in await speak(tts, "\U0001f600")) == pytest.approx(0.1, abs=0.02)


async def test_a_first_clause_goes_ahead_of_a_slow_sentence(tts) -> None:
    async with tts.stream() as stream:
        stream.push_text("The ocean is very large, and")
        first = await asyncio.wait_for(anext(stream), 5)
        assert first.frame.duration > 0
        stream.push_text(" it is deep.")
        stream.end_input()
        rest = [event async for event in stream]
    assert rest[-1].is_final


async def test_synthesize_whole(tts) -> None:
    frame = await tts.synthesize("Good morning.").collect()
    assert frame.duration > 0.5


async def test_closing_in_mid_sentence_leaves_nothing_behind(tts) -> None:
    before = len(asyncio.all_tasks())
    stream = tts.stream()
    stream.push_text("One sentence. Another one.")
    await asyncio.sleep(0)
    await stream.aclose()
    assert len(asyncio.all_tasks()) == before
