"""The portrait's building blocks, and that the shipped face is the one that the script builds."""

from __future__ import annotations

import numpy as np
import pytest

from visavis_models.serve.head import Head, components
from visavis_models.serve.portrait import portrait
from visavis_models.spec import ARKIT_NAMES, INDEX
from visavis_models.train.portrait import alex
from visavis_models.train.portrait.head import boundary_loops, halves, source_names


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


def test_the_shipped_face_stands_on_alex() -> None:
    head, shipped = Head.load(), portrait("alex")
    points = alex.project(alex.vertices(head))
    nose = shipped.marks["nose"]
    np.testing.assert_allclose(shipped.skin.points[nose], points[nose], atol=0.01)
    assert shipped.rest[INDEX["mouthSmileLeft"]] == pytest.approx(0.4)
