"""Stage directions in a reply's text: `[smile]`, `[nod]`, `[look away]`, `[sad]` move the face and are not spoken.

A direction is a gesture or a feeling by name, in square brackets, with a word or a number for its strength if one
likes: `[slight smile]`, `[nods slowly]`, `[laugh: 0.5]`. Other words in brackets (`[1]`, `[Paris]`) are part of the
text and stay in it: nobody knows whether a model meant them to be said, and swallowing them would lose words.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from typing import TypeAlias, TypeVar

from visavis_models.serve.direction import Act, Direction, Feel

FELT_S = 8.0  # a feeling that a reply tells lasts so long, if no other comes
USUAL, LITTLE, MUCH = 0.8, 0.45, 1.0  # strengths
LONGEST = 40  # characters between the brackets

_GESTURES = {
    "smile": "smile, smiles, smiling",
    "grin": "grin, grins, grinning",
    "laugh": "laugh, laughs, laughing, laughter, chuckle, chuckles, chuckling, giggle, giggles",
    "nod": "nod, nods, nodding",
    "shake": "shake, shakes, shaking, shake head, shakes head, shaking head",
    "tilt": "tilt, tilts, tilt head, tilts head",
    "look away": "look away, looks away, looking away",
    "look down": "look down, looks down, looking down",
    "look up": "look up, looks up, looking up",
    "think": "think, thinks, thinking, ponders, pondering",
    "raise brows": "raise brows, raises brows, raise eyebrows, raises eyebrows, raised eyebrows, raises eyebrow",
    "frown": "frown, frowns, frowning",
    "wink": "wink, winks, winking",
    "surprise": "surprise, gasp, gasps",
}
_FEELINGS = {
    "happy": "happy, happily, joy, joyful, cheerful, glad, excited, warm",
    "sad": "sad, sadly, sorry, sorrowful",
    "angry": "angry, angrily, annoyed",
    "surprised": "surprised, amazed, astonished",
    "afraid": "afraid, scared, worried, nervous, anxious",
    "calm": "calm, calmly, relaxed, gently, gentle",
    "": "neutral",
}
_DEGREES = {
    LITTLE: "slight, slightly, small, little, soft, softly, faint, faintly",
    USUAL: "slowly, warmly, kindly, thoughtfully, quietly, friendly, a, an, the, his, her, my",
    MUCH: "big, broad, broadly, wide, widely, very, loudly",
}

Meant = TypeVar("Meant")


def _by_word(table: Mapping[Meant, str]) -> dict[str, Meant]:
    """Each way of saying it -> what is meant."""
    return {said: meant for meant, listed in table.items() for said in listed.split(", ")}


GESTURE_NAMES, FEELING_NAMES, DEGREES = _by_word(_GESTURES), _by_word(_FEELINGS), _by_word(_DEGREES)
_NUMBER = re.compile(r"[\s:,=]+([01]?\.\d+|[01])$")


def direction(text: str) -> Direction | None:
    """What the words between two brackets direct; None where they are no direction."""
    words = text.lower().replace("_", " ").replace("-", " ").strip()
    strength = None
    if number := _NUMBER.search(words):
        words, strength = words[: number.start()], min(float(number.group(1)), 1.0)
    if words not in GESTURE_NAMES and words not in FEELING_NAMES:
        degrees = [DEGREES[word] for word in words.split() if word in DEGREES]
        words = " ".join(word for word in words.split() if word not in DEGREES)
        strength = strength if strength is not None else next((d for d in degrees if d != USUAL), None)
    strength = USUAL if strength is None else strength
    if words in GESTURE_NAMES:
        return Act(GESTURE_NAMES[words], strength)
    if words in FEELING_NAMES:
        emotion = FEELING_NAMES[words]
        return Feel(emotion, strength if emotion else 0.0, FELT_S)
    return None


Piece: TypeAlias = str | Direction


class Tags:
    """Parts a stream of text into what is spoken and what is directed; a tag may come in any number of chunks."""

    def __init__(self) -> None:
        self._held = ""  # from an open bracket on
        self._spaced = True  # nothing was spoken yet, or a space was last
        self._parted = False  # a tag was last

    def push(self, text: str) -> list[Piece]:
        """More text; returns what is known to be what now."""
        pieces: list[Piece] = []
        text, self._held = self._held + text, ""
        while text:
            begin = text.find("[")
            if begin < 0:
                pieces += self._spoken(text)
                break
            pieces += self._spoken(text[:begin])
            text = text[begin:]
            end, again = text.find("]"), text.find("[", 1)
            if again > 0 and (end < 0 or again < end):  # an opening bracket of another kind
                pieces += self._spoken(text[:again])
                text = text[again:]
            elif end < 0:
                if len(text) > LONGEST:
                    pieces += self._spoken(text)
                else:
                    self._held = text
                break
            else:
                pieces += self._bracket(text[1:end])
                text = text[end + 1 :]
        return pieces

    def finish(self) -> list[Piece]:
        """The text is over; returns what was held back."""
        held, self._held = self._held, ""
        return self._spoken(held)

    def _bracket(self, inside: str) -> list[Piece]:
        found = direction(inside)
        if found is None:
            return self._spoken(f"[{inside}]")
        self._parted = True
        return [found]

    def _spoken(self, text: str) -> list[Piece]:
        """Text without the second of two spaces that a tag between them has left."""
        if self._parted and self._spaced:
            text = text.lstrip(" ")
        if not text:
            return []
        self._parted, self._spaced = False, text[-1].isspace()
        return [text]


async def unmarked(text: AsyncIterable[str]) -> AsyncGenerator[str, None]:
    """A stream of text without its directions; strings with times, which a voice has spoken, pass as they are."""
    tags = Tags()
    async for chunk in text:
        if type(chunk) is not str:
            yield chunk
            continue
        for piece in tags.push(chunk):
            if isinstance(piece, str):
                yield piece
    for piece in tags.finish():
        if isinstance(piece, str):
            yield piece
