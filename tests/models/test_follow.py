import numpy as np

from visavis_models.serve.follow import at_frame_rate, calm, mean_face, smoothed
from visavis_models.spec import N_MOTION

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
