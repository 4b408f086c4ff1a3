"""RGB to I420."""

import numpy as np
import pytest

from visavis_models.serve.colour import to_i420


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [((0, 0, 0), (16, 128, 128)), ((255, 255, 255), (235, 128, 128)), ((255, 0, 0), (82, 90, 240))],
)
def test_known_colours(rgb: tuple[int, ...], yuv: tuple[int, ...]) -> None:
    picture = np.broadcast_to(np.array(rgb, np.uint8), (4, 6, 3)).copy()
    planes = to_i420(picture)
    assert len(planes) == 36
    assert (set(planes[:24]), set(planes[24:30]), set(planes[30:])) == ({yuv[0]}, {yuv[1]}, {yuv[2]})


def test_against_the_equations() -> None:
    """ITU-R BT.601, limited range."""
    rgb = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    r, g, b = np.moveaxis(rgb.astype(float), -1, 0)
    luma = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    mean = rgb.reshape(4, 2, 4, 2, 3).mean(axis=(1, 3))
    u = 128 - 0.148 * mean[..., 0] - 0.291 * mean[..., 1] + 0.439 * mean[..., 2]
    planes = to_i420(rgb).astype(float)
    assert np.abs(planes[:64].reshape(8, 8) - luma).max() <= 1.5
    assert np.abs(planes[64:80].reshape(4, 4) - u).max() <= 1.5
