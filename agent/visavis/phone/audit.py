"""Which doors of a LiveKit project stand open to the telephone network, and how to close them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from livekit import api

from visavis.phone.line import PIN_DIGITS, SHORTEST_PASSWORD
from visavis.phone.reach import reach

WIDEST_NETWORK = {4: 16, 6: 32}  # prefix bits; a wider network is everybody's


class Level(StrEnum):
    """OPEN lets strangers in or lets money out; ADVICE could be better."""

    OPEN = "OPEN"
    ADVICE = "advice"


@dataclass(frozen=True)
class Finding:
    """One thing found: what it is, and what to do."""

    level: Level
    what: str
    remedy: str


@dataclass(frozen=True)
class Project:
    """The telephony of a LiveKit project, as its API tells it."""

    inbound: Sequence[api.SIPInboundTrunkInfo] = ()
    outbound: Sequence[api.SIPOutboundTrunkInfo] = ()
    rules: Sequence[api.SIPDispatchRuleInfo] = ()

    @classmethod
    async def ask(cls, url: str, key: str, secret: str) -> Project:
        """Read the project; nothing is changed.

        Raises:
            InputError: it cannot be reached, refuses the keys, or has no telephony.
        """
        async with reach(url, key, secret) as lk:
            return cls(
                list((await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items),
                list((await lk.sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest())).items),
                list((await lk.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items),
            )


def audit(project: Project) -> list[Finding]:
    """All that is open, then all that could be better; empty where nothing is found."""
    found = [
        *(finding for rule in project.rules for finding in _rule(rule, project)),
        *(finding for trunk in project.inbound for finding in _inbound(trunk, project)),
        *(finding for trunk in project.outbound for finding in _outbound(trunk)),
    ]
    return sorted(found, key=lambda finding: finding.level is not Level.OPEN)


def _called(kind: str, name: str, number: str) -> str:
    return f"{kind} {name!r} ({number})" if name else f"{kind} {number}"


def _rule(rule: api.SIPDispatchRuleInfo, project: Project) -> Iterator[Finding]:
    who = _called("dispatch rule", rule.name, rule.sip_dispatch_rule_id)
    if not rule.trunk_ids:
        yield Finding(
            Level.OPEN,
            f"{who} names no trunk: a call to a number that no trunk owns is let in without any password",
            "set its trunk_ids to the trunks that it is for",
        )
    for trunk_id in set(rule.trunk_ids) - {trunk.sip_trunk_id for trunk in project.inbound}:
        yield Finding(Level.ADVICE, f"{who} names the trunk {trunk_id}, which does not exist", "delete the rule")
    dispatch = rule.rule
    pin = dispatch.dispatch_rule_direct.pin or dispatch.dispatch_rule_individual.pin
    if pin and len(pin) < PIN_DIGITS.start:
        yield Finding(
            Level.OPEN,
            f"{who} has a PIN of {len(pin)} digits: it is guessed in minutes",
            "use six digits or more, and allowed_numbers on its trunk",
        )
    if dispatch.HasField("dispatch_rule_direct"):
        yield Finding(
            Level.ADVICE,
            f"{who} puts all callers into one room, {dispatch.dispatch_rule_direct.room_name!r}: they hear each other",
            "use an individual rule unless that is wanted",
        )
    if not rule.room_config.agents:
        yield Finding(
            Level.ADVICE,
            f"{who} calls no agent by name",
            "put {agents: [{agent_name: visavis}]} into its room_config",
        )


def _inbound(trunk: api.SIPInboundTrunkInfo, project: Project) -> Iterator[Finding]:
    who = _called("inbound trunk", trunk.name, trunk.sip_trunk_id)
    if not trunk.auth_password and not trunk.allowed_addresses:
        yield Finding(
            Level.OPEN,
            f"{who} has neither a password nor allowed addresses: everybody on the network may call in",
            "set auth_username and auth_password, or allowed_addresses to your carrier's networks",
        )
    if trunk.auth_password and len(trunk.auth_password) < SHORTEST_PASSWORD:
        yield Finding(
            Level.OPEN,
            f"{who} has a password of {len(trunk.auth_password)} characters: scanners try those first",
            "set a random one of 12 characters or more",
        )
    for network in trunk.allowed_addresses:
        if _is_wide(network):
            yield Finding(
                Level.OPEN, f"{who} allows calls from {network}: that is nearly everybody",
                "list the networks that your carrier publishes",
            )  # fmt: skip
    if not trunk.numbers:
        yield Finding(
            Level.OPEN if not trunk.auth_password else Level.ADVICE,
            f"{who} has no numbers: it takes calls to any number",
            "list the numbers that are yours",
        )
    if not trunk.allowed_numbers and not _guarded_by_pin(trunk, project):
        yield Finding(
            Level.ADVICE,
            f"{who} lets in every caller, and no PIN stands behind it",
            "fine for a public line; else set allowed_numbers, or a PIN on its rule",
        )
    if not trunk.max_call_duration.seconds:
        yield Finding(Level.ADVICE, f"{who} bounds no call's length", "set max_call_duration")


def _is_wide(network: str) -> bool:
    try:
        parsed = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False  # a host's name
    return parsed.prefixlen < WIDEST_NETWORK[parsed.version]


def _guarded_by_pin(trunk: api.SIPInboundTrunkInfo, project: Project) -> bool:
    own = [rule.rule for rule in project.rules if not rule.trunk_ids or trunk.sip_trunk_id in rule.trunk_ids]
    return all(rule.dispatch_rule_direct.pin or rule.dispatch_rule_individual.pin for rule in own) and bool(own)


def _outbound(trunk: api.SIPOutboundTrunkInfo) -> Iterator[Finding]:
    who = _called("outbound trunk", trunk.name, trunk.sip_trunk_id)
    if not trunk.numbers or "*" in trunk.numbers:
        yield Finding(
            Level.OPEN,
            f"{who} may show any number as the caller's",
            "list the numbers that are yours",
        )
    if not trunk.auth_password:
        yield Finding(
            Level.ADVICE,
            f"{who} signs in nowhere: the carrier knows you by address alone",
            "set auth_username and auth_password as the carrier gives them",
        )
    yield Finding(
        Level.ADVICE,
        f"{who}: whoever has the project's keys can dial any number at your cost; LiveKit limits no country and no sum",
        "at the carrier: switch off countries that you do not call, cap the spend; here: `visavis dial --allow`",
    )
