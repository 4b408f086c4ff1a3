"""What is behind the figure: the picture's own where it shows, continued where it does not."""

from __future__ import annotations

import numpy as np

from visavis_models.serve.enrol.plate import background, continued, membrane


def test_what_is_known_stays_and_the_rest_is_filled_smoothly() -> None:
    ramp = np.broadcast_to(np.linspace(0, 90, 10, dtype=np.float32)[None, :, None], (10, 10, 3))
    hole = np.zeros((10, 10), bool)
    hole[3:7, 3:7] = True
    np.testing.assert_allclose(membrane(np.where(hole[..., None], 0, ramp), hole, ~hole), ramp, atol=1e-3)
    filled = continued(np.where(hole[..., None], 0, ramp), ~hole)
    assert np.array_equal(filled[~hole], ramp[~hole]) and filled[hole].min() > 20 and filled[hole].max() < 70


def test_no_rim_of_the_figure_is_left_behind() -> None:
    matte = np.zeros((64, 64, 4), np.uint8)
    matte[16:48, 16:48] = [200, 0, 0, 255]
    matte[15, 16:48] = [90, 250, 0, 64]  # a colour that the picture does not have there
    alpha = np.where(matte[..., 3:] == 64, 0.4, matte[..., 3:] / 255)
    picture = (alpha * [200, 0, 0] + (1 - alpha) * np.array([10, 20, 30])).round().astype(np.uint8)
    plate = background(picture, matte).astype(int)
    assert np.abs(plate - [10, 20, 30]).max() <= 2
    known = np.ones((64, 64), bool)
    known[:8] = False
    picture[:8] = 255
    assert np.abs(background(picture, matte, known).astype(int) - [10, 20, 30]).max() <= 2
