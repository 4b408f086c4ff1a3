"""A telephone line into a LiveKit project: one inbound trunk and one dispatch rule, by name, as code."""

from __future__ import annotations

import ipaddress
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.duration_pb2 import Duration
from livekit import api

from visavis.media.errors import InputError

NAME = "visavis"
AGENT_NAME = "visavis"
PIN_DIGITS = range(4, 13)
SHORTEST_PASSWORD = 8
EMPTY_ROOM_S = 10  # a caller comes back by calling again
_NUMBER = re.compile(r"\+?\w{1,32}", re.ASCII)


@dataclass(frozen=True)
class Line:
    """Who may call, what they dial, and whom they get. Every call has a room of its own.

    Attributes:
        number: what callers dial, such as `+4930123456` or `100`.
        user, password: that the caller's phone or carrier signs in with; both "" only where addresses are named.
        pin: digits that a caller must key in before the room is entered, ended by #; "" for none.
        allowed_numbers: callers that are let in; none named lets in all.
        allowed_addresses: networks that calls may come from, such as `203.0.113.0/24`; none named lets in all.
        ringing_s: how long a call rings before it is given up.
        longest_s: how long a call may last.
        metadata: of the job, for the agent.
        name: of trunk and rule in the project, by which they are found again.
    """

    number: str
    user: str
    password: str
    pin: str = ""
    allowed_numbers: tuple[str, ...] = ()
    allowed_addresses: tuple[str, ...] = ()
    ringing_s: int = 30
    longest_s: int = 3600
    metadata: Mapping[str, object] = field(default_factory=dict)
    name: str = NAME

    def __post_init__(self) -> None:
        for number in (self.number, *self.allowed_numbers):
            if not _NUMBER.fullmatch(number):
                raise InputError(f"number {number!r}: write it as +4930123456 or 100, without spaces")
        if self.pin and not (self.pin.isdecimal() and self.pin.isascii() and len(self.pin) in PIN_DIGITS):
            raise InputError(f"PIN {self.pin!r}: must be {PIN_DIGITS.start} to {PIN_DIGITS.stop - 1} digits")
        for network in self.allowed_addresses:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise InputError(f"network {network!r}: {error}; write it as 203.0.113.0/24") from None
        signs_in = bool(self.user) and len(self.password) >= SHORTEST_PASSWORD
        if not signs_in and (self.password or not self.allowed_addresses):
            least = f"a user and a password of {SHORTEST_PASSWORD} characters or more"
            raise InputError(f"a line needs {least}, or the carrier's networks")

    @classmethod
    def fresh(cls, number: str, **wishes: object) -> Line:
        """A line with a password of its own, for one run."""
        return cls(number, "visavis", secrets.token_urlsafe(12), **wishes)  # type: ignore[arg-type]

    def trunk(self) -> api.SIPInboundTrunkInfo:
        """The trunk as LiveKit's API wants it."""
        return api.SIPInboundTrunkInfo(
            name=self.name,
            numbers=[self.number],
            auth_username=self.user,
            auth_password=self.password,
            allowed_numbers=self.allowed_numbers,
            allowed_addresses=self.allowed_addresses,
            ringing_timeout=Duration(seconds=self.ringing_s),
            max_call_duration=Duration(seconds=self.longest_s),
        )

    def rule(self, trunk_id: str) -> api.SIPDispatchRuleInfo:
        """The rule as LiveKit's API wants it.

        It names its trunk: a rule without takes every call that no trunk owns, without any password.
        """
        dispatch = api.RoomAgentDispatch(agent_name=AGENT_NAME, metadata=json.dumps(dict(self.metadata)))
        individual = api.SIPDispatchRuleIndividual(room_prefix="call", pin=self.pin)
        return api.SIPDispatchRuleInfo(
            name=self.name,
            trunk_ids=[trunk_id],
            rule=api.SIPDispatchRule(dispatch_rule_individual=individual),
            room_config=api.RoomConfiguration(
                agents=[dispatch], empty_timeout=EMPTY_ROOM_S, departure_timeout=EMPTY_ROOM_S
            ),
        )


@dataclass(frozen=True)
class Provisioned:
    """A line's trunk and rule in the project."""

    trunk_id: str
    rule_id: str


async def provision(lk: api.LiveKitAPI, line: Line) -> Provisioned:
    """Put the line into the project; trunk and rule of its name are brought up to date, not doubled."""
    trunk_id = await _trunk(lk, line)
    rule = line.rule(trunk_id)
    rules = (await lk.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items
    known = next((old.sip_dispatch_rule_id for old in rules if old.name == line.name), "")
    if known:
        await lk.sip.update_dispatch_rule(known, rule)
        return Provisioned(trunk_id, known)
    made = await lk.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=rule))
    return Provisioned(trunk_id, made.sip_dispatch_rule_id)


async def _trunk(lk: api.LiveKitAPI, line: Line) -> str:
    trunks = (await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items
    known = next((old.sip_trunk_id for old in trunks if old.name == line.name), "")
    if known:
        await lk.sip.update_inbound_trunk(known, line.trunk())
        return known
    made = await lk.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=line.trunk()))
    return made.sip_trunk_id


async def withdraw(lk: api.LiveKitAPI, name: str = NAME) -> None:
    """Take the line of that name out of the project; its rule first, so that no call slips between."""
    for rule in (await lk.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items:
        if rule.name == name:
            await lk.sip.delete_dispatch_rule(
                api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule.sip_dispatch_rule_id)
            )
    for trunk in (await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items:
        if trunk.name == name:
            await lk.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))
