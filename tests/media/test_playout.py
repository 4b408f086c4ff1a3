"""The played-sample clock, driven by hand."""

from visavis.media.playout import STEP_US, PlayoutClock

LIMIT = 2400  # 50 ms
PUSH = 960  # 20 ms


def fed(ms: int, delay_us: int = 400) -> PlayoutClock:
    """A clock whose queue was fed for `ms`: steps at 0, 10, 20 ms ..., answers `delay_us` late."""
    clock = PlayoutClock(LIMIT)
    for _ in range(3):
        clock.push(PUSH, 0)
        clock.answered(delay_us if clock.pushed <= LIMIT else 10_000 + delay_us)
    for at_ms in range(10, ms, 20):
        clock.push(PUSH, at_ms * 1000 + delay_us)
        clock.answered((at_ms + 20) * 1000 + delay_us)
    return clock


def test_a_position_leaves_when_the_queue_has_come_to_it() -> None:
    clock = fed(1000)
    # at 10 ms the queue had come down from 60 to 50 ms: 10 ms of sound were gone
    assert abs(clock.leaves_us(480) - 10_000) < 500
    assert abs(clock.played(500_400) - 24_000) < 50


def test_late_answers_do_not_move_the_clock() -> None:
    clock = fed(1000)
    before = clock.leaves_us(48_000)
    clock.push(PUSH, 1_010_400)
    clock.answered(1_060_000)
    assert clock.leaves_us(48_000) == before


def test_never_more_has_played_than_was_pushed() -> None:
    clock = fed(200)
    assert clock.played(10_000_000) == clock.pushed


def test_a_queue_that_ran_dry_shifts_the_rest() -> None:
    clock = fed(400)
    end = clock.pushed
    dry_us = clock.leaves_us(end)
    clock.push(PUSH, dry_us + 80_000)
    assert clock.underruns == 1
    assert clock.leaves_us(end) == dry_us + 80_000


def test_a_cut_frees_what_has_not_left() -> None:
    clock = fed(400)
    now_us = clock.leaves_us(14_500)
    pushed = clock.pushed
    position = clock.cut(now_us)
    assert position == clock.pushed == 14_400 < pushed  # where a step begins
    assert clock.leaves_us(position) <= now_us + STEP_US


def test_after_a_cut_the_answers_lead_again() -> None:
    clock = fed(400)
    position = clock.cut(clock.leaves_us(14_410))
    step_us = 310_400  # the next step finds nothing, the one after it the first new sample
    for _ in range(3):
        clock.push(PUSH, step_us)
    clock.answered(step_us + STEP_US)
    assert abs(clock.leaves_us(position) - step_us) < 1000
