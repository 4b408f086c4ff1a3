"""Text for the voice: what can be said of it, and where it may be cut."""

from __future__ import annotations

import re
import unicodedata

from hibari.tts import Hibari

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_URL = re.compile(r"(?:https?://|www\.)([^\s/]+)\S*", re.IGNORECASE)
_MARKUP = re.compile(r"[*_`#~|<>{}\[\]\\^]+")
_SPACE = re.compile(r"\s+")
_CLAUSE = re.compile(r"[,;:\u2014]\s+")
CLAUSE_AT_LEAST = 16  # characters: a shorter first clause sounds chopped


def speakable(text: str) -> str:
    """`text` without what a voice cannot say: no markup or emoji, of a link its words, of an address its host."""
    text = _LINK.sub(r"\1", text)
    text = _URL.sub(lambda match: match.group(1).removeprefix("www.").rstrip(".,;:!?").replace(".", " dot "), text)
    text = _MARKUP.sub(" ", text)
    text = "".join(
        c for c in text if unicodedata.category(c) not in ("So", "Sk", "Cs", "Co", "Cn", "Cf", "Cc") or c in "\n "
    )
    return _SPACE.sub(" ", text).strip()


class Cutter:
    """Cuts a stream of text into what goes to the voice at once: whole sentences, or a clause that cannot wait.

    A sentence is known to be over when the next one begins, or at `finish`.
    """

    def __init__(self) -> None:
        self._text = ""

    def push(self, text: str) -> list[str]:
        """More text; returns the sentences that are now complete."""
        self._text += text
        *ready, _ = Hibari.split_sentences(self._text) or [""]
        for sentence in ready:
            self._text = self._text[self._text.index(sentence) + len(sentence) :]
        return ready

    def clause(self) -> str | None:
        """The first clause of what waits, where it is long enough to stand alone."""
        for match in _CLAUSE.finditer(self._text):
            if match.end() > CLAUSE_AT_LEAST:
                clause, self._text = self._text[: match.end()], self._text[match.end() :]
                return clause
        return None

    def finish(self) -> list[str]:
        """The text is over; returns what remains."""
        rest, self._text = self._text, ""
        return Hibari.split_sentences(rest)
