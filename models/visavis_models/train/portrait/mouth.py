"""The mouth's inside: teeth, gums, tongue and lining with their colours under full light, and how they move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.portrait import Mouth
from visavis_models.spec import INDEX, WEIGHTS
from visavis_models.train.portrait.fitted import FittedHead
from visavis_models.train.portrait.head import GUMS, SOCKET, TEETH, Head

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

LINING, GUM, TONGUE, TOOTH = (92, 34, 34), (178, 92, 88), (190, 98, 96), (240, 234, 221)  # RGB
LOWER_TEETH = 0.72  # of the light that the upper ones get: they lie deeper and look up
DEPTH_CM = 4.5  # what lies deeper behind the lips is not drawn
MOVERS = ("jawForward", "jawLeft", "jawRight", "jawOpen", "tongueOut", "tongueUp")


def tongue_modes(head: Head, fit: FittedHead, tongue: BoolArray) -> tuple[FloatArray, FloatArray]:
    """`tongueOut` and `tongueUp` [N, 3] in pixels: the tongue slides over the lower lip, or its tip rises."""
    V, scale = head.vertices, fit.scale
    front = V[tongue, 2].max()
    reach = np.where(tongue, np.clip(1 - (front - V[:, 2]) / 4.0, 0, 1), 0.0)
    out, up = np.zeros_like(V), np.zeros_like(V)
    # Forward over teeth and lip, where the tip spreads and droops; together with tongueUp it stays between the teeth.
    out[:, 0] = 0.45 * reach**2 * (fit.points[:, 0] - fit.points[tongue, 0].mean())
    out[:, 1] = scale * (1.7 * reach**4 - 0.8 * np.sin(0.75 * np.pi * reach))
    out[:, 2] = 4.0 * scale * np.sqrt(reach)
    up[:, 1], up[:, 2] = -1.35 * scale * reach**1.5, 0.45 * scale * reach
    return out, up


def build_mouth(head: Head, fit: FittedHead, upper: IntArray, lower: IntArray) -> Mouth:
    """Everything behind the lips, in the coordinates of the picture; `upper`, `lower`: the lips' edges on the skin."""
    triangles = np.concatenate([head.triangles(part) for part in (SOCKET, GUMS, TEETH)])
    tongue = head.tongue
    out, up = tongue_modes(head, fit, tongue)
    near = fit.points[:, 2] > fit.points[upper, 2].mean() - DEPTH_CM * fit.scale
    triangles = triangles[near[triangles].all(1)]
    used, compact = np.unique(triangles, return_inverse=True)

    modes = fit.modes[:, used] * (np.abs(fit.modes[:, used]) > 0.05)
    whole = np.zeros((WEIGHTS.stop, len(used), 3))
    whole[: len(modes)] = modes
    socket = used < GUMS.start
    keep = np.isin(np.arange(WEIGHTS.stop), [INDEX[name] for name in MOVERS])
    whole[~keep] *= socket[None, :, None]
    whole[INDEX["tongueOut"]], whole[INDEX["tongueUp"]] = out[used], up[used]
    channels = np.nonzero(np.abs(whole).max((1, 2)) > 0)[0]
    return Mouth(
        points=fit.points[used].astype(np.float32),
        colours=_colours(fit, used, tongue, upper).astype(np.float32),
        triangles=compact.reshape(-1, 3)[:, [0, 2, 1]].astype(np.int32),
        channels=channels.astype(np.int32),
        modes=whole[channels].astype(np.float32),
        upper=upper.astype(np.int32),
        lower=lower.astype(np.int32),
    )


def _colours(fit: FittedHead, used: IntArray, tongue: BoolArray, upper: IntArray) -> FloatArray:
    """RGB [M, 3]: the material, darker with the depth behind the lips and where the surface turns away."""
    colour = np.select(
        [used[:, None] < GUMS.start, tongue[used][:, None], used[:, None] < TEETH.start],
        [np.array(LINING), np.array(TONGUE), np.array(GUM)],
        np.array(TOOTH),
    ).astype(np.float64)
    depth = np.clip((fit.points[upper, 2].mean() - fit.points[used, 2]) / fit.scale - 0.6, 0, 6)
    facing = np.clip(fit.normals[used] @ np.array([0.18, -0.22, 0.96]), 0, 1)
    lower = (used >= TEETH.start) & (np.abs(fit.modes[INDEX["jawOpen"], used, 1]) > 1)
    colour[lower] *= LOWER_TEETH
    return colour * (np.exp(-0.45 * depth) * (0.45 + 0.55 * facing))[:, None]
