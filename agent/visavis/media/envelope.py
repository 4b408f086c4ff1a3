"""How loud a voice is, every 5 ms: what goes out as `VoiceEnvelope`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis.media.events import ENVELOPE_STEP_MS
from visavis_models.spec import ROOM_RATE

FLOOR_DBFS = -96.0
STEP = ROOM_RATE * ENVELOPE_STEP_MS // 1000  # samples


def levels(pcm: NDArray[np.int16]) -> bytes:
    """RMS of each whole 5 ms of 48 kHz samples in decibels above -96 dBFS, 0..96, one byte each."""
    steps = len(pcm) // STEP
    samples = pcm[: steps * STEP].reshape(steps, STEP).astype(np.float32) / 32768.0
    power = np.square(samples).mean(axis=1)
    decibels = 10 * np.log10(np.maximum(power, 1e-12)) - FLOOR_DBFS
    return np.clip(np.rint(decibels), 0, 96).astype(np.uint8).tobytes()
