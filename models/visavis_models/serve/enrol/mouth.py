"""The mouth's inside: teeth, gums, tongue and lining with their colours under full light, and how they move."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.fitted import FittedHead, Normals
from visavis_models.serve.head import Head, components
from visavis_models.serve.portrait import Mouth
from visavis_models.spec import INDEX, WEIGHTS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Picture = NDArray[np.uint8]

LINING, GUM, TONGUE, TOOTH = (92, 34, 34), (178, 92, 88), (190, 98, 96), (240, 234, 221)  # RGB
LOWER_TEETH = (0.74, 0.71, 0.69)  # of the light that the upper ones get: they lie deeper, amid flesh, and look up
SKIN_LIGHT, SKIN_SHARE, EXPOSURES = 175.0, 0.55, (0.5, 1.05)  # brightness of well-lit skin, its share, limits
AMBIENT, TEETH_AMBIENT = 0.45, 0.6  # of the light comes from everywhere; teeth let some through where they meet
FLESH_LIT = (1.25, 1.95, 2.0)  # powers of the shade on RGB: light that reaches back teeth has met flesh before
WIDER = 1.07  # than the head's: its teeth meet in a point, and darkness would be seen between them
DEPTH_CM = 4.5  # what lies deeper behind the lips is not drawn
TEETH = ("upper_teeth", "lower_teeth")
INNER = ("upper_gums", "lower_gums", "tongue", *TEETH)
MOVERS = ("jawForward", "jawLeft", "jawRight", "jawOpen", "tongueOut", "tongueUp")


def build_mouth(head: Head, fit: FittedHead, upper: IntArray, lower: IntArray, picture: Picture) -> Mouth:
    """Everything behind the lips, in the coordinates of the picture; `upper`, `lower`: the lips' edges on the skin."""
    parts = [head.faces[name] for name in ("socket", *INNER)]
    triangles = np.concatenate([head.triangles[part.start : part.stop] for part in parts]).astype(np.int64)
    near = fit.points[:, 2] > fit.points[upper, 2].mean() - DEPTH_CM * fit.scale
    triangles = triangles[near[triangles].all(1)]
    used, compact = np.unique(triangles, return_inverse=True)

    modes = fit.modes[:, used] * (np.abs(fit.modes[:, used]) > 0.05)
    lining = used < head.vertices["socket"].stop
    keep = np.isin(np.arange(WEIGHTS.stop), [INDEX[name] for name in MOVERS])
    modes[~keep] *= lining[None, :, None]
    channels = np.nonzero(np.abs(modes).max((1, 2)) > 0)[0]
    return Mouth(
        points=meeting(head, fit.points)[used].astype(np.float32),
        colours=(_colours(head, fit, used, upper) * exposure(fit, picture)).astype(np.float32),
        triangles=compact.reshape(-1, 3)[:, [0, 2, 1]].astype(np.int32),
        channels=channels.astype(np.int32),
        modes=modes[channels].astype(np.float32),
        upper=upper.astype(np.int32),
        lower=lower.astype(np.int32),
    )


def meeting(head: Head, points: FloatArray) -> FloatArray:
    """The points [N, 3] with every tooth so wide that it meets its neighbours."""
    points, triangles = points.copy(), [head.triangles[head.faces[row].start : head.faces[row].stop] for row in TEETH]
    tooth = components(np.concatenate(triangles), len(points))
    for row in TEETH:
        for one in np.unique(tooth[head.vertices[row]]):
            own = tooth == one
            middle = points[own].mean(0)
            points[own] = middle + (points[own] - middle) * (WIDER, 1, WIDER)
    return points


def exposure(fit: FittedHead, picture: Picture) -> float:
    """How brightly the picture is lit, against the default face: a factor on what lies behind the lips.

    Skin is darker by its colour as well as by the light, so only a part of its brightness counts.
    """
    points = fit.points[fit.face]
    chin, nose = points[fit.marks["chin"], :2], points[fit.marks["nose"], :2]
    side = np.array([nose[1] - chin[1], chin[0] - nose[0]]) * 0.45  # to the cheeks, across the line from nose to chin
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.4 * fit.scale)
    places = np.clip(np.array([nose + side, nose - side]).round().astype(int), 0, len(picture) - 1)
    return float(np.clip((smooth[places[:, 1], places[:, 0]].mean() / SKIN_LIGHT) ** SKIN_SHARE, *EXPOSURES))


def _colours(head: Head, fit: FittedHead, used: IntArray, upper: IntArray) -> FloatArray:
    """RGB [M, 3]: the material, darker with the depth behind the lips and where the surface turns away."""
    materials = dict.fromkeys(TEETH, TOOTH) | {"tongue": TONGUE}
    colour = np.full((len(used), 3), GUM, np.float64)
    colour[used < head.vertices["socket"].stop] = LINING
    for name, material in materials.items():
        colour[np.isin(used, head.vertices[name])] = material
    depth = np.clip((fit.points[upper, 2].mean() - fit.points[used, 2]) / fit.scale - 0.6, 0, 6)
    parts = [head.faces[name] for name in ("socket", *INNER)]
    inside = np.concatenate([head.triangles[part.start : part.stop] for part in parts]).astype(np.int64)
    normals = Normals(inside[:, [0, 2, 1]], len(fit.points))(fit.points)
    facing = np.clip(normals[used] @ np.array([0.18, -0.22, 0.96]), 0, 1)
    colour[np.isin(used, head.vertices["lower_teeth"])] *= LOWER_TEETH
    teeth = np.isin(used, np.concatenate([head.vertices[row] for row in TEETH]))
    ambient = np.where(teeth, TEETH_AMBIENT, AMBIENT)
    shade = (np.exp(-0.45 * depth) * (ambient + (1 - ambient) * facing))[:, None]
    return colour * np.where(teeth[:, None], shade**FLESH_LIT, shade)
