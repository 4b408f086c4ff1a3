import numpy as np
import pytest

from visavis_models.serve.regressor import N_FEATURES, OTHERS, TARGETS, Regressor, features, targets
from visavis_models.spec import INDEX, N_MOTION

FACE = np.random.default_rng(3).normal(0, 40, (478, 3)) + 200


def test_features_know_no_place_and_no_size_and_tell_roll_apart() -> None:
    sine, cosine = np.sin(0.2), np.cos(0.2)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    moved = 1.7 * FACE @ turn.T + np.array([30.0, -12.0, 5.0])
    before, after = features(FACE), features(moved)
    assert before.shape == (N_FEATURES,)
    assert after[:-1] == pytest.approx(before[:-1]) and after[-1] - before[-1] == pytest.approx(0.2)


def test_a_face_at_rest_is_told_at_rest_and_weights_are_weights() -> None:
    regressor = Regressor.load()
    told = regressor(np.zeros(N_FEATURES))
    assert not any(told.brows.values()) and not any(told.others.values()) and not told.turn.any()
    wild = regressor(np.random.default_rng(0).normal(0, 1, N_FEATURES))
    assert all(0 <= value <= 1 for value in (*wild.brows.values(), *wild.others.values()))
    assert set(wild.others) == set(OTHERS)


def test_lowered_brows_are_learned_as_less_than_none() -> None:
    rows = np.zeros((2, N_MOTION))
    rows[0, INDEX["browDownLeft"]], rows[1, INDEX["browInnerUp"]], rows[1, INDEX["headYaw"]] = 0.6, 0.3, 0.1
    low, high = (dict(zip(TARGETS, row, strict=True)) for row in targets(rows))
    assert low["innerLeft"] == low["outerLeft"] == -0.6 and low["innerRight"] == 0
    assert high["innerLeft"] == high["innerRight"] == 0.3 and high["outerLeft"] == 0 and high["headYaw"] == 0.1
