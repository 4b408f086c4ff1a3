"""Emotions by name and strength."""

import numpy as np
import pytest

from visavis_models.errors import InputError
from visavis_models.serve.emotion import EMOTIONS, FRIENDLY, emotion_vector, parse_emotion


@pytest.mark.parametrize(
    ("text", "emotion"),
    [("", {}), ("happy:0.6", {"happy": 0.6}), (" happy:0.2 , calm ", {"happy": 0.2, "calm": 1.0})],
)
def test_emotions_are_read_from_text(text: str, emotion: dict[str, float]) -> None:
    assert parse_emotion(text) == emotion


@pytest.mark.parametrize(("text", "words"), [("happy:lots", "lots"), ("happy:2", "0..1"), ("bored", "known are happy")])
def test_what_is_no_emotion_is_named(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_emotion(text)


def test_a_vector_has_its_strengths_in_order() -> None:
    vector = emotion_vector(parse_emotion(FRIENDLY))
    assert vector[EMOTIONS.index("happy")] == np.float32(0.4) and vector.sum() == np.float32(0.4)
