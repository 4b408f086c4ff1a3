"""Whether somebody's lips are open or closed, from the motion that is seen of them; no clock of its own.

How far the lips are apart is `jawOpen - mouthClose`. Of two recorded speakers (GRID) it lies below 0.03 at rest, above
0.10 in the vowels of their speech and for 0.3 to 0.5 s before they begin, and is back below 0.03 within 0.15 s of their
last sound.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from visavis_models.spec import INDEX, Motion

JAW, CLOSE = INDEX["jawOpen"], INDEX["mouthClose"]
OPEN, CLOSED = 0.10, 0.04  # apart, from which on they are open, and below which closed; between them as before
CLOSING = 0.8  # times the row before: who comes to an end closes them by more
STALE_S = 0.4  # what was seen so long ago says nothing of now
SURE = 0.5  # confidence of a row, 0..1, that counts

# Lips that were never seen to move with the voice (a mask, a photo, a hand before the mouth) say nothing.
PROOF_S = 0.8  # of speech that was watched
PROOF_SHARE = 0.25  # of it with open lips


class Lips(Enum):
    """What the lips do."""

    UNKNOWN = "unknown"
    OPEN = "open"
    CLOSED = "closed"


class LipReader:
    """Follows one person's lips; times are seconds of any steady clock."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=2)  # the latest, when and how far apart
        self._open = False
        self._closed_since: float | None = None
        self._speaking = False
        self._watched_s = self._opened_s = 0.0

    def see(self, motion: Motion | None, sure: float, now: float) -> None:
        """Their motion until now, newest last, and the confidence of its last row; None where nobody is seen."""
        if motion is None or sure < SURE:
            self._seen.clear()
            self._open, self._closed_since = False, None
            return
        apart = float(motion.values[-1, JAW] - motion.values[-1, CLOSE])
        if self._speaking and self._seen:
            passed_s = min(now - self._seen[-1][0], STALE_S)
            self._watched_s += passed_s
            self._opened_s += passed_s * (apart >= OPEN)
        self._seen.append((now, apart))
        self._open = apart >= (CLOSED if self._open else OPEN)
        if self._open or (self._closed_since is not None and now - self._seen[0][0] > STALE_S):
            self._closed_since = None
        if not self._open and self._closed_since is None:
            self._closed_since = now

    def voice(self, speaking: bool) -> None:
        """Their voice is heard, or no longer."""
        self._speaking = speaking

    @property
    def proven(self) -> bool:
        """Whether these lips were seen to move with the voice."""
        return self._watched_s >= PROOF_S and self._opened_s >= PROOF_SHARE * self._watched_s

    def lips(self, now: float) -> Lips:
        """What they do now."""
        if not self.proven or not self._seen or now - self._seen[-1][0] > STALE_S:
            return Lips.UNKNOWN
        return Lips.OPEN if self._open else Lips.CLOSED

    def closed_for(self, now: float) -> float:
        """For how many seconds they are seen to be closed without a break; 0 where they are not."""
        return now - self._closed_since if self._closed_since is not None and self.lips(now) is Lips.CLOSED else 0.0

    def closing(self) -> bool:
        """Whether open lips come together just now."""
        return len(self._seen) == 2 and self._seen[1][1] < CLOSING * self._seen[0][1]
