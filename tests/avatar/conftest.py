"""A real room on a real server: the avatar's side, and somebody who listens and watches."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import numpy as np
import pytest
from livekit import rtc
from livekit.agents.voice.io import PlaybackFinishedEvent, PlaybackProgressedEvent, PlaybackStartedEvent
from numpy.typing import NDArray

from visavis.avatar.runner import Runner, VideoOptions
from visavis.avatar.sink import AvatarAudioOutput
from visavis.local.server import LocalServer
from visavis.local.tokens import access_token
from visavis.media.events import ENVELOPE_TOPIC, EVENTS_TOPIC, Event, VoiceEnvelope, decode
from visavis_models.serve.direction import Direction
from visavis_models.spec import MODEL_FRAME, Motion

SIZE = 128
RATE = 24_000
SOON_S = 30.0  # for whatever must happen at all

Heard = PlaybackStartedEvent | PlaybackProgressedEvent | PlaybackFinishedEvent


class Bar:
    """Draws how loud the frame's voice is."""

    def __init__(self, size: int = SIZE) -> None:
        self.size = size
        self.asked = 0
        self.directed: list[tuple[int, Direction]] = []  # with the number of the frame that each begins with
        self.skipped = 0
        self.loud = 0
        self.first_loud: int | None = None  # number of the frame in which something is heard

    def direct(self, direction: Direction, in_frames: int) -> None:
        self.directed.append((self.asked + self.skipped + in_frames, direction))

    def next(
        self, voice: NDArray[np.float32], user: NDArray[np.float32] | None, user_motion: Motion | None, skip: int
    ) -> NDArray[np.uint8]:
        if self.first_loud is None and (loud := np.flatnonzero(np.abs(voice[: (skip + 1) * MODEL_FRAME]) > 0.1)).size:
            self.first_loud = self.asked + self.skipped + int(loud[0]) // MODEL_FRAME
        level = float(np.abs(voice[skip * MODEL_FRAME : (skip + 1) * MODEL_FRAME]).max(initial=0.0))
        self.asked, self.skipped, self.loud = self.asked + 1, self.skipped + skip, self.loud + (level > 0.1)
        picture = np.full((self.size, self.size, 3), 40, np.uint8)
        picture[: int(level * self.size)] = 120
        return picture


@pytest.fixture(scope="session")
def server(server_installed: None) -> Iterator[LocalServer]:
    """One real LiveKit server for all tests, served by a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = LocalServer(environment=False)
    asyncio.run_coroutine_threadsafe(running.start(), loop).result(60)
    yield running
    asyncio.run_coroutine_threadsafe(running.aclose(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def token(server: LocalServer, room: str, identity: str) -> str:
    return access_token(server.endpoint.keys, room=room, identity=identity, agent=None)


class Ear:
    """Somebody in the room who hears, sees and notes everything."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.sound: list[NDArray[np.int16]] = []
        self.frames: list[rtc.VideoFrameEvent] = []
        self.events: list[Event] = []
        self.envelopes: list[VoiceEnvelope] = []
        self.news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def join(
        self, server: LocalServer, room: str, *, audio: bool = True, identity: str = "ear", ticket: str = ""
    ) -> None:
        """Enter `room`, by `ticket` where it is another than that of a listener who calls nobody."""
        self.room.on("track_published", lambda p, _: p.set_subscribed(audio or p.kind != rtc.TrackKind.KIND_AUDIO))
        self.room.on("track_subscribed", self._on_track)
        self.room.on("data_received", self._on_data)
        ticket = ticket or token(server, room, identity)
        await self.room.connect(server.url, ticket, rtc.RoomOptions(auto_subscribe=False))
        for person in self.room.remote_participants.values():
            for publication in person.track_publications.values():
                publication.set_subscribed(audio or publication.kind != rtc.TrackKind.KIND_AUDIO)

    @property
    def voice(self) -> NDArray[np.int16]:
        return np.concatenate([*self.sound, np.zeros(0, np.int16)])

    @property
    def voiced_s(self) -> float:
        """Seconds of 10 ms that are loud."""
        voice = np.abs(self.voice[: len(self.voice) // 480 * 480]).reshape(-1, 480)
        return float((voice.max(axis=1, initial=0) > 1500).sum()) * 0.01

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON_S):
            while not condition():
                self.news.clear()
                await self.news.wait()

    async def hears(self, seconds: float) -> None:
        """Wait until so much more sound has come, silence or voice."""
        end = len(self.voice) + seconds * 48_000
        await self.until(lambda: len(self.voice) >= end)

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.disconnect()

    def _on_track(self, track: rtc.RemoteTrack, *_: object) -> None:
        listen = self._hear if track.kind == rtc.TrackKind.KIND_AUDIO else self._watch
        self._tasks.append(asyncio.create_task(listen(track)))

    async def _hear(self, track: rtc.RemoteTrack) -> None:
        stream = rtc.AudioStream(track, sample_rate=48_000, num_channels=1)
        try:
            async for event in stream:
                self.sound.append(np.frombuffer(event.frame.data, np.int16).copy())
                self.news.set()
        finally:
            await stream.aclose()

    async def _watch(self, track: rtc.RemoteTrack) -> None:
        stream = rtc.VideoStream(track)
        try:
            async for event in stream:
                self.frames.append(event)
                self.news.set()
        finally:
            await stream.aclose()

    def _on_data(self, packet: rtc.DataPacket) -> None:
        if packet.topic == EVENTS_TOPIC and (event := decode(packet.data)):
            self.events.append(event)
        elif packet.topic == ENVELOPE_TOPIC and (envelope := VoiceEnvelope.decode(packet.data)):
            self.envelopes.append(envelope)
        self.news.set()


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    """A listener who has not joined yet."""
    listener = Ear()
    yield listener
    await listener.aclose()


class Stage:
    """A runner in a room, the sink that the agent would write to, and what that sink was told."""

    def __init__(self, room: rtc.Room, source: Bar, *, probing: bool = False) -> None:
        self.room, self.source = room, source
        self.sink = AvatarAudioOutput()
        self.heard: list[Heard] = []
        self.sink.on("playback_started", self.heard.append)
        self.sink.on("playback_progressed", self.heard.append)
        self.sink.on("playback_finished", self.heard.append)
        self.runner = Runner(room, self.sink, source, video=VideoOptions(SIZE), probing=probing)

    async def say(self, seconds: float, *, flush: bool = True) -> None:
        for _ in range(round(seconds * 10)):
            await self.sink.capture_frame(hum(0.1))
        if flush:
            self.sink.flush()

    async def started(self) -> None:
        """Wait until something of it was heard."""
        begun = asyncio.Event()
        self.sink.once("playback_started", lambda _: begun.set())
        async with asyncio.timeout(SOON_S):
            await begun.wait()

    async def played_out(self) -> PlaybackFinishedEvent:
        async with asyncio.timeout(SOON_S):
            return await self.sink.wait_for_playout()

    @property
    def finishes(self) -> list[PlaybackFinishedEvent]:
        return [event for event in self.heard if isinstance(event, PlaybackFinishedEvent)]

    @property
    def starts(self) -> int:
        return sum(isinstance(event, PlaybackStartedEvent) for event in self.heard)


def hum(seconds: float, rate: int = RATE) -> rtc.AudioFrame:
    """A steady tone of 200 Hz, whole periods of it."""
    wave = 12_000 * np.sin(2 * np.pi * 200 * np.arange(round(seconds * rate)) / rate)
    return rtc.AudioFrame(wave.astype(np.int16).tobytes(), rate, 1, len(wave))


@pytest.fixture
async def agent_room(server: LocalServer, request: pytest.FixtureRequest) -> AsyncIterator[rtc.Room]:
    """The agent's room, connected; each test has one of its own, named after it."""
    room = rtc.Room()
    await room.connect(server.url, token(server, request.node.name, "agent"), rtc.RoomOptions(dynacast=True))
    yield room
    await room.disconnect()


@pytest.fixture
async def stage(agent_room: rtc.Room) -> AsyncIterator[Stage]:
    """A face on stage, published."""
    staged = Stage(agent_room, Bar())
    await staged.runner.start()
    await staged.runner.until_published()
    yield staged
    await staged.runner.aclose()
