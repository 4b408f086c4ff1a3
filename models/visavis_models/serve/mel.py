"""Log-mel features of 16 kHz audio: 80 bands every 10 ms, causal, the same code for training and serving.

The window of feature m ends with the sample before 160 (m + 1), so four features belong to each 40 ms frame and none
of them hears past that frame's end.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import MODEL_FRAME, MODEL_RATE

FloatArray = NDArray[np.float32]

BANDS = 80
MEL_HOP = MODEL_RATE // 100  # 160 samples, 10 ms
MEL_WINDOW = 400  # samples, 25 ms
MEL_CONTEXT = MEL_WINDOW - MEL_HOP  # 240 samples of the past that the first feature needs
MELS_PER_FRAME = MODEL_FRAME // MEL_HOP  # 4
POWER_FLOOR = 1e-8  # -80 dB against a full-scale tone
LOG_MIDDLE, LOG_SPREAD = -10.0, 5.0  # brings ln(power) to about -1.7..1.5
FFT = 512


@cache
def _window() -> FloatArray:
    """A Hann window scaled so that a full-scale tone has a peak power of 1."""
    hann = np.hanning(MEL_WINDOW + 1)[:-1]
    return (hann * 2.0 / hann.sum()).astype(np.float32)


@cache
def mel_filters(low_hz: float = 50.0, high_hz: float = 7600.0) -> FloatArray:
    """Triangles, evenly spaced on the mel scale `2595 log10(1 + f / 700)` (O'Shaughnessy 1987): [257, 80]."""
    low_mel, high_mel = (2595.0 * float(np.log10(1.0 + hz / 700.0)) for hz in (low_hz, high_hz))
    edges_mel = np.linspace(low_mel, high_mel, BANDS + 2)
    edges_hz = 700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0)
    bins_hz = np.fft.rfftfreq(FFT, 1.0 / MODEL_RATE)[:, None]
    low, middle, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising, falling = (bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle)
    triangles = np.clip(np.minimum(rising, falling), 0.0, None)
    # the lowest triangles are narrower than a bin: none may be empty
    nearest = np.argmin(np.abs(bins_hz - middle), axis=0)
    triangles[nearest, np.arange(BANDS)] = np.maximum(triangles[nearest, np.arange(BANDS)], 0.5)
    return triangles.astype(np.float32)


def log_mel(samples: FloatArray) -> FloatArray:
    """Features `(ln(power + 1e-8) + 10) / 5` of audio that begins with 240 samples of the past.

    Args:
        samples: float32 [240 + 160 n], mono, 16 kHz, -1..1.

    Returns:
        float32 [n, 80].
    """
    windows = np.lib.stride_tricks.sliding_window_view(samples, MEL_WINDOW)[::MEL_HOP]
    spectrum = np.fft.rfft(windows * _window(), FFT)
    power = spectrum.real**2 + spectrum.imag**2
    features = (np.log(power @ mel_filters() + POWER_FLOOR) - LOG_MIDDLE) / LOG_SPREAD
    return features.astype(np.float32)


def frame_features(audio: FloatArray) -> FloatArray:
    """Features of whole audio from its first sample on, silence before it: [4 n, 80] for n = ceil(N / 640) frames."""
    frames = -(-len(audio) // MODEL_FRAME)
    padded = np.zeros(MEL_CONTEXT + frames * MODEL_FRAME, np.float32)
    padded[MEL_CONTEXT : MEL_CONTEXT + len(audio)] = audio
    return log_mel(padded)
