"""What a voice goes through on its way to the model: room, noise, telephone, loudness. Times stay as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from visavis_models.spec import MODEL_RATE

FloatArray = NDArray[np.float32]

CLEAN = 0.4  # share of the scenes whose voice stays as it is
MU = 255.0  # of the telephone's companding (ITU-T G.711)


def augmented_voice(voice: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A voice [N] at 16 kHz after some of: a room, a telephone or narrow band, noise, a gain."""
    gain = 10 ** (rng.uniform(-14, 5) / 20)
    if rng.random() < CLEAN or not voice.any():
        return np.clip(voice * np.float32(gain), -1, 1)
    if rng.random() < 0.5:
        voice = in_room(voice, rng, seconds=float(rng.uniform(0.1, 0.5)), direct=float(rng.uniform(0.6, 0.95)))
    if rng.random() < 0.35:
        voice = by_telephone(voice) if rng.random() < 0.5 else muffled(voice, float(rng.uniform(2500, 6500)))
    if rng.random() < 0.6:
        voice = noisy(voice, rng, snr_db=float(rng.uniform(8, 35)))
    return np.clip(voice * np.float32(gain), -1, 1)


def in_room(voice: FloatArray, rng: np.random.Generator, *, seconds: float, direct: float) -> FloatArray:
    """Convolved with noise that falls by 60 dB in `seconds`; the direct sound keeps its time and has this share.

    Polack's model of a room (J.-D. Polack, La transmission de l'energie sonore dans les salles, 1988).
    """
    t = np.arange(round(seconds * MODEL_RATE)) / MODEL_RATE
    tail = rng.standard_normal(len(t)) * np.exp(-6.91 * t / seconds)
    tail[: round(0.004 * MODEL_RATE)] = 0.0
    tail *= np.sqrt((1 - direct) / direct / (tail**2).sum())
    tail[0] = 1.0
    return fftconvolve(voice, tail)[: len(voice)].astype(np.float32)


def by_telephone(voice: FloatArray) -> FloatArray:
    """300 to 3400 Hz in 8-bit steps of G.711's mu-law."""
    band = sosfilt(butter(4, (300, 3400), "bandpass", fs=MODEL_RATE, output="sos"), voice)
    small = np.sign(band) * np.log1p(MU * np.minimum(np.abs(band), 1)) / np.log1p(MU)
    steps = np.round(small * 127) / 127
    return (np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(MU)) / MU).astype(np.float32)


def muffled(voice: FloatArray, cut_hz: float) -> FloatArray:
    """Nothing above `cut_hz`, as after a thrifty codec."""
    return sosfilt(butter(6, cut_hz, fs=MODEL_RATE, output="sos"), voice).astype(np.float32)


def noisy(voice: FloatArray, rng: np.random.Generator, *, snr_db: float) -> FloatArray:
    """With noise between white and brown so far below the voice's mean power where it sounds."""
    spectrum = np.fft.rfft(rng.standard_normal(len(voice)))
    colour = rng.uniform(0, 1)
    spectrum *= np.maximum(np.arange(len(spectrum)), len(voice) * 50 / MODEL_RATE) ** -colour
    noise = np.fft.irfft(spectrum, len(voice))
    sounding = voice[np.abs(voice) > 1e-3]
    power = float((sounding**2).mean()) if len(sounding) else 1e-4
    return (voice + noise * np.sqrt(power * 10 ** (-snr_db / 10) / (noise**2).mean())).astype(np.float32)
