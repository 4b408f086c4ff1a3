"""What the camera showed, in words: short notes of what changed for a language model, and the gestures of a moment ago.

Notes are made anew for each request, from a log of the cues and the times of the messages. Nothing of them stays in the
history, so a request that is thrown away leaves no trace and the context does not grow.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

from livekit.agents import llm

from visavis.dialogue.sight import Sight

TURNS = 3  # of the user's latest ones that have a note
MOST = 4  # things in one note
LOGGED = 256  # changes that are remembered
LATELY_S = 4.0  # so long a gesture counts as seen now: who waves asks about it a moment later


@dataclass(frozen=True)
class Phrase:
    """How a cue is put.

    Attributes:
        does: after "the caller".
        doing: after "I see you"; "" for what is not said so.
        ends: after "the caller", when it is over; "" where that is no news.
        gesture: it is over in a moment, and news all the same.
    """

    does: str
    doing: str = ""
    ends: str = ""
    gesture: bool = False


# cue -> words, the most telling first
PHRASES = {
    "away": Phrase("has left the picture"),
    "present": Phrase("is in view"),
    "dark": Phrase("has a black picture"),
    "wave": Phrase("waves", "waving", gesture=True),
    "hand_raised": Phrase("raises a hand", "raising a hand", "lowers the hand"),
    "nod": Phrase("nods", "nodding", gesture=True),
    "shake": Phrase("shakes their head", "shaking your head", gesture=True),
    "smile": Phrase("smiles", "smiling", "smiles no more"),
    "surprise": Phrase("looks surprised", "looking surprised"),
    "frown": Phrase("frowns", "frowning", "frowns no more"),
    "yawn": Phrase("yawns", "yawning", gesture=True),
    "eyes_closed": Phrase("closes their eyes", "closing your eyes", "opens their eyes"),
    "leaning_in": Phrase("leans in", "leaning in", "leans back"),
    "tilt": Phrase("tilts their head", "tilting your head"),
    "looking_away": Phrase("looks away", "looking away", "looks at the screen again"),
    "looking": Phrase("", "looking at the screen"),
}


class Seen:
    """A `Sight` that remembers what came and went.

    Args:
        sight: what is so now.
        clock: seconds since the epoch, as messages are dated.
    """

    def __init__(self, sight: Sight, clock: Callable[[], float] = time.time) -> None:
        self._sight, self._clock = sight, clock
        self._log: deque[tuple[float, str, bool]] = deque()
        self._before: frozenset[str] = frozenset()  # what was so before the first entry

    @property
    def facts(self) -> Collection[str]:
        """What is seen now, and the gestures of the last moment."""
        facts, since_s = set(self._sight.facts), self._clock() - LATELY_S
        if facts:
            facts |= {name for at_s, name, on in self._log if on and at_s >= since_s and _is_gesture(name)}
        return facts

    def describe(self) -> str:
        """What is seen now, in a sentence or two to the person, and the gestures of the last moment; "" for nothing."""
        words, facts = self._sight.describe(), self.facts
        lately = [PHRASES[name].doing for name in PHRASES if name in facts and name not in self._sight.facts]
        return f"{words} A moment ago you were {' and '.join(lately)}." if words and lately else words

    def change(self, name: str, on: bool) -> None:
        """A cue came or went now."""
        self._log.append((self._clock(), name, on))
        if len(self._log) > LOGGED:
            _, oldest, came = self._log.popleft()
            self._before = self._before | {oldest} if came else self._before - {oldest}

    def annotated(self, chat_ctx: llm.ChatContext) -> llm.ChatContext:
        """`chat_ctx`, or a copy of it with a note before each of the user's last turns in which something changed.

        The first of them says all that is so, since what was noted before it is forgotten.
        """
        turns = [k for k, item in enumerate(chat_ctx.items) if item.type == "message" and item.role == "user"]
        dates = [chat_ctx.items[k].created_at for k in turns]
        notes: list[tuple[int, str]] = []
        for k in range(max(0, len(turns) - TURNS), len(turns)):
            begin = dates[k - 1] if k else float("-inf")
            end = dates[k] if k + 1 < len(turns) else float("inf")
            if note := self.note(begin, end, whole=not notes):
                notes.append((turns[k], note))
        if not notes:
            return chat_ctx
        chat_ctx = chat_ctx.copy()
        for at, note in reversed(notes):
            chat_ctx.items.insert(at, llm.ChatMessage(role="system", content=[note]))
        return chat_ctx

    def note(self, begin: float, end: float, *, whole: bool = False) -> str:
        """What changed between two moments, as in "[sees: the caller smiles, waves]"; "" where nothing did.

        Args:
            begin, end: seconds since the epoch; `end` itself is left out.
            whole: tell what is so as well, changed or not.
        """
        was, now, came = set(self._before), set(self._before), set()
        for at_s, name, on in self._log:
            if at_s >= end:
                break
            (now.add if on else now.discard)(name)
            if at_s < begin:
                (was.add if on else was.discard)(name)
            elif on:
                came.add(name)
        there = "present" in now
        told = [_told(PHRASES[name], name in was and not whole, name in now, name in came, there) for name in PHRASES]
        things = [thing for thing in told if thing][:MOST]
        return f"[sees: the caller {', '.join(things)}]" if things else ""


def _told(phrase: Phrase, was: bool, now: bool, came: bool, there: bool) -> str:
    """The words for one cue, "" for none."""
    if now and not was:
        return phrase.does
    if phrase.gesture:
        return phrase.does if came else ""
    if was and not now:
        return phrase.ends if there else ""  # who has gone has not stopped to smile
    return f"{phrase.does} for a moment" if came and not now and phrase.does and there else ""


def _is_gesture(name: str) -> bool:
    return name in PHRASES and PHRASES[name].gesture
