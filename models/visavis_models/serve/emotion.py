"""Emotions by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError

EMOTIONS = ("happy", "sad", "angry", "surprised", "afraid", "calm")

# a mood at full strength; both sides where a name ends in *
MOODS: dict[str, dict[str, float]] = {
    "happy": {"mouthSmile*": 0.55, "cheekSquint*": 0.35, "eyeSquint*": 0.18, "browOuterUp*": 0.08, "mouthDimple*": 0.1},
    "sad": {
        "browInnerUp": 0.7,
        "browDown*": 0.1,
        "mouthFrown*": 0.45,
        "mouthShrugLower": 0.15,
        "eyeLookDown*": 0.18,
        "headPitch": 0.06,
    },
    "angry": {
        "browDown*": 0.8,
        "eyeSquint*": 0.35,
        "eyeWide*": 0.15,
        "noseSneer*": 0.25,
        "mouthPress*": 0.2,
        "mouthShrugLower": 0.2,
        "mouthFrown*": 0.12,
        "headPitch": 0.04,
    },
    "surprised": {"browInnerUp": 0.6, "browOuterUp*": 0.6, "eyeWide*": 0.6, "headPitch": -0.03},
    "afraid": {"browInnerUp": 0.5, "browOuterUp*": 0.15, "eyeWide*": 0.4, "mouthStretch*": 0.12, "headZ": -0.4},
    "calm": {"eyeSquint*": 0.05, "mouthSmile*": 0.07, "browOuterUp*": 0.02},
}

FRIENDLY = "happy:0.4"  # the bearing of a face that nobody told how to feel: neutral looks sad on most people


def parse_emotion(text: str) -> dict[str, float]:
    """`"happy:0.6, calm"` to `{"happy": 0.6, "calm": 1.0}`; an empty text is a neutral face.

    Raises:
        InputError: an unknown name, or a strength that is no number from 0 to 1.
    """
    emotion = parse_strengths(text, "emotion", "happy:0.6")
    emotion_vector(emotion)
    return emotion


def parse_strengths(text: str, kind: str, example: str) -> dict[str, float]:
    """`"a:0.6, b"` to `{"a": 0.6, "b": 1.0}`, whatever the names are.

    Raises:
        InputError: a strength that is no number; `kind` and `example` are for its words.
    """
    strengths = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, strength = part.partition(":")
        try:
            strengths[name] = float(strength) if strength else 1.0
        except ValueError:
            raise InputError(
                f"{kind} {part}: {strength!r} is no number; write NAME:STRENGTH, as in {example}"
            ) from None
    return strengths


def emotion_vector(emotion: Mapping[str, float] | None) -> NDArray[np.float32]:
    """Strengths in the order of `EMOTIONS`, float32 [6].

    Args:
        emotion: names with strengths 0..1; what is not named is 0, None is a neutral face.

    Raises:
        InputError: an unknown name, or a strength outside 0..1.
    """
    vector = np.zeros(len(EMOTIONS), np.float32)
    for name, strength in (emotion or {}).items():
        if name not in EMOTIONS:
            raise InputError(f"emotion {name!r} is not known; known are {', '.join(EMOTIONS)}")
        if not 0.0 <= strength <= 1.0:  # also false for nan
            raise InputError(f"emotion {name}: strength {strength:g} is outside 0..1")
        vector[EMOTIONS.index(name)] = strength
    return vector
