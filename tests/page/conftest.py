"""A real server, the real page in real headless Chromium, and a stand-in agent that moves and sounds."""

import asyncio
import contextlib
import shutil
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from livekit import api, rtc
from playwright.async_api import Browser, BrowserContext, async_playwright, expect
from playwright.async_api import Page as Tab

from visavis.local.page import DIST, PageServer
from visavis.local.ports import free_port
from visavis.local.server import LocalServer

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
RATE, SIZE = 48_000, 256
PICTURE = """() => { const video = document.querySelector('#avatar'); const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 32; const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 32, 32); return [...context.getImageData(0, 0, 32, 32).data]; }"""
TRACKS = "document.querySelector('#avatar').srcObject.getTracks().length"
LOUDNESS = """async () => { const audio = new AudioContext(); await audio.resume();
  const analyser = audio.createAnalyser();
  audio.createMediaStreamSource(document.querySelector('#avatar').srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize); let peak = 0;
  for (let k = 0; k < 60 && peak < 0.05; k++) { await new Promise((go) => setTimeout(go, 50));
    analyser.getFloatTimeDomainData(samples); peak = Math.max(peak, ...samples.map(Math.abs)); }
  await audio.close(); return peak; }"""


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


@pytest.fixture
async def page(server: LocalServer) -> AsyncIterator[PageServer]:
    if not DIST.exists():
        pytest.skip("the page is not built (make setup)")
    async with PageServer(server.endpoint, free_port()) as running:
        yield running


@contextlib.asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    if not shutil.which(CHROMIUM):
        pytest.skip(f"there is no {CHROMIUM}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """Chromium whose microphone hums and whose camera shows a test picture; both allowed."""
    sound = tmp_path / "microphone.wav"
    hum(sound)
    async with chromium("--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={sound}") as running:
        yield running


@pytest.fixture
async def tab(browser: Browser, page: PageServer) -> AsyncIterator[Tab]:
    """The page, open, at 1280x800; any error on its console fails the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    async with opened(context, page.url) as tab:
        yield tab


@contextlib.asynccontextmanager
async def opened(context: BrowserContext, url: str) -> AsyncIterator[Tab]:
    context.set_default_timeout(20_000)
    tab = await context.new_page()
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    await tab.goto(url)
    yield tab
    await context.close()
    assert not faults


async def seen_and_heard(tab: Tab, within_s: float = 30) -> None:
    """Wait until the avatar's picture is shown and its voice has come, which may be later."""
    await expect(tab.locator("#waiting")).to_be_hidden(timeout=1000 * within_s)
    async with asyncio.timeout(within_s):
        while await tab.evaluate(TRACKS) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def hum(path: Path, seconds: float = 2.0) -> None:
    """A wave file of a soft 220 Hz tone."""
    t = np.arange(int(RATE * seconds)) / RATE
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((6000 * np.sin(2 * np.pi * 220 * t)).astype("<i2").tobytes())


class StandIn:
    """An agent of the room's: a moving picture, a 440 Hz tone, states and captions, and ears."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = room
        self._picture, self._voice = rtc.VideoSource(SIZE, SIZE), rtc.AudioSource(RATE, 1)
        self._tasks: list[asyncio.Task[None]] = []

    async def publish(self) -> None:
        me = self.room.local_participant
        await me.set_attributes({"lk.agent.state": "listening"})
        video = rtc.LocalVideoTrack.create_video_track("face", self._picture)
        audio = rtc.LocalAudioTrack.create_audio_track("voice", self._voice)
        await me.publish_track(video, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False))
        await me.publish_track(audio, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE))
        self._tasks = [asyncio.create_task(self._show()), asyncio.create_task(self._sound())]

    async def state(self, state: str) -> None:
        await self.room.local_participant.set_attributes({"lk.agent.state": state})

    async def say(self, text: str, *, speaker: str | None = None, segment: str = "s", final: bool = True) -> None:
        """A caption on LiveKit's transcription stream, in the name of `speaker` or in its own."""
        writer = await self.room.local_participant.stream_text(
            topic="lk.transcription",
            sender_identity=speaker or self.room.local_participant.identity,
            attributes={"lk.segment_id": segment, "lk.transcription_final": str(final).lower()},
        )
        for word in text.split(" "):
            await writer.write(word + " ")
        await writer.aclose()

    def person(self) -> rtc.RemoteParticipant:
        (person,) = self.room.remote_participants.values()
        return person

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._voice.aclose()
        await self._picture.aclose()
        await self.room.disconnect()

    async def _show(self) -> None:
        picture = np.full((SIZE, SIZE, 4), 40, np.uint8)
        for k in range(10_000):
            picture[:, :, 1] = 60
            picture[:, (np.arange(32) + 4 * k) % SIZE, 1] = 220
            self._picture.capture_frame(rtc.VideoFrame(SIZE, SIZE, rtc.VideoBufferType.RGBA, picture.tobytes()))
            await asyncio.sleep(0.05)

    async def _sound(self) -> None:
        step = RATE // 100
        for k in range(1_000_000):
            t = (np.arange(step) + k * step) / RATE
            tone = (9000 * np.sin(2 * np.pi * 440 * t)).astype("<i2")
            await self._voice.capture_frame(rtc.AudioFrame(tone.tobytes(), RATE, 1, step))


@contextlib.asynccontextmanager
async def stand_in(server: LocalServer, room: str) -> AsyncIterator[StandIn]:
    """A stand-in agent in `room`."""
    grants = api.VideoGrants(room_join=True, room=room, can_update_own_metadata=True)
    token = api.AccessToken(server.key, server.secret).with_identity("agent").with_kind("agent").with_grants(grants)
    agent = StandIn(rtc.Room())
    await agent.room.connect(server.url, token.to_jwt())
    await agent.publish()
    try:
        yield agent
    finally:
        await agent.aclose()
