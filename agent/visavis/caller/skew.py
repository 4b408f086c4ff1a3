"""How far picture and voice lie apart at the caller, from the clock that every frame carries.

A frame's `user_timestamp` is when the voice sample that belongs to it leaves the sender, and `VoiceEnvelope` says how
loud the voice was at every moment of that same clock. So the delay of a frame is its showing minus its timestamp, the
delay of the voice is the shift at which the received 5 ms levels agree best with the sender's, and the skew of a frame
is the difference of the two: positive where the picture comes late.

Assumed of a player: it shows a frame at WebRTC's render time and plays a block of sound when WebRTC's playout hands it
out. What sound card and screen add comes on top of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.caller.activity import FLOOR_DBFS, STEP_S, threshold_of
from visavis.caller.take import Picture
from visavis.caller.timeline import SenderClock
from visavis.media.events import VoiceEnvelope

WINDOW_S = 1.0
HOP_S = 0.25
EARLIEST_S, LATEST_S = -0.2, 1.0  # delays that are searched
QUIET_DBFS = -60.0  # levels below are one and the same silence
MIN_VOICED = 0.3  # share of a window that must be voice
MIN_CORRELATION = 0.75
MEDIAN_OF = 5
NEAR_S = 1.0  # a frame's voice delay is known from windows whose middle is so near
FIRST_S = 5.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Delays:
    """The voice's delay over the call: `delay_s` [N] at the sender's moments `at_s` [N] (caller's clock), ascending."""

    at_s: Floats
    delay_s: Floats

    def at(self, times: Floats) -> Floats:
        """The delay at each of `times` [M], NaN where no voice was near."""
        if not len(self.at_s):
            return np.full(len(times), np.nan)
        right = np.searchsorted(self.at_s, times)
        before = self.at_s[np.maximum(right - 1, 0)]
        after = self.at_s[np.minimum(right, len(self.at_s) - 1)]
        near = np.minimum(np.abs(before - times), np.abs(after - times)) <= NEAR_S
        return np.where(near, np.interp(times, self.at_s, self.delay_s), np.nan)


def sent_levels(envelopes: Sequence[VoiceEnvelope], clock: SenderClock) -> tuple[float, NDArray[np.float32]]:
    """The sender's levels on a grid of 5 ms of the caller's clock: (the grid's beginning, dBFS [N], NaN: not known)."""
    if not envelopes:
        return 0.0, np.empty(0, np.float32)
    starts = clock.seconds(np.array([envelope.start_us for envelope in envelopes], np.int64))
    ends = starts + np.array([len(envelope.levels) for envelope in envelopes]) * STEP_S
    began_s = float(starts.min())
    grid = np.full(round((float(ends.max()) - began_s) / STEP_S) + 1, np.nan, np.float32)
    for start_s, envelope in zip(starts, envelopes, strict=True):
        at = round((start_s - began_s) / STEP_S)
        grid[at : at + len(envelope.levels)] = np.frombuffer(envelope.levels, np.uint8).astype(np.float32) + FLOOR_DBFS
    return began_s, grid


def voice_delays(
    sent_began_s: float, sent: NDArray[np.float32], heard_began_s: float, heard: NDArray[np.float32]
) -> Delays:
    """When each moment of the voice was heard.

    Args:
        sent: the sender's levels, dBFS [N], 5 ms each from `sent_began_s` (caller's clock) on; NaN: not known.
        heard: the received levels, dBFS [M], 5 ms each from `heard_began_s` on.
    """
    width, hop = round(WINDOW_S / STEP_S), round(HOP_S / STEP_S)
    level = threshold_of(sent[~np.isnan(sent)])
    sent, heard = np.maximum(sent, QUIET_DBFS), np.maximum(heard, QUIET_DBFS)
    grid_s = sent_began_s - heard_began_s
    at, delays = [], []
    for start in range(0, len(sent) - width + 1, hop):
        window = sent[start : start + width]
        if np.isnan(window).any() or np.mean(window >= level) < MIN_VOICED:
            continue
        first = round((grid_s + start * STEP_S + EARLIEST_S) / STEP_S)
        last = round((grid_s + start * STEP_S + LATEST_S) / STEP_S) + width
        if first < 0 or last > len(heard):
            continue
        shift = best_shift(window, heard[first:last])
        if shift is not None:
            at.append(sent_began_s + (start + width / 2) * STEP_S)
            delays.append((first + shift - start) * STEP_S - grid_s)
    return Delays(np.array(at), running_median(np.array(delays)))


def running_median(values: Floats) -> Floats:
    """The median of each value and its `MEDIAN_OF // 2` neighbours on either side: a single wrong match is outvoted."""
    if not len(values):
        return values
    padded = np.pad(values, MEDIAN_OF // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_OF), axis=1)


def best_shift(window: NDArray[np.float32], heard: NDArray[np.float32]) -> float | None:
    """Where `window` [W] lies in `heard` [M], in steps, by normalised correlation with a parabola through the peak.

    None where nothing in `heard` resembles it.
    """
    width = len(window)
    views = np.lib.stride_tricks.sliding_window_view(heard, width)
    views = views - views.mean(axis=1, keepdims=True)
    mine = window - window.mean()
    norms = np.linalg.norm(views, axis=1) * np.linalg.norm(mine)
    correlation = (views @ mine) / np.maximum(norms, 1e-6)
    best = int(np.argmax(correlation))
    if correlation[best] < MIN_CORRELATION:
        return None
    if not 0 < best < len(correlation) - 1:
        return float(best)
    before, peak, after = correlation[best - 1 : best + 2].tolist()
    bend = before - 2 * peak + after
    return best + (0.5 * (before - after) / bend if bend < 0 else 0.0)


@dataclass(frozen=True)
class Skew:
    """Skew of each frame near voice [N]: `at_s` its showing (caller's clock), `skew_s` positive: picture late."""

    at_s: Floats
    skew_s: Floats

    def figures(self, began_s: float) -> dict[str, float | None]:
        """Milliseconds: median and p95 of the ABSOLUTE skew after the first 5 s, p95 within them, the signed mean."""
        early = self.at_s - began_s < FIRST_S
        late = np.abs(self.skew_s[~early]) * 1000
        first = np.abs(self.skew_s[early]) * 1000
        return {
            "p50": _percentile(late, 50),
            "p95": _percentile(late, 95),
            "p95_first_5s": _percentile(first, 95),
            "mean": round(float(self.skew_s.mean()) * 1000, 1) if len(self.skew_s) else None,
        }


def frame_skew(pictures: Sequence[Picture], clock: SenderClock, delays: Delays) -> Skew:
    """The skew of every frame that carries the sender's clock and has voice near."""
    stamped = [picture for picture in pictures if picture.sender_us is not None]
    shown = np.array([picture.shown_s for picture in stamped])
    sent = clock.seconds(np.array([picture.sender_us for picture in stamped], np.int64))
    skew = (shown - sent) - delays.at(sent)
    known = ~np.isnan(skew)
    return Skew(shown[known], skew[known])


def _percentile(values: Floats, share: float) -> float | None:
    return round(float(np.percentile(values, share)), 1) if len(values) else None
