"""`visavis call --phone`: the caller is a real telephone, and the exchange that it calls runs for the call."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from livekit import api

from visavis.caller.speech import Plan
from visavis.caller.take import Take, now_s
from visavis.caller.telephone import by_the_phone, hold_phone_call
from visavis.local.exchange import Exchange
from visavis.local.softphone import CLOSED, ESTABLISHED, Account, Codec, Softphone
from visavis.local.tokens import access_token, fresh_name
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import InputError, RoomError, ServerError
from visavis.phone.line import Line

NUMBER, CALLER = "100", "+15550199"
CODECS: dict[str, Codec] = {"pcmu": "PCMU", "pcma": "PCMA", "g722": "G722"}
PICKED_UP_WITHIN_S = 60.0
CLOSED_WITHIN_S = 5.0
ROOM_WITHIN_S = 10.0


def codec_of(name: str) -> Codec:
    """The codec of a name.

    Raises:
        InputError: there is none, or the SIP service does not speak it.
    """
    if name.lower() == "opus":
        raise InputError("--codec opus: livekit-sip speaks no Opus to telephones; choose pcmu, pcma or g722")
    if name.lower() not in CODECS:
        raise InputError(f"--codec {name}: no such codec; choose {', '.join(CODECS)}")
    return CODECS[name.lower()]


async def phone_call(
    worker: tuple[str, ...], plan: Plan, take: Take, codec: Codec, folder: Path, notice: Callable[[str], None]
) -> None:
    """Hold the call.

    Args:
        worker: arguments of the agent.
        take: gets the call as it was at the telephone, also when it fails.
        folder: an empty one for the telephone's files.

    Raises:
        RoomError: the agent does not pick up, or the call did not come to its end.
        ServerError: a program of the exchange is missing or does not start.
    """
    notice("starting the exchange and the agent")
    async with Exchange(Line.fresh(NUMBER), say=notice) as exchange, LocalWorker(exchange.server, worker):
        assert exchange.line is not None
        account = Account(CALLER, exchange.sip.address, exchange.line.user, exchange.line.password)
        async with Softphone(folder, account, codec) as phone:
            notice("dialling")
            await phone.dial(NUMBER)
            try:
                established = await phone.happens(ESTABLISHED, PICKED_UP_WITHIN_S)
            except ServerError as error:
                raise RoomError(f"the agent did not pick up: {error}") from None
            established_s = established.time_s - time.time() + now_s()
            room, take.identity = await the_room(exchange)
            keys = exchange.server.endpoint.keys
            token = access_token(keys, room=room, identity=fresh_name("observer"), agent=None, hidden=True)
            try:
                await hold_phone_call(exchange.server.url, token, plan, take, phone, notice=notice)
            finally:
                with contextlib.suppress(ServerError):  # the agent may have hung up
                    await phone.hang_up()
                    await phone.happens(CLOSED, CLOSED_WITHIN_S)
                by_the_phone(take, phone, established_s)


async def the_room(exchange: Exchange) -> tuple[str, str]:
    """The name of the call's room, the only one, and the telephone's identity in it."""
    async with exchange.api() as livekit, asyncio.timeout(ROOM_WITHIN_S):
        while True:
            for room in (await livekit.room.list_rooms(api.ListRoomsRequest())).rooms:
                answer = await livekit.room.list_participants(api.ListParticipantsRequest(room=room.name))
                for person in answer.participants:
                    if person.kind == api.ParticipantInfo.Kind.SIP:
                        return room.name, person.identity
            await asyncio.sleep(0.05)
