"""Sample rates: a windowed-sinc polyphase filter, aligned sample by sample and nearly without delay.

soxr, which `rtc.AudioResampler` uses, holds back up to 40 ms of a stream at its better qualities; this holds back
half the filter, under 1.5 ms.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

HALF_WIDTH = 16  # zero crossings on either side
CUTOFF = 0.92  # of the lower Nyquist frequency
KAISER_BETA = 7.0


class Polyphase:
    """Output sample n lies at input place n * `down` / `up`: y[n] = sum over k of h(k - n down / up) x[k].

    Args:
        rate_in, rate_out: Hz.

    Attributes:
        reach: input samples needed on either side of an output's place.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        common = math.gcd(rate_in, rate_out)
        self.up, self.down = rate_out // common, rate_in // common
        stretch = max(self.down / self.up, 1.0)
        self.reach = math.ceil(HALF_WIDTH * stretch)
        band = CUTOFF / stretch
        places = np.arange(-self.reach + 1, self.reach + 1)[None] - np.arange(self.up)[:, None] / self.up
        window = np.i0(KAISER_BETA * np.sqrt(np.maximum(1 - (places / self.reach) ** 2, 0))) / np.i0(KAISER_BETA)
        taps = band * np.sinc(band * places) * window
        self._taps = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)

    def apply(self, samples: FloatArray, place: int, first: int, count: int) -> FloatArray:
        """Outputs [first, first + count).

        Args:
            samples: float32, the input from place `place` on; what they reach for beyond it counts as silence.
        """
        low = first * self.down // self.up - self.reach + 1
        high = ((first + count - 1) * self.down // self.up if count else low) + self.reach + 1
        window = np.zeros(high - low, np.float32)
        begin, end = max(low, place), min(high, place + len(samples))
        if begin < end:
            window[begin - low : end - low] = samples[begin - place : end - place]
        out = np.empty(count, np.float32)
        _filter(window, low, self._taps, self.reach, first, self.up, self.down, out)
        return out

    def known(self, end: int) -> int:
        """How many outputs are settled by the input before place `end`."""
        return max(((end - self.reach) * self.up - 1) // self.down + 1, 0)


@cache
def polyphase(rate_in: int, rate_out: int) -> Polyphase:
    """The filter between two rates, made once."""
    return Polyphase(rate_in, rate_out)


class Resampler:
    """A stream at another rate: what `push` and `flush` give, one after the other, is the whole at once.

    Args:
        rate_in, rate_out: Hz; the same rate goes through untouched.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._filter = None if rate_in == rate_out else polyphase(rate_in, rate_out)
        self._kept, self._place, self._given = np.zeros(0, np.float32), 0, 0

    def push(self, samples: FloatArray) -> FloatArray:
        """Take float32 [n]; gives float32 of whatever is settled by now."""
        if self._filter is None:
            return samples
        self._kept = np.concatenate([self._kept, samples])
        return self._take(self._filter.known(self._place + len(self._kept)))

    def flush(self) -> FloatArray:
        """The rest, as if silence followed: ceil(n * rate_out / rate_in) samples in all."""
        if self._filter is None:
            return np.zeros(0, np.float32)
        return self._take(math.ceil((self._place + len(self._kept)) * self._filter.up / self._filter.down))

    def _take(self, end: int) -> FloatArray:
        assert self._filter is not None
        count = max(end - self._given, 0)
        out = self._filter.apply(self._kept, self._place, self._given, count)
        self._given += count
        needed = self._given * self._filter.down // self._filter.up - self._filter.reach
        drop = min(max(needed - self._place, 0), len(self._kept))
        self._kept, self._place = self._kept[drop:], self._place + drop
        return out


@njit(nogil=True, cache=True)
def _filter(
    window: FloatArray, low: int, taps: FloatArray, reach: int, first: int, up: int, down: int, out: FloatArray
) -> None:  # pragma: no cover
    """out[n] = taps[phase] . window around its place; `window` begins at input place `low`."""
    for n in range(len(out)):
        numerator = (first + n) * down
        begin, phase = numerator // up - reach + 1 - low, numerator % up
        total = np.float32(0.0)
        for k in range(taps.shape[1]):
            total += taps[phase, k] * window[begin + k]
        out[n] = total
