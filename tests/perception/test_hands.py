import numpy as np
import pytest
from tests.perception.made import SIZE, body

from visavis.perception.hands import HOLDS_MS, Hands, hand_up


def after(seconds: float, pose, step_ms: int = 100, hands: Hands | None = None) -> Hands:
    hands = hands or Hands()
    for now_ms in range(0, round(seconds * 1000), step_ms):
        hands.see_body(pose(now_ms / 1000), SIZE, now_ms)
    return hands


def test_a_hand_above_the_shoulders_is_raised() -> None:
    assert after(1, lambda _: body(height=0.3)).raised.state is True
    assert after(1, lambda _: body(height=-1.5)).raised.state is False


@pytest.mark.parametrize(
    "rests",
    [
        body(x=0.05, height=0.1),  # at the chin
        body(height=0.3, sure=0.2),  # not seen
        body(x=2.0, height=0.3),  # outside the picture
    ],
)
def test_a_hand_at_the_face_or_out_of_sight_is_not(rests: np.ndarray) -> None:
    assert after(1, lambda _: rests).raised.state is False and not hand_up(rests, SIZE)


@pytest.mark.parametrize("hertz", [1.0, 2.0, 3.0])
def test_a_hand_that_goes_to_and_fro_waves(hertz: float) -> None:
    hands = after(2, lambda t: body(x=0.9 + 0.12 * np.sin(2 * np.pi * hertz * t), height=0.1))
    assert hands.wave.state is True


def test_a_hand_that_is_held_up_shakes_a_little_or_hangs_does_not_wave() -> None:
    for pose in (
        lambda t: body(x=0.9 + 0.02 * np.sin(12 * t), height=0.4),
        lambda t: body(x=0.9 + 0.2 * np.sin(12 * t), height=-1.2),
    ):
        assert after(2, pose).wave.state is False


def test_three_bodies_a_second_do_not_tell_a_wave() -> None:
    assert after(4, lambda t: body(x=0.9 + 0.15 * np.sin(2 * np.pi * t), height=0.4), 333).wave.state is False


def test_a_body_that_is_gone_is_unknown_after_a_while() -> None:
    hands = after(1, lambda _: body(height=0.3))
    hands.miss_body(1000 + HOLDS_MS // 2)
    assert hands.raised.state is True
    hands.miss_body(1000 + HOLDS_MS)
    assert hands.raised.state is None and hands.wave.state is None
