"""Hands from the points of a body: one that is raised, one that waves.

Lengths are in widths of the shoulders. Bodies come three times a second, which does not show a wave; while a hand is up
they come faster (`visavis.perception.landmarks`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.perception.latch import Latch, Threshold
from visavis.perception.measures import SHOULDERS
from visavis.perception.swings import Swings

FloatArray = NDArray[np.float32]

# indices of mediapipe's body: the person's left, and right
NOSE = 0
ELBOWS, WRISTS = (13, 14), (15, 16)
HANDS = ((15, 17, 19), (16, 18, 20))  # wrist, little finger, index finger

SURE = 0.5  # visibility, 0..1, below which a point is not known
FOREARM = 0.2  # by so much the wrist stands above the elbow where a forearm is up
AT_FACE = 0.3  # a hand closer to the nose than this, and below it, rests at the face
NEAR_UP = -0.3  # a hand this high may be waving
RAISED = Threshold(on=0.05, off=-0.1, on_after_ms=500, off_after_ms=500)  # height above the shoulders
WAVE_SWINGS = 3
WAVING = Threshold(on=WAVE_SWINGS, off=WAVE_SWINGS, on_after_ms=0, off_after_ms=1000)  # swings in a row
WAVE_LEAST, WAVE_MOST = 0.12, 2.5  # of one swing
WAVE_LONGEST_MS = 700
WAVE_GAP_MS = 300  # bodies further apart do not show a wave
HOLDS_MS = 1500  # for so long a body that is not found any more is taken to be as it was
DOWN = -10.0  # the height of a hand that is not up


class Hands:
    """What a person's hands do."""

    def __init__(self) -> None:
        self.raised, self.wave = Latch(RAISED), Latch(WAVING)
        self._swings = [Swings(WAVE_LEAST, WAVE_MOST, WAVE_LONGEST_MS, WAVE_GAP_MS) for _ in HANDS]
        self._last_ms: int | None = None

    def see_body(self, body: FloatArray, size: tuple[int, int], now_ms: int) -> None:
        """Take in a body [33, 4] of a picture of that size."""
        if body[SHOULDERS, 3].min() < SURE:
            self.miss_body(now_ms)
            return
        self._last_ms = now_ms
        heights = [height_of(body, side, size) for side in (0, 1)]
        self.raised.update(max(heights), now_ms)
        counts = []
        for swings, height, hand in zip(self._swings, heights, HANDS, strict=True):
            if height < NEAR_UP:
                swings.forget()
                counts.append(0)
            else:
                middle = body[SHOULDERS, 0].mean()
                counts.append(swings.update(float(body[hand, 0].mean() - middle) / shoulder_width(body), now_ms))
        self.wave.update(max(counts), now_ms)

    def miss_body(self, now_ms: int) -> None:
        """No body in this picture, or not looked for; after a while nothing is known of hands."""
        if self._last_ms is not None and now_ms - self._last_ms > HOLDS_MS:
            self.raised.forget()
            self.wave.forget()
            self._last_ms = None


def hand_up(body: FloatArray, size: tuple[int, int]) -> bool:
    """Whether a hand of a body [33, 4] is so high that it may wave."""
    return bool(body[SHOULDERS, 3].min() >= SURE) and max(height_of(body, side, size) for side in (0, 1)) >= NEAR_UP


def height_of(body: FloatArray, side: int, size: tuple[int, int]) -> float:
    """How high a hand stands above the shoulders; `DOWN` where it is not seen, its forearm hangs, or at the face."""
    wrist, width = body[WRISTS[side]], shoulder_width(body)
    in_picture = 0 <= wrist[0] < size[0] and 0 <= wrist[1] < size[1]
    if wrist[3] < SURE or not in_picture or (body[ELBOWS[side], 1] - wrist[1]) / width < FOREARM:
        return DOWN
    hand, nose = body[HANDS[side], :2].mean(0), body[NOSE, :2]
    if abs(hand[0] - nose[0]) / width < AT_FACE and hand[1] > nose[1]:
        return DOWN
    return float(body[SHOULDERS, 1].mean() - wrist[1]) / width


def shoulder_width(body: FloatArray) -> float:
    """Pixels from shoulder to shoulder, at least 1."""
    left, right = body[SHOULDERS, :2]
    return max(1.0, float(np.linalg.norm(left - right)))
