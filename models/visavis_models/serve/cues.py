"""What a face answers to, told plainly: how long ago the user's phrase was over, and how high the own voice is.

Both say for one frame what was heard until then, so training cuts them out of whole recordings and serving makes them
from the newest few seconds: the same numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.layout import HOP, LOOKAHEAD_FRAMES, WINDOW
from visavis_models.serve.reaction import LOUD_LEAST, Phrases
from visavis_models.spec import FPS, MODEL_FRAME, MODEL_RATE

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

# -- the user's phrase -------------------------------------------------------------------------------------------------

HEARD_FRAMES = 125  # 5 s: what was heard before cannot belong to a phrase that still is answered
REACH = 28  # frames after a phrase was over in which that counts
BUMP_FRAMES, BUMP_HEIGHT = 2, 4.0  # from one bump's middle to the next; so high, so that they are learned from soon
N_PHRASE = REACH // BUMP_FRAMES
ANSWER_EVERY = 2 * FPS  # a phrase that is over sooner after one that was answered is not


def since_phrase(user: FloatArray, noise: float = LOUD_LEAST) -> IntArray:
    """Frames since somebody's last phrase was over, at the end of each frame of a voice [640 T]: [T], 0..`REACH`.

    Args:
        user: float32 at 16 kHz; noise: RMS of what is no voice in it, as far as it is known before.
    """
    phrases, since, out = Phrases(noise), REACH, []
    for frame in user.reshape(-1, MODEL_FRAME):
        since = 0 if phrases.next(frame) else min(since + 1, REACH)
        out.append(since)
    return np.array(out, np.int64)


def since_phrase_now(user: FloatArray | None) -> int:
    """The last of `since_phrase`, of the newest 5 s of a voice [M]; `REACH` where nobody is heard.

    Noise is the quietest of them from the first: what is as loud all the time is no phrase that ends.
    """
    frames = 0 if user is None else min(len(user) // MODEL_FRAME, HEARD_FRAMES)
    if user is None or not frames:
        return REACH
    heard = user[-frames * MODEL_FRAME :]
    levels = np.sqrt(np.mean(heard.reshape(frames, MODEL_FRAME) ** 2, axis=1))
    quietest = float(min(levels[levels > 0], default=LOUD_LEAST))
    return int(since_phrase(heard, max(quietest, LOUD_LEAST))[-1])


def answered(user: FloatArray | None, voice: FloatArray, frame: int, before: int) -> int:
    """The frame in which the phrase was over that a face answers to from `frame` on.

    Who speaks does not answer, nor twice within `ANSWER_EVERY`, nor what was over long ago.

    Args:
        user: what was heard of the user until `frame` began, 16 kHz, newest last.
        voice: the own one from `frame` on, as far as it is known.
        frame: number of the next frame.
        before: what this function said before.
    """
    since = since_phrase_now(user)
    over = frame - 1 - since
    speaks = len(voice) and float(np.sqrt(voice @ voice / len(voice))) > LOUD_LEAST
    return over if since <= HOP and over - before >= ANSWER_EVERY and not speaks else before


def phrase_cue(frame: int, answers: int) -> FloatArray:
    """What a window that begins at `frame` is told of a phrase that was over with the frame `answers`, [14, 14]."""
    cue: FloatArray = PHRASE_CUES[int(np.clip(frame - 1 - answers, 0, REACH))]
    return cue


def _phrase_cues() -> FloatArray:
    """For each value of `since_phrase` what a window's frames are told, if nothing else is heard: [29, 14, 14].

    Triangular bumps over the time since the phrase was over, so that an answer's course is a weighted sum of them.
    """
    since = np.arange(REACH + 1)[:, None] + 1 + np.arange(WINDOW)
    away = np.abs(since[..., None] - BUMP_FRAMES * np.arange(N_PHRASE)) / BUMP_FRAMES
    bumps = (BUMP_HEIGHT * np.maximum(0.0, 1.0 - away)).astype(np.float32)
    bumps[REACH] = 0.0
    return bumps


PHRASE_CUES = _phrase_cues()

# -- the own voice's melody --------------------------------------------------------------------------------------------

PITCH_HZ = (70, 400)
VOICED = 0.45
TONE_FRAMES = 25  # a second, over which the talker's usual pitch is taken
TONE_SPREAD, TONE_MOST = 0.15, 2.0  # of the natural logarithm
N_TONE = 1 + LOOKAHEAD_FRAMES


def log_pitch(audio: FloatArray) -> FloatArray:
    """Natural logarithm of a voice's pitch in Hz, nan where it is not voiced: [T] for [640 T].

    The period is the highest peak of the autocorrelation between 1/400 and 1/70 s (Rabiner, IEEE ASSP 25, 1977).
    """
    windows = audio.reshape(-1, MODEL_FRAME)
    power = np.abs(np.fft.rfft(windows - windows.mean(axis=1, keepdims=True), 2 * MODEL_FRAME)) ** 2
    correlation = np.fft.irfft(power)[:, :MODEL_FRAME]
    low, high = MODEL_RATE // PITCH_HZ[1], MODEL_RATE // PITCH_HZ[0]
    lag = low + correlation[:, low:high].argmax(axis=1)
    clear = correlation[np.arange(len(windows)), lag] > VOICED * correlation[:, 0]
    voiced = clear & (np.sqrt(np.mean(windows**2, axis=1)) > LOUD_LEAST)
    return np.where(voiced, np.log(MODEL_RATE / lag), np.nan).astype(np.float32)


def tone(audio: FloatArray) -> FloatArray:
    """How far a voice's pitch lies above that of its last second, -2..2, 0 where it is not voiced: [T] for [640 T]."""
    pitch = log_pitch(audio)
    voiced = np.isfinite(pitch)
    known = np.where(voiced, pitch, 0.0)

    def of_last_second(values: FloatArray) -> FloatArray:
        padded = np.concatenate([np.zeros(TONE_FRAMES - 1), values])
        return np.lib.stride_tricks.sliding_window_view(padded, TONE_FRAMES).sum(axis=1)

    usual = of_last_second(known) / np.maximum(of_last_second(voiced.astype(np.float32)), 1)
    above = np.where(voiced, (known - usual) / TONE_SPREAD, 0.0)
    return np.clip(above, -TONE_MOST, TONE_MOST).astype(np.float32)
