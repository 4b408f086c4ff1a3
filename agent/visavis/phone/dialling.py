"""Dialling out: whom, whether it is allowed, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from google.protobuf.duration_pb2 import Duration
from livekit import api
from livekit.protocol.sip import SIPOutboundConfig

from visavis.media.errors import InputError
from visavis.phone.answering import Answerer

IDENTITY = "phone"  # of the called side in its room
SHORTEST_PREFIX = 3  # `+49`: a country is the most that one prefix may open
_NUMBER = re.compile(r"\+[1-9]\d{4,14}")
_PREFIX = re.compile(r"\+[1-9]\d*")
_ADDRESS = re.compile(r"sips?:(?P<user>[\w.+*#~-]{1,64})@(?P<host>[A-Za-z0-9.-]+(?::\d{1,5})?)")


@dataclass(frozen=True)
class Target:
    """Whom to call.

    Attributes:
        user: the number, or the name before the @.
        host: HOST or HOST:PORT of a SIP address; "" for a number, which a trunk carries.
    """

    user: str
    host: str = ""

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read `+4930123456` or `sip:anna@sip.example.com`.

        Raises:
            InputError: it is neither.
        """
        if _NUMBER.fullmatch(text):
            return cls(text)
        found = _ADDRESS.fullmatch(text)
        if not found:
            raise InputError(f"{text}: write a number as +4930123456, or an address as sip:anna@sip.example.com")
        return cls(found["user"], found["host"])

    def __str__(self) -> str:
        return f"sip:{self.user}@{self.host}" if self.host else self.user


def check_allowed(target: Target, allowed: Sequence[str]) -> None:
    """See that the target is on the allow-list.

    Args:
        allowed: prefixes of numbers such as `+4930`, and hosts of addresses such as `@sip.example.com:5060`.

    Raises:
        InputError: it is not, or the list holds what it must not.
    """
    for entry in allowed:
        if entry.startswith("@") and len(entry) > 1:
            continue
        if not _PREFIX.fullmatch(entry) or len(entry) < SHORTEST_PREFIX:
            raise InputError(f"--allow {entry}: write a prefix such as +4930, or a host such as @sip.example.com")
    remedy = f"@{target.host}" if target.host else target.user[:5]
    if target.host:
        if f"@{target.host}" not in allowed:
            raise InputError(f"{target}: the host is not on the allow-list; add --allow {remedy} if you mean it")
    elif not any(target.user.startswith(entry) for entry in allowed):
        raise InputError(f"{target}: no prefix on the allow-list covers it; add --allow {remedy} if you mean it")


class Outcome(StrEnum):
    """What came of a call."""

    ANSWERED = "answered"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no answer"
    BUSY = "busy"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    BARRED = "barred"
    FAILED = "failed"


# https://www.iana.org/assignments/sip-parameters: what a status says about the person called
_OUTCOMES = {
    401: Outcome.BARRED, 402: Outcome.BARRED, 403: Outcome.BARRED, 407: Outcome.BARRED,
    404: Outcome.UNREACHABLE, 410: Outcome.UNREACHABLE, 484: Outcome.UNREACHABLE, 604: Outcome.UNREACHABLE,
    480: Outcome.NO_ANSWER, 487: Outcome.NO_ANSWER,
    486: Outcome.BUSY, 600: Outcome.BUSY,
    603: Outcome.DECLINED, 607: Outcome.DECLINED, 608: Outcome.DECLINED,
}  # fmt: skip
NO_REPLY = 408


def outcome_of(status: int, rang: bool) -> Outcome:
    """What a call that was not answered came to, by its SIP status; 408 is told apart by whether it rang."""
    if status == NO_REPLY:
        return Outcome.NO_ANSWER if rang else Outcome.UNREACHABLE
    return _OUTCOMES.get(status, Outcome.FAILED)


@dataclass(frozen=True)
class DialReport:
    """What came of a call.

    Attributes:
        target: as it was dialled.
        outcome: in one word.
        sip_status, sip_reason: of the carrier or phone, where it was not answered; 0 and "" otherwise.
        rang: whether the other side said that it rings.
        ring_s: from dialling to the answer, or to the end of an unanswered call.
        talk_s: from the answer to the end.
        answered_by: a person or a machine, as far as it could be heard.
        ended_by: who ended an answered call: "phone", "limit", "us".
        consent: the sentence spoken first; "" for none.
    """

    target: str
    outcome: Outcome
    sip_status: int = 0
    sip_reason: str = ""
    rang: bool = False
    ring_s: float = 0.0
    talk_s: float = 0.0
    answered_by: Answerer = Answerer.UNKNOWN
    ended_by: str = ""
    consent: str = ""

    def as_json(self) -> dict[str, object]:
        """For a file."""
        return asdict(self)

    def __str__(self) -> str:
        """In one line."""
        if self.outcome in (Outcome.ANSWERED, Outcome.VOICEMAIL):
            who = "a machine" if self.outcome is Outcome.VOICEMAIL else "a person"
            who = "somebody" if self.answered_by is Answerer.UNKNOWN else who
            return f"{self.target}: {self.outcome} by {who} after {self.ring_s:.1f} s, {self.talk_s:.1f} s of talk"
        status = f" ({self.sip_status} {self.sip_reason})".replace(" )", ")") if self.sip_status else ""
        return f"{self.target}: {self.outcome}{status} after {self.ring_s:.1f} s{', it rang' * self.rang}"


def request(
    target: Target, room: str, trunk_id: str, number: str, ring_s: int, longest_s: int
) -> api.CreateSIPParticipantRequest:
    """The API's request for a call into `room` that returns when it is answered.

    Args:
        trunk_id: of the trunk that carries a number; "" for an address, which is dialled directly.
        number: that is shown to the called side; "" for the trunk's own.
    """
    asked = api.CreateSIPParticipantRequest(
        sip_trunk_id=trunk_id,
        sip_call_to=target.user,
        sip_number=number,
        room_name=room,
        participant_identity=IDENTITY,
        participant_name=str(target),
        ringing_timeout=Duration(seconds=ring_s),
        max_call_duration=Duration(seconds=longest_s),
        wait_until_answered=True,
    )
    if not trunk_id:
        asked.trunk.CopyFrom(SIPOutboundConfig(hostname=target.host))
    return asked


async def find_trunk(lk: api.LiveKitAPI, wanted: str) -> api.SIPOutboundTrunkInfo:
    """The project's outbound trunk of that name or id; the only one where none is named.

    Raises:
        InputError: there is none, or several; names those that there are.
    """
    trunks = list((await lk.sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest())).items)
    found = [trunk for trunk in trunks if not wanted or wanted in (trunk.name, trunk.sip_trunk_id)]
    known = ", ".join(trunk.name or trunk.sip_trunk_id for trunk in trunks) or "none"
    if not found:
        raise InputError(f"--trunk {wanted}: the project has no such outbound trunk; it has {known}")
    if len(found) > 1:
        raise InputError(f"--trunk: name one of the project's outbound trunks: {known}")
    return found[0]
