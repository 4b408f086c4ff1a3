"""The stage: what the picture shows of an open eye is not seen beside a closing one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from visavis_models.serve.background import Background
from visavis_models.serve.painter import Painter
from visavis_models.serve.portrait import portrait, shipped_names
from visavis_models.serve.sheet import row_of
from visavis_models.serve.stage import lifted_glints, without_line, without_white

NEAR_CM = (0.5, 0.9)  # around the outer corner; skin is what lies between them


def test_white_beyond_the_lids_is_skin_and_skin_stays() -> None:
    picture = np.full((60, 100, 3), (200, 140, 120), np.uint8)
    cv2.ellipse(picture, (50, 30), (30, 14), 0, 0, 360, (240, 240, 245), -1)
    lids = np.array([(24, 30), (50, 18), (76, 30), (50, 42)], np.float32)
    skin = without_white(picture, np.full_like(picture, 240), lids, 10.0)
    assert skin[30, 21, 3] == 255 and np.abs(skin[30, 21, :3].astype(int) - (200, 140, 120)).max() <= 2
    assert not skin[:12, :, 3].any() and not skin[30, :15, 3].any()


def test_where_the_line_between_lips_ends_both_have_their_own_colour() -> None:
    picture = np.full((80, 200, 3), (160, 70, 60), np.uint8)
    picture[40:] = (220, 150, 140)
    picture[38:43, 30:170] = 20
    line = np.stack([np.linspace(35, 165, 20), np.full(20, 40)], 1).astype(np.float32)
    skin = without_line(picture, line, 30.0)
    solid = skin[..., 3] == 255
    assert solid[38:43, 35:45].all() and not skin[:, 90:110, 3].any() and not skin[:, :20, 3].any()
    assert skin[solid].min() > 35 and (skin[37, 31:34, 0] < 175).all() and (skin[43, 31:34, 0] > 195).all()


def test_twin_irises_have_one_colour_under_what_is_mirrored_in_them() -> None:
    y, x = np.mgrid[:80, :80]
    away = np.hypot(x - 40, y - 40)
    plain = np.full((80, 80, 4), 255, np.uint8)
    plain[..., :3] = np.where(away[..., None] < 12, 20, (120, 80, 50))
    plain[away > 28, 3] = 0
    veiled = plain.copy()
    veil = (away > 12) & (away < 28) & (x < 46)
    veiled[veil, :3] += 30
    veiled[20:26, 44:50, :3] = 250
    eyes = np.stack([plain, veiled])
    (one, none), (other, light) = lifted_glints(eyes, np.full((2, 2), 40.0, np.float32), np.float32([28, 28]))
    np.testing.assert_array_equal(one[np.abs(away - 12) > 2], plain[np.abs(away - 12) > 2])
    clear = veil & (away > 14)
    assert none[clear].max() == 0 and np.abs(other[clear, :3].astype(int) - (120, 80, 50)).max() < 30
    assert light[22, 46, :3].min() > 100 and light[22, 46, 3] == 0 and light[45, 25, :3].max() == 0 < light[45, 25, 3]


def whites(painter: Painter, closed: float) -> int:
    """How many pixels around both outer corners, beyond the lids by one, are nearer to the eye's white than to skin."""
    face, eyes, row = painter.portrait, painter.portrait.eyes, row_of({"eyeBlink*": closed})
    places = painter.places(row).copy()
    painter.draw(row)
    frame = painter.canvas.frame[..., :3].astype(float)
    y, x = np.mgrid[: len(frame), : len(frame)]
    count, cm = 0, face.scale * painter.size / face.size
    for side, outer in ((0, 0), (1, -1)):
        lids = np.concatenate([places[eyes.upper[side], :2], places[eyes.lower[side], :2][::-1]])
        skin = np.ones(frame.shape[:2], np.uint8)
        cv2.fillPoly(skin, [np.round(lids * 16).astype(np.int32)], 0, cv2.LINE_8, 4)
        skin = cv2.erode(skin, np.ones((3, 3), np.uint8))
        away = np.hypot(x - places[eyes.lower[side][outer], 0], y - places[eyes.lower[side][outer], 1]) / cm
        around = np.median(frame[(away > NEAR_CM[0]) & (away < NEAR_CM[1]) & (skin > 0)], axis=0)
        white = np.median(eyes.sclera[side].reshape(-1, 3), axis=0) - around
        share = ((frame - around) @ white) / (white @ white)
        count += int(((share > 0.5) & (away < NEAR_CM[0]) & (skin > 0)).sum())
    return count


@pytest.mark.parametrize("name", shipped_names())
def test_no_white_stands_beside_a_closing_eye(name: str) -> None:
    painter = Painter(portrait(name), 512, Background())
    assert [whites(painter, closed) for closed in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)] == [0] * 6
