"""Plain geometry on the 478 points of a face: head angles, mouth and its opening, free of distance, place and turn.

Lengths are in units of the distance between the outer corners of the eyes, so that they mean the same near and far.
Left and right are the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import Landmarks

# indices of mediapipe's face mesh
RIGHT_EYE_CORNER, LEFT_EYE_CORNER = 33, 263
FOREHEAD, CHIN = 10, 152
RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER = 61, 291
UPPER_LIP, LOWER_LIP = 13, 14  # their inner edges, in the middle
# and of its body
SHOULDERS = (11, 12)


@dataclass(frozen=True)
class FaceMeasures:
    """What one face looks like at one moment.

    Attributes:
        yaw_deg: positive turns the nose to the picture's right.
        pitch_deg: positive lowers the nose; contains the shape of the face, so compare it with the person's rest.
        mouth_width: from corner to corner, eye distances.
        corner_lift: how far the corners of the mouth stand above the middle of the lips, eye distances.
        mouth_open: gap between the lips, eye distances; 0 closed.
    """

    yaw_deg: float
    pitch_deg: float
    mouth_width: float
    corner_lift: float
    mouth_open: float


def measure(face: NDArray[np.float32]) -> FaceMeasures:
    """Measure the face mesh [478, 3] in pixels (y down, z away from the viewer)."""
    N, D = face.shape
    assert N > LEFT_MOUTH_CORNER and D == 3, f"a face mesh is [478, 3], not [{N}, {D}]"
    points = face.astype(np.float64)
    across = points[LEFT_EYE_CORNER] - points[RIGHT_EYE_CORNER]
    eye_distance = float(np.linalg.norm(across)) or 1.0
    x = across / eye_distance
    upward = points[FOREHEAD] - points[CHIN]
    upward -= (upward @ x) * x
    y = upward / (float(np.linalg.norm(upward)) or 1.0)
    towards_viewer = np.cross(x, y)
    right, left = points[RIGHT_MOUTH_CORNER], points[LEFT_MOUTH_CORNER]
    upper, lower = points[UPPER_LIP], points[LOWER_LIP]
    return FaceMeasures(
        yaw_deg=float(np.degrees(np.arctan2(across[2], across[0]))),
        pitch_deg=float(np.degrees(np.arctan2(towards_viewer[1], -towards_viewer[2]))),
        mouth_width=float(np.linalg.norm(left - right)) / eye_distance,
        corner_lift=float(((left + right) / 2 - (upper + lower) / 2) @ y) / eye_distance,
        mouth_open=float((upper - lower) @ y) / eye_distance,
    )


def shoulders_seen(seen: Landmarks) -> float:
    """How surely both shoulders of a body are in the picture, 0..1; 0 without a body."""
    return 0.0 if seen.pose is None else float(seen.pose[SHOULDERS, 3].min())
