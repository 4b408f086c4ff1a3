"""What a turned cheek shows: more of itself, and nothing of what is behind it."""

from __future__ import annotations

import numpy as np
import pytest

from visavis_models.serve.enrol.rim import INSET_PX, Rim, plain
from visavis_models.serve.portrait import portrait

SIDE = 400


@pytest.fixture(scope="module")
def disc() -> Rim:
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    return Rim.of(np.hypot(x, y) < 120, 26.0)


def test_the_silhouette_knows_how_deep_and_which_way_is_inwards(disc: Rim) -> None:
    middle = SIDE // 2
    assert disc.depth[middle, middle + 100] == pytest.approx(20, abs=1.5)
    np.testing.assert_allclose(disc.inwards[middle, middle + 118], [-1, 0], atol=0.05)
    np.testing.assert_allclose(disc.inwards[middle + 118, middle], [0, -1], atol=0.05)


def test_cheeks_are_at_the_sides(disc: Rim) -> None:
    middle = SIDE // 2
    assert disc.sideways[middle, middle + 118] == 1 and disc.sideways[middle + 118, middle] == 0


def test_skin_is_plain_up_to_the_tip_of_a_brow(disc: Rim) -> None:
    picture, middle = np.full((SIDE, SIDE, 3), (200, 150, 130), np.uint8), SIDE // 2
    picture[middle - 3 : middle + 4, middle + 60 : middle + 92] = 40  # its tip is 28 pixels within the silhouette
    length = plain(picture, disc, 40.0)
    assert length[middle, middle + 115] == pytest.approx(28 - INSET_PX, abs=6)
    assert length[middle, middle - 115] == pytest.approx(40, abs=1)


@pytest.mark.parametrize("name", ["alex", "leo"])
def test_nothing_on_the_silhouette_is_shown_by_a_face_that_has_turned(name: str) -> None:
    skin = portrait(name).skin
    face = np.arange(int(skin.triangles[skin.surround :].max()) + 1)
    shown = (skin.source + skin.inset)[face]
    moves = np.abs(skin.inset[face]).max(1) > INSET_PX
    inside = np.abs(shown[:, 0] - np.median(skin.points[face, 0])) < np.ptp(skin.points[face, 0]) / 2 - INSET_PX / 2
    assert moves.sum() > 100 and inside[moves].mean() > 0.97
