"""Tells a hum ("mhm", "mm", "hmm") by its sound: recognisers make up words for it, such as "no"."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import MODEL_RATE

HUM = "Mhm."
LONGEST_S = 1.2  # voiced, of a hum
FRAME, HOP = 512, 256  # samples
LOUD = 0.05  # of the loudest frame's energy: what is softer is not looked at

# Behind closed lips little but the voice's own lowest partials comes out. Share of the energy above 500 Hz that nine of
# ten loud frames stay below: 0.06-0.07 in hums of the default voice, from 0.19 on ("you", "know") in 17 short words.
DULL_HZ = 500.0
DULL_SHARE = 0.12
DULL_FRAMES = 90.0  # percent


def is_hum(pcm: NDArray[np.float32]) -> bool:
    """Whether the utterance `pcm`, float32 [N] at 16 kHz, was said behind closed lips all along."""
    if len(pcm) < FRAME:
        return False
    frames = np.lib.stride_tricks.sliding_window_view(pcm, FRAME)[::HOP] * np.hanning(FRAME).astype(np.float32)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    energy = power.sum(axis=1)
    loud = power[energy > LOUD * energy.max()]
    if not len(loud) or len(loud) * HOP / MODEL_RATE > LONGEST_S:
        return False
    high = np.fft.rfftfreq(FRAME, 1 / MODEL_RATE) >= DULL_HZ
    share = loud[:, high].sum(axis=1) / loud.sum(axis=1)
    return float(np.percentile(share, DULL_FRAMES)) <= DULL_SHARE
