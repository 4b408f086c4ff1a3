"""Scores of a face in motion: pure functions of motion, of what was captured and of phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.cues import since_phrase
from visavis_models.serve.layout import HOP
from visavis_models.spec import FPS, INDEX, MODEL_FRAME, MODEL_RATE, ROTATION, channels
from visavis_models.train.lips import motion_measures
from visavis_models.train.voice import Phone

FloatArray = NDArray[np.float32]

LAGS = range(-4, 5)
CLOSED_SHARE = 0.015  # of the eyes' distance: the gap between the lips, over that at rest, below which they are closed
ROUND_PUCKER = 0.35  # half of what u and w are authored with
BITE_ROLL, BITE_SHARE = 0.3, 0.05  # the lower lip is rolled in so far and the gap is so small when it is at the teeth
NEAR_FRAMES, NEAR_S = 1, 0.04
VOWELS = "iɪᵻɛæaɑɒɔʌəᵊɐɜɚʊuoeyøAIOQWY"
FAST_HZ = 5.0  # above it lies what smooth curves lack
PITCH_HZ = (70, 350)


@dataclass(frozen=True)
class Tracking:
    """How a curve follows another: r at zero lag, the lag in ms of the highest r (positive: late), ratio of spreads."""

    r: float
    lag_ms: int
    amplitude: float

    def __str__(self) -> str:
        return f"{self.r:.3f} | {self.lag_ms:+d} | {self.amplitude:.2f}"


def correlation(a: FloatArray, b: FloatArray, lag: int = 0) -> float:
    """Pearson's r of `a` and `b` moved earlier by `lag` frames; 0 where one does not move."""
    n = len(a) - abs(lag)
    one, two = a[max(0, -lag) :][:n], b[max(0, lag) :][:n]
    return float(np.corrcoef(one, two)[0, 1]) if one.std() > 1e-9 and two.std() > 1e-9 else 0.0


def tracking(predicted: FloatArray, captured: FloatArray) -> Tracking:
    """One curve against another, both [T]."""
    best = max(LAGS, key=lambda lag: correlation(captured, predicted, lag))
    ratio = float(predicted.std() / captured.std()) if captured.std() else 0.0
    return Tracking(correlation(captured, predicted), best * 1000 // FPS, ratio)


def lip_gap(motion: FloatArray) -> FloatArray:
    """The gap between the inner lips over that of the neutral face, in eye distances, [T]."""
    rest = motion_measures(np.zeros((1, motion.shape[1]), np.float32)).inner[0]
    return motion_measures(motion).inner - rest


def log_energy(audio: FloatArray) -> FloatArray:
    """The baseline that every lip sync must beat: ln(0.001 + RMS) of each frame."""
    frames = audio[: len(audio) // MODEL_FRAME * MODEL_FRAME].reshape(-1, MODEL_FRAME)
    return np.log(1e-3 + np.sqrt(np.mean(frames**2, axis=1)))


# -- closures ----------------------------------------------------------------------------------------------------------


def closed(motion: FloatArray) -> NDArray[np.bool_]:
    """In which frames the lips touch, [T]."""
    return lip_gap(motion) < CLOSED_SHARE


def bitten(motion: FloatArray) -> NDArray[np.bool_]:
    """In which frames the lower lip is rolled in at the upper teeth, [T]."""
    return (motion[:, INDEX["mouthRollLower"]] > BITE_ROLL) & (lip_gap(motion) < BITE_SHARE)


def rounded(motion: FloatArray) -> NDArray[np.bool_]:
    """In which frames the lips are pushed forward as for u and w, [T]."""
    return motion[:, INDEX["mouthPucker"]] > ROUND_PUCKER


def found(frames: NDArray[np.bool_], phones: Sequence[Phone]) -> tuple[int, int]:
    """At how many of the phones some frame within 40 ms is marked, and how many phones there are."""
    hits = 0
    for phone in phones:
        first = max(0, int(phone.begin * FPS) - NEAR_FRAMES)
        hits += bool(frames[first : int(np.ceil(phone.end * FPS)) + NEAR_FRAMES].any())
    return hits, len(phones)


def false_finds(frames: NDArray[np.bool_], phones: Sequence[Phone], contacts: str) -> tuple[int, int]:
    """In how many vowels a frame is marked more than 40 ms away from all `contacts`, and how many have such a frame."""
    middles = (np.arange(len(frames)) + 0.5) / FPS
    near = np.zeros(len(frames), bool)
    for phone in phones:
        if phone.symbol in contacts:
            near |= (middles >= phone.begin - NEAR_S) & (middles <= phone.end + NEAR_S)
    vowels = [(middles >= p.begin) & (middles < p.end) & ~near for p in phones if p.symbol in VOWELS]
    away = [inside for inside in vowels if inside.any()]
    return sum(bool(frames[inside].any()) for inside in away), len(away)


# -- liveliness --------------------------------------------------------------------------------------------------------


def liveliness(predicted: FloatArray, captured: FloatArray) -> tuple[float, float]:
    """Ratios predicted to captured of a curve's speed and of the share of its power above 5 Hz; 1 is as alive."""

    def fast(curve: FloatArray) -> float:
        power = np.abs(np.fft.rfft(curve - curve.mean())) ** 2
        return float(power[np.fft.rfftfreq(len(curve), 1 / FPS) > FAST_HZ].sum() / max(power.sum(), 1e-12))

    speed = float(np.diff(predicted).std() / np.diff(captured).std())
    return speed, fast(predicted) / fast(captured)


def blinks(motion: FloatArray) -> tuple[float, float]:
    """Blinks a minute, and the time in ms for which lids are more than half shut in one."""
    shut = motion[:, INDEX["eyeBlinkLeft"]] > 0.5
    count = int((np.diff(shut.astype(int)) == 1).sum())
    return count * 60 * FPS / len(motion), 1000 / FPS * float(shut.sum()) / max(1, count)


def pitch(audio: FloatArray) -> FloatArray:
    """log2 of the voice's pitch in Hz by the peak of the autocorrelation, [T]; nan where there is no voice."""
    frames = len(audio) // MODEL_FRAME
    low, high = MODEL_RATE // PITCH_HZ[1], MODEL_RATE // PITCH_HZ[0]
    out = np.full(frames, np.nan, np.float32)
    padded = np.pad(audio, MODEL_FRAME)
    for k in range(frames):
        piece = padded[k * MODEL_FRAME : (k + 3) * MODEL_FRAME]
        power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 4096)) ** 2
        course = np.fft.irfft(power)
        best = low + int(np.argmax(course[low:high]))
        if course[0] > 1e-2 and course[best] > 0.45 * course[0]:
            out[k] = np.log2(MODEL_RATE / best)
    return out


def head_and_pitch(motion: FloatArray, audio: FloatArray) -> float:
    """Mean |r| of the head's pitch, yaw and roll with the pitch of the voice, where there is voice."""
    tone = pitch(audio)[: len(motion)]
    voiced = np.isfinite(tone)
    if voiced.sum() < FPS:
        return 0.0
    turns = motion[: len(tone), ROTATION][voiced]
    return float(np.mean([abs(correlation(turn, tone[voiced])) for turn in turns.T]))


def seam_ratio(motion: FloatArray, emit: int = HOP) -> float:
    """Mean third difference (jerk) of jaw, lips and head across hop seams by that within hops; 1 is seamless."""
    moving = [*channels("jawOpen", "mouthPucker", "mouthLowerDownLeft"), *range(*ROTATION.indices(motion.shape[1]))]
    jerk = np.abs(np.diff(motion[:, moving], n=3, axis=0))
    jerk = (jerk / (jerk.mean(axis=0) + 1e-9)).mean(axis=1)
    across = (np.arange(len(jerk)) % emit) >= emit - 3
    return float(jerk[across].mean() / jerk[~across].mean())


# -- listening ---------------------------------------------------------------------------------------------------------


def phrase_ends(audio: FloatArray) -> list[int]:
    """Frames at which somebody's phrase is over, as a listener hears it."""
    return np.flatnonzero(since_phrase(audio[: len(audio) // MODEL_FRAME * MODEL_FRAME]) == 0).tolist()


def nod_response(motion: FloatArray, ends: Sequence[int]) -> float:
    """How far the nose goes down in the second after phrases end, mean in degrees."""
    turns = np.degrees(motion[:, INDEX["headPitch"]])
    return float(np.mean([turns[k : k + FPS].max() - turns[k] for k in ends if k + FPS <= len(turns)] or [0.0]))
