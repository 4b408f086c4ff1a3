"""Steps without corners."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = TypeVar("Floats", NDArray[np.float32], NDArray[np.float64])


def smoothstep(low: float, high: float, x: Floats) -> Floats:
    """0 at `low`, 1 at `high` (which may be the smaller one), t^2 (3 - 2t) between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def step(low: float, high: float, x: float) -> float:
    """`smoothstep` of a single number."""
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)
