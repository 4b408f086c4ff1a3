"""The ladder, driven by hand."""

from __future__ import annotations

from visavis.avatar.ladder import CALM, LONGEST_CALM, MOST_MISSED, SETTLE, SETTLE_FIRST, WINDOW, Ladder


def settled(steps: int) -> Ladder:
    """One that looks at the next frame."""
    ladder = Ladder(steps)
    for _ in range(SETTLE_FIRST):
        assert ladder.saw(True) == 0
    return ladder


def fall(ladder: Ladder) -> None:
    """Miss frames until it steps down."""
    for _ in range(SETTLE + WINDOW):
        if ladder.saw(True) == 1:
            return
    raise AssertionError("it did not step down")


def rise(ladder: Ladder, most: int = LONGEST_CALM + SETTLE + 1) -> int:
    """Show frames in time until it steps up; how many."""
    for k in range(most):
        if ladder.saw(False) == -1:
            return k + 1
    raise AssertionError("it did not step up")


def test_a_hiccup_now_and_then_is_no_reason() -> None:
    ladder = settled(3)
    for k in range(2000):
        assert ladder.saw(k % (WINDOW // (MOST_MISSED - 1) + 1) == 0) == 0
    assert ladder.place == 0


def test_many_missed_in_a_second_are_a_step_down_and_the_count_begins_afresh() -> None:
    ladder = settled(3)
    steps = [ladder.saw(True) for _ in range(SETTLE + MOST_MISSED * 2)]
    assert [k for k, step in enumerate(steps) if step] == [MOST_MISSED - 1, SETTLE + MOST_MISSED * 2 - 1]
    assert ladder.place == 2


def test_the_last_place_is_the_last() -> None:
    ladder = settled(2)
    assert sum(ladder.saw(True) for _ in range(100)) == 1 and ladder.place == 1


def test_ten_seconds_of_calm_are_a_step_up() -> None:
    ladder = settled(3)
    fall(ladder)
    fall(ladder)
    assert rise(ladder) == SETTLE + CALM
    assert rise(ladder) == CALM
    assert ladder.place == 0 and all(ladder.saw(False) == 0 for _ in range(2 * CALM))


def test_calm_is_not_what_still_misses() -> None:
    ladder = settled(2)
    fall(ladder)
    assert all(ladder.saw(k % 20 == 0) == 0 for k in range(2 * CALM))


def test_a_try_that_fails_makes_the_next_wait_twice_as_long() -> None:
    ladder = settled(2)
    fall(ladder)
    waits = []
    for _ in range(6):
        waits.append(rise(ladder))
        fall(ladder)
    assert waits == [SETTLE + min(CALM * 2**k, LONGEST_CALM) for k in range(6)]


def test_a_try_that_lasted_is_forgotten() -> None:
    ladder = settled(2)
    fall(ladder)
    rise(ladder)
    fall(ladder)  # at once: the next waits longer
    rise(ladder)
    for _ in range(CALM):
        ladder.saw(False)
    fall(ladder)
    assert rise(ladder) == SETTLE + CALM
