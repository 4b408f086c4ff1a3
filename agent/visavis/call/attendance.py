"""Carries out the manners of one call: remarks, and a voice that waits while nobody is in the picture."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from livekit.agents import AgentSession

from visavis.dialogue.manners import REMARKS, Act, Manners

logger = logging.getLogger(__name__)


class Attendance:
    """Follows the cues and the session until `run()` is cancelled.

    Args:
        session: whose voice it is.
        manners: the rules.
        writes: whether the language model words the remarks itself; the scripted host has its own.
        clock: the steady clock of the rules, seconds.
    """

    def __init__(
        self,
        session: AgentSession[None],
        manners: Manners,
        *,
        writes: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session, self._manners, self._writes, self._clock = session, manners, writes, clock
        self._changed = asyncio.Event()
        session.on("agent_state_changed", lambda _: self._changed.set())
        session.on("user_state_changed", lambda _: self._changed.set())

    def cue(self, name: str, on: bool) -> None:
        """A cue came or went now."""
        self._manners.cue(name, on, self._clock())
        self._changed.set()

    async def run(self) -> None:
        """Act whenever something has changed, or time has."""
        while True:
            due = self._manners.due()
            try:
                async with asyncio.timeout(None if due is None else max(due - self._clock(), 0.0)):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            act = self._manners.rule(
                self._clock(),
                agent_speaks=self._session.agent_state not in ("listening", "idle"),
                user_speaks=self._session.user_state == "speaking",
            )
            if act is not None:
                logger.info("what the camera shows: %s", act.value)
                self._do(act)

    def _do(self, act: Act) -> None:
        voice = self._session.output.audio
        if act in REMARKS:
            spoken, instructions = REMARKS[act]
            if self._writes:
                self._session.generate_reply(instructions=instructions)
            else:
                self._session.say(spoken)
        elif voice is not None and voice.can_pause:
            if act is Act.GIVE_UP:
                self._session.interrupt()
            (voice.pause if act is Act.PAUSE else voice.resume)()
