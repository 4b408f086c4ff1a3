"""What is behind a figure: a wall out of focus, a little lighter where the face is."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.train.gallery.cast import Person


def backdrop(person: Person, size: int) -> NDArray[np.float32]:
    """BGR 0..1, [size, size, 3]."""
    rng = np.random.default_rng(person.seed)
    yy, xx = np.mgrid[0:size, 0:size] / size
    base = np.array(person.backdrop[::-1], np.float32) ** (1 / 2.2)
    wall = base * (1.12 - 0.42 * np.hypot(xx - 0.38, yy - 0.36))[..., None]
    for _ in range(10):
        x, y, radius = rng.random(), rng.random(), rng.uniform(0.04, 0.12)
        tone = base * rng.uniform(0.15, 0.4) * (1 + rng.uniform(-0.25, 0.25, 3))
        disc = np.zeros((size, size), np.float32)
        cv2.circle(disc, (int(x * size), int(y * size)), int(radius * size), 1, -1, cv2.LINE_AA)
        wall += cv2.GaussianBlur(disc, (0, 0), size * 0.025)[..., None] * tone * 0.6
    wall = cv2.GaussianBlur(wall.astype(np.float32), (0, 0), size * 0.03)
    return wall + rng.uniform(-0.5, 0.5, wall.shape).astype(np.float32) / 255  # against banding


def compose(matte: Path, out: Path, person: Person) -> None:
    """Write `out`, the figure of the RGBA picture `matte` before its backdrop."""
    figure = cv2.imread(str(matte), cv2.IMREAD_UNCHANGED).astype(np.float32) / 255
    alpha = figure[..., 3:]
    picture = figure[..., :3] * alpha + backdrop(person, len(figure)) * (1 - alpha)
    cv2.imwrite(str(out), np.clip(np.round(picture * 255), 0, 255).astype(np.uint8))
