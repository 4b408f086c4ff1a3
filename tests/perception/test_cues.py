"""Cues, driven by hand at five pictures a second and more."""

import numpy as np
import pytest
from tests.perception.made import LIT, NO_LIPS, SIZE, STEP_MS, Film, at_rest, body, face, neutral, nobody

from visavis.perception.alive import STILL_MS
from visavis.perception.cues import Cues
from visavis.perception.names import CUES
from visavis.perception.person import FACE_HOLDS_MS, LIPS_WINDOW_MS, OF_MOUTH
from visavis.perception.rest import REST_MS
from visavis_models.spec import Landmarks

SMILING = {"width": 0.64, "lift": 0.05}
HELD = {  # what is held, and how the face or what is near it then measures
    "smile": SMILING,
    "frown": {"brows": 0.27, "lift": -0.03},
    "surprise": {"brows": 0.36, "lids": 0.37, "opening": 0.12},
    "yawn": {"opening": 0.4, "lids": 0.1},
    "eyes_closed": {"lids": 0.04},
    "tilt": {"roll_deg": -18.0},
    "leaning_in": {"near": 1.3},
    "looking_away": {"yaw_deg": 40.0},
}
FAINT = {
    "smile": {"width": 0.53, "lift": 0.01},
    "frown": {"brows": 0.29, "lift": -0.01},
    "surprise": {"brows": 0.36},
    "yawn": {"opening": 0.2},
    "eyes_closed": {"lids": 0.15},
    "tilt": {"roll_deg": 9.0},
    "leaning_in": {"near": 1.1},
    "looking_away": {"yaw_deg": 20.0},
}


def test_nothing_is_known_at_first() -> None:
    assert Film().play(0.2) == set()
    assert Film().play(0.2, nobody) == set()


def test_somebody_comes_and_goes() -> None:
    film = Film()
    assert film.play(4) == {"present", "looking"}
    assert film.play(0.8, nobody) == {"present", "looking"}  # a face lost for a moment
    assert film.play(0.6, nobody) == {"present"}  # still there, and nothing known of the face
    assert film.play(1, nobody) == {"away"}
    assert film.play(1) == {"present"}  # somebody new: their rest is not known yet


@pytest.mark.parametrize("cue", HELD)
def test_what_is_held_comes_after_a_while_and_goes(cue: str) -> None:
    film = at_rest()
    assert cue in film.cues.told or cue == "looking_away"
    film.play(0.2, lambda _: face(**HELD[cue]))
    assert cue not in film.ever
    film.play(1.4, lambda _: face(**HELD[cue]))
    assert cue in film.ever
    film.play(1.6)
    assert cue not in film.play(0.2)


@pytest.mark.parametrize("cue", FAINT)
def test_what_is_faint_is_not_told(cue: str) -> None:
    film = at_rest()
    film.play(3, lambda _: face(**FAINT[cue]))
    assert cue not in film.ever


def test_a_fainter_smile_is_a_smile_still() -> None:
    film = at_rest()
    assert "smile" in film.play(1, lambda _: face(**SMILING))
    assert "smile" in film.play(2, lambda _: face(width=0.57, lift=0.02))


def test_who_joins_smiling_smiles() -> None:
    film = Film()
    film.play(4, lambda t: face(width=0.7, lift=0.05, lids=0.05 if t == 0.4 else 0.3))
    assert "smile" in film.ever


def test_no_expression_is_told_before_rest_is_known() -> None:
    film = Film()
    film.play(REST_MS / 1000, lambda t: face(**SMILING, lids=0.05 if t == 0.4 else 0.3))
    assert "smile" not in film.ever and "smile" not in film.cues.told


def test_rest_is_the_persons_own() -> None:
    film = Film()
    blinks = lambda t: face(width=0.6, lift=0.01, lids=0.05 if t == 0.4 else 0.3)  # noqa: E731
    assert "smile" not in film.play(6, blinks) and "smile" in film.cues.told


def test_a_blink_closes_no_eyes() -> None:
    film = at_rest(67)
    film.play(8, lambda t: face(lids=0.04 if t % 2 < 0.25 else 0.3))
    assert "eyes_closed" not in film.ever


def test_moving_lips_speak_and_a_held_open_mouth_does_not() -> None:
    film = at_rest()
    assert "speaking" in film.play(1.6, lambda t: face(opening=0.15 * (round(t / 0.2) % 2)))
    assert "speaking" not in film.play(LIPS_WINDOW_MS / 1000 + 1, lambda _: face(opening=0.15))
    film.play(3, lambda t: face(opening=0.3 if t < 2 else 0.0))
    assert "speaking" not in film.ever


@pytest.mark.parametrize("step_ms", [67, 125, STEP_MS])
@pytest.mark.parametrize(("cue", "angle", "degrees"), [("nod", "pitch_deg", 5.0), ("shake", "yaw_deg", 8.0)])
def test_a_head_that_goes_to_and_fro_nods_or_shakes(cue: str, angle: str, degrees: float, step_ms: int) -> None:
    film = at_rest(step_ms)
    swing = lambda t: degrees * np.sin(2 * np.pi * 1.2 * t)  # noqa: E731
    film.play(2.5, lambda t: face(**{angle: swing(t), "roll_deg": 0.2 * swing(t)}))
    assert cue in film.ever and not film.ever & ({"nod", "shake"} - {cue})
    assert cue not in film.play(2)


@pytest.mark.parametrize("angle", ["pitch_deg", "yaw_deg"])
def test_a_slow_head_a_trembling_one_and_a_single_turn_nod_nothing(angle: str) -> None:
    for turn in (
        lambda t: 12 * np.sin(2 * np.pi * 0.3 * t),
        lambda t: 1.5 * np.sin(2 * np.pi * 3 * t),
        lambda t: 15.0 * (1 < t < 3),
    ):
        film = at_rest(67)
        film.play(5, lambda t: face(**{angle: turn(t)}))  # noqa: B023
        assert not film.ever & {"nod", "shake"}


def test_at_four_pictures_a_second_a_nod_is_not_told() -> None:
    film = at_rest(250)
    film.play(4, lambda t: face(pitch_deg=8 * np.sin(2 * np.pi * t)))
    assert "nod" not in film.ever


def test_a_black_picture_is_dark_and_tells_nothing_else() -> None:
    film = Film()
    assert film.play(2, nobody, brightness=3.0) == {"dark"} == film.cues.told
    assert film.play(1) == {"present"}


def test_a_photograph_shows_no_expression_and_after_a_while_looks_nowhere() -> None:
    film = Film()
    rng = np.random.default_rng(0)
    photo = lambda t: face(**SMILING) + rng.normal(0, 0.2, (478, 3)).astype(np.float32)  # noqa: E731
    assert film.play(5, photo) == {"present", "looking"}
    assert film.play(STILL_MS / 1000, photo) == {"present"} and film.cues.told == {"present", "away"}
    assert "looking" in film.play(2)  # it blinks after all


def test_under_a_mask_nothing_is_told_of_the_mouth() -> None:
    film = at_rest()
    film.play(2, lambda t: face(**SMILING, opening=0.15 * (round(t / 0.2) % 2)), lips=NO_LIPS)
    assert not film.cues.told & OF_MOUTH and {"looking", "surprise"} <= film.cues.told | {"looking"}
    assert "smile" in film.play(2, lambda t: face(**SMILING, lids=0.05 if t == 0.4 else 0.3))


def test_a_face_turned_away_has_no_brows_to_tell_of() -> None:
    film = at_rest()
    facts = film.play(2, lambda _: face(yaw_deg=40, brows=0.26, lift=-0.04))
    assert "looking_away" in facts and not {"frown", "smile"} & film.cues.told


def test_a_face_lost_for_a_second_keeps_its_cues_and_then_is_unknown() -> None:
    film = at_rest()
    assert "smile" in film.play(1, lambda _: face(**SMILING))
    assert "smile" in film.play(FACE_HOLDS_MS / 1000 - 0.2, nobody)
    assert "smile" in film.play(0.4, lambda _: face(**SMILING))
    film.play(FACE_HOLDS_MS / 1000 + 0.2, nobody)
    assert film.cues.told == {"present", "away"}


def test_somebody_nearer_has_a_rest_of_their_own() -> None:
    film = at_rest()
    assert "smile" in film.play(1, lambda _: face(**SMILING))
    film.play(1, lambda _: face(**SMILING), person=1)
    assert "present" in film.ever and "smile" not in film.cues.told


def test_a_body_without_a_face_is_present_and_not_looking() -> None:
    assert Film().play(4, nobody, pose=lambda t: body() if round(t / 0.2) % 5 == 0 else None) == {"present"}


def test_a_raised_hand_and_a_wave() -> None:
    film = at_rest(100)
    assert {"hand_raised", "wave"} <= film.cues.told or film.play(1, pose=lambda _: body()) == {"present", "looking"}
    assert "hand_raised" in film.play(1, pose=lambda _: body(height=0.4))
    assert "wave" not in film.ever
    film.play(2, pose=lambda t: body(0.9 + 0.15 * np.sin(2 * np.pi * 2 * t), height=0.4))
    assert "wave" in film.ever
    assert film.play(3, pose=lambda _: body()) == {"present", "looking"}
    film.play(2)  # no body any more
    assert not {"hand_raised", "wave"} & film.cues.told


def test_pictures_may_change_their_size_without_anybody_coming_nearer() -> None:
    cues, facts = Cues(), frozenset[str]()
    for index in range(60):
        scale = 1 if index < 30 else 2
        seen = Landmarks(neutral(index * 0.2) * scale, None, (SIZE[0] * scale, SIZE[1] * scale), index * STEP_MS)
        facts = cues.update(seen, LIT)
    assert "leaning_in" in cues.told and "leaning_in" not in facts


def test_every_cue_has_one_name() -> None:
    assert len(set(CUES)) == len(CUES)
