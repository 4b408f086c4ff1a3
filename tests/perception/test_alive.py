import numpy as np
from tests.perception.made import face

from visavis.perception.alive import STILL_MS, Alive
from visavis.perception.measures import measure

STEP_MS = 67


def state_after(seconds: float, alive: Alive, start_ms: int = 0, **measures: object) -> bool | None:
    """What is known after a face whose measures are numbers or functions of the time."""
    for now_ms in range(start_ms, start_ms + round(seconds * 1000), STEP_MS):
        values = {name: value(now_ms / 1000) if callable(value) else value for name, value in measures.items()}
        alive.update(measure(face(**values)), now_ms)
    return alive.state


def test_nothing_is_known_until_it_moves_or_has_been_still_for_long() -> None:
    alive = Alive()
    assert state_after(STILL_MS / 1000 - 1, alive) is None
    assert state_after(2, alive, STILL_MS - 1000) is False
    assert state_after(1, alive, STILL_MS + 1000, lids=lambda t: 0.05) is True


def test_a_blink_and_a_moving_mouth_are_signs_of_life() -> None:
    assert state_after(1, Alive(), lids=lambda t: 0.05 if 0.4 < t < 0.55 else 0.3) is True
    assert state_after(1, Alive(), opening=lambda t: 0.1 * t) is True
    assert state_after(1, Alive(), width=lambda t: 0.5 + 0.1 * t) is True


def test_a_photograph_that_is_moved_and_turned_is_none() -> None:
    assert state_after(20, Alive(), yaw_deg=lambda t: 15 * np.sin(t), near=lambda t: 1 + 0.2 * np.sin(3 * t)) is False
