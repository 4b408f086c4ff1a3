"""When the user's turn is over: LiveKit's local turn detector listens to the voice, the words set its bar.

The detector hears the last 1.2 s and is unsure of many a plain question; a recogniser that writes "?" is not. And a
voice may fall though the sentence goes on: nobody ends with "because".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from livekit.agents import LanguageCode, inference
from livekit.agents.inference.eot.languages import ThresholdOptions

# probability of an end, by the voice alone, from which a turn is over
QUESTION, SENTENCE, FRAGMENT, DANGLING = 0.15, 0.22, 0.36, 0.75

_ARTICLES = {"a", "an", "the", "my", "your", "his", "her", "our", "their", "its", "this", "these", "very", "just"}
_JOINTS = {"and", "or", "but", "so", "because", "if", "that", "which", "who", "whose", "when", "while", "than"}
_PREPOSITIONS = {"to", "of", "for", "from", "with", "without", "by", "in", "on", "at", "as", "into", "about", "like"}
_PRONOUNS = {"i", "we", "he", "she", "they"}
_VERBS = {"is", "are", "was", "were", "am", "be", "have", "has", "had", "would", "could", "should", "will", "can"}
_AUXILIARIES = {"do", "does", "did", "not", "must", "might", "been"}
_HESITATIONS = {"um", "uh", "er", "well"}
_DANGLING = _ARTICLES | _JOINTS | _PREPOSITIONS | _PRONOUNS | _VERBS | _AUXILIARIES | _HESITATIONS
_ENDS_A_QUESTION = _PREPOSITIONS | _PRONOUNS | _AUXILIARIES | {"that", "who", "so", "is", "are", "am", "can"}


@dataclass
class Words:
    """The user's latest words, as far as they are recognised: written by whoever hears, read by the detector."""

    text: str = ""


def bar(text: str) -> float:
    """The probability of an end that is enough after the words `text`.

    A word that may end a question ("who are they?") leaves nothing open there.
    """
    words = text.lower().rstrip(" .?!,;:\u2026").split()
    question = text.rstrip().endswith("?")
    if not words or text.rstrip().endswith((",", "...", "\u2026")):
        return FRAGMENT
    if words[-1] in _DANGLING and not (question and words[-1] in _ENDS_A_QUESTION):
        return DANGLING
    if question:
        return QUESTION
    return SENTENCE if len(words) >= 3 and text.rstrip().endswith((".", "!")) else FRAGMENT


class WordBar(ThresholdOptions):
    """Thresholds of the local model, set by the words at the moment they are asked for."""

    def __init__(self, words: Words, seen: Callable[[float], float] = lambda bar: bar) -> None:
        super().__init__("turn-detector-v1-mini")
        self._words, self._seen = words, seen

    def lookup(self, language: LanguageCode | None) -> float | None:
        return self._seen(bar(self._words.text))


class TurnEnd(inference.TurnDetector):
    """LiveKit's `v1-mini`, on this machine and never in the cloud.

    Args:
        words: what the user just said.
        seen: the bar, given that of the words: what lips and gaze make of it.
    """

    def __init__(self, words: Words, seen: Callable[[float], float] = lambda bar: bar) -> None:
        super().__init__(version="v1-mini")
        self._opts.thresholds = WordBar(words, seen)
