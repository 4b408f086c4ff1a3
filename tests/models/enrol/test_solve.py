"""The fit finds again whom it is shown, and the head then stands on every landmark."""

from __future__ import annotations

import numpy as np
import pytest

from visavis_models.serve.enrol.fitted import gaze_of, look_into, stand
from visavis_models.serve.enrol.solve import INNER_LOWER, INNER_UPPER, SMILES, Solved, solve
from visavis_models.serve.head import Head
from visavis_models.serve.rotation import gaze
from visavis_models.spec import INDEX, N_MOTION


def person(seed: int = 3, **weights: float) -> Solved:
    rest = np.zeros(N_MOTION, np.float32)
    for name, value in weights.items():
        rest[INDEX[name]] = value
    identity = 0.7 * np.random.default_rng(seed).normal(size=20)
    return Solved(identity, rest, 20.0, np.array([400.0, 380.0]))


def landmarks_of(head: Head, known: Solved) -> np.ndarray:
    """All 478 landmarks of a head in a picture; those that the head does not know lie where their neighbours do."""
    points = known.project(head.shaped(known.identity, known.rest).astype(np.float64))
    marks = np.tile(points[head.landmark(4)], (478, 1))
    marks[head.landmark_index] = points[head.landmark_vertex]
    for side, rim in enumerate(((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))):
        centre = known.project(head.centre(head.shaped(known.identity), side)[None].astype(np.float64))[0]
        marks[list(rim)] = centre + np.array([[0, 0, 0], [11, 0, 0], [0, 11, 0], [-11, 0, 0], [0, -11, 0]])
    return marks


def test_pose_and_expression_are_found_again() -> None:
    known = person(jawOpen=0.4, mouthSmileLeft=0.5, mouthSmileRight=0.5, headYaw=0.2, headPitch=-0.1, headRoll=0.1)
    found = solve(Head.load(), landmarks_of(Head.load(), known))
    assert np.abs(found.rest[INDEX["headPitch"] :] - known.rest[INDEX["headPitch"] :]).max() < 0.05
    assert found.scale == pytest.approx(known.scale, rel=0.15)
    assert found.rest[INDEX["jawOpen"]] == pytest.approx(0.4, abs=0.15) and found.rest[INDEX["mouthSmileLeft"]] > 0.1


@pytest.mark.parametrize(("bows", "counts"), [(6, 0), (-6, 0), (12, 4), (-20, -12)])
def test_a_small_bow_counts_as_upright_and_the_eyes_look_ahead_of_it(bows: float, counts: float) -> None:
    head, known = Head.load(), person(headPitch=np.radians(bows), headYaw=0.1)
    marks = landmarks_of(head, known)
    rest = stand(head, known, marks).rest
    assert np.degrees(rest[INDEX["headPitch"]]) == pytest.approx(counts, abs=1e-3)
    assert rest[INDEX["headYaw"]] == pytest.approx(0.1)
    assert gaze(rest, 0)[0] == pytest.approx(-np.radians(counts), abs=0.02)  # into the camera


def test_brows_that_sit_high_are_the_persons_and_not_raised() -> None:
    head = Head.load()
    marks = landmarks_of(head, person())
    brows = [70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285]
    marks[brows, 1] -= 7.0  # pixels: 3.5 mm
    raised = solve(head, marks).rest[[INDEX[name] for name in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")]]
    assert raised.max() < 0.1


@pytest.mark.parametrize(("smile", "least", "most"), [(0.0, 0.0, 0.1), (0.5, 0.4, 0.6), (0.7, 0.6, 0.8)])
def test_a_closed_smile_in_a_portrait_is_read_as_large_as_it_is(smile: float, least: float, most: float) -> None:
    head, read = Head.load(), []
    upper, lower = list(INNER_UPPER), list(INNER_LOWER)
    for seed in range(4):
        marks = landmarks_of(head, person(seed, mouthSmileLeft=smile, mouthSmileRight=smile))
        marks[upper] = marks[lower] = (marks[upper] + marks[lower]) / 2  # the head's lips are a little apart
        read.append(solve(head, marks, SMILES).rest[INDEX["mouthSmileLeft"]])
    assert least <= np.mean(read) <= most and max(read) - min(read) < 0.3


def test_every_landmark_lies_on_its_vertex() -> None:
    head, known = Head.load(), person(jawOpen=0.2)
    marks = landmarks_of(head, known) + np.random.default_rng(1).normal(0, 3, (478, 3))
    fit = stand(head, solve(head, marks), marks)
    away = np.linalg.norm(fit.points[head.landmark_vertex, :2] - marks[head.landmark_index, :2], axis=1)
    assert np.median(away) < 0.7


@pytest.mark.parametrize("looks", [(0.2, 0.3), (-0.2, -0.35), (0.0, 0.0)])
def test_a_gaze_is_written_as_it_is_read(looks: tuple[float, float]) -> None:
    row = np.zeros(N_MOTION, np.float32)
    look_into(row, np.array(looks))
    for side in (0, 1):
        assert gaze(row, side) == pytest.approx(looks, abs=1e-6)


def test_who_looks_about_at_the_camera_looks_into_it_though_the_head_is_turned() -> None:
    turn = person(headYaw=0.25).turn
    centres = np.array([[-60.0, 0, 0], [60, 0, 0]])
    irises = np.c_[centres[:, :2] + [1.0, 1.0], [12.0, 12.0]]
    assert gaze_of(turn, centres, np.array([30.0, 30.0]), irises) == pytest.approx([0, -0.25], abs=1e-6)
