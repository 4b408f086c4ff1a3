"""What a face can be told to do or to be, beside speaking: stage directions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from visavis_models.errors import InputError
from visavis_models.serve.emotion import emotion_vector
from visavis_models.serve.gesture import GESTURES


@dataclass(frozen=True)
class Act:
    """Do something once.

    Attributes:
        name: one of `GESTURES`.
        strength: 0..1.

    Raises:
        InputError: no such gesture, or a strength outside 0..1.
    """

    name: str
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in GESTURES:
            raise InputError(f"gesture {self.name!r} is not known; known are {', '.join(GESTURES)}")
        if not 0.0 <= self.strength <= 1.0:
            raise InputError(f"gesture {self.name}: strength {self.strength:g} is outside 0..1")


@dataclass(frozen=True)
class Feel:
    """Look as somebody who feels so, in place of how one was told to feel before.

    Attributes:
        emotion: one of `EMOTIONS`; "" is the face's usual bearing.
        strength: 0..1.
        seconds: for how long.

    Raises:
        InputError: no such emotion, a strength outside 0..1, or a time that is not positive.
    """

    emotion: str
    strength: float = 1.0
    seconds: float = math.inf

    def __post_init__(self) -> None:
        emotion_vector({self.emotion: self.strength} if self.emotion else {})
        if not self.seconds > 0:
            raise InputError(f"emotion {self.emotion}: {self.seconds:g} seconds; give a time above 0")


@dataclass(frozen=True)
class Think:
    """Begin to look as somebody who thinks, or stop it."""

    begin: bool


Direction: TypeAlias = Act | Feel | Think
