"""Whether a face is a living one: a photograph does not blink, and its mouth does not move."""

from __future__ import annotations

from collections import deque

import numpy as np

from visavis.perception.measures import FaceMeasures

WINDOW_MS = 2000  # within which something has to move
LEAST_PICTURES = 3
BLINK = 0.6  # lids that close to this part of their opening blink
OPENING = 0.05  # eye distances: a mouth that opens or closes by so much moves; noise of a still face: 0.005
WIDTH = 0.06  # the same of its width; noise, and a photograph that is turned: 0.03
STILL_MS = 15_000  # without any such sign for so long it is no living face; people blink every 3 to 10 seconds


class Alive:
    """What is known of a face's life.

    Attributes:
        state: True after a sign of life, False when none was seen for `STILL_MS`, None before either.
    """

    def __init__(self) -> None:
        self.state: bool | None = None
        self._seen: deque[tuple[int, float, float, float]] = deque()
        self._since_ms: int | None = None

    def update(self, face: FaceMeasures, now_ms: int) -> bool | None:
        """Take in a face; the state after it."""
        self._since_ms = now_ms if self._since_ms is None else self._since_ms
        self._seen.append((now_ms, face.lids, face.mouth_open, face.mouth_width))
        while now_ms - self._seen[0][0] > WINDOW_MS:
            self._seen.popleft()
        if self._moves():
            self.state, self._since_ms = True, now_ms
        elif now_ms - self._since_ms >= STILL_MS:
            self.state = False
        return self.state

    def forget(self) -> None:
        """The face was not seen for a while: what comes may be another."""
        self.state, self._since_ms = None, None
        self._seen.clear()

    def _moves(self) -> bool:
        if len(self._seen) < LEAST_PICTURES:
            return False
        lids, opening, width = np.array(self._seen)[:, 1:].T
        return bool(lids.min() < BLINK * lids.max() or np.ptp(opening) >= OPENING or np.ptp(width) >= WIDTH)
