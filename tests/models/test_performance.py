"""A face's own acts over the model's motion: nothing for nothing, and the mouth stays the voice's."""

import numpy as np
import pytest

from visavis_models.serve.direction import Act, Direction, Feel, Think
from visavis_models.serve.gesture import GESTURES
from visavis_models.serve.layout import SPEECH
from visavis_models.serve.motion import PLACE_LIMIT_CM, ROTATION_LIMIT_RAD, MotionModel
from visavis_models.serve.performance import MOST, THINKS_AFTER, Performance, opening
from visavis_models.serve.reaction import SMILE_MOST
from visavis_models.serve.stream import HORIZON_FRAMES, MotionStream
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, N_MOTION, PLACE, ROTATION, WEIGHTS, Motion, channels

SMILE = channels("mouthSmileLeft", "mouthSmileRight")
SILENCE = np.zeros(HORIZON_FRAMES * MODEL_FRAME, np.float32)
VOICE = (0.1 * np.random.default_rng(0).standard_normal(len(SILENCE))).astype(np.float32)
REST = np.zeros(N_MOTION, np.float32)


def play(
    frames: int,
    *directions: tuple[int, Direction],
    row: np.ndarray = REST,
    voice: np.ndarray = SILENCE,
    user_motion: Motion | None = None,
    seed: int = 0,
) -> np.ndarray:
    """So many frames over one row; directions begin with the frame of their number."""
    performance = Performance(seed=seed)
    for at, direction in directions:
        performance.direct(direction, at)
    return np.stack([performance.next(row, voice, None, user_motion) for _ in range(frames)])


def test_a_face_to_which_nothing_happens_is_the_models_to_the_bit() -> None:
    performance, row = Performance(), np.random.default_rng(1).uniform(0, 0.3, N_MOTION).astype(np.float32)
    calm = Motion.zeros(10)
    assert all(performance.next(row, voice, SILENCE, calm) is row for voice in (SILENCE, VOICE))


@pytest.mark.parametrize(
    "direction",
    [*(Act(name) for name in GESTURES), Feel("happy", 0.8, 1.0), Feel("sad", 1.0, 1.0), Feel("afraid", 1.0, 1.0)],
)
def test_whatever_a_face_does_it_moves_stays_legal_and_comes_back_to_the_bit(direction: Direction) -> None:
    row = np.full(N_MOTION, 0.1, np.float32)
    row[ROTATION] = 0.0
    moved = play(9 * FPS, (5, direction), row=row)
    assert np.array_equal(moved[:5], np.tile(row, (5, 1))) and np.array_equal(moved[-1], row)
    assert np.abs(moved - row).max() > 0.05
    assert moved[:, WEIGHTS].min() >= 0 and moved[:, WEIGHTS].max() <= 1
    assert np.abs(moved[:, ROTATION]).max() <= ROTATION_LIMIT_RAD and np.abs(moved[:, PLACE]).max() <= PLACE_LIMIT_CM


def test_an_act_begins_with_its_frame() -> None:
    moved = play(40, (17, Act("raise brows")))[:, INDEX["browInnerUp"]]
    assert not moved[:17].any() and moved[17] > 0


def test_skipping_changes_nothing_that_is_shown() -> None:
    """A skipped frame goes through `next` like any other: acts stand on frame numbers, not on what was drawn."""
    whole = play(60, (10, Act("nod")), (22, Feel("happy", 0.5, 1.0)))
    again = play(60, (10, Act("nod")), (22, Feel("happy", 0.5, 1.0)))
    assert np.array_equal(whole, again)


def test_a_smile_is_answered_within_1200_ms_and_a_calm_face_is_not() -> None:
    smiling, calm = Motion.zeros(10), Motion.zeros(10)
    smiling.values[:, SMILE] = 0.6
    own = np.zeros(N_MOTION, np.float32)
    own[SMILE] = 0.2
    answered = play(3 * FPS, row=own, user_motion=smiling)[:, SMILE].mean(axis=1)
    assert answered[round(1.2 * FPS)] - 0.2 > 0.15
    assert answered.max() <= SMILE_MOST + 1e-6
    assert np.array_equal(play(3 * FPS, row=own, user_motion=calm), np.tile(own, (3 * FPS, 1)))


def test_smiles_together_stay_below_their_most() -> None:
    smiling = Motion.zeros(10)
    smiling.values[:, SMILE] = 1.0
    moved = play(3 * FPS, (0, Act("laugh")), (0, Act("grin")), (0, Feel("happy")), user_motion=smiling)
    assert moved[:, SMILE].max() == pytest.approx(MOST)


def test_nothing_is_added_to_the_mouth_that_speaks() -> None:
    moved = play(2 * FPS, (10, Act("laugh")), (10, Act("surprise")), (10, Act("grin")), voice=VOICE)
    assert not moved[:, list(SPEECH)].any() and moved[:, SMILE].max() > 0.3


def test_in_silence_a_laugh_opens_the_mouth() -> None:
    assert play(2 * FPS, (0, Act("laugh")))[:, INDEX["jawOpen"]].max() > 0.1


def test_lips_that_the_voice_has_closed_stay_closed_from_its_very_first_frame() -> None:
    closed = np.zeros(N_MOTION, np.float32)
    closed[channels("jawOpen", "mouthClose")] = 0.15
    performance = Performance()
    performance.direct(Act("surprise"))
    for _ in range(8):
        performance.next(REST, SILENCE)
    assert opening(performance.next(closed, VOICE)) < 0.01


def test_eyes_stay_on_the_camera_while_the_head_nods() -> None:
    moved = play(FPS, (0, Act("nod")))
    deepest = moved[:, INDEX["headPitch"]].argmax()
    assert moved[deepest, INDEX["eyeLookUpLeft"]] > 0.1 and not moved[deepest, INDEX["eyeLookDownLeft"]]


def test_a_sad_face_loses_its_usual_smile() -> None:
    performance = Performance(bearing={"happy": 0.5})
    usual = performance.next(REST, SILENCE)
    performance.direct(Feel("sad", 1.0, 3.0))
    moved = np.stack([performance.next(REST, SILENCE) for _ in range(12 * FPS)])
    assert usual[SMILE].min() > 0.2
    assert moved[3 * FPS, SMILE].max() < 0.03 and moved[3 * FPS, INDEX["browInnerUp"]] > 0.3
    assert np.allclose(moved[-1], usual, atol=0.01)


def test_a_friendly_face_that_is_told_to_be_a_little_happy_stays_as_friendly() -> None:
    performance = Performance(bearing={"happy": 0.5})
    usual = performance.next(REST, SILENCE)
    performance.direct(Feel("happy", 0.2))
    assert all(np.array_equal(performance.next(REST, SILENCE), usual) for _ in range(FPS))


def test_the_last_feeling_counts() -> None:
    moved = play(9 * FPS, (0, Feel("happy", 0.8)), (2 * FPS, Feel("")))
    assert moved[2 * FPS, SMILE].min() > 0.3 and not moved[-1].any()


def away(moved: np.ndarray) -> np.ndarray:
    return moved[:, channels("eyeLookOutLeft", "eyeLookInLeft", "eyeLookUpLeft")].max(axis=1)


def test_who_thinks_for_a_while_looks_away_and_comes_back() -> None:
    moved = play(6 * FPS, (5, Think(True)), (4 * FPS, Think(False)))
    assert not moved[: 5 + THINKS_AFTER].any()
    assert away(moved)[5 + THINKS_AFTER + 15 : 4 * FPS].min() > 0.08
    assert not moved[-1].any()


def test_who_answers_at_once_does_not_look_away() -> None:
    assert not play(2 * FPS, (5, Think(True)), (5 + THINKS_AFTER - 1, Think(False))).any()


def test_the_model_anchors_on_its_own_frames() -> None:
    """What is added never comes back to the model: with and without it, its own frames are the same."""
    model, rows = MotionModel.load(), []
    for acts in (False, True):
        stream, performance = MotionStream(model, seed=2), Performance(seed=2)
        if acts:
            performance.direct(Act("laugh"))
        own = []
        for _ in range(10):
            own.append(stream.next(SILENCE))
            performance.next(own[-1], SILENCE)
        rows.append(np.stack(own))
    assert np.array_equal(*rows)
