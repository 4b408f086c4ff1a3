"""The voice as it leaves, read in step with somebody else's clock: what an echo canceller compares with."""

from __future__ import annotations

from collections.abc import Callable

from visavis.media.speech import Speech
from visavis.media.tape import Pcm
from visavis_models.spec import ROOM_RATE

BEHIND = ROOM_RATE * 20 // 1000  # samples behind what has left, to begin with: a packet is read at once
AHEAD_MOST = ROOM_RATE * 40 // 1000  # what is read further ahead than this may not be handed over yet
BEHIND_MOST = ROOM_RATE * 300 // 1000  # the other clock stood for so long


class Reference:
    """Reads on from where it has read to, and begins anew where the two clocks have parted."""

    def __init__(self, speech: Speech, clock_us: Callable[[], int]) -> None:
        self._speech, self._clock_us = speech, clock_us
        self._at: int | None = None

    def next(self, count: int) -> Pcm:
        """The next `count` samples, int16 at 48 kHz."""
        played = self._speech.played(self._clock_us())
        if self._at is None or not played - BEHIND_MOST <= self._at <= played + AHEAD_MOST:
            self._at = played - BEHIND
        pcm = self._speech.sound(self._at, count)
        self._at += count
        return pcm
