"""How the lids of an enrolled face close, and how they look down."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis_models.serve.enrol import lids, mesh
from visavis_models.serve.enrol.fitted import FittedHead
from visavis_models.serve.head import Head
from visavis_models.spec import INDEX, WEIGHTS
from visavis_models.train.portrait import alex

IntArray = NDArray[np.int64]
Face = tuple[FittedHead, tuple[tuple[IntArray, IntArray], ...]]


@pytest.fixture(scope="module")
def face() -> Face:
    head = Head.load()
    return alex.fitted(head), tuple(mesh.pair(head, f"lids.{side}.edge") for side in ("right", "left"))


def test_lids_meet_and_the_upper_one_is_still_an_arch_halfway(face: Face) -> None:
    fit, edges = face
    modes = fit.modes[:, fit.face].copy()
    neutral = fit.points[fit.face] - np.tensordot(fit.rest[WEIGHTS].astype(float), modes, 1)
    lids.closing_lids(fit, modes, edges)
    for (upper, lower), name in zip(edges, ("eyeBlinkRight", "eyeBlinkLeft"), strict=True):
        closed, half = neutral + modes[INDEX[name]], neutral + 0.5 * modes[INDEX[name]]
        gap = np.interp(closed[upper, 0], closed[lower, 0], closed[lower, 1]) - closed[upper, 1]
        assert np.abs(gap[3:-3] + lids.OVERLAP_PX).max() < 3
        arches = []
        for edge in (neutral, half):
            line = np.interp(edge[upper, 0], edge[upper[[0, -1]], 0], edge[upper[[0, -1]], 1])
            arches.append(float((line - edge[upper, 1]).max()))
        assert arches[1] > 0.2 * arches[0]
        assert np.abs(modes[INDEX[name]][upper[[0, -1]], 1]).max() < 0.15 * fit.scale  # corners stay


def test_a_lid_that_looks_down_keeps_its_arch_and_the_lower_one_goes_with_it(face: Face) -> None:
    fit, edges = face
    modes = fit.modes[:, fit.face].copy()
    lids.lowered_lids(fit, modes, edges)
    points = fit.points[fit.face]
    for (upper, lower), name in zip(edges, ("eyeLookDownRight", "eyeLookDownLeft"), strict=True):
        arches = []
        for edge in (points, points + modes[INDEX[name]], points + fit.modes[INDEX[name], fit.face]):
            line = np.interp(edge[upper, 0], edge[upper[[0, -1]], 0], edge[upper[[0, -1]], 1])
            arches.append(float((line - edge[upper, 1]).max()))
        falls = modes[INDEX[name]][upper, 1].max()
        assert 0.3 < arches[1] / arches[0] < 0.6 and arches[2] / arches[0] < 0.25  # the head's own last
        assert falls > 0.3 * fit.radius[0] * 0.47 and modes[INDEX[name]][lower, 1].max() > 0.3 * falls
