"""Rotations of the head and of the eyes in the face space's axes: x to the picture's right, y up, z at the viewer."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import INDEX

FloatArray = NDArray[np.float32]

# How far an eye turns at weight 1, rad: the limits of comfortable gaze.
GAZE_OUT, GAZE_IN, GAZE_UP, GAZE_DOWN = (math.radians(angle) for angle in (32, 32, 24, 28))


def rotation(pitch: float, yaw: float, roll: float) -> FloatArray:
    """R = R_y(yaw) R_x(pitch) R_z(roll), [3, 3], right-handed; radians.

    Positive pitch lowers the nose, positive yaw turns it to the picture's right, positive roll tips the crown to the
    picture's left.
    """
    cx, sx, cy, sy = math.cos(pitch), math.sin(pitch), math.cos(yaw), math.sin(yaw)
    cz, sz = math.cos(roll), math.sin(roll)
    rows = [
        [cy * cz + sy * sx * sz, sy * sx * cz - cy * sz, sy * cx],
        [cx * sz, cx * cz, -sx],
        [cy * sx * sz - sy * cz, sy * sz + cy * sx * cz, cy * cx],
    ]
    return np.array(rows, np.float32)


def gaze(row: FloatArray, side: int) -> tuple[float, float]:
    """(pitch, yaw) in rad of one eye from a motion row [60]; side 0 is the person's right eye, 1 the left one."""
    name, outward = ("Right", -1.0) if side == 0 else ("Left", 1.0)
    down, up, out, inward = (float(row[INDEX[f"eyeLook{way}{name}"]]) for way in ("Down", "Up", "Out", "In"))
    return down * GAZE_DOWN - up * GAZE_UP, outward * (out * GAZE_OUT - inward * GAZE_IN)
