"""Carries out what lips, gaze and nods say of whose turn it is, in a LiveKit session."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from livekit.agents import AgentSession, UserInputTranscribedEvent, UserStateChangedEvent

from visavis.dialogue.sight import Sight
from visavis.dialogue.turn_sight import Hold, Ruling, TurnSight
from visavis.media.settings import TurnSettings
from visavis_models.spec import Motion

logger = logging.getLogger(__name__)

LOOK_S = 0.05  # while a turn is held: pictures come no faster


class TurnTaking:
    """One call's.

    Args:
        sight: what the camera shows.
        turn: the figures of the voice alone, which hold wherever nothing is seen.
        clock: steady seconds.
    """

    def __init__(self, sight: Sight, turn: TurnSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._sight, self._turn, self._clock = sight, turn, clock
        self._seen = TurnSight()
        self._session: AgentSession[None] | None = None
        self._max_delay_s = turn.max_delay_s
        self._more = False

    def attach(self, session: AgentSession[None]) -> None:
        """This is the session; once."""
        self._session = session
        session.on("user_state_changed", self._on_user)
        session.on("user_input_transcribed", self._on_words)

    def see(self, motion: Motion | None, sure: float) -> None:
        """The user's motion until now, newest last, and the confidence of its last row; None where nobody is seen."""
        self._seen.see(motion, sure, self._clock())
        if self._session is not None:
            seconds = self._seen.interruption_s(self._turn.interruption_s, self._clock())
            self._session.options.interruption["min_duration"] = seconds

    def cue(self, name: str, on: bool) -> None:
        """A cue came or went."""
        self._seen.cue(name, on, self._clock())

    def bar(self, words: float) -> float:
        """The probability of an end that is enough, given the one that the words ask for."""
        return self._seen.bar(words, self._sight.facts, self._clock())

    def nods(self) -> bool:
        """Whether the user has nodded just now."""
        return self._seen.nods(self._clock())

    def behind_lips(self, seconds: float) -> bool:
        """Whether the user's lips were closed all through a sound of so many seconds that was recognised now."""
        return self._seen.behind_lips(seconds, self._clock())

    async def goes_on(self) -> bool:
        """Wait while the user's lips hold the floor; whether they went on speaking, as one turn with what follows."""
        assert self._session is not None
        self._more, hold = False, Hold(self._seen, began := self._clock())
        while True:
            speaking = self._session.user_state == "speaking"
            ruling = hold.rule(self._clock(), speaking=speaking, more=self._more)
            if ruling is not Ruling.WAIT:
                if (held_s := self._clock() - began) > LOOK_S:
                    logger.info("lips held the floor for %.2f s: %s", held_s, ruling.value)
                return ruling is Ruling.MERGE
            await asyncio.sleep(LOOK_S)

    def _on_user(self, event: UserStateChangedEvent) -> None:
        speaking = event.new_state == "speaking"
        self._seen.voice(speaking)
        if not speaking:  # just before the end of the turn is looked for
            self._set_max_delay(self._seen.max_delay_s(self._turn.max_delay_s, self._sight.facts, self._clock()))

    def _set_max_delay(self, seconds: float) -> None:
        if self._session is not None and seconds != self._max_delay_s:
            self._max_delay_s = seconds
            self._session.update_options(
                endpointing_opts={"min_delay": min(self._turn.min_delay_s, seconds), "max_delay": seconds}
            )

    def _on_words(self, event: UserInputTranscribedEvent) -> None:
        self._more = self._more or (event.is_final and bool(event.transcript.strip()))
