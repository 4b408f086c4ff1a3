from collections.abc import Callable

import numpy as np
import pytest

from visavis_models.serve.fit import Pose, Shape


@pytest.fixture
def seen_of() -> Callable[[Shape, Pose, np.ndarray], np.ndarray]:
    """mediapipe's landmarks [478, 3] of a head of that pose and these weights."""

    def seen(shape: Shape, pose: Pose, weights: np.ndarray) -> np.ndarray:
        landmarks = np.zeros((478, 3))
        landmarks[shape.landmarks] = pose.project(shape.at(weights)) * [1, 1, -1]
        return landmarks

    return seen
