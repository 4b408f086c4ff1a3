"""A person's face at rest, and what a face does beside its rest: scores, 0 at rest and about 1 where it is clear.

The marks at which a score is 1 were set on drawn faces (Alex, Kenji) at clear expressions; how the others fare is
measured by `scripts/measure_cues.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from visavis.perception.measures import FaceMeasures

REST_MS = 2500  # a person's rest is told from so much of a seen face

# Rest is the median of these seconds, kept within what faces at rest look like: someone who joins with a smile still
# smiles. Seen at rest in eight clips of one speaker and in six portraits: width 0.43-0.60, lift -0.03-0.01, lids
# 0.28-0.44, brows 0.28-0.38, pitch 14-27.
SMILE_WIDTH = 0.12  # by so much a clear smile widens the mouth, eye distances
SMILE_LIFT = 0.05  # and raises its corners
FROWN_BROWS = 0.03  # by so much a clear frown lowers the brows, eye distances
FROWN_LIFT = 0.03  # and the corners of the mouth
SURPRISE_BROWS = 0.055  # by so much surprise raises the brows, eye distances
SURPRISE_LIDS = 0.05  # and widens the eyes, widths of an eye
PART_LEAST, PART_MOST = -0.5, 1.5  # one of two parts of a score alone does not make up for the other
TURNED_YAW_DEG = 28.0  # from rest: beyond it a person looks past the screen
TURNED_PITCH_DEG = 22.0


@dataclass(frozen=True)
class Rest:
    """The person's face at rest: the measures of that name."""

    mouth_width: float
    corner_lift: float
    lids: float
    brows: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    eyes: float

    PLAUSIBLE: ClassVar[dict[str, tuple[float, float]]] = {
        "mouth_width": (0.44, 0.61),
        "corner_lift": (-0.025, 0.015),
        "lids": (0.2, 0.5),
        "brows": (0.22, 0.45),
        "yaw_deg": (-20.0, 20.0),  # a camera beside the screen
        "pitch_deg": (-5.0, 45.0),
        "roll_deg": (-8.0, 8.0),
        "eyes": (0.0, np.inf),
    }

    @classmethod
    def of(cls, faces: list[FaceMeasures]) -> Rest:
        """The median of `faces`, each measure within its plausible range."""
        names = [field.name for field in fields(cls)]
        medians = {name: np.median([getattr(face, name) for face in faces]) for name in names}
        return cls(**{name: float(np.clip(medians[name], *cls.PLAUSIBLE[name])) for name in names})


def smile_score(face: FaceMeasures, rest: Rest) -> float:
    """The mean of the mouth's widening and of the lift of its corners."""
    widening = (face.mouth_width - rest.mouth_width) / SMILE_WIDTH
    lift = (face.corner_lift - rest.corner_lift) / SMILE_LIFT
    return (widening + lift) / 2


def frown_score(face: FaceMeasures, rest: Rest) -> float:
    """The mean of the brows' lowering and of the sinking of the mouth's corners; half for one of them alone."""
    brows = _part((rest.brows - face.brows) / FROWN_BROWS)
    return (brows + _part((rest.corner_lift - face.corner_lift) / FROWN_LIFT)) / 2


def surprise_score(face: FaceMeasures, rest: Rest) -> float:
    """The lesser of the brows' rise and of the eyes' widening: a blink raises the one, a stare the other."""
    return min((face.brows - rest.brows) / SURPRISE_BROWS, (face.lids - rest.lids) / SURPRISE_LIDS)


def closure_score(face: FaceMeasures, rest: Rest) -> float:
    """How far the eyes are closed: 0 as open as at rest, 1 shut."""
    return 1 - face.lids / rest.lids


def turn_score(face: FaceMeasures, rest: Rest) -> float:
    """How far the head is turned from rest; 1 where it begins to look past the screen."""
    yaw = abs(face.yaw_deg - rest.yaw_deg) / TURNED_YAW_DEG
    pitch = abs(face.pitch_deg - rest.pitch_deg) / TURNED_PITCH_DEG
    return max(yaw, pitch)


def turned_aside(face: FaceMeasures, rest: Rest) -> bool:
    """Whether the head is turned to a side so far that it looks past the screen."""
    return abs(face.yaw_deg - rest.yaw_deg) > TURNED_YAW_DEG


def tilt_deg(face: FaceMeasures, rest: Rest) -> float:
    """How far the head is tilted to either side from rest, degrees."""
    return abs(face.roll_deg - rest.roll_deg)


def nearness(face: FaceMeasures, rest: Rest) -> float:
    """How many times as large the face is as at rest."""
    return face.eyes / rest.eyes


def _part(value: float) -> float:
    return min(max(value, PART_LEAST), PART_MOST)
