"""From a fitted head to the mesh that carries the picture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from visavis_models.serve.enrol import mesh
from visavis_models.serve.head import Head
from visavis_models.train.portrait import alex


def test_values_are_continued_between_what_is_fixed() -> None:
    chain = csr_matrix(np.diag(np.ones(6), 1) + np.diag(np.ones(6), -1))
    fixed = np.array([True, True, False, False, False, True, True])
    values = np.where(fixed, np.arange(7.0), 0)[:, None]
    np.testing.assert_allclose(mesh.extended(chain, values, fixed)[:, 0], np.arange(7), atol=1e-5)


def test_the_nearest_triangle_that_faces_the_viewer_is_seen() -> None:
    square = np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0], [2, 2, 5], [6, 2, 5], [6, 6, 5]], float)
    triangles = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6]])
    depth, owner = mesh.surface(square, triangles, 12)
    assert owner[3, 5] == 2 and depth[3, 5] == pytest.approx(5)
    assert owner[8, 1] == 1 and owner[11, 11] == -1 and np.isneginf(depth[11, 11])
    assert (mesh.surface(square, triangles[:, ::-1], 12)[1] == -1).all()


def test_the_head_turns_whole_the_shoulders_stay_and_the_neck_twists() -> None:
    fit = alex.fitted(Head.load())
    chin, scale = fit.points[fit.marks["chin"]], fit.scale
    down, back = np.array([0, scale, 0]), np.array([0, 0, -scale])
    places = chin + np.array([0 * down, 6 * back, 3 * down + 6 * back, 4 * down + 8 * back, 9 * down + 8 * back])
    share = mesh.head_weights(fit, places)
    assert share[0] == 1 and share[-1] == 0 and (np.diff(share) < 0).all() and share[1] > 0.9


def test_hair_is_round_above_the_eyes_and_ears_stay_back() -> None:
    fit, size = alex.fitted(Head.load()), alex.SIZE
    plane = fit.pivot[2] + 1.5 * fit.scale
    matte = np.zeros((size, size, 4), np.uint8)
    matte[100:900, 200:800] = 255
    x, above, beside = 260.0, fit.centres[:, 1].mean() - 5 * fit.scale, fit.centres[:, 1].mean() + 2 * fit.scale
    grid = np.array([[x, above], [201, above], [x, beside], [500, 900]])
    hair, edge, ear, _ = (mesh._depth_around(np.full((size, size), -np.inf), fit, grid, matte) - plane) / fit.scale
    assert hair > 3 and edge < 1.5 and abs(ear) < 0.01
