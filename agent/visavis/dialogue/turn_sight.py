"""What is seen, for whose turn it is: plain rules, beside those of voice and words.

Open lips hold the floor though nothing is heard yet. Closed lips and a gaze at the screen end a turn earlier. Sound
from behind closed lips, or with a nod, says "go on". Where nothing is known every figure is that of the voice alone.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from visavis.dialogue.lips import LipReader, Lips
from visavis.dialogue.turn_end import DANGLING
from visavis_models.spec import Motion

DONE_DELAY_S = 0.7  # after the last sound a turn is over where lips and gaze say so and the voice is unsure
DONE_BAR = 0.6  # times the probability that is asked for
BEHIND_LIPS_S = 1.5  # so much sound from behind closed lips stops the avatar: a hum, or others in the room
TOLD_AFTER_S = 0.2  # a sound is recognised so long after its end, at least
NOD_S = 1.5  # so long a nod belongs to what is heard

HOLD_S = 1.2  # open lips hold the floor for so long
HOLD_LEAST_S = 0.3  # of somebody whose lips held it in vain
HOLD_SINK = 0.5  # times the last hold, after each that was in vain
AFTER_S = 1.4  # who spoke up in a hold and fell silent without a word that was understood


class Ruling(Enum):
    """What becomes of a turn that voice and words take for ended."""

    WAIT = "wait"
    ANSWER = "answer"
    MERGE = "merge"  # the user has gone on: one turn with what follows


class TurnSight:
    """Follows one person; times are seconds of any steady clock."""

    def __init__(self) -> None:
        self._reader = LipReader()
        self._nodded = float("-inf")
        self.hold_s = HOLD_S

    def see(self, motion: Motion | None, sure: float, now: float) -> None:
        """See `LipReader.see`."""
        self._reader.see(motion, sure, now)

    def voice(self, speaking: bool) -> None:
        """The user's voice is heard, or no longer."""
        self._reader.voice(speaking)

    def cue(self, name: str, on: bool, now: float) -> None:
        """A cue came or went."""
        if name == "nod" and on:
            self._nodded = now

    def lips(self, now: float) -> Lips:
        """What the user's lips do now."""
        return self._reader.lips(now)

    def holds(self, now: float) -> bool:
        """Whether open lips claim the floor: they are not those of a last sound."""
        return self.lips(now) is Lips.OPEN and not self._reader.closing()

    def nods(self, now: float) -> bool:
        """Whether they have nodded just now."""
        return now - self._nodded <= NOD_S

    def done(self, facts: Collection[str], now: float) -> bool:
        """Whether they look as if they had said what they wanted."""
        return "looking" in facts and self.lips(now) is Lips.CLOSED

    def bar(self, words: float, facts: Collection[str], now: float) -> float:
        """The probability of an end that is enough, given the one that the words ask for."""
        return words * DONE_BAR if words < DANGLING and self.done(facts, now) else words

    def max_delay_s(self, voice_s: float, facts: Collection[str], now: float) -> float:
        """The delay of an unsure end, given that of the voice alone."""
        return min(voice_s, DONE_DELAY_S) if self.done(facts, now) else voice_s

    def interruption_s(self, voice_s: float, now: float) -> float:
        """How much speech stops the avatar, given that of the voice alone."""
        return max(voice_s, BEHIND_LIPS_S) if self.lips(now) is Lips.CLOSED else voice_s

    def behind_lips(self, seconds: float, now: float) -> bool:
        """Whether the lips were closed all through a sound of so many seconds that was recognised now."""
        return self._reader.closed_for(now) >= seconds + TOLD_AFTER_S

    def held(self, *, spoke: bool) -> None:
        """A hold is over, and the user `spoke` in it: how long their lips may hold the floor the next time."""
        self.hold_s = HOLD_S if spoke else max(self.hold_s * HOLD_SINK, HOLD_LEAST_S)


class Hold:
    """One turn that waits to be answered.

    Args:
        sight: what is seen.
        now: when voice and words took the turn for ended.
    """

    def __init__(self, sight: TurnSight, now: float) -> None:
        self._sight, self._until = sight, now + sight.hold_s
        self._waited = self._spoke = False

    def rule(self, now: float, *, speaking: bool, more: bool) -> Ruling:
        """What becomes of it now.

        Args:
            speaking: whether the user's voice is heard.
            more: whether further words of theirs were understood.
        """
        if more:
            return self._over(Ruling.MERGE)
        if speaking:
            self._spoke, self._until = True, now + AFTER_S
            return Ruling.WAIT
        if now < self._until and (self._spoke or self._sight.holds(now)):
            self._waited = True
            return Ruling.WAIT
        return self._over(Ruling.ANSWER)

    def _over(self, ruling: Ruling) -> Ruling:
        if self._waited or self._spoke:
            self._sight.held(spoke=ruling is Ruling.MERGE)
        return ruling
