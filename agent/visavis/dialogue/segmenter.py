"""Cuts a microphone into utterances and says when it is worth recognising one. Plain code, no input or output."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import MODEL_RATE

FloatArray = NDArray[np.float32]

WINDOW = 512  # samples, what the voice activity detector judges at once
WINDOW_S = WINDOW / MODEL_RATE  # 32 ms


class Cue(Enum):
    """What a window of sound brought about."""

    BEGAN = auto()  # the user began to speak
    INTERIM = auto()  # worth a look at what was said so far
    PAUSED = auto()  # the user paused: what was said so far may be all
    ENDED = auto()  # the utterance is over


@dataclass(frozen=True)
class Pace:
    """When to look; seconds of sound unless said otherwise.

    Attributes:
        on, off: probability of speech from which an utterance begins, and below which a window is silent.
        onset_s: so much speech begins an utterance.
        prefix_s: sound kept from before the onset.
        pause_s: silence that makes a pause.
        patience_s: silence that ends the utterance though nobody asked for its end.
        interim_s: between two looks at least.
        interim_share: share of one core that interim looks may take.
        soft_limit_s, hard_limit_s: an utterance ends at the first pause after the one, anywhere after the other.
    """

    on: float = 0.5
    off: float = 0.35
    onset_s: float = 0.06
    prefix_s: float = 0.13
    pause_s: float = 0.09
    patience_s: float = 1.2
    interim_s: float = 0.5
    interim_share: float = 0.2
    soft_limit_s: float = 12.0
    hard_limit_s: float = 16.0


class Segmenter:
    """Windows of sound in, cues out; `utterance()` is what to recognise.

    Attributes:
        start, end: seconds of the first and past the last voiced window of the utterance, on the sound's own clock.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.now = 0.0
        self._prefix: deque[FloatArray] = deque(maxlen=round(self.pace.prefix_s / WINDOW_S))
        self._clear()

    def _clear(self) -> None:
        self._windows: list[FloatArray] = []
        self._onset = 0.0  # seconds of speech while none has begun
        self._looked_at = 0.0
        self._cost_s = 0.0
        self._paused = False
        self.start = self.end = 0.0

    @property
    def speaking(self) -> bool:
        """An utterance is under way."""
        return bool(self._windows)

    def push(self, window: FloatArray, probability: float) -> Cue | None:
        """One window, float32 [512] at 16 kHz, and the probability that it holds speech."""
        self.now += WINDOW_S
        if not self._windows:
            return self._wait(window, probability)
        self._windows.append(window)
        silent = probability < self.pace.off
        if not silent:
            self.end, self._paused = self.now, False
        if self._over(silent):
            return Cue.ENDED
        if silent and not self._paused and self.now - self.end >= self.pace.pause_s:
            self._paused = True
            return Cue.PAUSED
        return Cue.INTERIM if not silent and self._due() else None

    def _wait(self, window: FloatArray, probability: float) -> Cue | None:
        self._prefix.append(window)
        self._onset = self._onset + WINDOW_S if probability >= self.pace.on else 0.0
        if self._onset < self.pace.onset_s:
            return None
        self._windows = list(self._prefix)
        self._prefix.clear()
        self.start, self.end, self._looked_at = self.now - self._onset, self.now, self.now
        return Cue.BEGAN

    def _over(self, silent: bool) -> bool:
        silence, length = self.now - self.end, self.now - self.start
        pause_after_limit = length >= self.pace.soft_limit_s and silent and silence >= self.pace.pause_s
        return silence >= self.pace.patience_s or pause_after_limit or length >= self.pace.hard_limit_s

    def _due(self) -> bool:
        wait = max(self.pace.interim_s, self._cost_s / self.pace.interim_share)
        return self.now - self._looked_at >= wait

    def looked(self, cost_s: float) -> None:
        """The utterance was recognised in `cost_s` seconds of computing: paces the next interim look."""
        self._looked_at, self._cost_s = self.now, cost_s

    def utterance(self) -> FloatArray:
        """The sound so far, float32 [N] at 16 kHz, from a little before the onset on."""
        return np.concatenate(self._windows) if self._windows else np.zeros(0, np.float32)

    def finish(self) -> None:
        """The utterance was taken; what follows belongs to the next one."""
        self._clear()
