"""Phone and browser in one room: whoever joins sees the face that speaks to the telephone, and who says what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from livekit import api
from playwright.async_api import Page, Route, expect
from tests.page.conftest import LOUDNESS, PICTURE, chromium, opened

from visavis.caller.questions import ask
from visavis.caller.telephone import at_rate
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.local.child import until
from visavis.local.exchange import Exchange
from visavis.local.page import DIST, PageServer
from visavis.local.ports import free_port
from visavis.local.softphone import CLOSED, ESTABLISHED, Softphone
from visavis.local.tokens import access_token
from visavis.local.worker_process import LocalWorker
from visavis.media.frames import to_float
from visavis_models.spec import ROOM_RATE

pytestmark = [
    pytest.mark.phone, pytest.mark.page, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400),
]  # fmt: skip


async def nobody(lk: api.LiveKitAPI) -> bool:
    """Whether all rooms are empty."""
    return not any(room.num_participants for room in (await lk.room.list_rooms(api.ListRoomsRequest())).rooms)


async def listens(lk: api.LiveKitAPI, room: str) -> bool:
    """Whether the agent in the room has said its greeting: over that, a question would lose its beginning."""
    people = (await lk.room.list_participants(api.ListParticipantsRequest(room=room))).participants
    return any(person.attributes.get("lk.agent.state") == "listening" for person in people)


async def test_a_browser_sees_the_face_that_speaks_to_a_telephone(
    phones: Callable[..., Awaitable[Softphone]], phone_agent: LocalWorker, exchange: Exchange, lk: api.LiveKitAPI,
    tmp_path: Path,
) -> None:  # fmt: skip
    if not DIST.exists():
        pytest.skip("the page is not built (make setup)")
    line = await asyncio.to_thread(lambda: ask(HibariVoice(), "Who are you, and what can you do?"))
    async with asyncio.timeout(60):
        await until(lambda: nobody(lk))  # earlier calls may still hold the agent
    phone = await phones("+15557")
    await phone.dial("100")
    await phone.happens(ESTABLISHED, 60)
    rooms = (await lk.room.list_rooms(api.ListRoomsRequest())).rooms
    (room,) = [room.name for room in rooms if "15557" in room.name]

    async def ticket(route: Route) -> None:
        """Into the telephone's room instead of one of its own."""
        token = access_token(exchange.server.endpoint.keys, room=room, identity="viewer", agent=None)
        answer = {"url": exchange.server.url, "token": token, "room": room, "identity": "viewer"}
        await route.fulfill(body=json.dumps(answer), content_type="application/json")

    async with (
        PageServer(exchange.server.endpoint, free_port()) as page,
        chromium("--use-fake-ui-for-media-stream") as browser,
    ):
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        await context.route("**/token", ticket)
        async with opened(context, page.url) as tab:
            await tab.get_by_role("button", name="Start the call").click()
            await expect(tab.locator("#waiting")).to_be_hidden(timeout=30_000)
            async with asyncio.timeout(30):
                await until(lambda: listens(lk, room))
            await phone.say(at_rate(to_float(line.pcm), ROOM_RATE, phone.rate))
            heard = asyncio.create_task(is_heard(tab))
            captions = tab.locator("#captions li")
            await expect(captions.filter(has_text="computer")).to_have_count(1, timeout=30_000)
            first = await tab.evaluate(PICTURE)
            await heard
            assert first != await tab.evaluate(PICTURE)
            await tab.screenshot(path=tmp_path / "phone-and-browser.png")
            await expect(tab.locator('#captions li[data-speaker="caller"]').first).to_contain_text(
                "who are you", ignore_case=True
            )
            await expect(tab.locator('#captions li[data-speaker="you"]')).to_have_count(0)
    await phone.hang_up()
    await phone.happens(CLOSED, 10)

    async def gone() -> bool:
        return not (await lk.room.list_participants(api.ListParticipantsRequest(room=room))).participants

    async with asyncio.timeout(30):
        await until(gone)


async def is_heard(tab: Page) -> None:
    """Wait until the avatar's voice sounds in the browser."""
    async with asyncio.timeout(30):
        while await tab.evaluate(LOUDNESS) <= 0.02:  # each listens for 3 s
            pass
