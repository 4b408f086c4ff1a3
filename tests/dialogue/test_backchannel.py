"""What only says "go on"."""

from __future__ import annotations

import pytest

from visavis.dialogue.backchannel import BEHIND_LIPS_S, is_backchannel


@pytest.mark.parametrize("text", ["Mm-hmm.", "Mhm", "Yeah.", "Uh-huh.", "Oh, okay.", "I see.", "Right, right."])
def test_backchannels(text) -> None:
    assert is_backchannel(text, 0.8, 0.9)


@pytest.mark.parametrize("text", ["Stop.", "No.", "Wait.", "Stop, please.", "Yeah, but why?", ""])
def test_turns(text) -> None:
    assert not is_backchannel(text, 0.7, 0.95)


def test_a_murmur_is_known_by_the_recognisers_doubt() -> None:
    assert is_backchannel("And I'm um", 0.5, 0.56)
    assert not is_backchannel("And I'm um", 1.5, 0.56)
    assert not is_backchannel("Stop now", 0.5, 0.9)


def test_a_long_yes_is_an_answer() -> None:
    assert not is_backchannel("Yeah, yeah, yeah, yeah.", 2.0, 0.9)


def test_a_nod_says_that_an_unsure_word_was_a_murmur() -> None:
    heard = ("Mother.", 1.0, 0.8)
    assert is_backchannel(*heard, nodded=True) and not is_backchannel(*heard)
    assert not is_backchannel("Stop.", 0.5, 0.99, nodded=True)
    assert not is_backchannel("Wait, stop this now please.", 1.0, 0.5, nodded=True)


def test_what_is_heard_while_the_lips_are_closed_is_somebody_else_unless_it_asks_to_stop() -> None:
    heard = ("Did you see the game last night?", 1.6, 0.95)
    assert is_backchannel(*heard, behind_lips=True) and not is_backchannel(*heard)
    assert not is_backchannel("Stop.", 0.5, 0.95, behind_lips=True)
    assert not is_backchannel(heard[0], BEHIND_LIPS_S + 0.1, 0.95, behind_lips=True)


def test_a_short_word_that_asks_to_stop_is_no_murmur_however_unsure() -> None:
    assert not is_backchannel("Excuse me,", 0.5, 0.3) and not is_backchannel("Wait.", 0.3, 0.2)
    assert is_backchannel("No.", 0.3, 0.5)  # which recognisers make of a hum
