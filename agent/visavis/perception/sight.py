"""What the camera shows now, for those who talk with the person: facts, and the same in words."""

from __future__ import annotations

from collections.abc import Callable

from visavis.perception import cues


class Sight:
    """The present state of what is seen. Without a picture nothing is known and nothing is said.

    Args:
        on_change: called with a cue's name and True when it comes, False when it goes.
    """

    def __init__(self, on_change: Callable[[str, bool], None] | None = None) -> None:
        self.available = False
        self.facts: frozenset[str] = frozenset()
        self._on_change = on_change

    def update(self, facts: frozenset[str]) -> None:
        """A picture was looked at; `facts` of `cues.CUES` are what is known now."""
        self.available = True
        self._set(facts)

    def lost(self) -> None:
        """There is no picture any more: camera off, gone or silent."""
        self.available = False
        self._set(frozenset())

    def describe(self) -> str:
        """What is seen, in a sentence or two to the person; "" when nothing is known."""
        if cues.DARK in self.facts:
            return "The picture from your camera is black."
        if cues.AWAY in self.facts:
            return "I see the picture from your camera, but nobody is in it."
        if cues.PRESENT not in self.facts:
            return ""
        doing = [words for name, words in _DOING.items() if name in self.facts]
        return "I can see you." + (f" You are {' and '.join(doing)}." if doing else "")

    def _set(self, facts: frozenset[str]) -> None:
        before, self.facts = self.facts, facts
        if self._on_change is None:
            return
        for name in cues.CUES:
            if (name in facts) != (name in before):
                self._on_change(name, name in facts)


_DOING = {
    cues.SMILE: "smiling",
    cues.LOOKING: "looking at the screen",
    cues.LOOKING_AWAY: "looking away",
}
