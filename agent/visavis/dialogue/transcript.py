"""What a recogniser returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Transcript:
    """Recognised words.

    Attributes:
        text: the words, with punctuation; empty where none were heard.
        confidence: how sure the recogniser is of them, 0..1.
    """

    text: str
    confidence: float
