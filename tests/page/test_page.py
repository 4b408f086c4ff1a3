"""The page in a real browser: joining, seeing, hearing, captions, controls, and what it says when something fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from livekit import rtc
from playwright.async_api import Browser, expect
from playwright.async_api import Page as Tab
from tests.page.conftest import LOUDNESS, PICTURE, StandIn, chromium, opened, seen_and_heard, stand_in

from visavis.local.page import PageServer
from visavis.local.server import LocalServer

pytestmark = pytest.mark.page


@contextlib.asynccontextmanager
async def in_call(tab: Tab, server: LocalServer) -> AsyncIterator[StandIn]:
    """Press the button, and have the stand-in answer."""
    async with tab.expect_response("**/token") as answer:
        await tab.get_by_role("button", name="Start").click()
    ticket = await (await answer.value).json()
    async with stand_in(server, ticket["room"]) as agent:
        await seen_and_heard(tab)
        await until(lambda: bool(agent.room.remote_participants))
        yield agent


async def shot(tab: Tab, folder: Path, name: str) -> None:
    await tab.screenshot(path=folder / f"{name}.png")


async def test_the_join_screen_shows_oneself_and_the_devices(tab: Tab, shots: Path) -> None:
    await expect(tab.get_by_role("heading", name="Meet Alex")).to_be_visible()
    await expect(tab.locator(".badge").first).to_have_text("AI avatar")
    await expect(tab.locator("#mirror")).to_have_attribute("data-picture", "true")
    await expect(tab.locator("#preview")).to_have_js_property("videoWidth", 640)
    assert await tab.locator("#microphones option").count() > 0
    await shot(tab, shots, "join")


async def test_the_avatar_is_seen_and_heard(tab: Tab, server: LocalServer, shots: Path) -> None:
    async with in_call(tab, server):
        first = await tab.evaluate(PICTURE)
        await tab.wait_for_timeout(400)
        assert first != await tab.evaluate(PICTURE)
        assert await tab.evaluate(LOUDNESS) > 0.05
        await expect(tab.locator("#connection")).to_have_text("Connected")
        await expect(tab.locator("#tile .badge")).to_be_visible()
        await shot(tab, shots, "call")


async def test_the_person_is_seen_small_and_no_faster_than_needed(tab: Tab, server: LocalServer) -> None:
    async with in_call(tab, server) as agent:
        camera = await published(agent, rtc.TrackKind.KIND_VIDEO)
        assert (camera.width, camera.height) == (640, 480) and not camera.simulcasted
        await published(agent, rtc.TrackKind.KIND_AUDIO)


async def test_captions_of_both_sides_and_the_agents_state(tab: Tab, server: LocalServer, shots: Path) -> None:
    async with in_call(tab, server) as agent:
        you = agent.person().identity
        await agent.say("What can you", speaker=you, segment="a", final=False)
        await agent.say("What can you see?", speaker=you, segment="a")
        await agent.say("You are smiling, and that suits you well.", segment="b")
        await agent.state("speaking")
        captions = tab.locator("#captions li")
        await expect(captions).to_have_text(["YouWhat can you see?", "AlexYou are smiling, and that suits you well."])
        await expect(tab.locator("#agent-state")).to_have_text("Speaking")
        await expect(tab.locator("#said")).to_contain_text("smiling")
        await shot(tab, shots, "captions")
        await tab.keyboard.press("c")
        await expect(tab.locator("#captions")).to_be_hidden()


async def test_mute_camera_and_hang_up(tab: Tab, server: LocalServer, shots: Path) -> None:
    async with in_call(tab, server) as agent:
        await tab.get_by_role("button", name="Mute the microphone").click()
        await tab.keyboard.press("v")
        await expect(tab.locator("#self-tile")).to_be_hidden()
        await until(lambda: all(one.muted for one in agent.person().track_publications.values()))
        await tab.get_by_role("button", name="Turn on the microphone").click()
        await until(lambda: not all(one.muted for one in agent.person().track_publications.values()))
        await tab.get_by_role("button", name="Hang up").click()
        await expect(tab.get_by_role("heading", name="You hung up")).to_be_visible()
        await until(lambda: not agent.room.remote_participants)
        await shot(tab, shots, "ended")


async def test_a_phone_has_room_for_it_all(
    browser: Browser, page: PageServer, server: LocalServer, shots: Path
) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    async with opened(context, page.url) as tab:
        await expect(tab.locator("#mirror")).to_have_attribute("data-picture", "true")
        await shot(tab, shots, "phone-join")
        async with in_call(tab, server) as agent:
            await agent.say("Hello! How are you today?", speaker=agent.person().identity, segment="a")
            await agent.say("Very well, thank you. What would you like to talk about?", segment="b")
            await expect(tab.locator("#captions li")).to_have_count(2)
            wide = "document.documentElement.scrollWidth <= innerWidth"
            assert await tab.evaluate(wide)
            await shot(tab, shots, "phone-call")
            await tab.set_viewport_size({"width": 360, "height": 640})
            assert await tab.evaluate(wide)
            await expect(tab.get_by_role("button", name="Hang up")).to_be_in_viewport()
            await tab.set_viewport_size({"width": 740, "height": 300})  # held sideways
            await agent.state("listening")
            await expect(tab.locator("#who")).to_be_visible()
            badge, state = await tab.locator("#tile .badge").bounding_box(), await tab.locator("#who").bounding_box()
            assert badge and state and badge["y"] + badge["height"] <= state["y"]
            await shot(tab, shots, "phone-sideways")


async def test_without_permission_one_can_still_call(page: PageServer, server: LocalServer, shots: Path) -> None:
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, permissions=[])
        async with opened(context, page.url) as tab:
            await tab.get_by_role("button", name="Turn on camera and microphone").click()
            await expect(tab.locator("#join-notes")).to_contain_text("Microphone blocked")
            await expect(tab.locator("#join-notes")).to_contain_text("Alex cannot hear you")
            await shot(tab, shots, "denied")
            async with in_call(tab, server) as agent:
                assert not agent.person().track_publications
                await expect(tab.locator("#self-tile")).to_be_hidden()


async def test_an_agent_that_does_not_come_is_said_and_may_still_come(
    tab: Tab, server: LocalServer, shots: Path
) -> None:
    async with tab.expect_response("**/token") as answer:
        await tab.get_by_role("button", name="Start the call").click()
    await expect(tab.locator("#waiting-title")).to_have_text("Calling Alex")
    await shot(tab, shots, "calling")
    await expect(tab.locator("#waiting-title")).to_have_text("Alex does not answer", timeout=25_000)
    await expect(tab.get_by_role("button", name="Try again")).to_be_visible()
    await shot(tab, shots, "absent")
    async with stand_in(server, (await (await answer.value).json())["room"]):
        await expect(tab.locator("#waiting")).to_be_hidden()


async def test_an_agent_that_drops_out_is_called_for_and_may_come_back(tab: Tab, server: LocalServer) -> None:
    async with in_call(tab, server) as agent:
        room = agent.room.name
    await expect(tab.locator("#waiting-title")).to_have_text("Calling Alex")
    async with stand_in(server, room):
        await seen_and_heard(tab)
        assert await tab.evaluate(LOUDNESS) > 0.05


async def test_a_server_that_is_gone_is_said_in_words(tab: Tab, server: LocalServer, shots: Path) -> None:
    await server.stop()
    await tab.get_by_role("button", name="Start the call").click()
    await expect(tab.get_by_role("heading", name="No connection to the call server")).to_be_visible(timeout=60_000)
    await shot(tab, shots, "no-server")


async def test_a_server_that_comes_back_is_joined_again(tab: Tab, server: LocalServer, shots: Path) -> None:
    async with in_call(tab, server):
        await server.stop()
        await expect(tab.locator("#connection")).to_have_text("Reconnecting")
        await shot(tab, shots, "reconnecting")
        await server.start()
        await expect(tab.locator("#connection")).to_have_text("Connected", timeout=60_000)


async def test_a_page_server_that_is_gone_is_said_in_words(tab: Tab, page: PageServer) -> None:
    await page.aclose()
    await tab.get_by_role("button", name="Start the call").click()
    await expect(tab.get_by_role("heading", name="Visavis is not running")).to_be_visible()


async def test_where_sound_is_blocked_a_button_turns_it_on(page: PageServer, server: LocalServer) -> None:
    async with chromium("--use-fake-ui-for-media-stream") as browser:
        context = await browser.new_context()
        async with opened(context, page.url) as tab:
            await tab.evaluate(
                """() => { const play = HTMLMediaElement.prototype.play;
                HTMLMediaElement.prototype.play = function () { return this.muted || window.touched ? play.call(this)
                  : Promise.reject(new DOMException('blocked', 'NotAllowedError')); } }"""
            )
            async with in_call(tab, server):
                assert await tab.evaluate("document.querySelector('#avatar').muted")
                await tab.evaluate("window.touched = true")
                await tab.get_by_role("button", name="Turn the sound on").click()
                await expect(tab.locator("#sound")).to_be_hidden()
                assert not await tab.evaluate("document.querySelector('#avatar').muted")


async def published(agent: StandIn, kind: "rtc.TrackKind.ValueType") -> rtc.RemoteTrackPublication:
    def found() -> list[rtc.RemoteTrackPublication]:
        return [one for one in agent.person().track_publications.values() if one.kind == kind and one.subscribed]

    await until(lambda: bool(found()))
    return found()[0]


async def until(condition: Callable[[], bool], within_s: float = 15) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
