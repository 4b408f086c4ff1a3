"""How a face listens: it smiles back and holds its gaze, and knows when a phrase is over. Plain rules, frame by frame.

Everything is counted in frames of the face, so the same person gives the same listener whenever it is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.ease import Ease
from visavis_models.spec import FPS, MODEL_FRAME, Motion, channels

FloatArray = NDArray[np.float32]

SMILE = channels("mouthSmileLeft", "mouthSmileRight")

# A smile is answered within a second by a smaller one (Dimberg and Thunberg, Rapid facial reactions to emotional facial
# expressions, Scandinavian Journal of Psychology 39, 1998: muscles answer after 300 to 400 ms). Camera, wire and
# landmarks take about as long, so nothing waits here.
SMILE_ON, SMILE_OFF = 0.25, 0.15  # weights of the user's smile from which it counts, and below which it no longer does
SEEN_FRAMES = 4  # over which it is averaged, 0.16 s: a vowel's wide lips are shorter
ANSWERED = 0.75  # share of what is above `SMILE_OFF`
SMILE_MOST = 0.55  # weight of the answer, with what the face smiles by itself
SMILE_RISE_S, SMILE_FALL_S = 0.13, 0.4

# A phrase is over when somebody falls silent after having spoken for a while; who listens nods then (Yngve, On getting
# a word in edgewise, 1970; Ward and Tsukahara, Prosodic features which cue back-channel responses, Journal of
# Pragmatics 32, 2000: after 0.7 s of speech at least). The motion model has learned to (`cues`).
SPOKEN_FRAMES = 15  # of speech that make a phrase, 0.6 s
QUIET_FRAMES = 6  # that end it, 0.24 s
LOUD_LEAST = 0.006  # RMS, full scale 1, that can be speech
LOUD_TIMES = 3.0  # and so many times the noise
NOISE_RISE = 1.02  # a frame: the noise is the quietest of the last seconds

# Listeners look at the other one three quarters of the time, speakers two fifths (Argyle and Cook, Gaze and mutual
# gaze, 1976).
HOLD_MOST = 0.85  # share of the eyes' own wandering that is taken away
HOLD_RISE_S, HOLD_FALL_S = 0.15, 0.4
LISTENS_ON_S = 1.0  # after the last word


@dataclass(frozen=True)
class Reaction:
    """What a listener does in one frame.

    Attributes:
        smile: weight to add, 0..`SMILE_MOST`.
        hold: how far gaze is held on the other one, 0..1.
    """

    smile: float
    hold: float


class Listener:
    """Follows one person."""

    def __init__(self) -> None:
        self._smile = Smile()
        self._phrases = Phrases()
        self._hold = Ease(HOLD_RISE_S, HOLD_FALL_S)

    def next(self, speaking: bool, user: FloatArray | None, user_motion: Motion | None) -> Reaction:
        """The next frame.

        Args:
            speaking: whether the face itself speaks: then it does not hold its gaze.
            user: what the person was heard to say until now, float32 [M] at 16 kHz, newest last.
            user_motion: what the person was seen to do until now, newest last.
        """
        self._phrases.next(user)
        listens = self._phrases.since_speech < LISTENS_ON_S * FPS and not speaking
        return Reaction(self._smile.next(user_motion), HOLD_MOST * self._hold.next(float(listens)))


class Smile:
    """The answer to somebody's smile."""

    def __init__(self) -> None:
        self._smiles = False
        self._answer = Ease(SMILE_RISE_S, SMILE_FALL_S)

    def next(self, user_motion: Motion | None) -> float:
        """The weight of the answer in the next frame."""
        seen = 0.0
        if user_motion is not None and len(user_motion):
            seen = float(user_motion.values[-SEEN_FRAMES:, SMILE].mean())
        self._smiles = seen >= (SMILE_OFF if self._smiles else SMILE_ON)
        return self._answer.next(min(ANSWERED * (seen - SMILE_OFF), SMILE_MOST) if self._smiles else 0.0)


class Phrases:
    """Hears where somebody's phrases end.

    Args:
        noise: what is taken for it at first, RMS.

    Attributes:
        since_speech: frames since something was said.
    """

    def __init__(self, noise: float = LOUD_LEAST) -> None:
        self._noise = noise
        self._spoken = 0
        self.since_speech = 1 << 30

    def next(self, user: FloatArray | None) -> bool:
        """Whether a phrase is over with this frame."""
        loud = user is not None and len(user) >= MODEL_FRAME and self._loud(user[-MODEL_FRAME:])
        self._spoken += loud
        self.since_speech = 0 if loud else self.since_speech + 1
        if self.since_speech < QUIET_FRAMES:
            return False
        over, self._spoken = self._spoken >= SPOKEN_FRAMES, 0
        return over

    def _loud(self, newest: FloatArray) -> bool:
        level = float(np.sqrt(newest @ newest / len(newest)))
        self._noise = min(level, self._noise * NOISE_RISE) if level else self._noise
        return level > max(LOUD_LEAST, LOUD_TIMES * self._noise)
