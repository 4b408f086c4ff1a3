import numpy as np
import pytest

from visavis.perception.swings import Swings


def counted(values: np.ndarray, step_ms: int = 50, **other: float) -> int:
    """The most swings of at least 4 and at most 30, each no longer than 600 ms."""
    swings = Swings(**({"least": 4.0, "most": 30.0, "longest_ms": 600, "gap_ms": 240} | other))  # type: ignore[arg-type]
    return max(swings.update(float(value), index * step_ms) for index, value in enumerate(values))


def wave(hertz: float, size: float, seconds: float = 2.0, step_ms: int = 50) -> np.ndarray:
    return size / 2 * np.sin(2 * np.pi * hertz * np.arange(0, seconds, step_ms / 1000))


@pytest.mark.parametrize("step_ms", [40, 67, 125, 200])
def test_swings_are_counted_at_any_rate(step_ms: int) -> None:
    assert counted(wave(1.2, 10, step_ms=step_ms), step_ms) >= 4


def test_small_slow_and_huge_ones_make_no_row() -> None:
    assert counted(wave(2, 3.5)) == 0
    assert counted(wave(0.4, 12, 8)) <= 2
    assert counted(wave(1.2, 80)) <= 2


def test_a_pause_ends_the_row() -> None:
    one = np.r_[np.linspace(0, 8, 5), np.full(20, 8.0)]
    assert counted(np.r_[one, one[::-1], one, one[::-1]]) == 1


def test_across_a_gap_nothing_is_counted() -> None:
    assert counted(wave(0.9, 10, 8, 250), 250) == 0


def test_a_step_is_one_swing() -> None:
    assert counted(np.r_[np.zeros(10), np.full(30, 9.0)]) == 1
