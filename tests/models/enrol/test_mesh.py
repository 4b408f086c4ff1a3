"""From a fitted head to the mesh that carries the picture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from visavis_models.serve.enrol import mesh
from visavis_models.serve.head import Head
from visavis_models.spec import INDEX
from visavis_models.train.portrait import alex


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


def test_a_lid_that_looks_down_keeps_its_arch_and_the_lower_one_goes_with_it() -> None:
    head = Head.load()
    fit = alex.fitted(head)
    modes, edges = fit.modes[:, fit.face].copy(), [mesh.pair(head, f"lids.{side}.edge") for side in ("right", "left")]
    mesh.lowered_lids(fit, modes, tuple(edges))
    points = fit.points[fit.face]
    for (upper, lower), name in zip(edges, ("eyeLookDownRight", "eyeLookDownLeft"), strict=True):
        arches = []
        for edge in (points, points + modes[INDEX[name]], points + fit.modes[INDEX[name], fit.face]):
            line = np.interp(edge[upper, 0], edge[upper[[0, -1]], 0], edge[upper[[0, -1]], 1])
            arches.append(float((line - edge[upper, 1]).max()))
        falls = modes[INDEX[name]][upper, 1].max()
        assert 0.3 < arches[1] / arches[0] < 0.6 and arches[2] / arches[0] < 0.25  # the head's own last
        assert falls > 0.3 * fit.radius[0] * 0.47 and modes[INDEX[name]][lower, 1].max() > 0.3 * falls
