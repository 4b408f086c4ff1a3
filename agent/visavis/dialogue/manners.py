"""When to greet, to answer a wave, and to wait for somebody who has left: plain rules over what the camera shows.

What is not known counts for nothing: a camera that is switched off has nobody leaving, nor has one before which nobody
ever was, for it may look past whoever talks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

FIRST_S = 15.0  # of the call: whoever is seen by then was greeted by the greeting
AWAY_S = 8.0  # who was gone for so long is welcomed back
WITHIN_S = 3.0  # a remark that finds no pause within this is not made
REMARK_EVERY_S = 15.0  # remarks are at least so far apart
PAUSE_AFTER_S = 1.0  # somebody is gone for so long, then the voice waits
GIVE_UP_S = 45.0  # a voice that waited for so long is not taken up again


class Act(Enum):
    """What is to be done."""

    GREET = "greet"
    WELCOME = "welcome"
    WAVE = "wave"
    PAUSE = "pause"
    RESUME = "resume"
    GIVE_UP = "give up"


# what is said, and what a language model is told instead
REMARKS = {
    Act.GREET: (
        "[smile] Now I can see you. Hello!",
        "You can see the caller for the first time now. Say so in a few words, and say hello.",
    ),
    Act.WELCOME: (
        "[smile] Welcome back!",
        "The caller was gone and is back before the camera. Welcome them in a few words.",
    ),
    Act.WAVE: ("[smile] I see you waving!", "The caller waves at you. Answer it in a few words."),
}


@dataclass(frozen=True)
class Wish:
    """A remark that waits for a pause, until a moment."""

    act: Act
    until: float


class Manners:
    """Follows one person; times are seconds of any steady clock.

    Args:
        now: when the call begins.
        greet, wave, pause: which of them are wanted.
    """

    def __init__(self, now: float, *, greet: bool = True, wave: bool = True, pause: bool = True) -> None:
        self._began, self._greets, self._waves, self._pauses = now, greet, wave, pause
        self._met = False
        self._left: float | None = None  # since when they are away
        self._looked_after = False  # whether it was settled, this time, if the voice is to wait
        self._paused: float | None = None  # since when
        self._wish: Wish | None = None
        self._remarked = float("-inf")

    @property
    def away(self) -> bool:
        """Whether they are known to have left."""
        return self._left is not None

    def cue(self, name: str, on: bool, now: float) -> None:
        """A cue came or went."""
        if name == "present" and on:
            self._arrive(now)
        elif name == "away":
            self._left, self._looked_after = (now if on and self._met else None), False
        elif name == "wave" and on and self._waves:
            self._wish = Wish(Act.WAVE, now + WITHIN_S)

    def _arrive(self, now: float) -> None:
        gone_s = now - self._left if self._left is not None else 0.0
        if self._greets and not self._met and now - self._began > FIRST_S:
            self._wish = Wish(Act.GREET, now + WITHIN_S)
        elif self._greets and gone_s >= AWAY_S and self._paused is None:
            self._wish = Wish(Act.WELCOME, now + WITHIN_S)
        self._met, self._left = True, None

    def rule(self, now: float, *, agent_speaks: bool, user_speaks: bool) -> Act | None:
        """What is to be done now; whoever asks does it."""
        if self._paused is not None:
            return self._while_paused(now, user_speaks=user_speaks)
        if self._left is not None and not self._looked_after and now - self._left >= PAUSE_AFTER_S:
            self._looked_after = True
            if self._pauses and agent_speaks and not user_speaks:
                self._paused = now
                return Act.PAUSE
        return None if agent_speaks or user_speaks else self._remark(now)

    def _while_paused(self, now: float, *, user_speaks: bool) -> Act | None:
        assert self._paused is not None
        if self._left is None or user_speaks:  # who speaks is there
            self._paused = None
            return Act.RESUME
        if now - self._paused >= GIVE_UP_S:
            self._paused = None
            return Act.GIVE_UP
        return None

    def _remark(self, now: float) -> Act | None:
        wish, self._wish = self._wish, None
        if wish is None or now > wish.until or now - self._remarked < REMARK_EVERY_S:
            return None
        self._remarked = now
        return wish.act

    def due(self) -> float | None:
        """When `rule` may say something else though nothing has changed; None for never."""
        if self._paused is not None:
            return self._paused + GIVE_UP_S
        if self._left is not None and not self._looked_after:
            return self._left + PAUSE_AFTER_S
        return None
