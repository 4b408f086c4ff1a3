"""Cues, driven by hand: faces made of the few landmarks that are measured."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from visavis.perception.cues import (
    CUES,
    LIPS_WINDOW_MS,
    REST_MS,
    SMILING,
    Cues,
    Latch,
    Rest,
    Threshold,
    smile_score,
    turn_score,
)
from visavis.perception.measures import FaceMeasures, measure
from visavis_models.spec import Landmarks

STEP_MS = 200
LIT = 120.0  # mean brightness of a room


def face(width: float = 0.5, lift: float = 0.0, opening: float = 0.0, yaw_deg: float = 0.0) -> np.ndarray:
    """A face mesh [478, 3] of 100 px between the eyes that measures as told; y down, z away."""
    mesh = np.zeros((478, 3), np.float32)
    mesh[33], mesh[263] = (-50, 0, 0), (50, 0, 0)
    mesh[10], mesh[152] = (0, -80, 0), (0, 110, 0)
    mesh[13], mesh[14] = (0, 60 - 50 * opening, 0), (0, 60 + 50 * opening, 0)
    mesh[61], mesh[291] = (-50 * width, 60 - 100 * lift, 0), (50 * width, 60 - 100 * lift, 0)
    yaw = np.radians(yaw_deg)
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]], np.float32)
    return mesh @ turn.T


class Film:
    """Plays pictures to `Cues`, one each 200 ms."""

    def __init__(self) -> None:
        self.cues, self.now_ms = Cues(), 0

    def play(self, seconds: float, mesh: Callable[[float], np.ndarray | None], brightness: float = LIT) -> set[str]:
        """What is known after so many seconds of `mesh(t)`."""
        facts: Iterable[str] = ()
        for index in range(round(seconds * 1000 / STEP_MS)):
            self.now_ms += STEP_MS
            seen = Landmarks(mesh(index * STEP_MS / 1000), None, (640, 480), self.now_ms)
            facts = self.cues.update(seen, brightness)
        assert set(facts) <= set(CUES)
        return set(facts)


def nobody(_: float) -> None:
    return None


def neutral(_: float) -> np.ndarray:
    return face()


def test_the_made_face_measures_as_told() -> None:
    told = measure(face(width=0.6, lift=0.03, opening=0.1, yaw_deg=30))
    expected = FaceMeasures(yaw_deg=30, pitch_deg=0, mouth_width=0.6, corner_lift=0.03, mouth_open=0.1)
    assert np.allclose(list(vars(told).values()), list(vars(expected).values()), atol=1e-3)


def test_nothing_is_known_at_first() -> None:
    assert Film().play(0.2, neutral) == set()
    assert Film().play(0.2, nobody) == set()


def test_somebody_comes_and_goes() -> None:
    film = Film()
    assert film.play(4, neutral) == {"present", "looking"}
    assert film.play(0.8, nobody) == {"present", "looking"}  # a face lost for a moment
    assert film.play(0.6, nobody) == {"present"}  # still there, and nothing known of the face
    assert film.play(1, nobody) == {"away"}
    assert film.play(1, neutral) == {"present"}  # somebody new: their rest is not known yet


def test_a_smile_comes_and_goes_once() -> None:
    film = Film()
    film.play(4, neutral)
    assert "smile" not in film.play(0.4, lambda _: face(width=0.64, lift=0.05))  # too short yet
    assert "smile" in film.play(0.6, lambda _: face(width=0.64, lift=0.05))
    assert "smile" in film.play(2, lambda _: face(width=0.57, lift=0.02))  # fainter, and a smile still
    assert "smile" not in film.play(1, neutral)


def test_who_joins_smiling_smiles() -> None:
    assert "smile" in Film().play(4, lambda _: face(width=0.7, lift=0.05))


def test_no_smile_is_seen_before_rest_is_known() -> None:
    assert "smile" not in Film().play(REST_MS / 1000, lambda _: face(width=0.7, lift=0.05))


def test_rest_is_the_persons_own() -> None:
    film = Film()
    assert "smile" not in film.play(6, lambda _: face(width=0.6, lift=0.01))


def test_moving_lips_speak_and_a_held_open_mouth_does_not() -> None:
    film = Film()
    assert "speaking" not in film.play(2, neutral)
    assert "speaking" in film.play(1.6, lambda t: face(opening=0.15 * (round(t / 0.2) % 2)))
    assert "speaking" not in film.play(LIPS_WINDOW_MS / 1000 + 1, lambda _: face(opening=0.15))


def test_looking_away_and_back() -> None:
    film = Film()
    assert "looking" in film.play(4, neutral)
    assert "looking_away" in film.play(1, lambda _: face(yaw_deg=40))
    assert "looking" in film.play(1, neutral)


def test_a_black_picture_is_dark_and_tells_nothing_else() -> None:
    film = Film()
    assert film.play(2, nobody, brightness=3.0) == {"dark"}
    assert film.play(1, neutral) == {"present"}


def test_a_body_without_a_face_is_present_and_not_looking() -> None:
    film = Film()
    pose = np.full((33, 4), 0.9, np.float32)
    facts: frozenset[str] = frozenset()
    for index in range(20):  # a body is looked for once a second
        seen = Landmarks(None, pose if index % 5 == 0 else None, (640, 480), index * STEP_MS)
        facts = film.cues.update(seen, LIT)
    assert facts == {"present"}


@pytest.mark.parametrize("level", [0.4, 0.5, 0.59])
def test_between_its_thresholds_a_latch_stays_as_it_is(level: float) -> None:
    low, high = Latch(SMILING), Latch(SMILING)
    for now_ms in range(0, 2000, STEP_MS):
        low.update(0.0, now_ms), high.update(1.0, now_ms)
    for now_ms in range(2000, 4000, STEP_MS):
        low.update(level, now_ms), high.update(level, now_ms)
    assert low.state is False and high.state is True


def test_a_latch_does_not_flicker() -> None:
    latch = Latch(Threshold(on=0.5, off=0.4, on_after_ms=400, off_after_ms=400))
    states = {latch.update(float(index % 2), index * STEP_MS) for index in range(50)}
    assert len(states - {None}) <= 1


def test_scores_are_zero_at_rest_and_one_at_their_mark() -> None:
    rest = Rest.of([measure(face())] * 5)
    assert smile_score(measure(face()), rest) == pytest.approx(0.0, abs=1e-3)
    assert smile_score(measure(face(width=0.62, lift=0.05)), rest) == pytest.approx(1.0, abs=1e-2)
    assert turn_score(measure(face(yaw_deg=28)), rest) == pytest.approx(1.0, abs=1e-2)
