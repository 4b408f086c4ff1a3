"""Ways from one pose to another."""

import numpy as np
import pytest

from visavis_models.serve.ease import Ease, minimum_jerk
from visavis_models.spec import FPS


def test_minimum_jerk_goes_from_rest_to_rest() -> None:
    way = np.array([minimum_jerk(u) for u in np.linspace(-0.5, 1.5, 201)])
    assert way[0] == 0.0 and way[-1] == 1.0 and minimum_jerk(0.5) == pytest.approx(0.5)
    assert (np.diff(way) >= 0).all() and np.abs(np.diff(way, 2)).max() < 0.002


@pytest.mark.parametrize("tau_s", [0.02, 0.13, 0.6])
def test_a_level_reaches_its_goal_without_going_beyond_and_rests_there(tau_s: float) -> None:
    ease = Ease(tau_s, tau_s)
    rise = [ease.next(0.7) for _ in range(round(15 * tau_s * FPS) + 5)]
    assert max(rise) == rise[-1] == 0.7 and (np.diff(rise) >= 0).all()
    fall = [ease.next(0.0) for _ in range(round(15 * tau_s * FPS) + 5)]
    assert min(fall) == fall[-1] == 0.0 and (np.diff(fall) <= 0).all()


def test_it_takes_as_long_as_its_equation_says() -> None:
    ease = Ease(0.4, 0.4)
    rise = [ease.next(1.0) for _ in range(FPS)]
    for at_s in (0.2, 0.4, 0.8):
        assert rise[round(at_s * FPS) - 1] == pytest.approx(1 - (1 + at_s / 0.4) * np.exp(-at_s / 0.4), abs=1e-6)


def test_a_goal_that_turns_bends_the_way_and_does_not_break_it() -> None:
    ease = Ease(0.3, 0.3)
    way = [ease.next(float(k < 6)) for k in range(FPS)]
    assert np.abs(np.diff(way, 2)).max() < 0.06
