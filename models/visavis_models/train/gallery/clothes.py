"""A knitted top: rings of a superellipse from the collar over the shoulders."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from visavis_models.train.gallery.cast import Clothes

FloatArray = NDArray[np.float64]

AROUND = 128
VEE_CM = 4.7  # how far a vee's point lies below its collar
VEE_ENDS = -24.0  # the height down to which the cloth below it follows: no ring overtakes the next
# height, half width, half depth, centre's z of each ring, cm; shoulders slope from the neck and round off
BODY = [
    (-11.6, 7.6, 6.5, -1.1),
    (-12.3, 9.6, 6.9, -1.2),
    (-13.1, 12.0, 7.4, -1.3),
    (-14.1, 14.6, 7.9, -1.5),
    (-15.4, 17.0, 8.5, -1.7),
    (-17.2, 18.9, 9.1, -1.9),
    (-19.8, 20.1, 9.8, -2.0),
    (-24.0, 20.9, 10.6, -2.0),
    (-32.0, 21.3, 11.0, -2.0),
    (-42.0, 21.3, 11.0, -2.0),
]
COLLARS = {
    "crew": [(-9.9, 5.9, 5.7, -1.1), (-10.5, 6.4, 6.05, -1.05), (-11.1, 6.9, 6.3, -1.05)],
    "vee": [(-10.5, 6.6, 6.0, -1.1), (-10.9, 6.9, 6.2, -1.05), (-11.3, 7.2, 6.35, -1.05)],
}


def knit(look: Clothes, neck: tuple[float, float]) -> tuple[FloatArray, list[list[int]], FloatArray]:
    """The top as a mesh.

    Args:
        neck: by how much wider and higher this neck is than the mean one: factor, cm.

    Returns:
        vertices [n, 3] cm, quads, and of each vertex the turn around the body 0..1 and the ring from the collar [n, 2].
    """
    rows, places = [], []
    wide, rise = neck
    rings = [(h, w, d, z, 1.0) for h, w, d, z in COLLARS[look.collar]] + [(h, w, d, z, 0.0) for h, w, d, z in BODY]
    for index, (height, width, depth, centre, collar) in enumerate(rings):
        near = math.exp(-(((height + 10.3) / 1.9) ** 2))
        factor = 1 + (wide - 1) * (collar or near)
        for k in range(AROUND):
            turn = 2 * math.pi * k / AROUND
            cos, sin = math.cos(turn), math.sin(turn)
            x = width * factor * look.width ** (1 - collar) * abs(cos) ** 0.87 * math.copysign(1, cos)
            z = centre + depth * factor * abs(sin) ** 0.87 * math.copysign(1, sin)
            drop = rise * (collar or near)
            if look.collar == "vee":
                point = max(0.0, 1 - abs(cos) / 0.62) if sin > 0 else 0.0
                follows = max(0.0, (height - VEE_ENDS) / (COLLARS["vee"][0][0] - VEE_ENDS))
                drop -= (VEE_CM * point + 0.7 * max(0.0, sin)) * follows
                z += 0.9 * point * near
            else:
                drop += (-1.5 * max(0.0, sin) ** 2 + 0.9 * max(0.0, -sin) ** 2) * near
                deep = (look.dip - 1.5) * max(0.0, sin) ** 2 * min(1.0, max(0.0, (height + 17) / 6.5))
                drop -= deep
                z -= 0.35 * deep  # a deep neck lies on the chest
            rows.append((x, height + drop, z))
            places.append((k / AROUND, index - len(COLLARS[look.collar])))
    quads = [
        [i * AROUND + k, i * AROUND + (k + 1) % AROUND, (i + 1) * AROUND + (k + 1) % AROUND, (i + 1) * AROUND + k]
        for i in range(len(rings) - 1)
        for k in range(AROUND)
    ]
    return np.array(rows), quads, np.array(places, float)


def tucked(points: FloatArray, top: FloatArray, gap: float = 0.25) -> FloatArray:
    """Skin [n, 3] under a top's vertices `top` [n, 3] as `knit` orders them: none stands out of the cloth.

    Below the collar's edge the skin stays `gap` cm inside; above it, within a cone that opens upwards.
    """
    rings = top.reshape(-1, AROUND, 3)
    middle = rings[..., [0, 2]].mean((0, 1)) * [0, 1]
    away = points[:, [0, 2]] - middle
    radius, turn = np.hypot(*away.T), np.arctan2(away[:, 1], away[:, 0])
    columns = np.arctan2(rings[0, :, 2] - middle[1], rings[0, :, 0])
    nearest = np.abs((turn[:, None] - columns + np.pi) % (2 * np.pi) - np.pi).argmin(1)
    limit = np.zeros(len(points))
    for column in range(AROUND):
        mine = nearest == column
        line = rings[::-1, column]
        height = points[mine, 1]
        inside = np.interp(height, np.maximum.accumulate(line[:, 1]), np.hypot(line[:, 0], line[:, 2] - middle[1]))
        limit[mine] = inside - gap + 2 * np.maximum(0, height - line[-1, 1])
    outside, out = radius > limit, points.copy()
    out[np.ix_(outside, [0, 2])] = middle + away[outside] * (limit / np.maximum(radius, 1e-6))[outside, None]
    return out
