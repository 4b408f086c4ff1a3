"""Hysteresis: a cue comes at one value and goes at a lower one, and each only after it has held for a while."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Threshold:
    """When a cue comes and goes.

    Attributes:
        on: it may come at this value or above.
        off: it may go below this value; not above `on`.
        on_after_ms: for so long the value has to hold before the cue comes.
        off_after_ms: the same before it goes.
    """

    on: float
    off: float
    on_after_ms: int
    off_after_ms: int


class Latch:
    """One cue's memory: on, off, or not known."""

    def __init__(self, threshold: Threshold) -> None:
        self.threshold = threshold
        self.state: bool | None = None
        self._since_ms: int | None = None

    def update(self, value: float, now_ms: int) -> bool | None:
        """Take in a value; the state after it."""
        want = value >= (self.threshold.off if self.state else self.threshold.on)
        if want is self.state:
            self._since_ms = None
            return self.state
        if self._since_ms is None:
            self._since_ms = now_ms
        if now_ms - self._since_ms >= (self.threshold.on_after_ms if want else self.threshold.off_after_ms):
            self.state, self._since_ms = want, None
        return self.state

    def forget(self) -> None:
        """Not known any more."""
        self.state, self._since_ms = None, None
