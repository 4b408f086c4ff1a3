"""Checks the measurement of skew by flash and click: a white frame and a click that belong to the same moment.

With `--probe` the avatar sends both once a second. What is seen and heard of them needs no clock of the sender's, so
their distance at the caller must agree with the skew that the frames' clock gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.caller.skew import Skew
from visavis.caller.take import Picture
from visavis_models.spec import FRAME_MS

WHITE_LUMA = 200.0  # a flash is so bright on average, 0..255
BRIGHTER = 40.0  # and so much brighter than the frame before
CLICK_LEVEL = 0.25  # of full scale: the click's steepest sample-to-sample step
CLICK_ALONE = 4.0  # times the steepest step of the 40 ms around it
CLICK_S = 0.005  # a click is over after this
AROUND_S = 0.040
PAIR_S = 0.45  # flash and click further apart do not belong together
NEAR_S = 0.1  # a flash is compared with the clock's skew of a frame so near, if there was voice
WARN_MS = FRAME_MS  # one frame


@dataclass(frozen=True)
class Probe:
    """What flashes and clicks say, beside what the clock says of the same moments; milliseconds.

    Attributes:
        pairs: flashes seen with their clicks heard.
        p50, p95: of the absolute skew by flash and click.
        mean_ms, clock_mean_ms: signed means, positive where the picture is late.
        difference_ms: how far the two measurements lie apart, the median over all pairs.
    """

    pairs: int
    p50: float | None = None
    p95: float | None = None
    mean_ms: float | None = None
    clock_mean_ms: float | None = None
    difference_ms: float | None = None


def flashes(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """When each flash was shown, caller's seconds [N]."""
    luma = np.array([picture.luma for picture in pictures])
    shown = np.array([picture.shown_s for picture in pictures])
    before = np.concatenate([[255.0], luma[:-1]])
    return shown[(luma >= WHITE_LUMA) & (luma - before >= BRIGHTER)]


def clicks(track: NDArray[np.int16], rate: int) -> NDArray[np.float64]:
    """When each click was heard, seconds from the track's beginning [N]: a steep step that stands alone."""
    steps = np.abs(np.diff(track.astype(np.float32))) / 32768
    length, around = round(CLICK_S * rate), round(AROUND_S * rate)
    found, at = [], 0
    candidates = np.flatnonzero(steps >= CLICK_LEVEL / 4)
    for index in candidates.tolist():
        if index < at:
            continue
        peak = float(steps[index : index + length].max())
        outside = np.concatenate(
            [steps[max(index - around, 0) : max(index - length, 0)], steps[index + length : index + around]]
        )
        if peak >= CLICK_LEVEL and peak >= CLICK_ALONE * float(outside.max(initial=0.0)):
            found.append(index / rate)
            at = index + around
    return np.array(found)


def check(seen_s: NDArray[np.float64], heard_s: NDArray[np.float64], skew: Skew) -> Probe:
    """Pair flashes with clicks and compare their distances with the clock's skew at the same moments.

    Args:
        seen_s, heard_s: caller's seconds of flashes [N] and clicks [M].
    """
    if not len(seen_s) or not len(heard_s):
        return Probe(0)
    nearest = heard_s[np.argmin(np.abs(seen_s[:, None] - heard_s[None]), axis=1)]
    paired = np.abs(seen_s - nearest) <= PAIR_S
    distance_ms = (seen_s - nearest)[paired] * 1000
    if not len(distance_ms):
        return Probe(0)
    p50, p95 = np.percentile(np.abs(distance_ms), [50, 95]).round(1).tolist()
    probe = Probe(len(distance_ms), p50, p95, mean_ms=round(float(distance_ms.mean()), 1))
    if not len(skew.at_s):
        return probe
    at = np.clip(np.searchsorted(skew.at_s, seen_s[paired]), 0, len(skew.at_s) - 1)
    known = np.abs(skew.at_s[at] - seen_s[paired]) <= NEAR_S
    if not known.any():
        return probe
    clock_ms = skew.skew_s[at][known] * 1000
    return Probe(
        probe.pairs,
        p50,
        p95,
        probe.mean_ms,
        clock_mean_ms=round(float(clock_ms.mean()), 1),
        difference_ms=round(float(np.median(distance_ms[known] - clock_ms)), 1),
    )
