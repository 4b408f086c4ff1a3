"""Drawn faces: their eyes are found as large as they are drawn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from visavis_models.serve.enrol.drawn import Opening, find_openings

SIZE, RADIUS = 400, 22
EYES = np.array([[120, 150], [280, 150]])
SKIN, WHITE, IRIS, INK = (214, 160, 130), (250, 248, 244), (60, 120, 90), (40, 25, 30)


def face(half: tuple[int, int]) -> np.ndarray:
    """Two eyes with such half axes and dark upper lids in one flat colour of skin."""
    picture = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    for x, y in EYES.tolist():
        eye = np.zeros((SIZE, SIZE), np.uint8)
        cv2.ellipse(eye, (x, y), half, 0, 0, 360, 255, -1)
        shown = np.full_like(picture, WHITE)
        cv2.circle(shown, (x, y), RADIUS, IRIS, -1, cv2.LINE_AA)
        cv2.circle(shown, (x, y), 10, (15, 15, 20), -1, cv2.LINE_AA)
        picture[eye > 0] = shown[eye > 0]
        cv2.ellipse(picture, (x, y), half, 0, 180, 360, INK, 3, cv2.LINE_AA)
    return picture


def marked(half: tuple[int, int]) -> list[Opening]:
    """What is marked of them: lids with such half axes, and small irises."""
    found = []
    for x, y in EYES.tolist():
        columns = np.arange(x - half[0], x + half[0] + 1.0)
        bow = half[1] * np.sqrt(1 - ((columns - x) / half[0]) ** 2)
        found.append(Opening(np.array([x, y, 13.0]), columns, y - bow, y + bow + 1))
    return found


@pytest.mark.parametrize("half", [(50, 30), (56, 36)])
def test_large_eyes_are_found_whole(half: tuple[int, int]) -> None:
    found = find_openings(face(half), marked((40, 20)))
    assert found is not None
    for eye, middle in zip(found, EYES, strict=True):
        np.testing.assert_allclose(eye.size, 2 * np.array(half), atol=6)
        np.testing.assert_allclose(eye.middle, middle, atol=3)
        np.testing.assert_allclose(eye.iris, [*middle, RADIUS], atol=2)


def test_eyes_that_are_marked_well_stay_as_they_are() -> None:
    assert find_openings(face((40, 22)), marked((40, 21))) is None


def test_without_a_white_nothing_is_told() -> None:
    picture = face((50, 30))
    picture[(picture == WHITE).all(2)] = SKIN
    assert find_openings(picture, marked((40, 20))) is None


def test_lids_are_brought_onto_an_eye_from_corner_to_corner() -> None:
    (eye, _), (small, _) = marked((50, 30)), marked((40, 20))
    upper = np.stack([small.x, small.top], 1)[::10]
    edge = eye.edge(upper, True)
    np.testing.assert_allclose(edge[[0, -1], 0], eye.x[[0, -1]], atol=1e-9)
    np.testing.assert_allclose(edge[len(edge) // 2], [EYES[0, 0], EYES[0, 1] - 30], atol=0.5)
