"""Oscillation: how often something went to and fro without a pause, told value by value."""

from __future__ import annotations

from collections import deque


class Swings:
    """Counts swings in a row. A swing goes one way, at least so far and for no longer than so long.

    Args:
        least: the smallest swing, in the unit of the values.
        most: a larger one is something else, and the count begins again.
        longest_ms: the longest swing, and the longest pause after one.
        gap_ms: pictures further apart cannot show swings: nothing is counted across.

    Attributes:
        count: swings in a row until now, the present one among them once it is large enough.
        width: how far the last of them went; 0 while there is none.
    """

    def __init__(self, least: float, most: float, longest_ms: int, gap_ms: int) -> None:
        self.least, self.most, self.longest_ms, self.gap_ms = least, most, longest_ms, gap_ms
        self.forget()

    def forget(self) -> None:
        """Begin again: nothing was seen."""
        self.count, self.width = 0, 0.0
        self._way = 0  # +1 upwards, -1 downwards, 0 not yet
        self._recent: deque[tuple[int, float]] = deque()  # while there is no way yet
        self._from = self._end = (0, 0.0)  # where the present swing began, and how far it has come
        self._last_ms: int | None = None

    def update(self, value: float, now_ms: int) -> int:
        """Take in a value; the count after it."""
        if self._last_ms is not None and now_ms - self._last_ms > self.gap_ms:
            self.forget()
        self._last_ms = now_ms
        if self._way == 0:
            self._begin(value, now_ms)
        elif (value - self._end[1]) * self._way > 0:
            self._end = (now_ms, value)
            self.width = abs(value - self._from[1])
            if self.width > self.most or now_ms - self._from[0] > self.longest_ms:
                self._stop(value, now_ms)
        elif (self._end[1] - value) * self._way >= self.least:
            self._turn(value, now_ms)
        elif now_ms - self._end[0] > self.longest_ms:
            self._stop(value, now_ms)
        return self.count

    def _begin(self, value: float, now_ms: int) -> None:
        self._recent.append((now_ms, value))
        while now_ms - self._recent[0][0] > self.longest_ms:
            self._recent.popleft()
        low, high = (pick(self._recent, key=lambda seen: seen[1]) for pick in (min, max))
        for start, way in ((low, 1), (high, -1)):
            if (value - start[1]) * way >= self.least:
                self._way, self._from, self._end = way, start, (now_ms, value)
                self.count, self.width = 1, abs(value - start[1])
                return

    def _turn(self, value: float, now_ms: int) -> None:
        self._from, self._end, self._way = self._end, (now_ms, value), -self._way
        self.count, self.width = self.count + 1, abs(value - self._from[1])

    def _stop(self, value: float, now_ms: int) -> None:
        self.forget()
        self._last_ms = now_ms
        self._recent.append((now_ms, value))
