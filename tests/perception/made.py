"""Faces and bodies made of the few landmarks that are measured, and a film of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from visavis.perception.cues import Cues
from visavis.perception.names import CUES
from visavis_models.spec import Landmarks

SIZE = (640, 480)
STEP_MS = 200  # five pictures a second
LIT = 120.0  # mean brightness of a room
RED_LIPS, NO_LIPS = 12.0, 1.0  # lip contrast

Mesh = Callable[[float], np.ndarray | None]


def face(
    width: float = 0.5,
    lift: float = 0.0,
    opening: float = 0.0,
    lids: float = 0.3,
    brows: float = 0.3,
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
    roll_deg: float = 0.0,
    near: float = 1.0,
) -> np.ndarray:
    """A face mesh [478, 3] of 100 px between the eyes that measures as told; y down, z away."""
    mesh = np.zeros((478, 3), np.float32)
    mesh[33], mesh[133], mesh[362], mesh[263] = (-50, 0, 0), (-20, 0, 0), (20, 0, 0), (50, 0, 0)
    for upper, lower, x in ((159, 145, -38), (158, 153, -32), (386, 374, 38), (385, 380, 32)):
        mesh[upper], mesh[lower] = (x, -15 * lids, 0), (x, 15 * lids, 0)
    mesh[105], mesh[334] = (-38, -100 * brows, 0), (38, -100 * brows, 0)
    mesh[10], mesh[2] = (0, -80, 0), (0, 40, 0)
    mesh[13], mesh[14] = (0, 60 - 50 * opening, 0), (0, 60 + 50 * opening, 0)
    mesh[61], mesh[291] = (-50 * width, 60 - 100 * lift, 0), (50 * width, 60 - 100 * lift, 0)
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    for (a, b), angle in (((1, 2), pitch), ((0, 2), yaw), ((0, 1), roll)):
        turn = np.eye(3, dtype=np.float32)
        turn[[a, a, b, b], [a, b, a, b]] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        mesh = mesh @ turn.T
    return mesh * np.float32(near)


def body(x: float = 0.9, height: float = -1.5, sure: float = 0.9) -> np.ndarray:
    """A body [33, 4], 200 px from shoulder to shoulder, whose left hand is x widths aside and so high above them."""
    points = np.full((33, 4), (320, 300, 0, 0.9), np.float32)
    points[0, :2] = 320, 180
    points[11, :2], points[12, :2] = (420, 300), (220, 300)
    points[13, :2], points[14, :2] = (450, 420), (190, 420)
    points[[15, 17, 19], :2] = 320 + 200 * x, 300 - 200 * height
    points[[16, 18, 20], :2] = 190, 560
    points[[15, 17, 19], 3] = sure
    return points


def neutral(t: float) -> np.ndarray:
    """Somebody at rest, who blinks."""
    return face(lids=0.05 if 0.4 <= t < 0.6 else 0.3)


def nobody(_: float) -> None:
    return None


class Film:
    """Plays pictures to `Cues`."""

    def __init__(self, step_ms: int = STEP_MS) -> None:
        self.cues, self.now_ms, self.step_ms = Cues(), 0, step_ms
        self.ever: set[str] = set()

    def play(
        self,
        seconds: float,
        mesh: Mesh = neutral,
        *,
        pose: Mesh = nobody,
        brightness: float = LIT,
        lips: float = RED_LIPS,
        person: int = 0,
    ) -> set[str]:
        """What is known after so many seconds of `mesh(t)` and `pose(t)`; `ever`: what was known in between."""
        facts: frozenset[str] = frozenset()
        self.ever = set()
        for index in range(round(seconds * 1000 / self.step_ms)):
            self.now_ms += self.step_ms
            t = index * self.step_ms / 1000
            seen = Landmarks(mesh(t), pose(t), SIZE, self.now_ms)
            facts = self.cues.update(seen, brightness, lip_contrast=lips, person=person)
            assert facts <= set(CUES) and facts <= self.cues.told
            self.ever |= facts
        return set(facts)


def at_rest(step_ms: int = STEP_MS) -> Film:
    """A film of somebody whose rest is known."""
    film = Film(step_ms)
    film.play(4)
    return film
