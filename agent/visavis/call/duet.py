"""An agent that talks with another agent: the host under the chair's rule."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession, AgentStateChangedEvent, ModelSettings, UserStateChangedEvent, llm
from livekit.agents.types import ATTRIBUTE_AGENT_STATE

from visavis.dialogue.chair import Chair, Ruling, repeated, shortened
from visavis.dialogue.duet import DuetScript
from visavis.dialogue.host import Host
from visavis.dialogue.llm import talk

LOOK_S = 0.1
PARTNER_FPS = 5.0  # pictures of the partner looked at a second: two agents share one small machine
INSTRUCTIONS = {
    "asks": "You are {name}, in a video call with {partner}. You are curious: react in a few words to what {partner} "
    "says, then ask one short question. Two short spoken sentences at most, without lists, markup or emoji.",
    "tells": "You are {name}, in a video call with {partner}, who asks you questions. Answer each in one or two short "
    "spoken sentences, without lists, markup or emoji, and ask nothing back.",
}


def said(session: AgentSession[None]) -> list[str]:
    """What the agent itself has said, oldest first."""
    return [message["content"] for message in talk(session.history) if message["role"] == "assistant"]


class DuetHost(Host):
    """A host whose replies are short, and none of them twice.

    Args:
        script: opens a new topic in place of a repeat.
        options: of the `Host`.
    """

    def __init__(self, script: DuetScript, **options: Any) -> None:
        super().__init__(**options)
        self._script = script

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[str, None]:
        """The whole reply at once, within the chair's limits."""
        pieces = []
        async for chunk in super().llm_node(chat_ctx, tools, model_settings):
            if isinstance(chunk, str):
                pieces.append(chunk)
            elif isinstance(chunk, llm.ChatChunk) and chunk.delta is not None:
                pieces.append(chunk.delta.content or "")
        reply, before = shortened("".join(pieces)), said(self.session)
        yield self._script.open(before) if not reply or repeated(reply, before) else reply


class Floor:
    """Holds the chair's rule over one session, from the moment at which the partner is there."""

    def __init__(self, room: rtc.Room, session: AgentSession[None], script: DuetScript, partner: str) -> None:
        self._room, self._session, self._script, self._partner = room, session, script, partner
        self._chair: Chair | None = None
        session.on("agent_state_changed", self._on_agent)
        session.on("user_state_changed", self._on_user)

    async def run(self) -> None:
        """Look at who speaks until cancelled."""
        self._room.on("participant_attributes_changed", self._on_attributes)
        try:
            await self._preside()
        finally:
            self._room.off("participant_attributes_changed", self._on_attributes)

    async def _preside(self) -> None:
        while not self._partner_heard():  # noqa: ASYNC110  # there is no event for a track of somebody in particular
            await asyncio.sleep(LOOK_S)
        self._chair = Chair(self._script.role, time.monotonic())
        if self._script.role == "asks":
            self._session.say(self._script.open([]))
        while True:
            await asyncio.sleep(LOOK_S)
            ruling = self._chair.rule(time.monotonic())
            if ruling is Ruling.YIELD:
                await self._session.interrupt(force=True)
            elif ruling is Ruling.OPEN:
                await self._session.interrupt(force=True)
                self._session.say(self._script.open(said(self._session)))

    def _partner_heard(self) -> bool:
        partner = self._room.remote_participants.get(self._partner)
        tracks = partner.track_publications.values() if partner else ()
        return any(item.kind == rtc.TrackKind.KIND_AUDIO and item.track is not None for item in tracks)

    def _on_agent(self, event: AgentStateChangedEvent) -> None:
        if self._chair is not None:
            self._chair.spoke(event.new_state == "speaking", time.monotonic())
            self._chair.thought("I", event.new_state == "thinking")

    def _on_user(self, event: UserStateChangedEvent) -> None:
        if self._chair is not None and event.new_state != "away":
            self._chair.heard(event.new_state == "speaking", time.monotonic())

    def _on_attributes(self, changed: dict[str, str], person: rtc.Participant) -> None:
        if self._chair is not None and person.identity == self._partner and ATTRIBUTE_AGENT_STATE in changed:
            self._chair.thought("partner", changed[ATTRIBUTE_AGENT_STATE] == "thinking")
