from pathlib import Path

import numpy as np
import pytest

from visavis_models.serve.head import ASSET, Head
from visavis_models.spec import INDEX
from visavis_models.train.head.brows import frown
from visavis_models.train.head.decimate import decimate
from visavis_models.train.head.error import distances, surface_distance
from visavis_models.train.head.source import load_source

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def test_head_is_true_to_its_source() -> None:
    if not DATA.is_dir():
        pytest.skip("../shared is not here")
    with np.load(ASSET, allow_pickle=False) as data:
        kept = data["source_vertex"].astype(np.int64)
    found = distances(load_source(DATA / "ict_face"), Head.load(), kept, people=2)
    for rows in found.values():
        assert np.percentile(rows, 95) <= 0.5  # mm


def test_a_frown_brings_the_inner_ends_of_brows_down_and_together() -> None:
    head = Head.load()
    for side, inner, outer, away in (("Right", 55, 46, 1.0), ("Left", 285, 276, -1.0)):
        moved = head.expression[INDEX[f"browDown{side}"]]
        end, tip = head.landmark(inner), head.landmark(outer)
        assert 0.4 < -moved[end, 1] < 0.6 and 0.3 < away * moved[end, 0] < 0.5  # cm
        assert -moved[end, 1] > 2 * -moved[tip, 1]
        other = head.landmark({55: 285, 285: 55}[inner])
        assert np.linalg.norm(moved[other]) < 0.1


def test_a_frown_is_alike_on_both_sides_and_leaves_lids_and_hairline() -> None:
    points = np.random.default_rng(1).uniform([-7, -8, 6], [7, 9, 12], (500, 3))
    mirrored = points * [-1, 1, 1]
    np.testing.assert_allclose(frown(points, 0) * [-1, 1, 1], frown(mirrored, 1), atol=1e-12)
    far = (points[:, 1] > 8.3) | (points[:, 1] < 3.6)
    assert np.abs(frown(points, 0)[far]).max() == 0


def test_flat_sheet_collapses_without_error() -> None:
    y, x = np.mgrid[0:9, 0:9].astype(float)
    points = np.stack([x.ravel(), y.ravel(), np.zeros(81)], 1)
    at = np.arange(81).reshape(9, 9)
    a, b, c, d = (part.ravel() for part in (at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]))
    triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    locked = np.zeros(81, bool)
    locked[[0, 8, 72, 80]] = True
    border = np.zeros((0, 2), np.int64)
    kept, left = decimate(points[None], triangles, np.zeros(81, int), {0: 30}, np.ones(81), locked, border)
    assert len(kept) == 30 and locked[kept].sum() == 4
    inner = points[(np.abs(points[:, :2] - 4) < 3).all(1)]
    assert surface_distance(inner, points, left).max() < 1e-9
