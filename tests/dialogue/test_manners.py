"""Greeting, a wave answered, and a voice that waits: the rules, driven by hand."""

from __future__ import annotations

from visavis.dialogue.manners import (
    AWAY_S,
    FIRST_S,
    GIVE_UP_S,
    PAUSE_AFTER_S,
    REMARK_EVERY_S,
    REMARKS,
    WITHIN_S,
    Act,
    Manners,
)


def ask(manners: Manners, now: float, *, agent: bool = False, user: bool = False) -> Act | None:
    return manners.rule(now, agent_speaks=agent, user_speaks=user)


def leave(manners: Manners, now: float) -> None:
    manners.cue("present", False, now)
    manners.cue("away", True, now)


def come(manners: Manners, now: float) -> None:
    manners.cue("present", True, now)
    manners.cue("away", False, now)


def met(**wanted: bool) -> Manners:
    """Somebody is there from the beginning, and was greeted."""
    manners = Manners(0.0, **wanted)
    come(manners, 1.0)
    return manners


def test_who_is_there_at_the_beginning_is_greeted_by_the_greeting_alone() -> None:
    assert ask(met(), 1.0) is None


def test_who_comes_into_view_later_is_greeted_once() -> None:
    manners, now = Manners(0.0), FIRST_S + 1
    come(manners, now)
    assert ask(manners, now) is Act.GREET
    assert ask(manners, now) is None


def test_presence_that_blinks_is_no_return() -> None:
    manners = met()
    leave(manners, 20.0)
    come(manners, 20.0 + AWAY_S - 1)
    assert ask(manners, 20.0 + AWAY_S - 1) is None


def test_who_was_away_is_welcomed_back() -> None:
    manners = met()
    leave(manners, 20.0)
    assert manners.away
    come(manners, 21.0 + AWAY_S)
    assert ask(manners, 21.0 + AWAY_S) is Act.WELCOME and not manners.away


def test_nobody_who_was_never_seen_has_left_or_comes_back() -> None:
    manners, now = Manners(0.0), AWAY_S + 2
    manners.cue("away", True, 0.5)
    assert ask(manners, 0.6 + PAUSE_AFTER_S, agent=True) is None and not manners.away
    come(manners, now)
    assert now < FIRST_S and ask(manners, now) is None


def test_a_camera_that_is_switched_off_and_on_is_nobody_leaving() -> None:
    manners = met()
    manners.cue("present", False, 20.0)
    assert not manners.away
    come(manners, 100.0)
    assert ask(manners, 100.0) is None and manners.due() is None


def test_a_remark_waits_for_a_pause_and_is_dropped_when_none_comes() -> None:
    for wait_s, act in ((WITHIN_S - 0.5, Act.WAVE), (WITHIN_S + 0.5, None)):
        manners = met()
        manners.cue("wave", True, 20.0)
        assert ask(manners, 20.0, agent=True) is None
        assert ask(manners, 20.1, user=True) is None
        assert ask(manners, 20.0 + wait_s) is act


def test_remarks_are_far_apart() -> None:
    manners = met()
    for now, act in ((20.0, Act.WAVE), (21.0, None), (20.0 + REMARK_EVERY_S, Act.WAVE)):
        manners.cue("wave", True, now)
        assert ask(manners, now) is act


def test_the_voice_waits_for_who_leaves_and_goes_on_when_they_are_back() -> None:
    manners = met()
    leave(manners, 20.0)
    assert ask(manners, 20.0, agent=True) is None
    assert manners.due() == 20.0 + PAUSE_AFTER_S
    assert ask(manners, manners.due(), agent=True) is Act.PAUSE
    come(manners, 40.0)
    assert ask(manners, 40.0, agent=True) is Act.RESUME
    assert ask(manners, 41.0) is None  # the voice that goes on is the welcome


def test_who_speaks_from_beside_the_picture_is_there() -> None:
    manners = met()
    leave(manners, 20.0)
    assert ask(manners, 20.0 + PAUSE_AFTER_S, agent=True) is Act.PAUSE
    assert ask(manners, 25.0, agent=True, user=True) is Act.RESUME
    assert ask(manners, 26.0, agent=True) is None  # and is not waited for again


def test_a_camera_that_goes_dark_holds_no_voice() -> None:
    manners = met()
    leave(manners, 20.0)
    assert ask(manners, 20.0 + PAUSE_AFTER_S, agent=True) is Act.PAUSE
    manners.cue("away", False, 22.0)
    assert ask(manners, 22.0, agent=True) is Act.RESUME


def test_a_voice_does_not_wait_for_ever() -> None:
    manners = met()
    leave(manners, 20.0)
    assert ask(manners, 20.0 + PAUSE_AFTER_S, agent=True) is Act.PAUSE
    assert manners.due() == 20.0 + PAUSE_AFTER_S + GIVE_UP_S
    assert ask(manners, manners.due(), agent=True) is Act.GIVE_UP
    come(manners, 90.0)
    assert ask(manners, 90.0) is Act.WELCOME


def test_a_voice_that_begins_while_they_are_away_is_heard() -> None:
    manners = met()
    leave(manners, 20.0)
    assert ask(manners, 20.0 + PAUSE_AFTER_S) is None
    assert ask(manners, 30.0, agent=True) is None and manners.due() is None


def test_each_can_be_switched_off() -> None:
    manners = Manners(0.0, greet=False, wave=False, pause=False)
    come(manners, FIRST_S + 1)
    manners.cue("wave", True, FIRST_S + 1)
    assert ask(manners, FIRST_S + 1) is None
    leave(manners, 30.0)
    assert ask(manners, 40.0, agent=True) is None
    come(manners, 60.0)
    assert ask(manners, 60.0) is None


def test_every_remark_has_words() -> None:
    assert set(REMARKS) == {Act.GREET, Act.WELCOME, Act.WAVE} and all(all(words) for words in REMARKS.values())
