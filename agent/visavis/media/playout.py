"""The one clock of playout: which samples have left for the room, and when each of them does.

No I/O and no clock of its own. Samples are handed to a native queue that lets 10 ms go every 10 ms. Each has a position
in one continuous stream: position p leaves at `leaves_us(p)`. How far the queue has come is never guessed from when
things were pushed; it is observed: the queue takes a push at once while it holds no more than its limit, and otherwise
answers the moment it has come down to it. So at every answer at most `limit` samples are left in it, and

    origin <= answered - (pushed - limit) / rate

for the moment `origin` at which position 0 left. The least of the recent bounds is the origin: answers come some
hundred microseconds late, sometimes milliseconds, never early.
"""

from __future__ import annotations

from collections import deque

from visavis_models.spec import ROOM_RATE

STEP_US = 10_000  # the queue lets samples go in steps of 10 ms
WINDOW_US = 500_000  # the bounds that count


class PlayoutClock:
    """Positions of samples and moments in microseconds of any one steady clock.

    Args:
        limit: how many samples the queue holds before a push has to wait.
        rate: samples a second.

    Attributes:
        pushed: position after the last sample that was handed over.
        underruns: how often the queue ran dry.
    """

    def __init__(self, limit: int, rate: int = ROOM_RATE) -> None:
        self.pushed = 0
        self.underruns = 0
        self._limit, self._rate = limit, rate
        self._origin_us: float | None = None
        self._bounds: deque[tuple[int, float]] = deque()

    @property
    def running(self) -> bool:
        """Whether anything was pushed yet: before, no position has a moment."""
        return self._origin_us is not None

    def push(self, samples: int, now_us: int) -> None:
        """`samples`, a multiple of a step's, are handed to the queue now."""
        if self._origin_us is None:
            self._expect(now_us + STEP_US, now_us)
        elif now_us > self.leaves_us(self.pushed) + STEP_US:
            self.underruns += 1
            self._expect(now_us - self._us(self.pushed), now_us)
        self.pushed += samples

    def answered(self, now_us: int) -> None:
        """The queue has taken the last push: it now holds no more than its limit."""
        self._bounds.append((now_us, now_us - self._us(self.pushed - self._limit)))
        while self._bounds[0][0] < now_us - WINDOW_US:
            self._bounds.popleft()
        self._origin_us = min(bound for _, bound in self._bounds)

    def played(self, now_us: int) -> int:
        """Position after the last sample that has left."""
        if self._origin_us is None:
            return self.pushed
        return min(max(int((now_us - self._origin_us) * self._rate / 1e6), 0), self.pushed)

    def leaves_us(self, position: int) -> int:
        """When the sample at `position` leaves, or left."""
        if self._origin_us is None:
            raise RuntimeError("nothing was pushed yet")
        return round(self._origin_us + self._us(position))

    def cut(self, now_us: int) -> int:
        """The queue was emptied now: what has not left never will, and its positions are free again.

        Returns:
            The position of the next sample, where a step begins: of a step that is under way everything has left.
            The queue misses one step before it is fed again.
        """
        step = self._rate * STEP_US // 1_000_000
        self.pushed = self.played(now_us) // step * step
        if self._origin_us is not None:
            self._expect(self._origin_us + STEP_US, now_us)
        return self.pushed

    def _expect(self, origin_us: float, now_us: int) -> None:
        """Nothing observed before holds any more; this is the origin until the queue's answers say otherwise."""
        self._bounds = deque([(now_us, origin_us)])
        self._origin_us = origin_us

    def _us(self, samples: int) -> float:
        return samples * 1e6 / self._rate
