"""What the avatar tells the people in its room: events, and the envelope of its voice."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.rtc.participant import PublishDataError

from visavis.media.events import CLOCK_RPC, ENVELOPE_TOPIC, EVENTS_TOPIC, Event, VoiceEnvelope, encode, wall_us

logger = logging.getLogger(__name__)

AT_ONCE = 64  # messages that wait to be sent


class Outbox:
    """Sends one message after the other; `start` it once the room is connected."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._messages: asyncio.Queue[Event | VoiceEnvelope] = asyncio.Queue(AT_ONCE)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._room.local_participant.register_rpc_method(CLOCK_RPC, _tell_clock)
        self._task = asyncio.create_task(self._send())

    def put(self, message: Event | VoiceEnvelope) -> None:
        """Send it soon; an envelope that cannot go at once is dropped, and so is whatever nobody takes."""
        begun = self._task is not None or not isinstance(message, VoiceEnvelope)
        if begun and not self._messages.full():
            self._messages.put_nowait(message)

    async def aclose(self) -> None:
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        self._room.local_participant.unregister_rpc_method(CLOCK_RPC)

    async def _send(self) -> None:
        while True:
            message = await self._messages.get()
            envelope = isinstance(message, VoiceEnvelope)
            try:
                await self._room.local_participant.publish_data(
                    message.encode() if isinstance(message, VoiceEnvelope) else encode(message),
                    reliable=not envelope,
                    topic=ENVELOPE_TOPIC if envelope else EVENTS_TOPIC,
                )
            except PublishDataError as error:
                logger.debug("a message is lost: %s", error)


def _tell_clock(data: rtc.RpcInvocationData) -> str:
    """This machine's wall clock, that of events and frame timestamps."""
    return str(wall_us())
