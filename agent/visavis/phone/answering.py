"""Who picked up, a person or a machine, told by the sound alone.

A person says a word or two and waits. A machine talks on, and then beeps. Two heuristics, no model:
  - the first utterance lasts `LONG_S` or more without a pause of `PAUSE_S`;
  - a beep: one steady tone that holds nearly all energy for `BEEP_S`.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

RATE = 8000  # Hz: all that a telephone carries
FRAME = 320  # samples: 40 ms
FRAME_S = FRAME / RATE
LONG_S = 3.5
PAUSE_S = 0.7
SPOKE_S = 0.12  # shorter sounds are clicks
VOICED_RMS = 0.01  # of full scale: -40 dB
BEEP_S = 0.24
BEEP_HZ = (350.0, 2500.0)
TONE_SHARE = 0.85  # of the energy within the tone's bins
TONE_DRIFT_HZ = 30.0


class Answerer(StrEnum):
    """Who picked up."""

    UNKNOWN = "unknown"
    PERSON = "person"
    MACHINE = "machine"


class AnswerDetector:
    """Listens to the called side from the moment it picks up.

    Attributes:
        verdict: so far. A machine is a machine for good; a person may still turn out to be one by its beep.
    """

    def __init__(self) -> None:
        self.verdict = Answerer.UNKNOWN
        self._rest = np.zeros(0, np.float32)
        self._voiced = self._quiet = self._tone_run = 0
        self._tone_hz = 0.0

    def push(self, sound: NDArray[np.float32]) -> Answerer:
        """Hear more; the verdict so far.

        Args:
            sound: [T] -1..1 at `RATE` Hz, any length.
        """
        whole = np.concatenate([self._rest, sound.astype(np.float32)])
        count = len(whole) // FRAME
        self._rest = whole[count * FRAME :]
        for frame in whole[: count * FRAME].reshape(count, FRAME):
            self._hear(frame)
        return self.verdict

    def _hear(self, frame: NDArray[np.float32]) -> None:
        if self.verdict is Answerer.MACHINE:
            return
        voiced = float(np.sqrt(np.mean(frame**2))) > VOICED_RMS
        if self._beeps(frame, voiced):
            self.verdict = Answerer.MACHINE
        elif self.verdict is Answerer.UNKNOWN:
            self._time(voiced)

    def _time(self, voiced: bool) -> None:
        """The first utterance, pauses below `PAUSE_S` included."""
        if voiced:
            self._voiced += 1 + (self._quiet if self._voiced else 0)
            self._quiet = 0
        else:
            self._quiet += 1
        if self._voiced * FRAME_S >= LONG_S:
            self.verdict = Answerer.MACHINE
        elif self._quiet * FRAME_S >= PAUSE_S:
            if self._voiced * FRAME_S >= SPOKE_S:
                self.verdict = Answerer.PERSON
            self._voiced = 0

    def _beeps(self, frame: NDArray[np.float32], voiced: bool) -> bool:
        hz = tone_of(frame) if voiced else 0.0
        steady = hz > 0 and (self._tone_run == 0 or abs(hz - self._tone_hz) < TONE_DRIFT_HZ)
        self._tone_run = self._tone_run + 1 if steady else int(hz > 0)
        self._tone_hz = hz
        return self._tone_run * FRAME_S >= BEEP_S


def tone_of(frame: NDArray[np.float32]) -> float:
    """The frequency of a pure tone, Hz; 0 where the frame is none, or one that no machine beeps with."""
    power = np.abs(np.fft.rfft(frame * np.hanning(len(frame)))) ** 2
    peak = int(power.argmax())
    hz = peak * RATE / len(frame)
    if not BEEP_HZ[0] <= hz <= BEEP_HZ[1]:
        return 0.0
    near = power[max(0, peak - 2) : peak + 3]
    return hz if near.sum() >= TONE_SHARE * power.sum() else 0.0
