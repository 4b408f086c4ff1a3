"""The lips' edges come to lie where the picture parts them, and closed ones do not cross."""

from __future__ import annotations

import numpy as np
import pytest
from tests.models.enrol.test_solve import landmarks_of, person

from visavis_models.serve.enrol import mesh
from visavis_models.serve.enrol.fitted import FittedHead, stand
from visavis_models.serve.enrol.lips import cheapest, found_seam, settled
from visavis_models.serve.enrol.solve import INNER_LOWER, INNER_UPPER, PARTING, closed, solve
from visavis_models.serve.head import Head
from visavis_models.spec import INDEX, MOTION_NAMES

SIDE, DOWN = 800, 2.0  # pixels; of the dark line below the landmarks


def shown(gap: float) -> tuple[Head, np.ndarray, np.ndarray]:
    """A head, its landmarks with lips that part by `gap` pixels in the middle, and a picture with the line between."""
    head = Head.load()
    marks = landmarks_of(head, person())
    x, y = marks[list(INNER_UPPER), 0], (marks[13, 1] + marks[14, 1]) / 2
    curve = y + 3 * np.sin(np.linspace(0, np.pi, len(x)))
    bulge = 0.5 * gap * np.sin(np.linspace(0, np.pi, len(x)))
    marks[list(INNER_UPPER), 1], marks[list(INNER_LOWER), 1] = curve - bulge, curve + bulge
    rows = np.arange(SIDE)[:, None] - np.interp(np.arange(SIDE), x, curve + DOWN)
    grey = 150 - 90 * np.exp(-((rows / 1.5) ** 2))
    return head, marks, np.repeat(grey[..., None], 3, 2).astype(np.uint8)


def edges(head: Head, fit: FittedHead) -> tuple[np.ndarray, np.ndarray]:
    """How far the lips reach towards each other at the middle columns: lowest of the upper, highest of the lower."""
    points = fit.points[fit.face]
    above, near = mesh.lips_of(head, 1.0)
    middle = points[head.landmark(13), 0]
    found = []
    for part, extreme in ((above, np.max), (~above, np.min)):
        mine = points[near & part]
        found.append([extreme(mine[np.abs(mine[:, 0] - x) < 3, 1]) for x in middle + np.arange(-16, 17, 4)])
    return np.array(found[0]), np.array(found[1])


def test_closed_lips_meet_on_the_dark_line() -> None:
    head, marks, picture = shown(0.4)
    fit = settled(head, stand(head, solve(head, marks), marks), marks, picture)
    upper, lower = edges(head, fit)
    line = np.interp(marks[13, 0] + np.arange(-16, 17, 4), marks[list(INNER_UPPER), 0], marks[list(INNER_UPPER), 1])
    assert (upper <= lower + 0.3).all()
    np.testing.assert_allclose(upper, line + DOWN, atol=1.6)
    np.testing.assert_allclose(lower, line + DOWN, atol=1.6)


def test_parted_lips_keep_their_gap() -> None:
    head, marks, picture = shown(14.0)
    fit = settled(head, stand(head, solve(head, marks), marks), marks, picture)
    upper, lower = edges(head, fit)
    assert np.median(lower - upper) == pytest.approx(14.0, abs=2.0)


def test_a_closed_mouth_is_not_fitted_by_what_parts_lips() -> None:
    head, marks, _ = shown(0.4)
    assert closed(marks) and not closed(shown(14.0)[1])
    parting = [INDEX[name] for name in MOTION_NAMES if name.startswith(PARTING)]
    assert not solve(head, marks).rest[parting].any()


def test_the_dark_line_is_found_beside_the_landmarks() -> None:
    x = np.arange(40.0, 160.0)
    dark = 60 + 2.5 * np.sin(x / 20)
    rows = np.arange(120)[:, None] - np.interp(np.arange(200), x, dark)
    picture = np.repeat((140 - 80 * np.exp(-((rows / 1.5) ** 2)))[..., None], 3, 2).astype(np.uint8)
    found = found_seam(picture, x, np.full(len(x), 60.0), 5.0)
    assert np.abs(found - dark)[20:-20].max() < 1.0


def test_the_cheapest_way_does_not_jump() -> None:
    cost = np.ones((5, 4))
    cost[:, 1] = 0
    cost[2, 3] = -0.5
    assert cheapest(cost, 0.4).tolist() == [1, 1, 1, 1, 1]
