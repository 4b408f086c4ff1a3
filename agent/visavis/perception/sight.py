"""What the camera shows now, for those who talk with the person: facts, and the same in words."""

from __future__ import annotations

from collections.abc import Callable, Collection

from visavis.perception import names


class Sight:
    """The present state of what is seen. Without a picture nothing is known and nothing is said.

    Args:
        on_change: called with a cue's name and True when it comes, False when it goes.

    Attributes:
        available: there is a picture; facts: what is so now, of `names.CUES`.
        told: what can be told now, so or not; all else is unknown.
        camera: there is a camera; resting: and no time to look at it.
    """

    def __init__(self, on_change: Callable[[str, bool], None] | None = None) -> None:
        self.available = self.camera = self.resting = False
        self.facts: frozenset[str] = frozenset()
        self.told: frozenset[str] = frozenset()
        self._on_change = on_change

    def update(self, facts: frozenset[str], told: Collection[str] = names.CUES) -> None:
        """A picture was looked at; `facts` of `names.CUES` are so now, and of the others in `told` none is."""
        self.available = self.camera = True
        self.resting = False
        self.told = frozenset(told)
        self._set(facts)

    def lost(self, *, camera: bool = False, resting: bool = False) -> None:
        """There is no picture any more: camera off or gone; or it is there, and silent, or nobody looks."""
        self.available, self.camera, self.resting = False, camera or resting, resting
        self.told = frozenset()
        self._set(frozenset())

    def describe(self) -> str:
        """What is seen, in a sentence or two to the person; "" when nothing is known."""
        if self.resting:
            return "I am too busy to look at your camera just now."
        if self.camera and not self.available:
            return "I have no picture from your camera just now."
        if names.DARK in self.facts:
            return "The picture from your camera is black."
        if names.AWAY in self.facts:
            return "I see the picture from your camera, but nobody is in it."
        if names.PRESENT not in self.facts:
            return ""
        doing = [words for name, words in _DOING.items() if name in self.facts]
        unsure = "" if names.SMILE in self.told else " I cannot make out your expression."
        return "I can see you." + (f" You are {_listed(doing)}." if doing else "") + unsure

    def _set(self, facts: frozenset[str]) -> None:
        before, self.facts = self.facts, facts
        if self._on_change is None:
            return
        for name in names.CUES:
            if (name in facts) != (name in before):
                self._on_change(name, name in facts)


_DOING = {
    names.SMILE: "smiling",
    names.FROWN: "frowning",
    names.SURPRISE: "looking surprised",
    names.YAWN: "yawning",
    names.EYES_CLOSED: "closing your eyes",
    names.NOD: "nodding",
    names.SHAKE: "shaking your head",
    names.TILT: "tilting your head",
    names.LEANING_IN: "leaning in",
    names.WAVE: "waving",
    names.HAND_RAISED: "raising a hand",
    names.LOOKING: "looking at the screen",
    names.LOOKING_AWAY: "looking away",
}


def _listed(words: list[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
