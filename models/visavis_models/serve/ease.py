"""How a face gets from one pose to another: by a known way, or after something that may change at any time."""

from __future__ import annotations

import math

from visavis_models.spec import FPS

STILL = 4e-3  # a level that is so near its goal has reached it: what rests must rest exactly


def minimum_jerk(u: float) -> float:
    """`10 u^3 - 15 u^4 + 6 u^5` for u in 0..1: the smoothest way from rest to rest.

    Flash and Hogan, The coordination of arm movements: an experimentally confirmed mathematical model, Journal of
    Neuroscience 5 (1985).
    """
    u = min(max(u, 0.0), 1.0)
    return u**3 * (10.0 - 15.0 * u + 6.0 * u * u)


class Ease:
    """A level that follows its goal, frame by frame, without a jump in value or speed, and never beyond it.

    Critically damped: `x'' = (goal - x) / tau^2 - 2 x' / tau`, solved exactly for a goal that holds for a frame. 0.63
    of a step is done after 2.1 tau.

    Args:
        rise_s, fall_s: tau in seconds while the goal is above the level, and while it is not.
        level: where it begins, at rest.

    Attributes:
        level: where it is.
    """

    def __init__(self, rise_s: float, fall_s: float, level: float = 0.0) -> None:
        self.level = level
        self._rise_s, self._fall_s = rise_s, fall_s
        self._speed = 0.0  # a second

    def next(self, goal: float) -> float:
        """The level one frame later."""
        away = self.level - goal
        if not (away or self._speed):
            return goal
        tau_s = self._rise_s if away < 0 else self._fall_s
        drive, decay = self._speed + away / tau_s, math.exp(-1 / (FPS * tau_s))
        left = (away + drive / FPS) * decay
        self._speed = (self._speed - drive / (FPS * tau_s)) * decay
        if left * away < 0 or (abs(left) < STILL and abs(self._speed) < STILL * FPS):
            left = self._speed = 0.0
        self.level = goal + left
        return self.level
