"""Face on demand, in a real room: after a first picture, drawn and encoded while somebody watches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from livekit import rtc
from tests.avatar.conftest import Ear, Stage, token

from visavis.local.server import LocalServer
from visavis.local.tokens import access_token

pytestmark = pytest.mark.call


async def rests(stage: Stage) -> bool:
    """Whether nothing is drawn for half a second."""
    await asyncio.sleep(0.1)  # a frame that was begun
    asked = stage.source.asked
    await asyncio.sleep(0.5)
    return stage.source.asked == asked


async def comes_to_rest(stage: Stage) -> None:
    """Wait until nothing is drawn any more; fails when that never comes."""
    async with asyncio.timeout(15):  # the server is told, and tells us, when a busy machine lets it
        while not await rests(stage):
            pass


async def encoded(stage: Stage) -> int:
    """How many frames of the face were encoded so far."""
    (track,) = [
        publication.track
        for publication in stage.room.local_participant.track_publications.values()
        if publication.kind == rtc.TrackKind.KIND_VIDEO
    ]
    assert track is not None
    reports = await track.get_stats()
    return sum(r.outbound_rtp.outbound.frames_encoded for r in reports if r.HasField("outbound_rtp"))


async def test_nobody_there_nothing_is_drawn(stage: Stage) -> None:
    await stage.say(0.5)
    await stage.played_out()
    assert stage.source.asked == 1 and await encoded(stage) <= 1


async def test_a_telephone_hears_and_sees_nothing(stage: Stage, server: LocalServer) -> None:
    phone = rtc.Room()
    ours = access_token(server.endpoint.keys, room=stage.room.name, identity="sip_1", agent=None, kind="sip")
    await phone.connect(server.url, ours, rtc.RoomOptions(auto_subscribe=False))
    phone.on("track_published", lambda p, _: p.set_subscribed(p.kind == rtc.TrackKind.KIND_AUDIO))
    for publication in phone.remote_participants["agent"].track_publications.values():
        publication.set_subscribed(publication.kind == rtc.TrackKind.KIND_AUDIO)
    await stage.say(1.0)
    await stage.played_out()
    assert stage.source.asked == 1 and await encoded(stage) <= 1
    await phone.disconnect()


async def test_a_viewer_in_mid_sentence_sees_the_sound_of_now(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await stage.say(4.0)
    await asyncio.sleep(1.0)
    await ear.join(server, stage.room.name)
    await ear.until(lambda: bool(ear.sound))  # connected: the voice always flows
    await ear.until(lambda: len(ear.frames) > 20)
    assert stage.source.loud >= stage.source.asked - 2  # the voice was on: lips move from the first picture
    assert stage.source.skipped <= 25 + stage.runner.stats().frames.skipped


async def goes_well(hitches: Callable[[], Awaitable[int]]) -> bool:
    """Whether one of five times is without a hitch: a busy machine stands still now and then, our own fault stays."""
    for _ in range(5):
        if await hitches() == 0:
            return True
    return False


async def test_the_last_viewer_leaves_and_the_voice_goes_on(stage: Stage, server: LocalServer) -> None:
    async def hitches() -> int:
        before = stage.runner.stats().underruns
        ear = Ear()
        await ear.join(server, stage.room.name)
        seen = len(ear.frames)
        await ear.until(lambda: len(ear.frames) > seen + 5)
        await stage.say(6.0)
        await ear.until(lambda: ear.voiced_s > 0.3)
        await ear.aclose()
        await comes_to_rest(stage)
        asked, frames = stage.source.asked, await encoded(stage)
        finished = await stage.played_out()
        assert (finished.playback_position, finished.interrupted) == (pytest.approx(6.0), False)
        assert stage.source.asked == asked and await encoded(stage) == frames
        return stage.runner.stats().underruns - before

    assert await goes_well(hitches)


async def test_who_stays_and_looks_away_lets_it_rest_too(stage: Stage, server: LocalServer, ear: Ear) -> None:
    """The server tells of it half a second later (`dynacast_pause_delay`; 5 s is its default)."""
    await ear.join(server, stage.room.name)
    await ear.until(lambda: len(ear.frames) > 5)
    (person,) = ear.room.remote_participants.values()
    (face,) = [p for p in person.track_publications.values() if p.kind == rtc.TrackKind.KIND_VIDEO]
    face.set_subscribed(False)
    await comes_to_rest(stage)
    seen = len(ear.frames)
    face.set_subscribed(True)
    await ear.until(lambda: len(ear.frames) > seen)


async def test_the_voice_has_no_hitch_when_viewers_come_and_go(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name, audio=True)
    await ear.hears(0.5)

    async def hitches() -> int:
        """Pieces of 10 ms that are missing in a tone of some two seconds, beyond two, and times the sound ran dry."""
        before = stage.runner.stats().underruns
        voiced_s, from_s = ear.voiced_s, len(ear.voice)
        await stage.say(2.4)
        await ear.until(lambda: ear.voiced_s > voiced_s + 0.2)
        viewer = Ear()
        await viewer.join(server, stage.room.name, audio=False, identity="viewer")
        await viewer.until(lambda: len(viewer.frames) > 3)
        await viewer.aclose()
        await stage.played_out()
        await ear.hears(0.3)
        loud = np.abs(ear.voice[from_s:].astype(int)) > 1500
        first, *_, last = np.flatnonzero(loud)
        tone = loud[first : first + (last - first) // 480 * 480].reshape(-1, 480).any(axis=1)
        return max(int((~tone).sum()) - 2, 0) + stage.runner.stats().underruns - before

    assert await goes_well(hitches)


async def test_who_never_takes_the_face_is_not_drawn_for_long(stage: Stage, server: LocalServer) -> None:
    deaf = rtc.Room()
    await deaf.connect(server.url, token(server, stage.room.name, "deaf"), rtc.RoomOptions(auto_subscribe=False))
    async with asyncio.timeout(15):
        while not await rests(stage) or stage.source.asked < 10:  # it may become known late
            pass
    await deaf.disconnect()
