"""One clock for everything, the caller's, in seconds: sound, pictures and the sender's times are put on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import FPS

LOOK_S = 1.0  # a block's true time is that of the promptest block within this
SLIP_S = 0.030  # a lasting shift beyond this is a gap in the stream, not lateness of the event loop


def place_blocks(arrivals: Sequence[float], sizes: Sequence[int], rate: int) -> NDArray[np.float64]:
    """When the first sample of each received block was played out, seconds [N].

    WebRTC's playout hands out a block every 10 ms like clockwork; what varies is how soon the event loop takes it. So
    samples lie end to end, at the earliest lateness seen in the next second. Only a lasting shift of more than 30 ms
    (the stream was interrupted) moves what follows.

    Args:
        arrivals: when each block arrived, seconds [N].
        sizes: samples in each block [N].
        rate: their sample rate in Hz.
    """
    if not len(arrivals):
        return np.empty(0)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]) / rate
    lateness = np.asarray(arrivals) - starts
    ends = np.searchsorted(starts, starts + LOOK_S)
    shift, placed = float("inf"), np.empty(len(starts))
    for k, end in enumerate(ends):
        earliest = float(lateness[k:end].min())
        if abs(earliest - shift) > SLIP_S:
            shift = earliest
        placed[k] = starts[k] + shift
    return placed


def lay_out(
    placed: NDArray[np.float64], blocks: Sequence[NDArray[np.int16]], began_s: float, seconds: float, rate: int
) -> NDArray[np.int16]:
    """One unbroken track, int16 [seconds * rate]: sample n is second n / rate after `began_s`; the rest is silence."""
    track = np.zeros(round(seconds * rate), np.int16)
    for start_s, block in zip(placed, blocks, strict=True):
        at = round((start_s - began_s) * rate)
        piece = block[max(-at, 0) : max(len(track) - at, 0)]
        track[max(at, 0) : max(at, 0) + len(piece)] = piece
    return track


def grid_start(shown: NDArray[np.float64]) -> float:
    """Where a grid of 25 pictures a second begins so that pictures shown at `shown` [N] lie in the middle of its cells.

    Near the first picture, at the circular mean of all the pictures' places within a cell: jitter of up to 20 ms then
    neither drops a picture from the record nor doubles one.
    """
    turns = np.exp(2j * np.pi * (shown - shown[0]) * FPS)
    return float(shown[0] + np.angle(turns.mean()) / (2 * np.pi) / FPS)


class SenderClock:
    """Maps the sender's wall clock (microseconds) to the caller's clock (seconds).

    Args:
        samples: (caller's seconds, sender's microseconds) at the same moments, one or more.
    """

    def __init__(self, samples: Sequence[tuple[float, int]]) -> None:
        assert samples, "a clock needs at least one reading"
        self._at_us = np.array([us for _, us in samples], np.float64)
        self._offset_s = np.array([at_s - us * 1e-6 for at_s, us in samples])

    def seconds(self, us: NDArray[np.int64] | int) -> NDArray[np.float64]:
        """The caller's time of the sender's time(s) `us`."""
        times = np.asarray(us, np.float64)
        return times * 1e-6 + np.interp(times, self._at_us, self._offset_s)
