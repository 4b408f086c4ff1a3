"""Whatever goes wrong with a call: both sides are free, and one line says why. No agent is needed for it."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import psutil
import pytest
import pytest_asyncio
from livekit import api, rtc

from visavis.local.child import Child
from visavis.local.exchange import Exchange
from visavis.local.ports import LOOPBACK
from visavis.local.softphone import CLOSED, ESTABLISHED, RINGING, Softphone
from visavis.local.tokens import access_token
from visavis.phone.line import Line, provision, withdraw

from .conftest import CALLER, NUMBER, SAID

pytestmark = [pytest.mark.phone, pytest.mark.asyncio(loop_scope="session")]

Told = Callable[..., Awaitable[str]]
Phones = Callable[..., Awaitable[Softphone]]


async def held(lk: api.LiveKitAPI) -> list[str]:
    """The rooms that a phone is in."""
    rooms = (await lk.room.list_rooms(api.ListRoomsRequest())).rooms
    asked = [lk.room.list_participants(api.ListParticipantsRequest(room=room.name)) for room in rooms]
    sip = rtc.ParticipantKind.PARTICIPANT_KIND_SIP
    answers = zip(rooms, await asyncio.gather(*asked), strict=True)
    return [room.name for room, answer in answers if any(person.kind == sip for person in answer.participants)]


async def free(lk: api.LiveKitAPI, within_s: float = 10) -> None:
    """Wait until no phone is in any room."""
    async with asyncio.timeout(within_s):
        while await held(lk):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@pytest_asyncio.fixture(loop_scope="session")
async def answerer(exchange: Exchange, lk: api.LiveKitAPI) -> AsyncIterator[Callable[[], Awaitable[rtc.Room]]]:
    """`await answerer()`: someone who joins the one room that rings, and has a voice, so that the phone is answered."""
    joined: list[rtc.Room] = []

    async def answer() -> rtc.Room:
        async with asyncio.timeout(10):
            while not (names := await held(lk)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        room = rtc.Room()
        keys = exchange.server.endpoint.keys
        await room.connect(exchange.server.url, access_token(keys, room=names[-1], identity="host", agent=None))
        track = rtc.LocalAudioTrack.create_audio_track("voice", rtc.AudioSource(48000, 1))
        await room.local_participant.publish_track(track)
        joined.append(room)
        return room

    yield answer
    for room in joined:
        name = room.name
        await room.disconnect()
        with contextlib.suppress(api.ServerError):  # redis may have forgotten it
            await lk.room.delete_room(api.DeleteRoomRequest(room=name))


async def test_a_wrong_password(phones: Phones, lk: api.LiveKitAPI, told: Told) -> None:
    phone = await phones(password="not the password")
    await phone.dial(NUMBER)
    assert "401" in (await phone.happens(CLOSED)).param
    assert await told("wrong user or password") == f"{CALLER} -> {NUMBER}: refused: wrong user or password"
    await free(lk)


async def test_a_number_that_nobody_has(phones: Phones, lk: api.LiveKitAPI, told: Told) -> None:
    phone = await phones()
    await phone.dial("999")
    assert "-> 999: refused: no line has this number" in await told("refused")
    await phone.hang_up()
    await phone.happens(CLOSED)
    await free(lk)


async def test_a_hang_up_while_it_rings(phones: Phones, lk: api.LiveKitAPI, told: Told) -> None:
    phone = await phones()
    await phone.dial(NUMBER)
    await phone.happens(RINGING)
    await asyncio.sleep(0.5)
    await phone.hang_up()
    await phone.happens(CLOSED)
    await told("gave up before it was answered")
    await free(lk)


async def test_nobody_answers(phones: Phones, lk: api.LiveKitAPI, told: Told) -> None:
    await provision(lk, Line("300", "visavis", "p" * 12, ringing_s=2, name="short"))
    phone = await phones(password="p" * 12)
    await phone.dial("300")
    assert "486" in (await phone.happens(CLOSED)).param
    await told("no agent answered in time")
    await free(lk)
    await withdraw(lk, "short")


async def test_a_wrong_pin_three_times_and_the_right_one(
    phones: Phones, lk: api.LiveKitAPI, told: Told, answerer: Callable[[], Awaitable[rtc.Room]]
) -> None:
    await provision(lk, Line("400", "visavis", "p" * 12, pin="2468", name="guarded"))

    async def try_pin(number: str, pin: str) -> Softphone:
        phone = await phones(number, password="p" * 12)
        await phone.dial("400")
        await phone.happens(ESTABLISHED)
        await phone.press(f"{pin}#")
        return phone

    for phone in await asyncio.gather(*(try_pin(f"+1555019{n}", str(n) * 4) for n in (1, 2, 3))):
        await phone.happens(CLOSED, within_s=20)
    for n in (1, 2, 3):
        await told(f"+1555019{n} -> 400: refused: wrong PIN")
    assert not await held(lk)
    phone = await try_pin(CALLER, "2468")
    room = await answerer()
    assert [person.identity for person in room.remote_participants.values()] == [f"sip_{CALLER}"]
    await phone.hang_up()
    await free(lk)
    await withdraw(lk, "guarded")


async def test_a_phone_that_falls_silent(
    phones: Phones, lk: api.LiveKitAPI, told: Told, answerer: Callable[[], Awaitable[rtc.Room]]
) -> None:
    phone = await phones()
    await phone.dial(NUMBER)
    await answerer()
    await phone.happens(ESTABLISHED)
    await phone.fall_silent()
    await told("sent no sound any more", within_s=15)
    await phone.happens(CLOSED)
    await free(lk)


def invite(number: str, port: int, n: int, header: str = "") -> bytes:
    """A call by hand, as scanners make them."""
    return (
        f"INVITE sip:{number}@{LOOPBACK}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {LOOPBACK}:9;branch=z9hG4bK{n}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:scanner@{LOOPBACK}>;tag=t{n}\r\nTo: <sip:{number}@{LOOPBACK}>\r\n"
        f"Call-ID: flood-{n}\r\nCSeq: 1 INVITE\r\nContact: <sip:scanner@{LOOPBACK}:9>\r\n{header}"
        "Content-Length: 0\r\n\r\n"
    ).encode()


async def rings(phone: Softphone) -> None:
    """A call of ours still gets through."""
    at = time.time()
    await phone.dial(NUMBER)
    await phone.happens(RINGING, after_s=at)
    await phone.hang_up()
    await phone.happens(CLOSED, after_s=at)


async def test_a_hundred_strangers_in_a_second(exchange: Exchange, phones: Phones, lk: api.LiveKitAPI) -> None:
    process, port = psutil.Process(exchange.sip.child.pid), exchange.sip.port
    before = process.memory_info().rss
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as scanner:
        for n in range(100):
            scanner.sendto(invite(NUMBER if n % 2 else f"9{n}", port, n), (LOOPBACK, port))
            await asyncio.sleep(0.01)
    await rings(await phones())
    await free(lk)
    assert process.memory_info().rss - before < 100e6


async def test_headers_beyond_all_measure(exchange: Exchange, phones: Phones, lk: api.LiveKitAPI) -> None:
    process, port = psutil.Process(exchange.sip.child.pid), exchange.sip.port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as scanner:
        scanner.sendto(invite(NUMBER, port, 1000, f"X-Long: {'x' * 60_000}\r\n"), (LOOPBACK, port))
        scanner.sendto(b"INVITE " + b"\xff" * 1000, (LOOPBACK, port))
    _, writer = await asyncio.open_connection(LOOPBACK, port)
    with contextlib.suppress(ConnectionError):
        writer.write(invite(NUMBER, port, 1001, f"X-Long: {'x' * 2_000_000}\r\n"))
        await writer.drain()
    writer.close()
    await rings(await phones())
    await free(lk)
    assert exchange.sip.child.running and process.memory_info().rss < 500e6


async def test_the_sip_service_dies_in_a_call_and_comes_back(
    exchange: Exchange, phones: Phones, lk: api.LiveKitAPI, answerer: Callable[[], Awaitable[rtc.Room]]
) -> None:
    phone, pid = await phones(), exchange.sip.child.pid
    await phone.dial(NUMBER)
    await answerer()
    await phone.happens(ESTABLISHED)
    os.kill(pid, signal.SIGKILL)
    await back(exchange.sip.child, pid)
    assert SAID[-1] == "the SIP service ended by signal 9: its calls are lost; it is started again"
    await free(lk, within_s=3)
    await rings(await phones("+15550198"))


async def test_redis_dies_in_a_call_which_goes_on(
    exchange: Exchange, phones: Phones, lk: api.LiveKitAPI, answerer: Callable[[], Awaitable[rtc.Room]]
) -> None:
    phone, pid = await phones(), exchange.redis.child.pid
    await phone.dial(NUMBER)
    await answerer()
    await phone.happens(ESTABLISHED)
    os.kill(pid, signal.SIGKILL)
    await back(exchange.redis.child, pid)
    assert SAID[-1] == "the redis server ended by signal 9: it is started again, and the line made anew"
    async with asyncio.timeout(10):
        while not (await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        before = len(phone.heard()[0])
        while len(phone.heard()[0]) == before:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await phone.hang_up()
    await free(lk)
    await rings(await phones("+15550198"))


async def back(child: Child, pid: int) -> None:
    """Wait until another process stands in for the one that died."""
    async with asyncio.timeout(20):
        while not child.running or child.pid == pid:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
