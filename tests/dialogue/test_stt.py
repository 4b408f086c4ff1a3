"""Streaming recognition at its LiveKit interface."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt

from visavis.dialogue.moonshine import Moonshine
from visavis.dialogue.segmenter import Pace
from visavis.dialogue.stt import MoonshineSTT
from visavis_models.spec import MODEL_RATE

Kind = stt.SpeechEventType


@pytest.fixture
async def recogniser(moonshine: Moonshine):
    owner = MoonshineSTT(moonshine)
    yield owner
    await owner.aclose()


async def test_a_turn_from_its_start_to_its_final_words(recogniser, speech, listen) -> None:
    events = await listen(recogniser, speech("Can you help me with my homework?"))
    kinds = [event.type for event in events]
    assert kinds[0] is Kind.START_OF_SPEECH
    assert Kind.INTERIM_TRANSCRIPT in kinds
    assert kinds[-3:] == [Kind.PREFLIGHT_TRANSCRIPT, Kind.FINAL_TRANSCRIPT, Kind.END_OF_SPEECH]
    final, preflight = events[-2].alternatives[0], events[-3].alternatives[0]
    assert final.text == preflight.text == "Can you help me with my homework?"
    assert 0.4 < final.start_time < 0.7 < 1.5 < final.end_time < 3.0
    assert final.confidence > 0.8


async def test_a_recorded_question(recogniser, question, listen) -> None:
    events = await listen(recogniser, question("ocean"))
    assert events[-2].alternatives[0].text == "Tell me something about the ocean."


async def test_silence_says_nothing(recogniser, listen) -> None:
    assert await listen(recogniser, np.zeros(3 * MODEL_RATE, np.int16)) == []


async def test_the_final_words_cost_nothing_after_the_pause(moonshine, speech, listen) -> None:
    """The end of a turn is told with the words of the pause before it."""
    calls = []

    class Counting:
        name, provider = moonshine.name, moonshine.provider

        def transcribe(self, pcm):
            calls.append(len(pcm))
            return moonshine.transcribe(pcm)

    async with MoonshineSTT(Counting(), pace=Pace(interim_s=60)) as recogniser:
        events = await listen(recogniser, speech("Please repeat that."))
    assert [event.type for event in events].count(Kind.FINAL_TRANSCRIPT) == 1
    assert len(calls) == 1


async def test_an_utterance_ends_by_itself_where_nobody_asks(recogniser, speech, listen) -> None:
    pcm = np.concatenate([speech("Is it going to rain?"), np.zeros(2 * MODEL_RATE, np.int16)])
    events = await listen(recogniser, pcm, flush=False)
    assert events[-1].type is Kind.END_OF_SPEECH


async def test_streamed_and_whole_agree(recogniser, speech, listen, frames) -> None:
    pcm = speech("What is the weather like today?")
    whole = await recogniser.recognize(frames(pcm))
    streamed = (await listen(recogniser, pcm))[-2]
    assert whole.alternatives[0].text == streamed.alternatives[0].text


async def test_other_rates_are_resampled(recogniser, speech, frames) -> None:
    resampler = rtc.AudioResampler(MODEL_RATE, 48_000)
    loud = [frame for piece in frames(speech("What is your name?")) for frame in resampler.push(piece)]
    async with recogniser.stream() as stream:
        for frame in loud:
            stream.push_frame(frame)
        stream.end_input()
        events = [event async for event in stream]
    assert events[-2].alternatives[0].text == "What is your name?"


async def test_closing_in_mid_sentence_leaves_nothing_behind(recogniser, speech, frames) -> None:
    before = len(asyncio.all_tasks())
    stream = recogniser.stream()
    for frame in frames(speech("I would like to know more about the moon."))[:60]:
        stream.push_frame(frame)
    await stream.aclose()
    assert len(asyncio.all_tasks()) == before
