"""The chair's rules, by hand."""

import pytest

from visavis.dialogue.chair import MOST_WORDS, PATIENCE_S, THOUGHT_TIMES, Chair, Ruling, repeated, shortened


def test_a_long_silence_is_ended_by_the_one_who_asks_first() -> None:
    asks, tells = Chair("asks", 0.0), Chair("tells", 0.0)
    assert [asks.rule(7.9), tells.rule(8.1), asks.rule(8.1)] == [Ruling.GO_ON, Ruling.GO_ON, Ruling.OPEN]
    assert asks.rule(8.2) is Ruling.GO_ON
    assert tells.rule(12.1) is Ruling.OPEN


def test_a_voice_is_no_silence() -> None:
    chair = Chair("asks", 0.0)
    chair.heard(True, 1.0)
    assert chair.rule(60.0) is Ruling.GO_ON
    chair.heard(False, 60.0)
    assert chair.rule(67.0) is Ruling.GO_ON and chair.rule(68.5) is Ruling.OPEN


@pytest.mark.parametrize(("mine", "theirs", "yields"), [(2.0, 1.0, True), (1.0, 2.0, False)])
def test_who_began_later_yields(mine: float, theirs: float, yields: bool) -> None:
    chair = Chair("asks", 0.0)
    chair.spoke(True, mine)
    chair.heard(True, theirs)
    assert chair.rule(2.5) is Ruling.GO_ON
    assert (chair.rule(3.0) is Ruling.YIELD) is yields
    assert chair.rule(6.5) is Ruling.YIELD


def test_of_two_who_begin_together_one_yields() -> None:
    rulings = []
    for role in ("asks", "tells"):
        chair = Chair(role, 0.0)
        chair.spoke(True, 1.0)
        chair.heard(True, 1.1)
        rulings.append(chair.rule(2.5))
    assert rulings == [Ruling.GO_ON, Ruling.YIELD]


def test_a_reply_is_cut_after_a_sentence() -> None:
    text = " ".join(["One two three four five."] * 20)
    assert len(shortened(text).split()) == MOST_WORDS and shortened(text).endswith("five.")
    assert shortened("word " * 80).endswith("word.")
    assert shortened("Short.") == "Short."


def test_a_repeat_is_noticed() -> None:
    assert repeated("The moon pulls at the water!", ["Hello.", "the moon pulls at the water"])
    assert not repeated("The moon is far away.", ["The moon pulls at the water."])


@pytest.mark.parametrize("who", ["I", "partner"])
def test_who_thinks_is_given_longer_but_not_for_ever(who: str) -> None:
    chair = Chair("asks", 0.0)
    chair.thought(who, True)
    assert chair.rule(PATIENCE_S["asks"] + 0.1) is Ruling.GO_ON
    assert chair.rule(PATIENCE_S["asks"] * THOUGHT_TIMES + 0.1) is Ruling.OPEN


def test_a_thought_that_came_to_nothing_is_silence() -> None:
    chair = Chair("asks", 0.0)
    chair.thought("partner", True)
    chair.thought("partner", False)
    assert chair.rule(PATIENCE_S["asks"] + 0.1) is Ruling.OPEN
