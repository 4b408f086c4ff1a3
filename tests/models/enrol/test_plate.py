"""What is behind the figure: solved for where it shows, continued where it does not."""

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


def test_the_background_is_solved_for_where_it_shows() -> None:
    matte = np.zeros((32, 32, 4), np.uint8)
    matte[8:24, 8:24] = [200, 0, 0, 255]
    matte[7, 8:24] = [200, 0, 0, 64]
    alpha = matte[..., 3:] / 255
    picture = (alpha * matte[..., :3] + (1 - alpha) * np.array([10, 20, 30])).round().astype(np.uint8)
    assert np.abs(background(picture, matte).astype(int) - [10, 20, 30]).max() <= 2
