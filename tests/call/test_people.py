"""Who comes and goes, driven by hand."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from livekit import rtc

from visavis.call import people as module
from visavis.call.people import People

STANDARD = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
SIP = rtc.ParticipantKind.PARTICIPANT_KIND_SIP
BY_THEMSELVES, BROKEN = rtc.DisconnectReason.CLIENT_INITIATED, rtc.DisconnectReason.SIGNAL_CLOSE


class Room(rtc.EventEmitter[str]):
    def __init__(self) -> None:
        super().__init__()
        self.remote_participants: dict[str, SimpleNamespace] = {}

    def come(self, identity: str, kind: object = STANDARD) -> None:
        person = SimpleNamespace(identity=identity, kind=kind, disconnect_reason=None)
        self.remote_participants[identity] = person
        self.emit("participant_connected", person)

    def leave(self, identity: str, reason: object = BY_THEMSELVES) -> None:
        person = self.remote_participants.pop(identity)
        person.disconnect_reason = reason
        self.emit("participant_disconnected", person)


class Followed:
    def __init__(self, partner: str = "") -> None:
        self.room, self.came, self.over = Room(), [], []
        self.people = People(self.room, partner, lambda person: self.came.append(person.identity), self.over.append)
        self.people.start()


async def test_the_last_who_leaves_ends_the_call() -> None:
    call = Followed()
    for identity in ("ada", "ben"):
        call.room.come(identity)
    call.room.leave("ada")
    assert call.came == ["ada", "ben"] and not call.over
    call.room.leave("ben")
    assert call.over == ["the caller left"]


async def test_who_loses_the_connection_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETURN_WITHIN_S", 0.05)
    call = Followed()
    call.room.come("ada")
    call.room.leave("ada", BROKEN)
    call.room.come("ada")
    await asyncio.sleep(0.15)
    assert not call.over
    call.room.leave("ada", BROKEN)
    await asyncio.sleep(0.15)
    assert call.over == ["the caller's connection broke"]


async def test_agents_are_nobody_but_the_partner() -> None:
    call = Followed(partner="nora")
    call.room.come("nora", AGENT)
    call.room.come("helper", AGENT)
    call.room.leave("helper")
    assert not call.over
    call.room.come("helper", AGENT)
    call.room.leave("nora")
    assert call.over == ["the caller left"]


async def test_a_telephone_that_hangs_up_ends_the_call_whoever_watches() -> None:
    call = Followed()
    call.room.come("watcher")
    call.room.come("sip_1", SIP)
    call.room.leave("sip_1", BROKEN)
    assert call.over[0] == "the caller hung up"


async def test_a_closed_one_is_silent() -> None:
    call = Followed()
    call.room.come("ada")
    call.room.leave("ada", BROKEN)
    call.people.close()
    call.room.emit("disconnected", rtc.DisconnectReason.ROOM_DELETED)
    assert not call.over
