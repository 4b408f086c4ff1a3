"""Dialling out: what is allowed, and what real phones make of a call, told apart."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from livekit import api

from visavis.local.exchange import Exchange
from visavis.local.ports import LOOPBACK, free_port
from visavis.local.softphone import CLOSED, ESTABLISHED, INCOMING, RATE, Softphone
from visavis.local.tokens import fresh_name, listener_token
from visavis.media.errors import InputError
from visavis.phone.answering import Answerer
from visavis.phone.dialling import DialReport, Outcome, Target, check_allowed, find_trunk, outcome_of, request
from visavis.phone.outgoing import Outgoing

Phones = Callable[..., Awaitable[Softphone]]


@pytest.mark.parametrize("text", ["030 123", "+0123456", "anna@host", "sip:anna", "sip:an na@host", "sip:a@host;x=y"])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"write a number as"):
        Target.parse(text)


def test_nothing_is_allowed_until_it_is_listed() -> None:
    number, address = Target.parse("+4930123456"), Target.parse("sip:anna@sip.example.com:5070")
    assert str(address) == "sip:anna@sip.example.com:5070"
    for target, remedy in ((number, r"--allow \+4930"), (address, "--allow @sip.example.com:5070")):
        for allowed in ((), ("+4940",), ("@example.com",)):
            with pytest.raises(InputError, match=remedy):
                check_allowed(target, allowed)
    check_allowed(number, ("+1212", "+4930"))
    check_allowed(address, ("@sip.example.com:5070",))
    for everything in ("+", "+1", "*", "@", ""):
        with pytest.raises(InputError, match="write a prefix"):
            check_allowed(number, (everything,))


def test_a_status_says_what_came_of_it() -> None:
    said = {
        486: Outcome.BUSY,
        603: Outcome.DECLINED,
        480: Outcome.NO_ANSWER,
        404: Outcome.UNREACHABLE,
        403: Outcome.BARRED,
    }
    assert {status: outcome_of(status, True) for status in said} == said
    assert outcome_of(408, True) is Outcome.NO_ANSWER and outcome_of(408, False) is Outcome.UNREACHABLE
    assert outcome_of(500, True) is Outcome.FAILED
    assert str(DialReport("+49", Outcome.BUSY, 486, "Busy", True, 2.0)) == "+49: busy (486 Busy) after 2.0 s, it rang"


async def place(
    exchange: Exchange, lk: api.LiveKitAPI, address: str, ring_s: int = 5, longest_s: int = 20
) -> DialReport:
    keys, room = exchange.server.endpoint.keys, fresh_name("dial")
    asked = request(Target.parse(address), room, "", "visavis", ring_s, longest_s)

    async def nobody() -> None:
        pass

    return await Outgoing(lk, asked).run(exchange.server.url, listener_token(keys, room), nobody)


@pytest.mark.parametrize(("hangs_up", "outcome"), [(True, Outcome.BUSY), (False, Outcome.NO_ANSWER)])
@pytest.mark.phone
@pytest.mark.asyncio(loop_scope="session")
async def test_busy_and_no_answer(
    exchange: Exchange, lk: api.LiveKitAPI, phones: Phones, hangs_up: bool, outcome: Outcome
) -> None:
    phone = await phones("4711")
    call = asyncio.ensure_future(place(exchange, lk, phone.address, ring_s=3))
    await phone.happens(INCOMING)
    if hangs_up:
        await asyncio.sleep(0.5)
        await phone.hang_up()
    report = await call
    assert (report.outcome, report.rang) == (outcome, True), report


class Refuser(asyncio.DatagramProtocol):
    """A phone, by hand, that rings and then gives `status`: what no softphone can be told to say."""

    def __init__(self, status: str) -> None:
        self.status = status

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        head, *lines = data.decode().split("\r\n")
        if head.startswith("INVITE"):
            kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "Call-ID", "CSeq")]
            to = next(line for line in lines if line.startswith("To:")) + ";tag=refuser"
            for status in ("180 Ringing", self.status):
                answer = "\r\n".join([f"SIP/2.0 {status}", *kept, to, "Content-Length: 0", "", ""])
                self.transport.sendto(answer.encode(), address)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("603 Decline", Outcome.DECLINED), ("404 Not Found", Outcome.UNREACHABLE), ("403 Forbidden", Outcome.BARRED)],
)
@pytest.mark.phone
@pytest.mark.asyncio(loop_scope="session")
async def test_what_a_carrier_may_say(exchange: Exchange, lk: api.LiveKitAPI, status: str, outcome: Outcome) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Refuser(status), (LOOPBACK, 0))
    try:
        report = await place(exchange, lk, f"sip:4711@{LOOPBACK}:{transport.get_extra_info('sockname')[1]}")
    finally:
        transport.close()
    assert report.outcome is outcome and f"{report.sip_status} {report.sip_reason}" == status, report


@pytest.mark.phone
@pytest.mark.asyncio(loop_scope="session")
async def test_where_no_phone_is_nobody_is_reached(exchange: Exchange, lk: api.LiveKitAPI) -> None:
    report = await place(exchange, lk, f"sip:nobody@{LOOPBACK}:{free_port()}", ring_s=3)
    assert report.outcome is Outcome.UNREACHABLE and not report.rang, report


@pytest.mark.phone
@pytest.mark.asyncio(loop_scope="session")
async def test_a_person_hangs_up_and_a_machine_is_left(exchange: Exchange, lk: api.LiveKitAPI, phones: Phones) -> None:
    phone = await phones("4711", answers=True)
    rate = RATE[phone.codec]
    word = 0.2 * np.sin(2 * np.pi * 150 * np.arange(int(0.6 * rate)) / rate).astype(np.float32)
    call = asyncio.ensure_future(place(exchange, lk, phone.address))
    await phone.happens("CALL_ESTABLISHED")
    await asyncio.sleep(0.5)
    await phone.say(word)
    await asyncio.sleep(2.5)
    await phone.hang_up()
    report = await call
    assert (report.outcome, report.answered_by, report.ended_by) == (Outcome.ANSWERED, Answerer.PERSON, "phone"), report
    call = asyncio.ensure_future(place(exchange, lk, phone.address))
    before = len(phone.events)
    async with asyncio.timeout(10):
        while not any(event.kind == "CALL_ESTABLISHED" for event in phone.events[before:]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await phone.say(np.tile(word, 10))
    report = await call
    assert (report.outcome, report.answered_by, report.ended_by) == (Outcome.VOICEMAIL, Answerer.MACHINE, "us"), report


@pytest.mark.phone
@pytest.mark.asyncio(loop_scope="session")
async def test_a_call_ends_at_its_limit(exchange: Exchange, lk: api.LiveKitAPI, phones: Phones) -> None:
    phone = await phones("4711", answers=True)
    report = await place(exchange, lk, phone.address, longest_s=2)
    await phone.happens(CLOSED)
    assert report.ended_by == "limit" and 1.5 <= report.talk_s < 5, report


@pytest.mark.parametrize("answers", [False, True])
@pytest.mark.phone
@pytest.mark.asyncio(loop_scope="session")
async def test_a_call_that_we_give_up_leaves_the_phone_free(
    exchange: Exchange, lk: api.LiveKitAPI, phones: Phones, answers: bool
) -> None:
    phone = await phones("4711", answers=answers)
    call = asyncio.ensure_future(place(exchange, lk, phone.address))
    await phone.happens(ESTABLISHED if answers else INCOMING)
    call.cancel()
    await asyncio.wait([call])
    await phone.happens(CLOSED, within_s=5)


@pytest.mark.phone
@pytest.mark.asyncio(loop_scope="session")
async def test_a_trunk_that_is_not_there_is_named(lk: api.LiveKitAPI) -> None:
    with pytest.raises(InputError, match=r"--trunk carrier: .* it has none"):
        await find_trunk(lk, "carrier")
