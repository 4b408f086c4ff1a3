"""Questions of a synthetic person: in the default voice, raised, so that it is another one than that which answers."""

from __future__ import annotations

import numpy as np

from visavis.caller.speech import Line
from visavis.dialogue.hibari_voice import HibariVoice
from visavis_models.spec import ROOM_RATE, SPEECH_RATE

PITCH = 1.12  # times the default voice's pitch and formants; it speaks so much faster, too
MARGIN_S = 0.2  # silence before and after, as in a recording


def ask(voice: HibariVoice, text: str, name: str = "question.wav") -> Line:
    """`text`, spoken, as a line of the caller."""
    speech = voice.say(text).pcm
    places = np.arange(0, len(speech) - 1, PITCH * SPEECH_RATE / ROOM_RATE)
    margin = np.zeros(round(MARGIN_S * ROOM_RATE))
    return Line.of(name, np.concatenate([margin, np.interp(places, np.arange(len(speech)), speech), margin]))
