"""Gestures, each by what it is to do; and what is refused."""

import numpy as np
import pytest

from visavis_models.errors import InputError
from visavis_models.serve.direction import Act, Feel
from visavis_models.serve.gesture import GAZE_RIGHT, GAZE_UP, GESTURES, N_OFFSET, Curve, offset
from visavis_models.spec import FPS, INDEX, ROTATION


def played(name: str, strength: float = 1.0, seed: int = 0, start: int = 0) -> np.ndarray:
    """[3 s, 62]."""
    curve = Curve.begin(name, strength, start, seed)
    return np.stack([curve.at(start + k) for k in range(3 * FPS)])


@pytest.mark.parametrize("name", GESTURES)
def test_every_gesture_begins_and_ends_at_rest_and_never_jumps_but_with_the_eyes(name: str) -> None:
    moved = played(name)
    assert np.abs(moved[0]).max() < 0.4 and not moved[-1].any()
    assert np.abs(moved).max() > 0.08
    assert np.abs(np.diff(moved[:, ROTATION], axis=0)).max() < 0.06  # rad a frame
    assert Curve.begin(name, 1.0, 0, 0).over(3 * FPS)


@pytest.mark.parametrize(
    ("name", "channel", "sign"),
    [
        ("smile", "mouthSmileLeft", 1),
        ("grin", "mouthUpperUpRight", 1),
        ("laugh", "jawOpen", 1),
        ("nod", "headPitch", 1),
        ("raise brows", "browInnerUp", 1),
        ("frown", "browDownLeft", 1),
        ("surprise", "eyeWideLeft", 1),
        ("wink", "eyeBlinkLeft", 1),
    ],
)
def test_a_gesture_moves_what_its_name_says(name: str, channel: str, sign: int) -> None:
    peak = played(name)[:, INDEX[channel]]
    assert sign * peak[np.abs(peak).argmax()] > 0.05


def test_one_eye_winks() -> None:
    assert not played("wink")[:, INDEX["eyeBlinkRight"]].any()


def test_a_shake_goes_to_both_sides_and_a_nod_twice_down() -> None:
    yaw = played("shake")[:, INDEX["headYaw"]]
    assert yaw.max() > 0.04 and yaw.min() < -0.04
    pitch = played("nod")[:, INDEX["headPitch"]]
    peaks = (pitch[1:-1] > pitch[:-2]) & (pitch[1:-1] >= pitch[2:]) & (pitch[1:-1] > 0.02)
    assert peaks.sum() == 2


def test_who_looks_away_looks_to_a_side_that_chance_decides() -> None:
    sides = {float(np.sign(played("look away", seed=seed)[12, GAZE_RIGHT])) for seed in range(12)}
    assert sides == {-1.0, 1.0}
    assert played("look down")[12, GAZE_UP] < -0.3


def test_the_same_seed_and_frame_give_the_same_gesture_and_others_another() -> None:
    assert np.array_equal(played("nod", seed=3, start=50), played("nod", seed=3, start=50))
    assert not np.array_equal(played("nod", seed=3, start=50), played("nod", seed=3, start=51))


def test_strength_scales() -> None:
    assert np.allclose(played("smile", 0.5), 0.5 * played("smile"), atol=1e-6)


def test_a_pose_by_names_has_both_sides() -> None:
    pose = offset({"mouthSmile*": 0.4, "gazeUp": -1.0})
    assert pose.shape == (N_OFFSET,) and pose[INDEX["mouthSmileLeft"]] == pose[INDEX["mouthSmileRight"]]
    assert pose[GAZE_UP] == -1.0


def test_what_no_face_can_do_is_refused_with_what_it_can() -> None:
    with pytest.raises(InputError, match=r"gesture 'dance' is not known; known are smile"):
        Act("dance")
    with pytest.raises(InputError, match=r"nod: strength 1\.5 is outside 0\.\.1"):
        Act("nod", 1.5)
    with pytest.raises(InputError, match="emotion 'hungry' is not known"):
        Feel("hungry")
    with pytest.raises(InputError, match=r"0 seconds; give a time above 0"):
        Feel("happy", 0.5, 0.0)
