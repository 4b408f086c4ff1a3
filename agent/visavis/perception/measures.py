"""Plain geometry on the 478 points of a face: head angles, mouth, lids, brows; free of distance, place and turn.

Lengths are in units of the distance between the outer corners of the eyes, so that they mean the same near and far.
Left and right are the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import Landmarks

FloatArray = NDArray[np.float64]

# indices of mediapipe's face mesh
RIGHT_EYE_CORNER, LEFT_EYE_CORNER = 33, 263
FOREHEAD, UNDER_NOSE = 10, 2  # neither moves with the jaw
RIGHT_MOUTH_CORNER, LEFT_MOUTH_CORNER = 61, 291
UPPER_LIP, LOWER_LIP = 13, 14  # their inner edges, in the middle
UPPER_LIDS, LOWER_LIDS = (159, 158, 386, 385), (145, 153, 374, 380)
EYE_CORNERS = ((33, 133), (33, 133), (362, 263), (362, 263))  # of the eye of each pair of lids
BROWS, BROW_CORNERS = (105, 334), (33, 263)  # a brow's middle, and the outer corner of its eye
# and of its body
SHOULDERS = (11, 12)


@dataclass(frozen=True)
class FaceMeasures:
    """What one face looks like at one moment.

    Attributes:
        yaw_deg: positive turns the nose to the picture's right.
        pitch_deg: positive lowers the nose; contains the shape of the face, so compare it with the person's rest.
        roll_deg: positive lowers the picture's right eye.
        mouth_width: from corner to corner, eye distances.
        corner_lift: how far the corners of the mouth stand above the middle of the lips, eye distances.
        mouth_open: gap between the lips, eye distances; 0 closed.
        lids: gap between the lids in widths of the eye, the mean of both eyes; 0 closed, about 0.3 to 0.4 at rest.
        brows: height of the brows' middles over the outer corners of the eyes, eye distances.
        eyes: the distance between the outer corners of the eyes, in the unit of the mesh.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    mouth_width: float
    corner_lift: float
    mouth_open: float
    lids: float
    brows: float
    eyes: float


def measure(face: NDArray[np.float32]) -> FaceMeasures:
    """Measure the face mesh [478, 3] in pixels (y down, z away from the viewer)."""
    N, D = face.shape
    assert max(UPPER_LIDS) < N and D == 3, f"a face mesh is [478, 3], not [{N}, {D}]"
    points = face.astype(np.float64)
    across = points[LEFT_EYE_CORNER] - points[RIGHT_EYE_CORNER]
    eyes = float(np.linalg.norm(across)) or 1.0
    x = across / eyes
    upward = points[FOREHEAD] - points[UNDER_NOSE]
    upward -= (upward @ x) * x
    y = upward / (float(np.linalg.norm(upward)) or 1.0)
    towards_viewer = np.cross(x, y)
    right, left = points[RIGHT_MOUTH_CORNER], points[LEFT_MOUTH_CORNER]
    upper, lower = points[UPPER_LIP], points[LOWER_LIP]
    corners = points[EYE_CORNERS, :]
    eye_widths = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1)
    gaps = np.linalg.norm(points[UPPER_LIDS, :] - points[LOWER_LIDS, :], axis=1)
    return FaceMeasures(
        yaw_deg=float(np.degrees(np.arctan2(across[2], across[0]))),
        pitch_deg=float(np.degrees(np.arctan2(towards_viewer[1], -towards_viewer[2]))),
        roll_deg=float(np.degrees(np.arctan2(across[1], across[0]))),
        mouth_width=float(np.linalg.norm(left - right)) / eyes,
        corner_lift=float(((left + right) / 2 - (upper + lower) / 2) @ y) / eyes,
        mouth_open=float((upper - lower) @ y) / eyes,
        lids=float(np.mean(gaps / np.maximum(eye_widths, 1e-6))),
        brows=float(np.mean((points[BROWS, :] - points[BROW_CORNERS, :]) @ y)) / eyes,
        eyes=eyes,
    )


def shoulders_seen(seen: Landmarks) -> float:
    """How surely both shoulders of a body are in the picture, 0..1; 0 without a body."""
    return 0.0 if seen.pose is None else float(seen.pose[SHOULDERS, 3].min())
