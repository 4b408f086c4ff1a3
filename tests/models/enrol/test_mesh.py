"""From a fitted head to the mesh that carries the picture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from visavis_models.serve.enrol import mesh


@pytest.mark.parametrize("power", [1, 2])
def test_values_are_continued_between_what_is_fixed(power: int) -> None:
    chain = csr_matrix(np.diag(np.ones(6), 1) + np.diag(np.ones(6), -1))
    fixed = np.array([True, True, False, False, False, True, True])
    values = np.where(fixed, np.arange(7.0), 0)[:, None]
    np.testing.assert_allclose(mesh.extended(chain, values, fixed, power)[:, 0], np.arange(7), atol=1e-5)


def test_the_nearest_triangle_that_faces_the_viewer_is_seen() -> None:
    square = np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0], [2, 2, 5], [6, 2, 5], [6, 6, 5]], float)
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6]])
    depth, owner = mesh.surface(square, triangles, 12)
    assert owner[3, 5] == 2 and depth[3, 5] == pytest.approx(5)
    assert owner[8, 1] == 1 and owner[11, 11] == -1 and np.isneginf(depth[11, 11])
    assert (mesh.surface(square, triangles[:, ::-1], 12)[1] == -1).all()
