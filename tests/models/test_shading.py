"""Light on a bent mesh, each kernel on a case that can be worked out by hand."""

from __future__ import annotations

import numpy as np

from visavis_models.serve import shading

GRID = np.array([[x, y, 0] for y in range(12) for x in range(12)], np.float32)
CELLS = np.array([[y * 12 + x, y * 12 + x + 1, (y + 1) * 12 + x] for y in range(11) for x in range(11)], np.int32)
BOTH = np.concatenate([CELLS, CELLS[:, [1, 1, 2]] + np.int32([0, 12, 0])]).astype(np.int32)
MIDDLE = 6 * 12 + 6


def test_normals_of_a_plane_face_the_viewer() -> None:
    sums = np.zeros_like(GRID)
    shading.normal_sums(GRID, BOTH, sums)
    np.testing.assert_allclose(shading.unit(sums), np.tile([0, 0, 1], (len(GRID), 1)), atol=1e-6)


def lit() -> tuple[np.ndarray, np.ndarray]:
    """Luminance [N] of skin with pores, and that all of it is shown."""
    return np.random.default_rng(0).uniform(100, 200, len(GRID)).astype(np.float32), np.ones(len(GRID), bool)


def test_no_light_is_changed_on_flat_colour() -> None:
    luminance, shown = lit()
    assert shading.flatness(luminance) == 0 and shading.flatness(np.full(9, 150, np.float32)) == 1
    rough, flat = (
        shading.fit_light(GRID, BOTH, level, shown, np.zeros(len(GRID), np.float32), 10.0).share
        for level in (luminance, np.full_like(luminance, 150))
    )
    assert rough.max() > 0.5 and not flat.any()


def test_a_vertex_that_sinks_is_found_and_gets_darker() -> None:
    luminance, shown = lit()
    light = shading.fit_light(GRID, BOTH, luminance, shown, np.zeros(len(GRID), np.float32), 10.0)
    sunk, sums, out = GRID.copy(), np.zeros_like(GRID), np.zeros(len(GRID), np.float32)
    sunk[MIDDLE, 2] = -1
    shading.normal_sums(sunk, BOTH, sums)
    shading.sink(sunk, BOTH, light.degree, sums, np.zeros_like(GRID), out)
    assert out[MIDDLE] > 0.5 and abs(out[0]) < 1e-6
    change = np.zeros(len(GRID), np.float32)
    shading.relight(sums, light.sums, out / 10, light.direction, light.level, light.gloss, 1.0, change)
    assert change[MIDDLE] < -0.1 and change[0] == 0


def test_light_from_above_is_found_in_a_picture_of_a_ball() -> None:
    ball = GRID.copy()
    x, y = (ball[:, 0] - 5.5) / 9, (ball[:, 1] - 5.5) / 9
    ball[:, 2] = 9 * np.sqrt(1 - x**2 - y**2)
    luminance = (120 - 60 * y).astype(np.float32)
    everywhere = np.ones(len(GRID), bool)
    light = shading.fit_light(ball, BOTH, luminance, everywhere, np.zeros(len(GRID), np.float32), 10.0)
    assert light.direction[1] < -40 and abs(light.direction[0]) < 12


def test_smoothing_keeps_what_is_even() -> None:
    values, degree = np.full(len(GRID), 3, np.float32), np.bincount(BOTH.ravel()).astype(np.float32)
    shading.smooth(BOTH, degree, 2, np.zeros(len(GRID), np.float32), values)
    np.testing.assert_allclose(values, 3, rtol=1e-6)
