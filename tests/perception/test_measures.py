import numpy as np
import pytest
from tests.perception.made import face

from visavis.perception.measures import FaceMeasures, measure
from visavis.perception.rest import (
    Rest,
    closure_score,
    frown_score,
    nearness,
    smile_score,
    surprise_score,
    tilt_deg,
    turn_score,
)

REST = Rest.of([measure(face())] * 5)


def test_the_made_face_measures_as_told() -> None:
    told = measure(face(width=0.6, lift=0.03, opening=0.1, lids=0.2, brows=0.35, yaw_deg=30, near=0.5))
    expected = FaceMeasures(30, 0, 0, 0.6, 0.03, 0.1, 0.2, 0.35, 50)
    assert np.allclose(list(vars(told).values()), list(vars(expected).values()), atol=1e-3)
    turned = measure(face(pitch_deg=12)), measure(face(roll_deg=-9))
    assert turned[0].pitch_deg == pytest.approx(12, abs=0.01) and turned[1].roll_deg == pytest.approx(-9, abs=0.01)


@pytest.mark.parametrize(
    ("score", "rest", "one"),
    [
        (smile_score, 0, {"width": 0.62, "lift": 0.05}),
        (frown_score, 0, {"brows": 0.27, "lift": -0.03}),
        (surprise_score, 0, {"brows": 0.355, "lids": 0.35}),
        (closure_score, 0, {"lids": 0.0}),
        (turn_score, 0, {"yaw_deg": 28}),
        (turn_score, 0, {"pitch_deg": -22}),
        (tilt_deg, 0, {"roll_deg": 1}),
        (nearness, 1, {"near": 1.0}),
    ],
)
def test_scores_at_rest_and_at_their_mark(score, rest: float, one: dict[str, float]) -> None:
    assert score(measure(face()), REST) == pytest.approx(rest, abs=1e-3)
    assert score(measure(face(**one)), REST) == pytest.approx(1.0, abs=1e-2)


def test_one_part_of_a_frown_is_half_of_it_at_most() -> None:
    assert frown_score(measure(face(brows=0.2, lift=0.05)), REST) <= 0.5
    assert surprise_score(measure(face(brows=0.4)), REST) <= 0
