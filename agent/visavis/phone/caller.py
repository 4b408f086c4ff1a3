"""Who calls by telephone, as livekit-sip tells it in the participant's attributes, and what can be done to the line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from livekit import api, rtc

from visavis.media.errors import RoomError

NUMBER, CALLED, STATUS = "sip.phoneNumber", "sip.trunkPhoneNumber", "sip.callStatus"
TELEPHONE = "telephone"
CODES = {**{str(digit): digit for digit in range(10)}, "*": 10, "#": 11}
NAMES = {"*": "star", "#": "hash"}
DIGIT_PAUSE_S = 0.25  # between two keys: the far end must hear two


def is_phone(person: rtc.Participant) -> bool:
    """Whether a participant is a telephone."""
    return person.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP


@dataclass(frozen=True)
class Caller:
    """The telephone at the other end.

    Attributes:
        identity: the participant's.
        number: theirs, "" where it is withheld.
        called: ours, as they dialled it, "" where it is not told.
    """

    identity: str
    number: str = ""
    called: str = ""

    @classmethod
    def of(cls, person: rtc.RemoteParticipant) -> Caller:
        """What a telephone's attributes say."""
        told = person.attributes
        return cls(person.identity, told.get(NUMBER, ""), told.get(CALLED, ""))

    @property
    def facts(self) -> frozenset[str]:
        """What is known of the person in one word, as of somebody before a camera."""
        return frozenset({TELEPHONE})

    def describe(self) -> str:
        """The same in a sentence to the person."""
        number = f" from {self.number}" if self.number else ""
        return f"You are calling{number} by telephone, so I can not see you."


class Leg:
    """One caller's leg of the call: everything done to it goes through LiveKit's API.

    Args:
        room: the room that the telephone is in, connected.
        identity: the telephone's.
        livekit: the API of that room's server.
    """

    def __init__(self, room: rtc.Room, identity: str, livekit: api.LiveKitAPI) -> None:
        self._room, self._identity, self._livekit = room, identity, livekit

    async def hang_up(self) -> None:
        """End the call; the telephone is told at once. One that has gone already is left alone.

        Raises:
            RoomError: the server refuses.
        """
        who = api.RoomParticipantIdentity(room=self._room.name, identity=self._identity)
        try:
            await self._livekit.room.remove_participant(who)
        except api.TwirpError as error:
            if error.code != api.TwirpErrorCode.NOT_FOUND:
                raise RoomError(f"the call could not be ended ({error.message})") from None

    async def transfer(self, address: str) -> None:
        """Have the telephone call `address` (`sip:...` or `tel:+...`) instead; returns when it does.

        Raises:
            RoomError: it did not; says why.
        """
        request = api.TransferSIPParticipantRequest(
            room_name=self._room.name, participant_identity=self._identity, transfer_to=address
        )
        try:
            await self._livekit.sip.transfer_sip_participant(request)
        except api.TwirpError as error:
            raise RoomError(f"the transfer to {address} failed ({error.message})") from None

    async def send_digits(self, digits: str) -> None:
        """Press keys (0-9 * #) one after the other.

        Raises:
            ValueError: a key that a telephone has not.
        """
        if unknown := set(digits) - set(CODES):
            raise ValueError(f"a telephone has no key {sorted(unknown)[0]!r}")
        for digit in digits:
            await self._room.local_participant.publish_dtmf(code=CODES[digit], digit=digit)
            await asyncio.sleep(DIGIT_PAUSE_S)
