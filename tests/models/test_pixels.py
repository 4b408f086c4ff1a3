"""The pixel kernels, each on a case that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visavis_models.serve import pixels, raster

SQUARE = np.array([[0, 0, 1, 0], [8, 0, 1, 0], [8, 8, 1, 0], [0, 8, 1, 0]], np.float32)
TWO = np.array([[1, 2, 0], [2, 3, 0]], np.int32)


def empty(h: int = 10, w: int = 10) -> np.ndarray:
    target = np.zeros((h, w, 4), np.float32)
    raster.clear(target, whole(target))
    return target


def whole(target: np.ndarray) -> np.ndarray:
    """Spans that hold all of a target."""
    return np.tile(np.int32([0, target.shape[1]]), (target.shape[0], 1))


def test_paint_lays_the_figure_over_the_plate() -> None:
    figure = np.zeros((4, 4, 4), np.uint8)
    figure[:] = [50, 40, 30, 128]
    plate, out = np.full((2, 2, 4), [100, 100, 100, 0], np.uint8), np.zeros((2, 2, 4), np.uint8)
    target = empty(2, 2)
    target[0, 0] = [1, 1, 1, 0]
    face, behind = pixels.packed(figure), pixels.packed(plate)
    pixels.paint(target, whole(target), np.int32([0, 0, 9, 9]), face, face, behind, out.view("<u4")[..., 0])
    assert out[0, 0].tolist() == [100, 90, 80, 128] and out[1, 1].tolist() == [100, 100, 100, 0]


def test_paint_interpolates_between_texels() -> None:
    figure = np.full((2, 2, 4), 255, np.uint8)
    figure[..., 0] = [[0, 80], [160, 240]]
    target, out = empty(1, 1), np.zeros((1, 1, 4), np.uint8)
    target[0, 0] = [0.5, 0.25, 1, 0]
    plate = np.zeros((1, 1), np.uint32)
    face = pixels.packed(figure)
    pixels.paint(target, whole(target), np.int32([0, 0, 9, 9]), face, face, plate, out.view("<u4")[..., 0])
    assert out[0, 0, 0] == 80


def test_a_window_taken_and_put_back_changes_nothing() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (12, 12, 4)).astype(np.uint8)
    kept, colour = frame.copy(), np.zeros((8, 8, 3), np.float32)
    pixels.take_window(frame, 3, 5, 2, colour)
    pixels.put_window(colour, empty(8, 8), 2, 3, 5, frame)
    assert np.array_equal(frame, kept)


def test_a_strip_is_blended_once_everywhere() -> None:
    colour = np.zeros((10, 10, 3), np.float32)
    half = np.full((10, 10, 4), 128, np.uint8)
    half[..., :3] = 200
    pixels.blend_strip(colour, 0, 0, 1, TWO, SQUARE, SQUARE, pixels.packed(half), 1.0, np.full(3, 255, np.float32))
    np.testing.assert_allclose(colour[2:8, 2:8], 200 * 128 / 255, rtol=0.01)


@pytest.mark.parametrize("density", [1.0, 1.3])
def test_a_strip_is_no_brighter_than_it_may_be(density: float) -> None:
    colour = np.zeros((10, 10, 3), np.float32)
    white, most = np.full((10, 10, 4), 255, np.uint8), np.float32([40, 300, 90])
    pixels.blend_strip(colour, 0, 0, 1, TWO, SQUARE, SQUARE, pixels.packed(white), density, most)
    np.testing.assert_allclose(colour[4, 4], [40, 255, 90], rtol=0.01)


def softened(slant: float, apart: float, layer: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A face of 200 left of an edge that leans by `slant` pixels a row, over 0; and what was covered, [40, 40] each."""
    S = 40
    y, x = np.mgrid[:S, :S].astype(np.float32)
    edge = 15.3 + slant * (y - S / 2)
    target = np.zeros((S, S, 4), np.float32)
    target[..., 0], target[..., 1], target[..., 2], target[..., 3] = 2 * x, 2 * y, 1, np.float32(-1e9)
    face = x < edge
    target[face, 3], target[face, 2] = 0, 1 + layer
    target[face, 0] += apart
    base, out = np.zeros((S, S, 4), np.uint8), np.zeros((S, S, 4), np.uint8)
    base[face] = 200
    spans = np.tile(np.int32([0, S]), (S, 1))
    pixels.soften(target, spans, np.int32([2, 2, 38, 38]), pixels.packed(base), out.view("<u4")[..., 0])
    covered = np.clip(edge - x + 0.5, 0, 1) * 200
    return out[4:-4, 4:-4, 0].astype(float), covered[4:-4, 4:-4]


@pytest.mark.parametrize("slant", [0.0, 0.2, -0.35])
def test_torn_edges_have_no_steps(slant: float) -> None:
    out, covered = softened(slant, 40.0)
    stepped = np.where(covered > 100, 200.0, 0.0)
    assert np.abs(out - covered).mean() < (0.62 if slant else 1.01) * np.abs(stepped - covered).mean()
    assert slant == 0 or ((out > 20) & (out < 180)).sum() > 10


def test_whole_meshes_are_not_softened_unless_they_show_what_is_beyond_an_edge() -> None:
    assert set(np.unique(softened(0.2, 0.5)[0])) == {0, 200}
    assert len(np.unique(softened(0.2, 0.5, layer=8 * raster.LAYER)[0])) > 3


def test_an_edge_goes_over_from_the_picture_to_what_is_beyond_it() -> None:
    target, out = empty(), np.zeros((10, 10, 4), np.uint8)
    figure, beyond = np.full((10, 10, 4), 255, np.uint8), np.full((10, 10, 4), 255, np.uint8)
    figure[..., :3], beyond[..., :3] = 40, 200
    target[2, :, :3], target[2, :, 3] = (4, 4, 0), 1
    target[2, :, 2] = 1 + raster.LAYER * np.arange(10).clip(0, 8)
    target[4, 4, 2] = 1 + raster.LAYER  # left there by an earlier frame
    plate = np.zeros((10, 10), np.uint32)
    pixels.paint(
        target, whole(target), np.int32([0, 0, 10, 9]), pixels.packed(figure), pixels.packed(beyond), plate,
        out.view("<u4")[..., 0],
    )  # fmt: skip
    np.testing.assert_allclose(out[2, :, 0], 40 + 20 * np.arange(10).clip(0, 8), atol=2)
    assert not out[4].any()


def test_a_stroke_is_as_wide_as_it_says_and_thin_at_its_ends() -> None:
    colour, cover = np.full((9, 41, 3), 100, np.float32), np.zeros((9, 41), np.float32)
    line, ink = np.array([[0, 4], [20, 4], [40, 4]], np.float32), np.zeros(3, np.float32)
    pixels.stroke(colour, cover, 0, 0, 1, line, 1.5, ink, 0.5)
    assert colour[4, 20, 0] == colour[3, 20, 0] == 50 and colour[6, 20, 0] == 100 and colour[3, 1, 0] > 90


def test_scaling_up_keeps_places_and_takes_the_background_from_the_plate() -> None:
    small, out = np.zeros((8, 8, 4), np.uint8), np.zeros((16, 16, 4), np.uint8)
    small[:, 4:] = [200, 100, 50, 255]
    plate, spans = np.full((16, 16), 7, np.uint32), np.zeros((16, 2), np.int32)
    pixels.scale_up(pixels.packed(small), whole(small), plate, out.view("<u4")[..., 0], spans)
    assert (spans == [0, 16]).all() and out[3, 12].tolist() == [200, 100, 50, 255] and out[3, 3, 0] == 7
    assert out[3, 7, 0] == 50 and out[3, 8, 0] == 150  # a quarter and three quarters of the way over the edge
