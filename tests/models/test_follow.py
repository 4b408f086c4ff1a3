from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from visavis_models.serve.fit import K, Pose, Shape
from visavis_models.serve.follow import (
    PITCH_SEEN,
    REST_MOST,
    Follower,
    Person,
    at_rest,
    calm,
    mean_face,
)
from visavis_models.serve.head import Head
from visavis_models.serve.rotation import rotation
from visavis_models.spec import INDEX, ROTATION

FACE = np.random.default_rng(2).normal(0, 40, (478, 3)) + 200

SeenOf = Callable[[Shape, Pose, np.ndarray], np.ndarray]


def test_mean_of_one_face_seen_from_anywhere_is_that_face() -> None:
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    faces = np.stack([FACE, FACE @ turn * 1.3 + 5, FACE @ turn.T * 0.7 - 9])
    assert np.allclose(mean_face(faces), FACE)


def test_calm_pictures_have_closed_lips() -> None:
    faces = np.repeat(FACE[None], 30, 0)
    faces[10:, 14, 1] = faces[10:, 13, 1] + 40
    faces[:10, 14] = faces[:10, 13]
    faces[3] = np.nan
    chosen = set(calm(faces).tolist())
    assert {0, 1, 2, 4, 5, 6, 7, 8, 9} <= chosen and 3 not in chosen


def test_a_calm_face_is_where_weights_begin_and_a_pitch_is_more_than_is_seen_of_it(seen_of: SeenOf) -> None:
    shape, weights = Shape.of(Head.load(), np.zeros(1)), np.zeros(K)
    weights[INDEX["browInnerUp"]] = 0.4
    rest = Pose(rotation(0.05, 0.1, 0.0).astype(np.float64), np.array([250.0, 240.0, 3.0]), 12.0)
    follower = Follower(Person(shape, rest, weights))
    for _ in range(3):
        row = follower.row(seen_of(shape, rest, weights))
    assert np.abs(row[:K] - weights).max() < 0.03 and row[ROTATION] == pytest.approx([0.0, 0.1, 0.0], abs=0.01)
    assert follower.misfit(seen_of(shape, rest, weights)) < 1e-3
    moved = weights.copy()
    moved[[INDEX["jawOpen"], INDEX["browInnerUp"]]] = 0.4, 0.7
    bowed = replace(rest, turn=rotation(0.05 + 0.1 * PITCH_SEEN, 0.1, 0.0).astype(np.float64))
    for _ in range(4):
        row = follower.row(seen_of(shape, bowed, moved))
    assert row[INDEX["jawOpen"]] == pytest.approx(0.4, abs=0.08)
    assert row[INDEX["browInnerUp"]] == pytest.approx(0.7, abs=0.15)
    assert row[ROTATION] == pytest.approx([0.1, 0.1, 0.0], abs=0.02)


def test_rest_is_no_more_than_faces_at_rest_show() -> None:
    weights = np.zeros(K)
    weights[[INDEX["mouthSmileLeft"], INDEX["browInnerUp"]]] = 0.8, 0.3
    rest = at_rest(weights)
    assert rest[INDEX["mouthSmileLeft"]] == REST_MOST["mouthSmile"] and rest[INDEX["browInnerUp"]] == 0.3


def test_calm_pictures_have_brows_as_usual() -> None:
    faces = np.repeat(FACE[None], 30, axis=0)
    faces[:14, [105, 334], 1] -= 15  # raised
    faces[5, 14] = faces[5, 13]
    assert (calm(faces)[1:] >= 14).all()
