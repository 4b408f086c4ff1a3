from dataclasses import replace

import numpy as np
import pytest

from visavis_models.serve.fit import K, Pose, Shape
from visavis_models.serve.follow import (
    PITCH_SEEN,
    REST_MOST,
    Follower,
    Person,
    add_gaze,
    at_frame_rate,
    at_rest,
    calm,
    follow,
    mean_face,
    smoothed,
)
from visavis_models.serve.head import Head
from visavis_models.serve.rotation import GAZE_IN, rotation
from visavis_models.spec import INDEX, N_MOTION, ROTATION

FACE = np.random.default_rng(2).normal(0, 40, (478, 3)) + 200


def test_rows_are_resampled_and_held() -> None:
    rows = np.repeat(np.arange(6.0)[:, None], N_MOTION, 1)
    times = np.arange(6) / 50  # 50 pictures a second
    assert at_frame_rate(rows, times, 3)[:, 0].tolist() == [0, 2, 4]
    rows[2:4] = np.nan  # nobody at 0.04 and 0.06 s
    assert at_frame_rate(rows, times, 4)[:, 0].tolist() == [0, 0, 4, 5]
    rows[:2] = np.nan
    assert at_frame_rate(rows, times, 1)[0, 0] == 4  # before the first face, its motion


def test_between_two_pictures_motion_is_between_them() -> None:
    rows = np.repeat(np.array([0.0, 3.0, 6.0])[:, None], N_MOTION, 1)
    assert np.allclose(at_frame_rate(rows, np.array([0.0, 0.03, 0.06]), 2)[1, 0], 4.0, atol=1e-3)


def test_smoothing_keeps_a_parabola_and_a_length() -> None:
    values = (np.arange(20.0) ** 2)[:, None]
    assert np.allclose(smoothed(values, 2)[2:-2], values[2:-2])


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


def seen_of(shape: Shape, pose: Pose, weights: np.ndarray) -> np.ndarray:
    """mediapipe's landmarks [478, 3] of a head of that pose and these weights."""
    landmarks = np.zeros((478, 3))
    landmarks[shape.landmarks] = pose.project(shape.at(weights)) * [1, 1, -1]
    return landmarks


def test_a_calm_face_is_where_weights_begin_and_a_pitch_is_more_than_is_seen_of_it() -> None:
    shape, weights = Shape.of(Head.load(), np.zeros(1)), np.zeros(K)
    weights[INDEX["browInnerUp"]] = 0.4
    rest = Pose(rotation(0.05, 0.1, 0.0).astype(np.float64), np.array([250.0, 240.0, 3.0]), 12.0)
    follower = Follower(Person(shape, rest, weights))
    for _ in range(3):
        row = follower.row(seen_of(shape, rest, weights))
    assert np.abs(row[:K] - weights).max() < 0.03 and row[ROTATION] == pytest.approx([0.05, 0.1, 0.0], abs=0.01)
    assert follower.misfit(seen_of(shape, rest, weights)) < 1e-3
    moved = weights.copy()
    moved[[INDEX["jawOpen"], INDEX["browInnerUp"]]] = 0.4, 0.7
    bowed = replace(rest, turn=rotation(0.05 + 0.1 * PITCH_SEEN, 0.1, 0.0).astype(np.float64))
    for _ in range(4):
        row = follower.row(seen_of(shape, bowed, moved))
    assert row[INDEX["jawOpen"]] == pytest.approx(0.4, abs=0.08)
    assert row[INDEX["browInnerUp"]] == pytest.approx(0.7, abs=0.15)
    assert row[ROTATION] == pytest.approx([0.15, 0.1, 0.0], abs=0.02)


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


def test_opposite_gazes_cancel() -> None:
    rows, gaze = np.zeros((2, N_MOTION)), np.zeros(K)
    gaze[INDEX["eyeLookInLeft"]], rows[1, INDEX["eyeLookOutLeft"]] = 0.3, 0.5
    add_gaze(rows, gaze)
    assert rows[:, INDEX["eyeLookInLeft"]].tolist() == [0.3, 0.0]
    assert rows[:, INDEX["eyeLookOutLeft"]].tolist() == pytest.approx([0.0, 0.2])


def test_who_looks_into_the_camera_with_a_turned_head_is_not_drawn_looking_aside() -> None:
    shape, yaw = Shape.of(Head.load(), np.zeros(1)), 0.15
    pose = Pose(rotation(0.0, yaw, 0.0).astype(np.float64), np.array([250.0, 240.0, 3.0]), 12.0)
    faces = np.repeat(seen_of(shape, pose, np.zeros(K))[None], 3, axis=0)
    motion = follow(Person.of(faces), faces, np.arange(3) / 25, 3 / 25)
    assert motion.values[1, INDEX["eyeLookInLeft"]] * GAZE_IN == pytest.approx(yaw, abs=0.04)
