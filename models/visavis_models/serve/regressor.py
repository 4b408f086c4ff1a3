"""What landmarks tell of brows and head by regression: beside a person's rest, where a fit of the head is misled.

mediapipe shows two thirds of a head's pitch, and of brows something else than the skin does on which a fit has their
landmarks. What it does show was learned from drawn faces of known motion (`scripts/train_landmark_regressor.py`):

    y = (f - f_rest) M,  f the landmarks in the frame of the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import AssetError
from visavis_models.spec import INDEX

FloatArray = NDArray[np.float64]

ASSET = "landmark_regressor.npz"
RIGHT_CORNER, LEFT_CORNER = 33, 263  # of the eyes, the outer ones
N_FEATURES = 3 * 478 + 1
# What is told: the inner brow of each side and the outer, raised less lowered; then channels.
BROWS = ("innerLeft", "innerRight", "outerLeft", "outerRight")
OTHERS = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft", "eyeBlinkRight")
HEAD = ("headPitch", "headYaw", "headRoll")
TARGETS = (*BROWS, *OTHERS, *HEAD)


def features(landmarks: NDArray[np.floating]) -> FloatArray:
    """Landmarks [478, 3] in the frame of the outer corners of the eyes, in their distance; and its roll, [1435]."""
    points = np.asarray(landmarks, np.float64)
    right, left = points[RIGHT_CORNER], points[LEFT_CORNER]
    across = (left - right)[:2]
    far = float(np.linalg.norm(across)) or 1.0
    cosine, sine = across / far
    beside = (points - (left + right) / 2) / far
    x, y, z = beside.T
    return np.r_[np.stack([x * cosine + y * sine, y * cosine - x * sine, z], 1).ravel(), np.arctan2(sine, cosine)]


def targets(rows: NDArray[np.floating]) -> FloatArray:
    """`TARGETS` of motion [T, 60], [T, 12]."""
    inner, sides = rows[:, INDEX["browInnerUp"]], ("Left", "Right")
    down = [rows[:, INDEX[f"browDown{side}"]] for side in sides]
    outer = [rows[:, INDEX[f"browOuterUp{side}"]] for side in sides]
    rest = [rows[:, INDEX[name]] for name in (*OTHERS, *HEAD)]
    return np.stack([*(inner - low for low in down), *(o - low for o, low in zip(outer, down, strict=True)), *rest], 1)


@dataclass(frozen=True)
class Told:
    """Brows and others by channel, 0..1 beside rest; turn: pitch, yaw, roll in rad beside rest, [3]."""

    brows: dict[str, float]
    others: dict[str, float]
    turn: FloatArray


@dataclass(frozen=True)
class Regressor:
    """Attributes: matrix: M [1435, 12]."""

    matrix: FloatArray

    @staticmethod
    @cache
    def load() -> Regressor:
        """The one that comes with the package; read once.

        Raises:
            AssetError: it is missing or damaged.
        """
        try:
            with as_file(files("visavis_models") / "assets" / ASSET) as path, np.load(path, allow_pickle=False) as data:
                matrix = data["matrix"].astype(np.float64)
        except (OSError, KeyError, ValueError) as error:
            raise AssetError(f"{ASSET}: cannot be read ({error}); install the package again") from error
        if matrix.shape != (N_FEATURES, len(TARGETS)):
            raise AssetError(f"{ASSET}: {list(matrix.shape)} instead of {[N_FEATURES, len(TARGETS)]}; install again")
        return Regressor(matrix)

    def __call__(self, beside: FloatArray) -> Told:
        """What `features` beside those of the person's rest, [1435], tell."""
        values = beside @ self.matrix
        inner_left, inner_right, outer_left, outer_right = values[: len(BROWS)].tolist()
        brows = {
            "browInnerUp": (inner_left + inner_right) / 2,
            "browOuterUpLeft": outer_left,
            "browOuterUpRight": outer_right,
            "browDownLeft": -inner_left,
            "browDownRight": -inner_right,
        }
        others = dict(zip(OTHERS, values[len(BROWS) : -len(HEAD)].tolist(), strict=True))
        return Told(_within(brows), _within(others), values[-len(HEAD) :])


def _within(weights: dict[str, float]) -> dict[str, float]:
    return {name: min(max(value, 0.0), 1.0) for name, value in weights.items()}
