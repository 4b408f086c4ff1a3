"""The listener: smiles back, holds its gaze; and does none of it for nothing."""

import numpy as np
import pytest

from visavis_models.serve.reaction import SMILE_MOST, Listener, Phrases, Reaction, Smile
from visavis_models.spec import FPS, MODEL_FRAME, MODEL_RATE, Motion, channels

SIDES = channels("mouthSmileLeft", "mouthSmileRight")
ANSWERED_WITHIN = round(1.2 * FPS)  # frames


def seen(smile: float) -> Motion:
    motion = Motion.zeros(10)
    motion.values[:, SIDES] = smile
    return motion


def answers(*smiles: tuple[float, int]) -> np.ndarray:
    """The answer to smiles of so much for so many frames, one after the other."""
    smile = Smile()
    return np.array([smile.next(seen(weight)) for weight, frames in smiles for _ in range(frames)])


def test_a_smile_is_answered_within_1200_ms_and_let_go_again() -> None:
    answer = answers((0.0, FPS), (0.6, 3 * FPS), (0.0, 4 * FPS))
    assert not answer[:FPS].any()
    assert answer[FPS + ANSWERED_WITHIN] > 0.25
    assert answer[-1] == 0.0 and answer[4 * FPS + 2 * FPS] < 0.05


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.2])
def test_a_calm_face_is_not_answered(weight: float) -> None:
    assert not answers((weight, 5 * FPS)).any()


def test_a_smile_at_the_threshold_does_not_flutter() -> None:
    answer = answers((0.5, 2 * FPS), *(((0.2, 1), (0.27, 1)) * FPS))
    assert (answer[2 * FPS :] > 0.02).all()


def test_the_answer_is_smaller_than_the_smile_and_no_more_than_its_most() -> None:
    for weight in (0.4, 0.5, 0.8, 1.0):
        top = answers((weight, 4 * FPS)).max()
        assert 0.05 < top <= min(SMILE_MOST, weight)


def test_two_that_smile_at_each_other_come_to_rest() -> None:
    one, other = Smile(), Smile()
    a = b = 0.5
    for _ in range(20 * FPS):
        a, b = one.next(seen(b)), other.next(seen(a))
    assert max(a, b) == 0.0


def test_a_face_that_is_lost_is_no_smile() -> None:
    smile = Smile()
    for _ in range(2 * FPS):
        smile.next(seen(0.7))
    assert [smile.next(None) for _ in range(5 * FPS)][-1] == 0.0


def spoken(*stretches: tuple[float, int], seed: int = 0) -> np.ndarray:
    """Noise of so much RMS for so many frames, one after the other, 16 kHz."""
    rng = np.random.default_rng(seed)
    parts = [level * rng.standard_normal(frames * MODEL_FRAME) for level, frames in stretches]
    return np.concatenate(parts).astype(np.float32)


def listened(sound: np.ndarray, *, speaking: bool = False) -> list[Reaction]:
    listener, frames = Listener(), len(sound) // MODEL_FRAME
    return [
        listener.next(speaking, sound[max(0, k * MODEL_FRAME - MODEL_RATE) : k * MODEL_FRAME], None)
        for k in range(1, frames + 1)
    ]


def overs(sound: np.ndarray) -> list[int]:
    """Frames in which a phrase is over."""
    phrases = Phrases()
    return [k for k in range(len(sound) // MODEL_FRAME) if phrases.next(sound[k * MODEL_FRAME : (k + 1) * MODEL_FRAME])]


def test_a_phrase_is_over_after_a_quarter_of_a_second() -> None:
    assert overs(spoken((0.0005, 25), (0.1, 40), (0.0005, 25), (0.1, 20), (0.0005, 25))) == [70, 115]


@pytest.mark.parametrize("sound", [((0.0005, 100),), ((0.004, 100),), ((0.0005, 25), (0.1, 6), (0.0005, 50))])
def test_silence_hiss_and_a_cough_are_no_phrases(sound: tuple[tuple[float, int], ...]) -> None:
    assert not overs(spoken(*sound))


def test_a_loud_fan_that_goes_on_is_no_phrase_once_it_is_known() -> None:
    assert len(overs(spoken((0.02, 60 * FPS)))) <= 1


def test_gaze_is_held_while_somebody_speaks_and_let_go_after() -> None:
    hold = np.array([reaction.hold for reaction in listened(spoken((0.0005, 25), (0.1, 50), (0.0005, 120)))])
    assert not hold[:24].any() and hold[60] > 0.7 and hold[-1] == 0.0


def test_who_speaks_holds_no_gaze() -> None:
    assert not any(reaction.hold for reaction in listened(spoken((0.1, 50)), speaking=True))
