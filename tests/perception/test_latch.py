import pytest

from visavis.perception.latch import Latch, Threshold

STEP_MS = 200
LEVELS = Threshold(on=0.6, off=0.35, on_after_ms=500, off_after_ms=400)


@pytest.mark.parametrize("level", [0.4, 0.5, 0.59])
def test_between_its_thresholds_a_latch_stays_as_it_is(level: float) -> None:
    low, high = Latch(LEVELS), Latch(LEVELS)
    for now_ms in range(0, 2000, STEP_MS):
        low.update(0.0, now_ms), high.update(1.0, now_ms)
    for now_ms in range(2000, 4000, STEP_MS):
        low.update(level, now_ms), high.update(level, now_ms)
    assert low.state is False and high.state is True


def test_a_latch_does_not_flicker() -> None:
    latch = Latch(Threshold(on=0.5, off=0.4, on_after_ms=400, off_after_ms=400))
    states = {latch.update(float(index % 2), index * STEP_MS) for index in range(50)}
    assert len(states - {None}) <= 1


def test_what_is_forgotten_is_unknown() -> None:
    latch = Latch(LEVELS)
    for now_ms in range(0, 2000, STEP_MS):
        latch.update(1.0, now_ms)
    latch.forget()
    assert latch.state is None and latch.update(1.0, 2000) is None
