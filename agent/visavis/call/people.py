"""Who is in the room, and when a call is over because nobody is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import rtc

from visavis.phone.caller import is_phone

RETURN_WITHIN_S = 20.0  # a caller whose connection broke may come back


class People:
    """Follows those who come and go from `start()` to `close()`.

    Args:
        room: the room, connected.
        partner: the identity of an agent who counts as a person; "" for none.
        came: called with whoever joins.
        over: called with the reason when the call is over; it may be called again.
    """

    def __init__(
        self,
        room: rtc.Room,
        partner: str,
        came: Callable[[rtc.RemoteParticipant], None],
        over: Callable[[str], None],
    ) -> None:
        self._room, self._partner, self._came, self._over = room, partner, came, over
        self._leaving: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._room.on("participant_connected", self._on_came)
        self._room.on("participant_disconnected", self._on_left)
        self._room.on("disconnected", self._on_disconnected)

    def close(self) -> None:
        """End; nothing is called any more."""
        self._room.off("participant_connected", self._on_came)
        self._room.off("participant_disconnected", self._on_left)
        self._room.off("disconnected", self._on_disconnected)
        self._stay()

    def _somebody(self) -> bool:
        """Whether anybody is left: agents do not count, the partner does."""
        agent = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        everybody = self._room.remote_participants.values()
        return any(person.kind != agent or person.identity == self._partner for person in everybody)

    def _on_came(self, person: rtc.RemoteParticipant) -> None:
        self._stay()
        self._came(person)

    def _on_left(self, person: rtc.RemoteParticipant) -> None:
        if is_phone(person):
            self._over("the caller hung up")  # a telephone does not come back
        if self._somebody():
            return
        if person.disconnect_reason == rtc.DisconnectReason.CLIENT_INITIATED:
            self._over("the caller left")
        else:
            loop = asyncio.get_running_loop()
            self._leaving = loop.call_later(RETURN_WITHIN_S, self._over, "the caller's connection broke")

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._over(f"the room was lost ({rtc.DisconnectReason.Name(reason)})")

    def _stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
