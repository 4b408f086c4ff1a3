"""The words' share in the end of a turn."""

from __future__ import annotations

import pytest
from livekit.agents import LanguageCode

from visavis.dialogue.turn_end import DANGLING, FRAGMENT, QUESTION, SENTENCE, TurnEnd, Words, bar


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("How are you?", QUESTION),
        ("Who are they?", QUESTION),
        ("Tell me something about the ocean.", SENTENCE),
        ("Yes.", FRAGMENT),
        ("", FRAGMENT),
        ("First of all,", FRAGMENT),
        ("I went to the shop because.", DANGLING),
        ("My name is Peter and.", DANGLING),
        ("What is the?", DANGLING),
    ],
)
def test_bar(text, level) -> None:
    assert bar(text) == level


async def test_the_detector_is_local_and_asks_the_words() -> None:
    words = Words()
    detector = TurnEnd(words)
    assert detector.model == "turn-detector-v1-mini"
    for words.text in ("How are you?", "I went because"):
        assert await detector.unlikely_threshold(LanguageCode("en")) == bar(words.text)
    stream = detector.stream()
    words.text = "How are you?"
    assert await stream.unlikely_threshold(LanguageCode("en")) == QUESTION
    await stream.aclose()
