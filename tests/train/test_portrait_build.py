"""The portrait's building blocks, and that the shipped face is the one that the script builds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from visavis_models.serve.portrait import portrait
from visavis_models.spec import ARKIT_NAMES, INDEX
from visavis_models.train.portrait import alex, mesh
from visavis_models.train.portrait.fitted import halves
from visavis_models.train.portrait.head import boundary_loops, components, load_head, source_names
from visavis_models.train.portrait.plate import background, continued, membrane

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")


def test_the_persons_own_sides_and_the_split_channels() -> None:
    assert source_names("eyeBlinkLeft") == ["eyeBlink_L"]
    assert source_names("browInnerUp") == ["browInnerUp_L", "browInnerUp_R"]
    assert source_names("jawLeft") == ["jawLeft"] and source_names("tongueOut") == []
    assert sum(len(source_names(name)) for name in ARKIT_NAMES) == 53


def test_loops_components_and_halves() -> None:
    square = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4], [5, 6, 7]])
    loops = boundary_loops(square)
    assert sorted(map(sorted, (loop.tolist() for loop in loops))) == [[0, 1, 2, 3], [5, 6, 7]]
    assert components(square, 8).tolist() == [0, 0, 0, 0, 0, 5, 5, 5]
    corners = np.array([[-1, 0, 0], [0, -1, 0], [1, 0, 0], [0, 1, 0]], float)
    upper, lower = halves(np.array([0, 1, 2, 3]), corners)
    assert upper.tolist() == [0, 3, 2] and lower.tolist() == [0, 1, 2]


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


@pytest.mark.parametrize("power", [1, 2])
def test_values_are_continued_between_what_is_fixed(power: int) -> None:
    chain = csr_matrix(np.diag(np.ones(6), 1) + np.diag(np.ones(6), -1))
    fixed = np.array([True, True, False, False, False, True, True])
    values = np.where(fixed, np.arange(7.0), 0)[:, None]
    np.testing.assert_allclose(mesh.extended(chain, values, fixed, power)[:, 0], np.arange(7), atol=1e-5)


@needs_data
def test_the_shipped_face_stands_on_alex() -> None:
    head = load_head(DATA / "ict_face" / "ict_face.npz")
    shipped, points = portrait("alex"), alex.project(alex.vertices(head))
    nose = shipped.marks["nose"]
    np.testing.assert_allclose(shipped.skin.points[nose], points[nose], atol=0.01)
    assert shipped.rest[INDEX["mouthSmileLeft"]] == pytest.approx(0.4)
