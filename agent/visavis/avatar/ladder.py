"""When to take a step down the quality ladder, and when a step up: told from missed frames alone.

Plain code that counts frames, so it can be driven by hand. A machine that is too busy for the full picture misses a
frame now and then, then many: five of a second's are a reason to save. What a call's first three seconds cost, and what
the last step has not had the time to save yet, is no reason. Whether there is time again cannot be known without
trying; a try that fails makes the next one wait twice as long.
"""

from __future__ import annotations

from collections import deque

WINDOW = 25  # frames, 1 s: what is looked at for a step down
MOST_MISSED = 5  # of these frames: so many missed are a step down
SETTLE, SETTLE_FIRST = 50, 75  # frames that are not looked at, after a step down and in the beginning
CALM = 250  # frames, 10 s: so long it has to go well before a step up is tried
CALM_MISSED = 0.02  # share of missed frames that is still calm: any machine hiccups
LONGEST_CALM = 3000  # frames, 2 min: after however many failed tries


class Ladder:
    """A place on a ladder of `steps` places: 0 is the best, and it begins there."""

    def __init__(self, steps: int) -> None:
        self.place = 0
        self._last = steps - 1
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._frames = self._missed = 0  # of this stretch, since the last step or the last look
        self._settling = SETTLE_FIRST
        self._calm = CALM
        self._trying = False  # the last step went up and has not lasted for `CALM` frames

    def saw(self, missed: bool) -> int:
        """Take notice of one frame, shown in time or missed; the step to take: 1 is down, -1 up, 0 none."""
        if self._settling:
            self._settling -= 1
            return 0
        self._recent.append(missed)
        self._frames += 1
        self._missed += missed
        if sum(self._recent) >= MOST_MISSED:
            return self._step_down()
        if self._trying and self._frames >= CALM:
            self._trying, self._calm = False, CALM
        if self._frames >= self._calm:
            calm = self._missed <= CALM_MISSED * self._frames
            self._begin_stretch()
            if calm and self.place > 0:
                self._trying = True
                self.place -= 1
                return -1
        return 0

    def _step_down(self) -> int:
        if self._trying:
            self._trying, self._calm = False, min(self._calm * 2, LONGEST_CALM)
        self._begin_stretch()
        if self.place == self._last:
            return 0
        self.place += 1
        self._settling = SETTLE
        return 1

    def _begin_stretch(self) -> None:
        self._recent.clear()
        self._frames = self._missed = 0
