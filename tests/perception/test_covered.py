"""Masks, painted onto drawn faces and onto a real one."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from visavis.media.files import read_pictures
from visavis.perception.covered import lip_contrast
from visavis.perception.landmarks import FaceTracker
from visavis.perception.person import COVERED
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import N_MOTION

GRID = Path(__file__).parents[3] / "shared/data/grid/video"
EDGE = [234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 330, 195, 101]  # fmt: skip  # noqa: E501
CLOTHS = {"blue": (150, 190, 215), "white": (228, 230, 228), "black": (35, 35, 38), "beige": (205, 160, 135)}


def masked(picture: np.ndarray, face: np.ndarray, cloth: tuple[int, int, int]) -> np.ndarray:
    out = cv2.fillPoly(picture.copy(), [np.rint(face[EDGE, :2]).astype(np.int32)], cloth)
    noise = np.random.default_rng(0).normal(0, 5, picture.shape)
    return np.where(out == picture, picture, np.clip(out + noise, 0, 255)).astype(np.uint8)


def contrasts(tracker: FaceTracker, picture: np.ndarray) -> tuple[float, list[float]]:
    """Of the bare face, and of the same under each cloth."""
    face = tracker.see(picture, 0).face
    assert face is not None
    covered = []
    for index, cloth in enumerate(CLOTHS.values()):
        under = masked(picture, face, cloth)
        seen = tracker.see(under, 5000 * (index + 1)).face
        if seen is not None:  # else there is no face to guess from
            covered.append(lip_contrast(under, seen) or 0.0)
    return lip_contrast(picture, face) or 0.0, covered


@pytest.mark.parametrize("name", ["mara", "leo", "nora"])
def test_lips_stand_out_and_cloth_does_not(tracker: FaceTracker, name: str) -> None:
    picture = Renderer(portrait(name)).render(np.zeros((1, N_MOTION), np.float32))[0].copy()
    bare, covered = contrasts(tracker, picture)
    assert bare > -COVERED.off and covered and max(covered) < -COVERED.on


@pytest.mark.skipif(not GRID.is_dir(), reason="no ../shared/data/grid/video")
def test_the_same_of_a_real_face(tracker: FaceTracker) -> None:
    _, picture = next(iter(read_pictures(GRID / "lrak6n.mpg")))
    bare, covered = contrasts(tracker, picture)
    assert bare > -COVERED.off and covered and max(covered) < -COVERED.on


def test_a_mouth_outside_the_picture_tells_nothing() -> None:
    picture, face = np.full((100, 100, 3), 120, np.uint8), np.zeros((478, 3), np.float32)
    face[:, 1], face[263, 0] = 150, 60
    assert lip_contrast(picture, face) is None
