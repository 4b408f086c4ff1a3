"""How the brows of an enrolled face are knit: by the shape that they have, not only by that of the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.fitted import FittedHead
from visavis_models.serve.head import Head
from visavis_models.serve.smooth import smoothstep
from visavis_models.spec import INDEX

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# mediapipe's landmarks along the upper and the lower border of each brow, from its inner end to its tail
BROWS = {
    "Right": ((107, 66, 105, 63, 70), (55, 65, 52, 53, 46)),
    "Left": ((336, 296, 334, 293, 300), (285, 295, 282, 283, 276)),
}
FLATTENS, INNER_CM = 0.6, 0.4  # a frown takes so much of a brow's arch, and brings its inner end down by so much more
LIFT_CM = 0.3  # and by so much more grief raises it
ABOVE_CM, BESIDE_CM = 2.8, 2.2  # so far above and beside a brow the skin goes along
BROW_SHARE = 0.2  # of the way from a brow to the lid the skin is its own; it gives way to the lid over the rest


def knit_brows(head: Head, fit: FittedHead, modes: FloatArray, lids: tuple[tuple[IntArray, IntArray], ...]) -> None:
    """Have lowered brows lose their arches, and raised inner ends stand out, in place.

    A brow that is arched at rest stays so in the head's own shapes, and looks puzzled. A frown is told by a line that
    is straight or falls to the nose, and grief by one that falls away from it (action units 4 and 1 of the Facial
    Action Coding System).

    Args:
        modes: [54, N, 3] of the face; lids: of each eye the (upper, lower) edge.
    """
    face = fit.points[fit.face]
    down = face[fit.marks["chin"], :2] - face[fit.marks["forehead"], :2]
    down /= np.linalg.norm(down)
    upright = np.stack([[down[1], -down[0]], down], 1)  # columns: across, down
    points = face[:, :2] @ upright
    for (side, borders), (upper, _) in zip(BROWS.items(), lids, strict=True):
        brow = np.mean([points[[head.landmark(mark) for mark in border]] for border in borders], axis=0)
        along = (brow[:, 0] - brow[0, 0]) / (brow[-1, 0] - brow[0, 0])
        arch = np.maximum(brow[0, 1] + along * (brow[-1, 1] - brow[0, 1]) - brow[:, 1], 0)
        inner = fit.scale * (1 - along) ** 2
        share, at = _moves(fit, points, brow, points[upper])
        for name, falls in ((f"browDown{side}", FLATTENS * arch + INNER_CM * inner), ("browInnerUp", -LIFT_CM * inner)):
            modes[INDEX[name], :, :2] += (share * np.interp(at, along, falls))[:, None] * down


def _moves(fit: FittedHead, points: FloatArray, brow: FloatArray, lid: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How much each of the points [N, 2] moves with a brow, 0..1, and with which place along it, 0 at its inner end.

    Args:
        brow: [5, 2] from its inner end, lid: [C, 2]; x is across the face, y goes down.
    """
    outward = np.sign(brow[-1, 0] - brow[0, 0])
    x, (brow_x, lid_x) = outward * points[:, 0], (outward * line[:, 0] for line in (brow, lid))
    order = np.argsort(lid_x)
    y = np.interp(x, brow_x, brow[:, 1])
    to_lid = np.maximum(np.interp(x, lid_x[order], lid[order, 1]) - y, 1)
    beside = np.maximum(brow_x[0] - x, x - brow_x[-1]) / (BESIDE_CM * fit.scale)
    above = (y - points[:, 1]) / (ABOVE_CM * fit.scale)
    below = ((points[:, 1] - y) / to_lid - BROW_SHARE) / (1 - BROW_SHARE)
    return smoothstep(1, 0, np.stack([beside, above, below])).prod(0), (x - brow_x[0]) / (brow_x[-1] - brow_x[0])
