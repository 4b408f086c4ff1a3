"""What the face hears and sees of the person, kept for the frame that is drawn next."""

from __future__ import annotations

import threading

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from visavis.media.frames import mono
from visavis.media.resample import Resampler
from visavis_models.serve.cues import HEARD_FRAMES
from visavis_models.spec import MODEL_FRAME, MODEL_RATE, Motion

FloatArray = NDArray[np.float32]
TAIL = HEARD_FRAMES * MODEL_FRAME  # samples, 5 s
SILENT_AFTER_US = 100_000  # a microphone that sends nothing for so long is off


class Listening:
    """The person's last five seconds of voice, and their newest motion; filled and read from different threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tail = np.zeros(TAIL, np.float32)
        self._at_us: int | None = None
        self._rate, self._resampler = MODEL_RATE, Resampler(MODEL_RATE, MODEL_RATE)
        self.motion: Motion | None = None

    def hear(self, frame: rtc.AudioFrame, now_us: int) -> None:
        """A frame of the person's voice that has just come."""
        if frame.sample_rate != self._rate:
            self._rate, self._resampler = frame.sample_rate, Resampler(frame.sample_rate, MODEL_RATE)
        samples = self._resampler.push(mono(frame))
        with self._lock:
            self._pad(now_us)
            self._tail = np.concatenate([self._tail, samples])[-TAIL:]
            self._at_us = now_us

    def voice(self, now_us: int) -> FloatArray | None:
        """float32 [80000] until now, silence where none came; None before anything was heard."""
        with self._lock:
            if self._at_us is None:
                return None
            self._pad(now_us)
            return self._tail

    def _pad(self, now_us: int) -> None:
        if self._at_us is None or now_us - self._at_us < SILENT_AFTER_US:
            return
        silence = min((now_us - self._at_us) * MODEL_RATE // 1_000_000, TAIL)
        self._tail = np.concatenate([self._tail[silence:], np.zeros(silence, np.float32)])
        self._at_us = now_us
