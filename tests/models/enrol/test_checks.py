"""Pictures of which no portrait can be made."""

from __future__ import annotations

import numpy as np
import pytest

from visavis_models.serve.enrol import NoPortraitError
from visavis_models.serve.enrol.checks import check_place, check_pose, check_uncovered
from visavis_models.serve.enrol.solve import Solved
from visavis_models.spec import INDEX, N_MOTION


def solved(**values: float) -> Solved:
    rest = np.zeros(N_MOTION, np.float32)
    for name, value in values.items():
        rest[INDEX[name]] = value
    return Solved(np.zeros(1), rest, 20.0, np.zeros(2))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"headYaw": 0.6}, "turned aside by 34 degrees"),
        ({"headPitch": 0.5}, "looks down"),
        ({"headPitch": -0.5}, "looks up"),
        ({"headRoll": 0.7}, "tilted"),
        ({"eyeBlinkLeft": 0.9, "eyeBlinkRight": 0.9}, "closed"),
    ],
)
def test_who_does_not_look_at_the_camera(values: dict[str, float], reason: str) -> None:
    with pytest.raises(NoPortraitError, match=reason):
        check_pose(solved(**values))
    check_pose(solved(**{name: value / 4 for name, value in values.items()}))


def face_at(x: float, y: float) -> np.ndarray:
    """Landmarks of a face 100 pixels high, roughly, its middle at (x, y)."""
    places = {10: (0, -50), 152: (0, 50), 234: (-40, 0), 454: (40, 0), 33: (-30, -20), 133: (-10, -20), 159: (-20, -25)}
    places |= {145: (-20, -15), 263: (30, -20), 362: (10, -20), 386: (20, -25), 374: (20, -15)}
    places |= {61: (-15, 30), 291: (15, 30), 0: (0, 24), 17: (0, 36), 50: (-25, 5), 280: (25, 5), 117: (-30, 0)}
    landmarks = np.zeros((478, 3))
    for index, place in places.items():
        landmarks[index, :2] = place
    return landmarks + np.array([x, y, 0])


def test_a_face_across_the_border_is_cut_off() -> None:
    check_place(face_at(100, 100), (200, 200, 3))
    for x, y in ((30, 100), (100, 40), (170, 100), (100, 160)):
        with pytest.raises(NoPortraitError, match="cut off"):
            check_place(face_at(x, y), (200, 200, 3))


def test_what_lies_evenly_over_eye_or_mouth_covers_it() -> None:
    picture = np.random.default_rng(2).integers(60, 200, (200, 200, 3), np.uint8)
    landmarks = face_at(100, 100)
    check_uncovered(picture, landmarks)
    for box, reason in (((70, 90, 65, 95), "right eye"), ((120, 140, 80, 120), "mouth")):
        covered = picture.copy()
        covered[box[0] : box[1], box[2] : box[3]] = 40
        with pytest.raises(NoPortraitError, match=reason):
            check_uncovered(covered, landmarks)
