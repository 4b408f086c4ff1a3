"""The irises of a picture are found whole, whatever their size and whatever is mirrored in them."""

from __future__ import annotations

import numpy as np
import pytest

from visavis_models.serve.enrol.eyes import Patch, View, eyeball, find_irises, lashes

W, H, PUPIL = 180, 110, 11.0
MIDDLE = np.array([92.0, 54.0])


def eye(radius: float, guess: tuple[float, float, float]) -> View:
    """A pale iris with a dark pupil between lids that hide its top, half of it under a veil of light."""
    y, x = np.mgrid[:H, :W].astype(float)
    away = np.hypot(x - MIDDLE[0], y - MIDDLE[1])
    grey = np.where(away < PUPIL, 25, np.where(away < radius, 120, 225)).astype(float)
    grey[(away < radius) & (x < MIDDLE[0] - 4) & (y > MIDDLE[1])] += 40
    shown = ((x - 90) / 70) ** 2 + ((y - 62) / 26) ** 2 < 1
    grey[~shown] = 160
    return View(Patch((0, 0, W, H)), np.repeat(grey[..., None], 3, 2), shown, np.array(guess))


@pytest.mark.parametrize("radius", [18.0, 26.0, 33.0])
def test_the_white_ends_at_the_iris_and_not_at_the_pupil(radius: float) -> None:
    eyes = [eye(radius, (96.0, 56.0, 17.0)), eye(radius, (88.0, 53.0, 18.0))]
    for found in find_irises(eyes):
        np.testing.assert_allclose(found, [*MIDDLE, radius], atol=2.0)


def test_an_iris_goes_on_under_the_lids_without_a_seam() -> None:
    view = eye(26.0, (92.0, 54.0, 26.0))
    _, pupil = eyeball(view.window, view.patch, view.shown, np.array([*MIDDLE, 26.0]))
    top = pupil[int(MIDDLE[1]) - 21, int(MIDDLE[0]) - 8 : int(MIDDLE[0]) + 9, 0].astype(int)
    assert pupil[33, 92, 3] == 255 and np.abs(top - 120).max() < 30 and np.abs(np.diff(top)).max() < 12


def test_lashes_are_lifted_off_and_the_fold_of_the_lid_stays() -> None:
    picture = np.full((H, W, 3), 180.0)
    roots = np.stack([np.linspace(40, 140, 20), np.full(20, 70.0)], 1)
    picture[44:47, 50:130] = 110  # the fold
    picture[69:71, 40:141] = 30
    for x in range(50, 131, 8):
        picture[56:70, x : x + 2] = 30
    open_eye = np.zeros((H, W), bool)
    open_eye[74:90, 45:135] = True
    skin, lash, _ = lashes(picture, Patch((0, 0, W, H)), roots, open_eye, 34.0)
    assert lash[60, 90, 3] > 200 and skin[60, 90, 0] > 150
    assert np.abs(skin[45, 60:120] - 110).max() < 5 and lash[45, 60:120, 3].max() < 10
