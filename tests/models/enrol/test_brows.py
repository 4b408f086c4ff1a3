"""How the brows of an enrolled face are knit."""

from __future__ import annotations

import numpy as np

from visavis_models.serve.enrol import mesh
from visavis_models.serve.enrol.brows import BROWS, knit_brows
from visavis_models.serve.head import Head
from visavis_models.spec import INDEX, MOTION_NAMES, WEIGHTS
from visavis_models.train.portrait import alex


def test_a_frown_takes_the_arch_of_a_brow_grief_slants_it_and_lids_stay() -> None:
    head = Head.load()
    fit = alex.fitted(head)
    points, before = fit.points[fit.face], fit.modes[:, fit.face]
    modes, edges = before.copy(), tuple(mesh.pair(head, f"lids.{side}.edge") for side in ("right", "left"))
    knit_brows(head, fit, modes, edges)
    for (side, (upper, _)), lids in zip(BROWS.items(), edges, strict=True):
        brow = [head.landmark(mark) for mark in upper]

        def arch(moved: np.ndarray, brow: list[int] = brow) -> float:
            x, y = moved[brow, 0], moved[brow, 1]
            return float((y[0] + (x - x[0]) * (y[-1] - y[0]) / (x[-1] - x[0]) - y).max())

        own, kept = (arch(points + shape[INDEX[f"browDown{side}"]]) for shape in (before, modes))
        assert kept < 0.6 * own and kept < 0.5 * arch(points)
        lift, lifted = (shape[INDEX["browInnerUp"]][brow, 1] for shape in (before, modes))
        assert lifted[0] - lift[0] < -0.2 * fit.scale and lifted[-1] == lift[-1]
        more = modes - before
        assert np.abs(more[:, np.r_[lids]]).max() < 0.05 * fit.scale
    others = [name for name in MOTION_NAMES[WEIGHTS] if name not in ("browDownLeft", "browDownRight", "browInnerUp")]
    assert not more[[INDEX[name] for name in others]].any()
