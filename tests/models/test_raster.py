"""The kernels, each on a case that can be worked out by hand."""

from __future__ import annotations

import numpy as np

from visavis_models.serve import raster
from visavis_models.serve.rotation import rotation

SQUARE = np.array([[0, 0, 1, 0], [8, 0, 1, 0], [8, 8, 1, 0], [0, 8, 1, 0]], np.float32)
TWO = np.array([[1, 2, 0], [2, 3, 0]], np.int32)


def empty(h: int = 10, w: int = 10) -> np.ndarray:
    target = np.zeros((h, w, 4), np.float32)
    raster.clear(target, whole(target))
    return target


def whole(target: np.ndarray) -> np.ndarray:
    """Spans that hold all of a target."""
    return np.tile(np.int32([0, target.shape[1]]), (target.shape[0], 1))


def values_of(points: np.ndarray) -> np.ndarray:
    return np.concatenate([points[:, :2], np.ones((len(points), 1))], 1).astype(np.float32)


def test_deform_adds_the_weighted_rows() -> None:
    out = np.empty(2, np.float32)
    modes = np.array([[1, 2], [10, 20], [100, 200]], np.float32)
    raster.deform(np.float32([5, 5]), modes, *raster.runs_of(modes), np.int32([0, 2]), np.float32([1, 0.5]), out)
    assert out.tolist() == [56, 107]


def test_deform_passes_over_what_a_mode_does_not_move() -> None:
    n = 4 * raster.GAP
    modes = np.zeros((3, n), np.float32)
    modes[0, 5], modes[0, 9], modes[0, 3 * raster.GAP], modes[2, -1] = 1, 2, 3, 4
    runs, firsts = raster.runs_of(modes)
    assert runs.tolist() == [[5, 10], [3 * raster.GAP, 3 * raster.GAP + 1], [n - 1, n]]
    assert firsts.tolist() == [0, 2, 2, 3]
    out, rows, weights = np.empty(n, np.float32), np.arange(3, dtype=np.int32), np.float32([1, 7, 0.5])
    raster.deform(np.ones(n, np.float32), modes, runs, firsts, rows, weights, out)
    np.testing.assert_array_equal(out, 1 + weights @ modes)


FAR_VIEW = np.float32([0, 0, 1e9])


def test_pose_turns_by_the_share_of_the_head() -> None:
    points = np.array([[2, 0, 0], [2, 0, 0]], np.float32)
    quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    raster.pose(points, np.float32([1, 0]), quarter, np.zeros(3, np.float32), np.zeros(3, np.float32), 1.0, FAR_VIEW)
    np.testing.assert_allclose(points, [[0, -2, 0], [2, 0, 0]], atol=1e-6)


def test_what_turns_towards_a_near_viewer_grows() -> None:
    space, pivot, distance = np.array([[-60, 80, 20], [60, -40, 110], [30, 10, 0.0]]), np.array([5.0, 60, -40]), 900.0
    centre = np.array([256.0, 250.0])

    def seen(places: np.ndarray) -> np.ndarray:
        near = distance / (distance - places[:, 2:])
        return np.c_[centre + near * places[:, :2] * [1, -1], places[:, 2]].astype(np.float32)

    turn = rotation(0.2, -0.3, 0.1)
    points, still, head = seen(space), seen(space), np.ones(3, np.float32)
    view, nothing = np.float32([*centre, distance]), np.zeros(3, np.float32)
    raster.pose(points, head, turn, seen(pivot[None])[0], nothing, 1.0, view)
    np.testing.assert_allclose(points, seen((space - pivot) @ turn.T + pivot), atol=1e-3)
    raster.pose(still, head, np.eye(3, dtype=np.float32), seen(pivot[None])[0], nothing, 1.0, view)
    np.testing.assert_allclose(still, seen(space), atol=1e-3)


def test_a_turn_by_nothing_shows_nothing_beyond_the_silhouette() -> None:
    corners, values = np.empty((6, 3), np.float32), np.empty((6, 3), np.float32)
    for moved, layer in ((1e-4, 0), (0.2, 1), (9, raster.LAYERS)):
        raster.edge_corners(TWO, SQUARE + np.float32(moved), SQUARE, values_of(SQUARE), 4.0, corners, values)
        assert (np.floor(values[:, 2] / raster.LAYER) == layer).all()


def test_a_mesh_shows_each_place_where_it_is_and_leaves_the_rest_bare() -> None:
    target = empty()
    raster.draw_mesh(target, whole(target), 0, 0, 1, TWO, SQUARE, values_of(SQUARE), False)
    covered = target[..., 0] != raster.BARE
    assert covered[:9, :9].all() and not covered[9].any() and not covered[:, 9].any()
    y, x = np.mgrid[:9, :9]
    np.testing.assert_allclose(target[:9, :9, 0], x, atol=1e-5)
    np.testing.assert_allclose(target[:9, :9, 1], y, atol=1e-5)


def test_the_nearer_wins_and_what_faces_away_is_not_drawn() -> None:
    target, far = empty(), SQUARE.copy()
    far[:, 2] = -1
    raster.draw_mesh(target, whole(target), 0, 0, 1, TWO, SQUARE, values_of(SQUARE) + 100, False)
    raster.draw_mesh(target, whole(target), 0, 0, 1, TWO, far, values_of(SQUARE), False)
    assert target[4, 4, 0] == 104
    away = empty()
    raster.draw_mesh(away, whole(away), 0, 0, 1, TWO[:, ::-1].copy(), SQUARE, values_of(SQUARE), False)
    assert (away[..., 0] == raster.BARE).all()


def test_a_fine_window_samples_between_the_pixels() -> None:
    target = empty(4, 4)
    raster.draw_mesh(target, whole(target), 2, 3, 2, TWO, SQUARE, values_of(SQUARE), False)
    np.testing.assert_allclose(target[0, :, 0], [1.75, 2.25, 2.75, 3.25], atol=1e-5)
    np.testing.assert_allclose(target[:, 0, 1], [2.75, 3.25, 3.75, 4.25], atol=1e-5)


def test_only_the_spans_are_drawn() -> None:
    target = empty()
    spans = np.zeros((10, 2), np.int32)
    spans[3] = [2, 5]
    raster.draw_mesh(target, spans, 0, 0, 1, TWO, SQUARE, values_of(SQUARE), False)
    covered = target[..., 0] != raster.BARE
    assert covered[3, 2:5].all() and covered.sum() == 3


def test_changes_are_found_where_a_triangle_is_and_was() -> None:
    spans, old = np.zeros((40, 2), np.int32), SQUARE[:, :3].copy()
    moved = old + np.float32([20, 10, 0])
    raster.find_changes(TWO, moved, values_of(SQUARE), old, values_of(SQUARE), spans, 40)
    assert spans[0].tolist() == spans[18].tolist() == [0, 29]
    assert spans[25].tolist() == [0, 0]
    spans[:] = 0
    raster.find_changes(TWO, old, values_of(SQUARE), old, values_of(SQUARE), spans, 40)
    assert not spans.any()


def test_groups_hold_every_triangle_and_neighbours_together() -> None:
    k = np.arange(40 * 40).reshape(40, 40)
    triangles = np.stack([k[:-1, :-1], k[:-1, 1:], k[1:, :-1]], -1).reshape(-1, 3).astype(np.int32)
    points = np.stack(np.meshgrid(np.arange(40), np.arange(40)), -1).reshape(-1, 2).astype(np.float32)
    groups = raster.groups_of(triangles, points)
    sets = [set(group) for group in groups.tolist()]
    assert groups.shape[1] == raster.GROUP and len(groups) < len(triangles) / 2
    assert all(any(set(corners) <= group for group in sets) for corners in triangles[::37].tolist())
    assert max(np.ptp(points[group], axis=0).max() for group in groups) < 12


def test_what_changes_in_groups_covers_what_changes_in_triangles() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 60, (60, 3)).astype(np.float32)
    triangles = rng.integers(0, 60, (40, 3)).astype(np.int32)
    moved = points.copy()
    moved[::7] += 3
    one, many = np.zeros((64, 2), np.int32), np.zeros((64, 2), np.int32)
    raster.find_changes(triangles, moved, points, points, points, one, 64)
    raster.find_changes(raster.groups_of(triangles, points), moved, points, points, points, many, 64)
    drawn = one[:, 0] < one[:, 1]
    assert drawn.any() and (many[drawn, 0] <= one[drawn, 0]).all() and (many[drawn, 1] >= one[drawn, 1]).all()


def test_triangles_within_a_window_that_draws_them_are_left_out() -> None:
    windows, out = np.int32([[-1, -1, 9, 3], [0, 0, 8, 7], [0, 0, 8, 8]]), np.empty_like(TWO)
    by_all, by_none = np.ones((2, 3), np.bool_), np.zeros((2, 3), np.bool_)
    assert raster.beside(TWO, by_all, SQUARE, windows[:2], out) == 2
    assert raster.beside(TWO, by_all, SQUARE, windows, out) == 0
    assert raster.beside(TWO, by_all, SQUARE, windows + np.int32([1, 0, 0, 0]), out) == 2
    assert raster.beside(TWO, by_none, SQUARE, windows, out) == 2
    one = by_all.copy()
    one[0, 2] = False
    assert raster.beside(TWO, one, SQUARE, windows, out) == 1 and out[0].tolist() == TWO[0].tolist()


def test_spans_grow_up_down_and_to_the_sides() -> None:
    spans = np.zeros((9, 2), np.int32)
    spans[4] = [3, 5]
    raster.grow(spans, 2, 6)
    assert [row.tolist() for row in spans] == [[0, 0], [0, 0], *[[1, 6]] * 5, [0, 0], [0, 0]]


def test_bounds_of_points() -> None:
    assert raster.bounds(SQUARE) == (0, 0, 8, 8)
