from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from visavis_models.serve.clip import TOLD_SHARE, Clip, add_gaze, at_frame_rate, laid, smoothed
from visavis_models.serve.fit import K, Pose, Shape
from visavis_models.serve.head import Head
from visavis_models.serve.rotation import GAZE_IN, rotation
from visavis_models.spec import INDEX, N_MOTION, PLACE, ROTATION

SeenOf = Callable[[Shape, Pose, np.ndarray], np.ndarray]


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


def test_opposite_gazes_cancel() -> None:
    rows, gaze = np.zeros((2, N_MOTION)), np.zeros(K)
    gaze[INDEX["eyeLookInLeft"]], rows[1, INDEX["eyeLookOutLeft"]] = 0.3, 0.5
    add_gaze(rows, gaze)
    assert rows[:, INDEX["eyeLookInLeft"]].tolist() == [0.3, 0.0]
    assert rows[:, INDEX["eyeLookOutLeft"]].tolist() == pytest.approx([0.0, 0.2])


def test_who_looks_into_the_camera_with_a_turned_head_is_not_drawn_looking_aside(seen_of: SeenOf) -> None:
    shape, yaw = Shape.of(Head.load(), np.zeros(1)), 0.15
    pose = Pose(rotation(0.0, yaw, 0.0).astype(np.float64), np.array([250.0, 240.0, 3.0]), 12.0)
    faces = np.repeat(seen_of(shape, pose, np.zeros(K))[None], 3, axis=0)
    motion = Clip.of(faces).motion(np.arange(3) / 25, 3 / 25)
    assert motion.values[1, INDEX["eyeLookInLeft"]] * GAZE_IN == pytest.approx(yaw, abs=0.04)


MOUTH = [INDEX[name] for name in ("jawOpen", "mouthStretchLeft", "mouthStretchRight", "mouthPucker")]
REST = Pose(rotation(0.05, 0.1, 0.0).astype(np.float64), np.array([250.0, 240.0, 3.0]), 12.0)


def misread(seen_of: SeenOf, shape: Shape, rows: np.ndarray) -> np.ndarray:
    """Landmarks [T, 478, 3] by one who sees three quarters of a mouth's way, and a nose lower than it is."""
    faces = []
    for row in rows:
        weights = np.array(row[:K], np.float64)
        weights[MOUTH] *= 0.75
        turned = replace(REST, turn=rotation(*(0.8 * row[ROTATION] + np.array([0.05, 0.1, 0.0]))).astype(np.float64))
        face = seen_of(shape, turned, weights)
        face[1, 1] += 2.0
        faces.append(face)
    return np.array(faces)


def test_what_is_seen_otherwise_than_it_is_drawn_is_set_right(seen_of: SeenOf) -> None:
    shape, known = Shape.of(Head.load(), np.zeros(1)), np.zeros((40, N_MOTION))
    wave = np.sin(np.linspace(0, 2 * np.pi, 28)) ** 2
    known[12:, INDEX["jawOpen"]] = 0.5 * wave
    known[12:, [INDEX["mouthStretchLeft"], INDEX["mouthStretchRight"]]] = 0.5 * np.roll(wave, 7)[:, None]
    clip = Clip.of(misread(seen_of, shape, known))
    rows = clip.looking
    rows[:, ROTATION] -= clip.follower.person.rest.angles()  # `misread` adds it
    right = clip.set_right(misread(seen_of, shape, rows))
    for channel in MOUTH[:3]:
        before, after = (np.abs(rows[:, channel] - known[:, channel]).mean() for rows in (clip.rows, right.rows))
        assert after < 0.85 * before


def test_a_face_is_drawn_where_it_was_seen(seen_of: SeenOf) -> None:
    """Its head's turn is told otherwise than the fit has it, and smoothed: the place makes up for both."""
    shape, weights = Shape.of(Head.load(), np.zeros(1)), np.zeros(K)
    nods = 0.05 + 0.08 * np.sin(np.arange(30) / 2)
    poses = [replace(REST, turn=rotation(pitch, 0.1, 0.0).astype(np.float64)) for pitch in nods]
    clip = Clip.of(np.array([seen_of(shape, pose, weights) for pose in poses]))
    values = clip.motion(np.arange(30) / 25, 30 / 25).values.astype(np.float64)
    person = clip.follower.person
    drawn = values[:, PLACE] + person.face_beside(values[:, ROTATION])
    seen = np.array([person.face_at(pose) for pose in clip.poses if pose is not None])
    assert np.abs(drawn - seen).max() < 0.01 < 0.3 < np.ptp(seen[:, 1])


def test_of_a_turn_that_stays_all_is_set_right_and_of_one_that_comes_and_goes_a_share(seen_of: SeenOf) -> None:
    shape, known, roll = Shape.of(Head.load(), np.zeros(1)), np.zeros((20, N_MOTION)), INDEX["headRoll"]
    clip = Clip.of(misread(seen_of, shape, known))

    def changed(tipped: np.ndarray, share: float) -> np.ndarray:
        drawn = known.copy()
        drawn[:, roll] = tipped
        return clip.set_right(misread(seen_of, shape, drawn), share).rows[:, roll] - clip.rows[:, roll]

    stays, comes = np.full(20, 0.05), np.repeat([0.05, -0.05], 10)
    whole = changed(stays, 1.0)
    assert -0.05 < whole.max() < -0.02
    assert changed(stays, 0.5) == pytest.approx(whole)
    for share in (1.0, 0.5):
        assert changed(comes, share) == pytest.approx(share * TOLD_SHARE * np.sign(comes) * whole, abs=1e-3)


def test_pictures_without_a_drawn_face_stay_as_they_were(seen_of: SeenOf) -> None:
    shape, known = Shape.of(Head.load(), np.zeros(1)), np.zeros((20, N_MOTION))
    known[12:, INDEX["jawOpen"]] = 0.5
    clip = Clip.of(misread(seen_of, shape, known))
    nobody = np.full(clip.landmarks.shape, np.nan)
    assert clip.set_right(nobody) is clip
    half = nobody.copy()
    half[15:] = clip.landmarks[15:] + np.array([0.0, 1.0, 0.0])
    right = clip.set_right(half)
    assert np.array_equal(right.rows[:15], clip.rows[:15]) and not np.array_equal(right.rows[15:], clip.rows[15:])


def test_landmarks_are_laid_onto_another_picture() -> None:
    face = np.random.default_rng(2).normal(0, 40, (478, 3)) + 200
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    there = 1.5 * face @ turn + np.array([7.0, -20.0, 0.0])
    moved = np.stack([face + 3, face - 5, np.full_like(face, np.nan)])
    placed = laid(moved, face, there)
    assert np.allclose(placed[:2], 1.5 * moved[:2] @ turn + np.array([7.0, -20.0, 0.0]))
    assert np.isnan(placed[2]).all()
