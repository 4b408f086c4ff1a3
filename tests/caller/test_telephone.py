"""A call as it was at the telephone: its own sound, each line where it really was."""

import numpy as np
import pytest

from visavis.caller.speech import Line
from visavis.caller.take import BLOCK, Said, Take
from visavis.caller.telephone import BLOCK_S, at_rate, by_the_phone
from visavis_models.spec import ROOM_RATE

RATE = 8000


def talk(seconds: float, seed: int) -> np.ndarray:
    """Something like words: noise that comes and goes."""
    chance = np.random.default_rng(seed)
    loud = np.repeat(chance.uniform(0.0, 0.4, int(seconds * 10)), RATE // 10)
    return (loud * chance.standard_normal(len(loud)) * 0.3).astype(np.float32)


class Phone:
    rate = RATE

    def __init__(self, heard: np.ndarray, said: np.ndarray) -> None:
        self._heard, self._said = heard, said

    def heard(self) -> tuple[np.ndarray, int]:
        return self._heard, RATE

    def said(self) -> tuple[np.ndarray, int]:
        return self._said, RATE


def test_lines_are_found_in_what_was_sent() -> None:
    words = talk(1.5, 1)
    sent = np.zeros(8 * RATE, np.float32)
    sent[int(3.24 * RATE) :][: len(words)] = words
    line = Line.of("words.wav", at_rate(words, RATE, ROOM_RATE))
    said = Said(line, 0, interrupts=False)
    said.leaves += [103.0 + k * BLOCK_S for k in range(-(-len(line.pcm) // BLOCK))]  # 240 ms before it was sent
    take = Take("sip_1", said=[said])
    by_the_phone(take, Phone(talk(8.0, 2), sent), 100.0)
    assert take.said[0].start_s == pytest.approx(103.24, abs=0.011)
    assert sum(len(block) for _, block in take.heard) == 8 * ROOM_RATE
    assert (take.heard[0][0], take.ended_s) == (pytest.approx(100.01), pytest.approx(108.0))


def test_a_call_without_a_word_is_one_too() -> None:
    take = Take("sip_1")
    by_the_phone(take, Phone(np.zeros(0, np.float32), np.zeros(0, np.float32)), 100.0)
    assert not take.began and "picture" in take.remarks[0]


def test_speech_keeps_its_shape_at_another_rate() -> None:
    t = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * t).astype(np.float32)
    back = at_rate(at_rate(tone, RATE, ROOM_RATE), ROOM_RATE, RATE)
    assert len(back) == RATE
    np.testing.assert_allclose(back[200:-200], tone[200:-200], atol=2e-3)
