"""The drop-in, with a real agent session in a real room."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from types import SimpleNamespace

import numpy as np
import pytest
from livekit import api, rtc
from livekit.agents import Agent, AgentSession, AgentStateChangedEvent
from livekit.agents.job import _JobContextVar
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.room_io import RoomOptions
from numpy.typing import NDArray
from tests.avatar.conftest import SIZE, SOON_S, Bar, Ear, hum, token

from visavis.avatar import AvatarSession, Face, VideoOptions
from visavis.local.server import LocalServer
from visavis.media.errors import InputError, RoomError
from visavis.media.marks import USERDATA_DIRECTIONS
from visavis_models.serve.direction import Act, Feel, Think
from visavis_models.spec import N_MOTION, Motion

pytestmark = pytest.mark.call
WORDS = "one two three four five six seven eight nine ten"
ONLY_OUR_SOUND = RoomOptions(audio_input=False, audio_output=False, text_input=False)


class App:
    """A livekit-agents app: the two lines, and an agent that says what it is told."""

    def __init__(self, room: rtc.Room, source: Bar | None = None) -> None:
        self.room, self.source = room, source or Bar()
        self.session: AgentSession[None] = AgentSession()
        self.speaking = asyncio.Event()
        self.session.on("agent_state_changed", self._on_state)
        self.avatar = AvatarSession(video=VideoOptions(SIZE), source=self.source)

    async def start(self) -> None:
        await self.avatar.start(self.session, room=self.room)
        await self.session.start(Agent(instructions=""), room=self.room, room_options=ONLY_OUR_SOUND)

    async def aclose(self) -> None:
        await self.session.aclose()
        await self.avatar.aclose()

    async def says(self, seconds: float) -> None:
        """Say the ten words within so many seconds, to the end."""
        async with asyncio.timeout(SOON_S):
            await self.session.say(WORDS, audio=voice(seconds))

    async def cut(self, handle: SpeechHandle, after_s: float) -> None:
        """Interrupt what is being said, so long after it began to speak."""
        async with asyncio.timeout(SOON_S):
            await self.speaking.wait()
            await asyncio.sleep(after_s)
            handle.interrupt()
            await handle

    def _on_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self.speaking.set()

    @property
    def said(self) -> list[str]:
        return [item.text_content or "" for item in self.session.history.items if item.type == "message"]


async def voice(seconds: float) -> AsyncIterator[rtc.AudioFrame]:
    for _ in range(round(seconds * 10)):
        yield hum(0.1)


@pytest.fixture
async def app(agent_room: rtc.Room) -> AsyncIterator[App]:
    running = App(agent_room)
    await running.start()
    yield running
    await running.aclose()


async def test_two_lines_give_an_agent_a_face_and_a_voice(app: App, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, app.room.name)
    await ear.hears(0.3)
    await app.says(0.5)
    await ear.until(lambda: ear.voiced_s > 0.3 and len(ear.frames) > 5)
    assert app.said == [WORDS]
    kinds = [publication.kind for publication in app.room.local_participant.track_publications.values()]
    assert sorted(kinds) == [rtc.TrackKind.KIND_AUDIO, rtc.TrackKind.KIND_VIDEO]


async def test_the_agent_takes_it_for_a_sink_that_can_pause(app: App) -> None:
    sound = app.session.output.audio
    assert sound is not None and sound.can_pause


async def test_the_history_holds_what_was_heard(app: App) -> None:
    handle = app.session.say(WORDS, audio=voice(6.0))
    await app.cut(handle, 1.5)
    (said,) = app.said
    assert said and WORDS.startswith(said.rstrip(" ,.")) and len(said) < len(WORDS) * 0.8


async def timed(seconds: float) -> AsyncIterator[rtc.AudioFrame]:
    """The ten words, each as long as the others, with their times."""
    words, each_s = WORDS.split(), seconds / 10
    for k, word in enumerate(words):
        frame = hum(each_s)
        frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [TimedString(f"{word} ", k * each_s, (k + 1) * each_s)]
        yield frame


async def test_the_history_ends_at_the_word_at_which_the_voice_was_cut(app: App) -> None:
    cuts: list[float] = []
    assert app.session.output.audio is not None
    app.session.output.audio.on("playback_finished", lambda event: cuts.append(event.playback_position))
    handle = app.session.say(WORDS, audio=timed(6.0))
    await app.cut(handle, 1.7)
    (said,), (cut_s,) = app.said, cuts
    heard = WORDS.split()[: int(cut_s / 0.6)]
    assert 0 < len(heard) < 10
    assert said.split()[: len(heard)] == heard and len(said.split()) <= len(heard) + 1


async def test_an_interruption_before_the_first_sound_hangs_nothing(app: App) -> None:
    handle = app.session.say(WORDS, audio=voice(5.0))
    handle.interrupt()
    async with asyncio.timeout(SOON_S):
        await handle
    await app.says(0.3)
    assert app.said[-1] == WORDS


async def test_an_interruption_while_paused_hangs_nothing(app: App) -> None:
    handle = app.session.say(WORDS, audio=voice(5.0))
    async with asyncio.timeout(SOON_S):
        await app.speaking.wait()
        sound = app.session.output.audio
        assert sound is not None
        sound.pause()
        handle.interrupt()
        await handle
        sound.resume()
    await app.says(0.3)


async def test_the_agents_state_reaches_the_room(app: App, server: LocalServer, ear: Ear) -> None:
    ear.room.on("participant_attributes_changed", lambda *_: ear.news.set())
    await ear.join(server, app.room.name)
    await ear.until(
        lambda: any("lk.agent.state" in person.attributes for person in ear.room.remote_participants.values())
    )


async def test_it_waits_for_its_join_like_any_avatar(app: App) -> None:
    await app.avatar.wait_for_join(timeout=SOON_S)
    assert app.avatar.avatar_identity == "agent"


async def test_started_before_the_room_is_connected(server: LocalServer) -> None:
    room = rtc.Room()
    app = App(room)
    await app.avatar.start(app.session, room=room)
    await room.connect(server.url, token(server, "early", "agent"))
    await app.session.start(Agent(instructions=""), room=room, room_options=ONLY_OUR_SOUND)
    await app.says(0.3)
    await app.aclose()
    await room.disconnect()


async def test_its_end_leaves_the_agent_in_the_room(agent_room: rtc.Room, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, agent_room.name)
    async with api.LiveKitAPI(server.url.replace("ws", "http"), server.key, server.secret) as calls:
        job = SimpleNamespace(api=calls, add_shutdown_callback=lambda callback: None)
        context = _JobContextVar.set(job)  # type: ignore[arg-type]  # what the base needs to remove a participant
        try:
            app = App(agent_room)
            await app.avatar.start(app.session, room=agent_room)
            await app.avatar.aclose()
        finally:
            _JobContextVar.reset(context)
    await asyncio.sleep(0.3)
    assert agent_room.isconnected() and list(ear.room.remote_participants) == ["agent"]


async def test_ending_twice_is_ending_once(agent_room: rtc.Room) -> None:
    app = App(agent_room)
    await app.avatar.start(app.session, room=agent_room)
    await app.avatar.aclose()
    await app.avatar.aclose()
    with pytest.raises(RuntimeError, match="not started"):
        app.avatar.stats()


async def test_starting_twice_is_refused(app: App) -> None:
    with pytest.raises(RuntimeError, match="started already"):
        await app.avatar.start(app.session, room=app.room)
    assert len(app.room.local_participant.track_publications) == 2


async def test_a_room_that_lets_nobody_publish_is_said(server: LocalServer) -> None:
    grants = api.VideoGrants(room_join=True, room="mute", can_publish=False)
    silenced = api.AccessToken(server.key, server.secret).with_identity("agent").with_grants(grants).to_jwt()
    room = rtc.Room()
    await room.connect(server.url, silenced)
    app = App(room)
    with pytest.raises(RoomError, match="let it publish"):
        async with asyncio.timeout(SOON_S):
            await app.start()
    await app.avatar.aclose()
    await room.disconnect()


async def test_it_ends_where_the_server_has_ended() -> None:
    async with LocalServer(environment=False) as server:
        room = rtc.Room()
        await room.connect(server.url, token(server, "gone", "agent"))
        app = App(room)
        await app.start()
        await server.stop()
        await asyncio.sleep(0.5)
        await app.avatar.aclose()
        assert not [task for task in asyncio.all_tasks() if "Runner" in repr(task.get_coro())]
        await app.session.aclose()
        await room.disconnect()


class Listener(Bar):
    """Notes that it was given the person's voice."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = threading.Event()

    def next(
        self, voice: NDArray[np.float32], user: NDArray[np.float32] | None, user_motion: Motion | None, skip: int
    ) -> NDArray[np.uint8]:
        if user is not None and user.any() and user_motion is not None:
            self.heard.set()
        return super().next(voice, user, user_motion, skip)


async def test_the_face_hears_and_sees_the_person(agent_room: rtc.Room, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, agent_room.name)
    app = App(agent_room, Listener())
    await app.start()
    app.avatar.hear(hum(0.1, 16_000))
    app.avatar.see(Motion(np.zeros((10, N_MOTION), np.float32)))
    assert isinstance(app.source, Listener)
    assert await asyncio.to_thread(app.source.heard.wait, SOON_S)
    await app.aclose()


async def test_a_face_nobody_has_is_refused(agent_room: rtc.Room) -> None:
    with pytest.raises(InputError, match="nobody"):
        await AvatarSession("nobody").start(AgentSession(), room=agent_room)


def test_a_face_takes_its_bearing_as_a_session_does() -> None:
    with pytest.raises(InputError, match="glad"):
        Face.open("alex", emotion="glad")
    Face.open("alex", emotion="happy:0.4")


async def test_alex_shows(agent_room: rtc.Room, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, agent_room.name)
    avatar = AvatarSession("alex", video=VideoOptions(256))
    await avatar.start(AgentSession(), room=agent_room)
    await ear.until(lambda: sum(event.frame.width == 256 for event in ear.frames) > 10)
    assert avatar.stats().frames.shown > 10
    await avatar.aclose()


async def test_acts_reach_what_draws_at_once(app: App, server: LocalServer, ear: Ear) -> None:
    app.avatar.express("smile", 0.5)
    app.avatar.feel("happy", 0.4, seconds=3.0)
    await ear.join(server, app.room.name)
    await ear.until(lambda: len(app.source.directed) >= 2)
    assert [what for _, what in app.source.directed] == [Act("smile", 0.5), Feel("happy", 0.4, 3.0)]
    with pytest.raises(InputError, match="gesture 'jump' is not known"):
        app.avatar.express("jump")


async def test_acts_begin_in_time_with_the_voice_that_carries_them(app: App, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, app.room.name)
    await ear.hears(0.3)

    async def nodding() -> AsyncIterator[rtc.AudioFrame]:
        async for frame in voice(1.0):
            yield frame
        frame = hum(0.5)
        frame.userdata[USERDATA_DIRECTIONS] = [Act("nod")]
        yield frame

    async with asyncio.timeout(SOON_S):
        await app.session.say(WORDS, audio=nodding())
    ((frame, what),) = app.source.directed
    assert app.source.first_loud is not None
    # a starved machine shows the voice's beginning late, never the act: to the sample see tests/media/test_marks.py
    assert what == Act("nod") and app.source.first_loud < frame <= app.source.first_loud + 26


async def test_a_thought_begins_and_ends_with_the_agents_state(app: App, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, app.room.name)
    for state in ("thinking", "speaking", "listening"):
        app.session._update_agent_state(state)
    await ear.until(lambda: len(app.source.directed) >= 2)
    assert [what for _, what in app.source.directed] == [Think(True), Think(False)]
