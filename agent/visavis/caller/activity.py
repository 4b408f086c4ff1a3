"""Who speaks when: energy-based voice activity over 5 ms levels, for whole files and for sound as it arrives.

A level counts as voice when it lies `MARGIN_DB` above the floor of silence. The floor is the 5th percentile of all
levels so far, so room noise and comfort noise are told from voice; the threshold never rises to within `HEADROOM_DB` of
the loudest voice (a file may hold no silence at all). What lies `RANGE_DB` below the loudest voice, or below
`LOWEST_DBFS`, is a voice's dying away and no voice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.media.events import ENVELOPE_STEP_MS

FLOOR_DBFS = -96.0  # digital silence
LOWEST_DBFS = -55.0  # below this nothing is voice
MARGIN_DB = 15.0  # voice lies so far above the floor of silence
HEADROOM_DB = 25.0  # and the threshold so far below the loudest voice, at least
RANGE_DB = 40.0  # and at most
STEP_S = ENVELOPE_STEP_MS / 1000
SHORTEST_VOICE_S = 0.070  # shorter sounds are clicks: Opus stretches the probe's 3 ms to 40
JOIN_S = 0.250  # shorter silences are inside words and between them


def levels(pcm: NDArray[np.int16], rate: int) -> NDArray[np.float32]:
    """RMS of each whole 5 ms of `pcm` [N] in dBFS, float32 [N // (rate / 200)], no lower than `FLOOR_DBFS`."""
    step = rate * ENVELOPE_STEP_MS // 1000
    count = len(pcm) // step
    blocks = pcm[: count * step].reshape(count, step).astype(np.float32) / 32768
    power = np.mean(blocks * blocks, axis=1)
    return np.maximum(10 * np.log10(power + 1e-12), FLOOR_DBFS).astype(np.float32)


def threshold(floor: float, loudest: float) -> float:
    """The level in dBFS from which on a sound is voice, given the floor and the loudest level in dBFS."""
    return max(LOWEST_DBFS, loudest - RANGE_DB, min(floor + MARGIN_DB, loudest - HEADROOM_DB))


def threshold_of(values: NDArray[np.float32]) -> float:
    """The threshold for levels [N] that are all known: 5th and 99th percentile are floor and loudest."""
    if not len(values):
        return LOWEST_DBFS
    floor, loudest = np.percentile(values, [5, 99])
    return threshold(float(floor), float(loudest))


@dataclass(frozen=True)
class Span:
    """A stretch of voice: from its first voiced sample to its last, in seconds."""

    start: float
    end: float


def voice_spans(
    values: NDArray[np.float32], *, shortest_s: float = SHORTEST_VOICE_S, join_s: float = JOIN_S
) -> list[Span]:
    """Stretches of voice in levels [N] of 5 ms each.

    Args:
        shortest_s: runs of voiced levels that are shorter are left out; 0 keeps all.
        join_s: silences that are shorter do not end a stretch.
    """
    voiced = np.concatenate([[False], values >= threshold_of(values), [False]])
    edges = np.flatnonzero(voiced[1:] != voiced[:-1])
    spans: list[Span] = []
    for start, end in (edges.reshape(-1, 2) * STEP_S).tolist():
        if end - start < shortest_s - STEP_S / 2:
            continue
        if spans and start - spans[-1].end < join_s:
            spans[-1] = Span(spans[-1].start, end)
        else:
            spans.append(Span(start, end))
    return spans


class VoiceMeter:
    """Voice activity of sound as it arrives, block by block; the same rule as `voice_spans`, no look-ahead.

    Attributes:
        onset_s: first voiced moment of the latest stretch of voice, None before any.
        last_voiced_s: its latest voiced moment.
    """

    def __init__(self) -> None:
        self.onset_s: float | None = None
        self.last_voiced_s: float | None = None
        self._histogram = np.zeros(int(-FLOOR_DBFS) + 1, np.int64)  # one bin for each dB from the floor up
        self._run_start_s: float | None = None

    def push(self, at_s: float, values: NDArray[np.float32]) -> None:
        """Take the levels of a block whose first sample was heard at `at_s` seconds."""
        bins = np.clip(np.rint(values - FLOOR_DBFS), 0, len(self._histogram) - 1).astype(np.int64)
        np.add.at(self._histogram, bins, 1)
        level = self.threshold()
        for k, value in enumerate(values):
            self._step(at_s + k * STEP_S, bool(value >= level))

    def threshold(self) -> float:
        """The threshold in dBFS as known by now."""
        share = np.cumsum(self._histogram) / self._histogram.sum()
        floor, loudest = (float(np.searchsorted(share, at)) + FLOOR_DBFS for at in (0.05, 0.99))
        return threshold(floor, loudest)

    def _step(self, at_s: float, voiced: bool) -> None:
        if not voiced:
            self._run_start_s = None
            return
        if self._run_start_s is None:
            self._run_start_s = at_s
        end_s = at_s + STEP_S
        if end_s - self._run_start_s < SHORTEST_VOICE_S - STEP_S / 2:
            return
        if self.last_voiced_s is None or self._run_start_s - self.last_voiced_s >= JOIN_S:
            self.onset_s = self._run_start_s
        self.last_voiced_s = end_s
