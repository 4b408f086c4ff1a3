"""What a turned cheek shows: more of itself, and nothing of what is behind it."""

from __future__ import annotations

import numpy as np
import pytest

from visavis_models.serve.enrol.rim import LINE_PX, Rim, beside, gone_on
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


def test_skin_goes_on_beyond_the_silhouette_with_its_grain_and_without_a_brow(disc: Rim) -> None:
    middle, rng = SIDE // 2, np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE] - middle
    picture = np.where((np.hypot(x, y) < 118)[..., None], (200, 150, 130), (40, 60, 90)).astype(float)
    picture += rng.normal(0, 5, (SIDE, SIDE, 1)) * (np.hypot(x, y) < 118)[..., None]
    picture[middle - 4 : middle + 5, middle + 60 : middle + 90] = 30
    ending, solid = np.ones((SIDE, SIDE), np.float32), np.hypot(x, y) < 118
    skin = gone_on(picture.clip(0, 255).astype(np.uint8), solid, disc, ending, 26.0).astype(float)
    beyond = skin[middle - 20 : middle + 21, middle + 124 : middle + 180]
    assert (beyond[..., 3] == 255).all() and skin[middle, middle + 90, 3] == 0
    assert np.abs(beyond[..., :3].mean((0, 1)) - (200, 150, 130)).max() < 3
    assert (
        1.5 < skin[middle + 30 : middle + 60, middle + 124 : middle + 160, 0].std() < 6 and beyond[..., 0].min() > 170
    )


def test_the_face_stays_the_picture_where_it_goes_over_into_hair(disc: Rim) -> None:
    picture, ending = np.full((SIDE, SIDE, 3), 120, np.uint8), np.ones((SIDE, SIDE), np.float32)
    ending[: SIDE // 2] = 0
    skin = gone_on(picture, np.ones((SIDE, SIDE), bool), disc, ending, 26.0)
    assert not skin[60 : SIDE // 2 - 60, 80:-80, 3].any() and skin[SIDE - 70, SIDE // 2, 3] == 255


def test_under_the_jaw_skin_gives_way_to_the_throat_and_beside_a_cheek_not(disc: Rim) -> None:
    middle = SIDE // 2
    y, x = np.mgrid[:SIDE, :SIDE] - middle
    picture = np.where((np.hypot(x, y) < 120)[..., None], (200, 150, 130), (90, 60, 50)).astype(np.uint8)
    ending = np.ones((SIDE, SIDE), np.float32)
    figure, alone = (
        gone_on(picture, solid, disc, ending, 26.0)[..., :3].astype(float)
        for solid in (np.ones((SIDE, SIDE), bool), np.hypot(x, y) < 120)
    )
    assert np.abs(figure[middle + 120 + 50, middle] - (90, 60, 50)).max() < 15
    assert np.abs(figure[middle, middle + 120 + 50] - (200, 150, 130)).max() < 3
    assert np.abs(alone[middle + 120 + 50, middle] - (200, 150, 130)).max() < 3  # no throat is there


def test_a_neck_goes_on_behind_the_jaw_and_nothing_behind_a_cheek() -> None:
    ring = np.stack([np.full(100, 50.0), np.arange(100.0)], 1)
    solid = np.zeros((100, 100), bool)
    solid[80:], solid[:20] = True, True  # neck, and hair
    left = beside(np.array([[40.0, 75], [40, 50], [40, 25], [40, 10]]), ring, solid, 10.0)
    np.testing.assert_array_equal(left[:, 1], [80, 50, 25, 10])


@pytest.mark.parametrize("name", ["alex", "leo"])
def test_what_comes_to_light_goes_on_outwards(name: str) -> None:
    skin = portrait(name).skin
    face = np.arange(int(skin.triangles[skin.surround :].max()) + 1)
    moves = np.abs(skin.inset[face]).max(1) > LINE_PX
    middle = np.median(skin.points[face, 0])
    outwards = ((skin.inset[face, 0] > 0) == (skin.points[face, 0] > middle))[moves]
    shown = np.clip((skin.source + skin.inset)[face][moves].round().astype(int), 0, len(skin.beyond) - 1)
    assert moves.sum() > 100 and outwards.mean() > 0.95
    assert (skin.beyond[shown[:, 1], shown[:, 0], 3] > 200).mean() > 0.9
