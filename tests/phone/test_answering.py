"""A person or a machine, on synthesised sound: our own voice over a telephone's 8 kHz, pauses and beeps."""

from collections.abc import Callable

import numpy as np
import pytest

from visavis.dialogue.hibari_voice import HibariVoice
from visavis.media.resample import Resampler
from visavis.phone.answering import RATE, AnswerDetector, Answerer, tone_of
from visavis_models.spec import SPEECH_RATE

Sound = np.ndarray


def quiet(seconds: float) -> Sound:
    return 0.001 * np.random.default_rng(1).standard_normal(int(seconds * RATE)).astype(np.float32)


def beep(hz: float, seconds: float = 0.4) -> Sound:
    return (0.2 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def say() -> Callable[[str], Sound]:
    """Our own voice, as a telephone carries it."""
    voice = HibariVoice()
    return lambda text: 0.5 * Resampler(SPEECH_RATE, RATE).push(voice.say(text).pcm)


def verdict(*parts: Sound) -> Answerer:
    detector, whole = AnswerDetector(), np.concatenate(parts)
    for start in range(0, len(whole), 500):
        detector.push(whole[start : start + 500])
    return detector.verdict


@pytest.mark.parametrize("text", ["Hello?", "Yes, Miller speaking.", "Good morning, who is there?"])
def test_a_person_says_a_word_and_waits(say: Callable[[str], Sound], text: str) -> None:
    assert verdict(quiet(0.5), say(text), quiet(1.5)) is Answerer.PERSON


def test_a_machine_talks_on(say: Callable[[str], Sound]) -> None:
    greeting = say(
        "You have reached the mailbox of Anna Miller. Please leave a message after the tone, with your name."
    )
    assert verdict(quiet(0.5), greeting) is Answerer.MACHINE


@pytest.mark.parametrize("hz", [440.0, 1000.0, 1400.0])
def test_a_machine_of_few_words_beeps(say: Callable[[str], Sound], hz: float) -> None:
    assert verdict(quiet(0.3), say("Leave a message."), quiet(0.8)) is Answerer.PERSON
    assert verdict(quiet(0.3), say("Leave a message."), quiet(0.8), beep(hz)) is Answerer.MACHINE


def test_nothing_heard_is_unknown() -> None:
    click = np.full(200, 0.5, np.float32)
    assert verdict(quiet(5)) is Answerer.UNKNOWN and verdict(quiet(1), click, quiet(2)) is Answerer.UNKNOWN


def test_a_tone_is_told_from_a_voice(say: Callable[[str], Sound]) -> None:
    assert abs(tone_of(beep(1000)[:320]) - 1000) < 30 and tone_of(beep(3000)[:320]) == 0
    assert tone_of(quiet(0.04)) == 0
