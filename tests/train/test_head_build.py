from pathlib import Path

import numpy as np
import pytest

from visavis_models.serve.head import ASSET, Head
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
