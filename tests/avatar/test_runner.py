"""The runner in a real room: one test for each trap of the stock one, and for what it adds."""

from __future__ import annotations

import asyncio
import threading
import time

import numpy as np
import pytest
from livekit import rtc
from livekit.agents.voice.avatar import AudioSegmentEnd, DataStreamAudioOutput, DataStreamAudioReceiver
from livekit.agents.voice.io import PlaybackProgressedEvent
from tests.avatar.conftest import Bar, Ear, Stage, hum, token

from visavis.avatar.runner import Runner, VideoOptions
from visavis.local.server import LocalServer
from visavis.media.errors import InputError
from visavis.media.events import CLOCK_RPC, AvatarAnswered, SpeechResumed, SpeechStopped, wall_us

# what a receiver's stretching may add on a busy machine; tests/media/test_speech.py is exact to the sample
NEARLY_S = 0.3

pytestmark = pytest.mark.call


async def test_the_voice_is_heard_and_its_end_is_told(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name)
    await ear.hears(0.5)
    await stage.say(0.6)
    finished = await stage.played_out()
    assert (finished.playback_position, finished.interrupted) == (pytest.approx(0.6), False)
    await ear.hears(0.5)
    assert abs(ear.voiced_s - 0.6) < NEARLY_S
    assert stage.starts == 1 and len(stage.finishes) == 1


async def test_after_a_clear_nothing_more_is_heard(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name)
    await ear.hears(0.5)
    await stage.say(5.0)
    await ear.until(lambda: ear.voiced_s > 0.5)
    stage.sink.clear_buffer()
    finished = await stage.played_out()
    await ear.hears(0.6)
    assert abs(ear.voiced_s - finished.playback_position) < NEARLY_S
    assert finished.interrupted and len(stage.finishes) == 1


async def test_a_clear_brings_no_spurious_start(stage: Stage) -> None:
    await stage.say(0.3, flush=False)
    stage.sink.clear_buffer()
    await asyncio.sleep(0.3)
    assert stage.starts == 0 and [event.playback_position for event in stage.finishes] == [0.0]


async def test_a_clear_before_the_first_frame_finishes_once(stage: Stage) -> None:
    await stage.sink.capture_frame(hum(0.1))
    stage.sink.clear_buffer()  # the runner has not seen anything of it
    finished = await stage.played_out()
    assert finished.interrupted and len(stage.finishes) == 1


async def test_a_clear_of_nothing_finishes_nothing(stage: Stage) -> None:
    stage.sink.clear_buffer()
    await asyncio.sleep(0.1)
    assert not stage.heard


async def test_a_receiver_whose_frames_are_still_on_their_way_gets_one_finish(agent_room: rtc.Room) -> None:
    stage = Stage(agent_room, Bar())
    finishes: list[tuple[float, bool]] = []
    stage.sink.notify_playback_finished = lambda *finish: finishes.append(finish)  # type: ignore[method-assign]
    await stage.runner.start()
    stage.sink.emit("clear_buffer")  # type: ignore[arg-type]
    assert finishes == [(0.0, True)]
    await stage.runner.aclose()


async def test_a_stray_end_after_a_clear_does_not_close_the_next_segment(stage: Stage) -> None:
    await stage.say(2.0)
    stage.sink.clear_buffer()
    await stage.played_out()
    stage.sink._items.append(AudioSegmentEnd())  # as a remote sender's stream does when it is torn down
    await stage.say(0.4)
    finished = await stage.played_out()
    assert (finished.playback_position, finished.interrupted) == (pytest.approx(0.4), False)
    assert len(stage.finishes) == 2


async def test_video_does_not_wait_for_somebody_who_listens(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name, audio=False)
    await ear.until(lambda: len(ear.frames) > 10)
    assert not ear.sound


async def test_what_is_published_is_what_was_meant(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name)
    await ear.until(lambda: bool(ear.frames and ear.sound))
    (person,) = ear.room.remote_participants.values()
    tracks = {publication.kind: publication for publication in person.track_publications.values()}
    face, voice = tracks[rtc.TrackKind.KIND_VIDEO], tracks[rtc.TrackKind.KIND_AUDIO]
    assert (face.mime_type.lower(), face.simulcasted, face.source) == (
        "video/h264", False, rtc.TrackSource.SOURCE_CAMERA,
    )  # fmt: skip
    assert voice.source == rtc.TrackSource.SOURCE_MICROPHONE
    assert (ear.frames[-1].frame.width, ear.frames[-1].frame.height) == (128, 128)


async def test_every_frame_carries_the_clock_of_its_sound(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name)
    await ear.until(lambda: len(ear.frames) > 30 and len(ear.envelopes) > 4)
    stamps = np.array([event.metadata.user_timestamp for event in ear.frames if event.metadata])
    assert len(stamps) == len(ear.frames)
    steps = np.diff(stamps) / 40_000
    assert steps.min() > 0.5 and abs(np.median(steps) - 1) < 0.1  # a busy machine skips frames
    assert abs(stamps[-1] - wall_us()) < 10_000_000


async def test_the_envelope_tells_how_loud_the_voice_was(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name)
    await ear.hears(0.3)
    await stage.say(0.6)
    await stage.played_out()
    await ear.until(lambda: sum(byte > 60 for sent in ear.envelopes for byte in sent.levels) >= 115)
    assert {len(sent.levels) for sent in ear.envelopes} == {50}


async def test_the_clock_can_be_asked(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name)
    before = wall_us()
    answer = await ear.room.local_participant.perform_rpc(destination_identity="agent", method=CLOCK_RPC, payload="")
    assert before <= int(answer) <= wall_us()


async def test_a_pause_keeps_what_was_not_heard(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name)
    await ear.hears(0.5)
    await stage.say(1.5)
    await ear.until(lambda: ear.voiced_s > 0.4)
    stage.sink.pause()
    await ear.hears(0.4)
    silent_at = ear.voiced_s
    await ear.hears(0.5)
    assert ear.voiced_s == silent_at and not stage.finishes
    stage.sink.resume()
    finished = await stage.played_out()
    await ear.hears(0.5)
    assert (finished.playback_position, finished.interrupted) == (pytest.approx(1.5), False)
    assert abs(ear.voiced_s - 1.5) < NEARLY_S
    assert [type(event) for event in ear.events if not isinstance(event, AvatarAnswered)] == [
        SpeechStopped, SpeechResumed,
    ]  # fmt: skip
    assert stage.starts == 1


async def test_progress_covers_what_was_heard(stage: Stage) -> None:
    await stage.say(0.5)
    await stage.played_out()
    (run,) = [event for event in stage.heard if isinstance(event, PlaybackProgressedEvent)]
    assert (run.offset, run.duration) == (0.0, pytest.approx(0.5))


async def test_pause_then_clear_is_over_at_once(stage: Stage) -> None:
    await stage.say(3.0)
    await stage.started()
    stage.sink.pause()
    stage.sink.clear_buffer()
    finished = await stage.played_out()
    assert finished.interrupted and finished.playback_position < 3.0


async def test_the_next_voice_after_pause_and_clear_is_heard_once_resumed(stage: Stage) -> None:
    await stage.say(3.0)
    stage.sink.pause()
    stage.sink.clear_buffer()
    stage.sink.resume()
    await stage.say(0.3)
    assert not (await stage.played_out()).interrupted


async def test_speech_slower_than_real_time_is_one_segment(stage: Stage) -> None:
    for _ in range(4):
        await stage.sink.capture_frame(hum(0.04))
        await asyncio.sleep(0.15)
    assert not stage.finishes
    stage.sink.flush()
    finished = await stage.played_out()
    assert (finished.playback_position, finished.interrupted) == (pytest.approx(0.16), False)
    assert stage.starts == 1 and len(stage.finishes) == 1


async def test_the_face_lives_on_while_nobody_speaks(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name)
    await ear.until(lambda: len(ear.frames) > 25)
    assert stage.source.loud == 0
    await stage.say(0.4)
    await stage.played_out()
    seen = len(ear.frames)
    await ear.until(lambda: len(ear.frames) > seen + 10)
    assert stage.source.loud >= 8


async def test_an_answer_tells_what_the_avatar_added(stage: Stage, server: LocalServer, ear: Ear) -> None:
    await ear.join(server, stage.room.name)
    await ear.hears(0.3)
    await stage.say(0.5)
    await ear.until(lambda: any(isinstance(event, AvatarAnswered) for event in ear.events))
    (answered,) = [event for event in ear.events if isinstance(event, AvatarAnswered)]
    assert answered.audio_in_us < answered.out_us


async def test_it_speaks_once_the_room_is_connected(server: LocalServer) -> None:
    room = rtc.Room()
    stage = Stage(room, Bar())
    await stage.runner.start()
    await stage.say(0.3)
    await asyncio.sleep(0.3)
    assert not stage.heard
    await room.connect(server.url, token(server, "late", "agent"))
    assert not (await stage.played_out()).interrupted
    await stage.runner.aclose()
    await room.disconnect()


async def test_threads_tasks_and_tracks_come_back(agent_room: rtc.Room) -> None:
    threads = {thread.name for thread in threading.enumerate()}
    tasks = asyncio.all_tasks()
    stage = Stage(agent_room, Bar())
    await stage.runner.start()
    await stage.runner.until_published()
    await stage.say(0.5)
    await stage.runner.aclose()
    assert not agent_room.local_participant.track_publications
    left = {thread.name for thread in threading.enumerate()} - threads
    assert not [name for name in left if name.startswith("visavis")]
    assert not {task for task in asyncio.all_tasks() - tasks if "visavis" in repr(task.get_coro())}
    assert len(stage.finishes) == 1  # whatever was awaited is over


async def test_after_its_end_an_agent_that_speaks_on_does_not_hang(agent_room: rtc.Room) -> None:
    stage = Stage(agent_room, Bar())
    await stage.runner.start()
    await stage.runner.aclose()
    await stage.say(0.2)
    assert (await stage.played_out()).interrupted


async def test_a_failing_face_leaves_the_voice(agent_room: rtc.Room, server: LocalServer, ear: Ear) -> None:
    class Broken(Bar):
        def next(self, *args: object) -> np.ndarray:
            raise OSError("no face")

    await ear.join(server, agent_room.name)
    stage = Stage(agent_room, Broken())
    await stage.runner.start()
    await ear.until(lambda: any(getattr(event, "part", "") == "face" for event in ear.events))
    await stage.say(0.3)
    assert not (await stage.played_out()).interrupted
    await stage.runner.aclose()


async def test_a_busy_event_loop_does_not_hold_up_the_voice(stage: Stage) -> None:
    await stage.say(2.0)
    await stage.started()
    clock = stage.runner._speech.clock
    before = clock.pushed
    time.sleep(0.5)  # noqa: ASYNC251  # as some plugin might
    assert clock.pushed - before > 0.2 * 48_000


async def test_the_stock_remote_receiver_plays_and_clears(agent_room: rtc.Room, server: LocalServer) -> None:
    away = rtc.Room()
    await away.connect(server.url, token(server, agent_room.name, "face"))
    runner = Runner(away, DataStreamAudioReceiver(away, sender_identity="agent"), Bar(), video=VideoOptions(128))
    await runner.start()
    output = DataStreamAudioOutput(agent_room, destination_identity="face", wait_playback_start=True)
    for seconds, clears in ((0.4, False), (4.0, True), (0.4, False)):
        begun = asyncio.Event()
        output.once("playback_started", lambda _, begun=begun: begun.set())
        for _ in range(round(seconds * 10)):
            await output.capture_frame(hum(0.1))
        output.flush()
        async with asyncio.timeout(20):
            await begun.wait()
            if clears:
                output.clear_buffer()
            finished = await output.wait_for_playout()
        assert finished.interrupted == clears and (finished.playback_position == pytest.approx(seconds)) != clears
    await runner.aclose()
    await away.disconnect()


@pytest.mark.parametrize("bad", [{"size": 33}, {"size": 101}, {"max_bitrate": 10}])
def test_bad_options_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(InputError, match="give"):
        VideoOptions(**bad)
