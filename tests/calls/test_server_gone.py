"""The server is killed in mid-call and comes back."""

import asyncio

import pytest

from visavis.caller.report import make_report
from visavis.caller.session import hold_call
from visavis.caller.speech import Plan
from visavis.caller.take import Take
from visavis.local.tokens import fresh_name
from visavis.media.errors import RoomError

pytestmark = [pytest.mark.call, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


async def test_the_call_goes_on_or_ends_with_a_reason(house, says) -> None:  # type: ignore[no-untyped-def]
    take, plan = Take(""), Plan((says("Who are you?"), says("How much is two plus two?")))
    call = asyncio.create_task(hold_call(house.server.url, house.token(fresh_name("room")), plan, take))
    async with asyncio.timeout(60):
        while len(take.said) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await house.server.stop()
    await house.server.start()
    reason = None
    try:
        async with asyncio.timeout(120):
            await call
    except RoomError as error:
        reason = str(error)
    report = make_report(take, plan, None, error=reason)
    assert report.turns[0].reply_text and report.turns[0].turn_ms is not None
    assert reason or report.turns[1].turn_ms is not None
