"""Speech on the clock, driven by hand: a queue that lets 10 ms go every 10 ms, and no real time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.media.playout import PlayoutClock
from visavis.media.segment import FADE, Answered, Finished, Heard, Progressed, Started
from visavis.media.speech import Speech
from visavis_models.spec import MODEL_FRAME, ROOM_FRAME

PUSH, LIMIT = 960, 2400


class Room:
    """A native queue by hand: `run` lets time pass, `sound` is what has left it."""

    def __init__(self) -> None:
        self.speech = Speech(PlayoutClock(LIMIT))
        self.now_us = 0
        self.queue: list[NDArray[np.int16]] = []
        self.sound: list[NDArray[np.int16]] = []
        self.heard: list[Heard] = []
        self.speech.release(0)
        self.fill()

    def fill(self) -> None:
        while self.queued <= LIMIT:
            self.queue.append(self.speech.take(PUSH, self.now_us))
            if self.queued <= LIMIT:
                self.speech.answered(self.now_us)

    @property
    def queued(self) -> int:
        return sum(map(len, self.queue))

    def run(self, ms: int) -> Room:
        for _ in range(ms // 10):
            self.now_us += 10_000
            waiting = np.concatenate([*self.queue, np.zeros(0, np.int16)])
            self.sound.append(waiting[:480])
            self.queue = [waiting[480:]]
            if self.queued <= LIMIT:
                self.speech.answered(self.now_us)
                self.fill()
            self.heard += self.speech.due(self.now_us)
        return self

    def cut(self) -> None:
        self.speech.cut(self.queue.clear, lambda: self.now_us + 300)

    def say(self, pcm: NDArray[np.int16], *, end: bool = True) -> Room:
        self.speech.put(pcm.astype(np.float32) / 32768, 48_000, self.now_us)
        if end:
            self.speech.end()
        return self

    def clear(self) -> None:
        self.heard += self.speech.clear(self.now_us)
        self.cut()

    def of(self, kind: type) -> list[Heard]:
        return [event for event in self.heard if isinstance(event, kind)]

    @property
    def voice(self) -> NDArray[np.int16]:
        sound = np.concatenate(self.sound)
        return sound[sound != 0]


def ramp(ms: int, start: int = 1000) -> NDArray[np.int16]:
    """A voice in which each sample is known by its value."""
    return np.arange(start, start + ms * 48, dtype=np.int32).astype(np.int16) % 30_000 + 1


@pytest.fixture
def room() -> Room:
    return Room().run(200)


def test_what_was_said_is_heard_sample_by_sample(room: Room) -> None:
    room.say(ramp(300)).run(500)
    np.testing.assert_array_equal(room.voice, ramp(300))
    assert room.of(Finished) == [Finished(0.3, interrupted=False)]


def test_the_start_is_told_when_it_leaves_not_when_it_is_pushed(room: Room) -> None:
    room.say(ramp(300)).run(50)
    assert not room.of(Started)  # the queue holds more than that
    room.run(30)
    (started,) = room.of(Started)
    assert isinstance(started, Started) and 250_000 <= started.at_us <= 280_000


def test_a_clear_counts_what_was_played_not_what_was_pushed(room: Room) -> None:
    room.say(ramp(2000)).run(500)
    room.clear()
    room.run(200)
    (finished,) = room.of(Finished)
    assert isinstance(finished, Finished) and finished.interrupted
    assert abs(finished.position_s * 48_000 - (len(room.voice) - FADE)) <= 480


def test_after_a_clear_the_last_sample_leaves_within_30_ms(room: Room) -> None:
    room.say(ramp(2000)).run(500)
    room.clear()
    before = len(room.sound)
    room.run(200)
    after = np.concatenate(room.sound[before:])
    assert np.flatnonzero(after)[-1] < 30 * 48


def test_a_cut_voice_dies_away_without_a_click(room: Room) -> None:
    room.say(np.full(96_000, 16_000, np.int16)).run(500)
    room.clear()
    sound = np.concatenate(room.run(100).sound).astype(int)
    end = np.flatnonzero(sound)[-1]
    assert np.abs(np.diff(sound[end - 1000 : end + 2])).max() < 200


def test_a_clear_before_the_first_sample_left_finishes_once_and_starts_never(room: Room) -> None:
    room.say(ramp(300), end=False)
    room.clear()
    room.run(300)
    assert room.heard == [Finished(0.0, interrupted=True)]


def test_a_stray_end_after_a_clear_closes_nothing(room: Room) -> None:
    room.say(ramp(300), end=False).run(100)
    room.clear()
    room.speech.end()
    room.heard.clear()
    room.say(ramp(100), end=False).run(300)
    assert not room.of(Finished)
    room.speech.end()
    room.run(20)
    assert room.of(Finished) == [Finished(0.1, interrupted=False)]


def test_resumed_speech_goes_on_from_the_very_sample(room: Room) -> None:
    room.say(ramp(600)).run(300)
    assert room.speech.pause()
    room.cut()
    room.run(400)
    paused = np.concatenate(room.sound)[-9600:]
    assert not paused.any()
    before = sum(map(len, room.sound))
    first = np.concatenate(room.sound)
    assert room.speech.resume(room.now_us)
    room.run(600)
    again = np.concatenate(room.sound)[before:]
    again = again[again != 0]
    played = np.count_nonzero(first) - (FADE - 1)  # a ramp's silent end is a zero
    assert played + len(again) + 1 == 600 * 48
    np.testing.assert_array_equal(again[FADE:], ramp(600)[played + 1 + FADE :])
    assert room.of(Finished) == [Finished(0.6, interrupted=False)]
    assert len(room.of(Started)) == 1


def test_pause_then_clear_finishes_at_the_pause(room: Room) -> None:
    room.say(ramp(600)).run(300)
    room.speech.pause()
    room.cut()
    room.run(1000)
    room.clear()
    (finished,) = room.of(Finished)
    assert isinstance(finished, Finished) and finished.interrupted and 0.2 < finished.position_s < 0.3
    room.speech.resume(room.now_us)
    assert not np.concatenate(room.run(300).sound[-20:]).any()


def test_pause_then_flush_finishes_only_after_the_rest_was_played(room: Room) -> None:
    room.say(ramp(300), end=False).run(100)
    room.speech.pause()
    room.cut()
    room.speech.end()
    room.run(1000)
    assert not room.of(Finished)
    room.speech.resume(room.now_us)
    room.run(500)
    assert room.of(Finished) == [Finished(0.3, interrupted=False)]


def test_a_pause_before_the_voice_holds_it(room: Room) -> None:
    room.speech.pause()
    room.say(ramp(200)).run(500)
    assert not room.heard
    room.speech.resume(room.now_us)
    room.run(500)
    np.testing.assert_array_equal(room.voice, ramp(200))


def test_stretches_are_told_as_they_were_played(room: Room) -> None:
    room.say(ramp(600)).run(300)
    room.speech.pause()
    room.cut()
    room.run(200)
    assert len(room.of(Progressed)) == 1
    room.speech.resume(room.now_us)
    room.run(800)
    first, second = room.of(Progressed)
    assert isinstance(first, Progressed) and isinstance(second, Progressed)
    assert first.offset_s == 0 and second.offset_s == pytest.approx(first.duration_s)
    assert first.duration_s + second.duration_s == pytest.approx(0.6)


def test_speech_slower_than_real_time_ends_no_segment(room: Room) -> None:
    for k in range(5):
        room.say(ramp(40, 1000 + 40 * 48 * k), end=False).run(200)
    assert len(room.of(Started)) == 1 and not room.of(Finished)
    room.speech.end()
    room.run(200)
    assert room.of(Finished) == [Finished(0.2, interrupted=False)]


def test_two_segments_follow_each_other(room: Room) -> None:
    room.say(ramp(100)).say(ramp(100, 9000)).run(400)
    np.testing.assert_array_equal(room.voice, np.concatenate([ramp(100), ramp(100, 9000)]))
    assert room.of(Finished) == [Finished(0.1, interrupted=False)] * 2


def test_a_clear_finishes_every_segment(room: Room) -> None:
    room.say(ramp(1000)).say(ramp(100)).run(300)
    room.clear()
    assert [event.interrupted for event in room.of(Finished)] == [True, True]


def test_nothing_is_said_before_there_is_a_room() -> None:
    room = Room()
    room.speech = Speech(PlayoutClock(LIMIT))
    room.queue.clear()
    room.fill()
    room.say(ramp(100)).run(300)
    assert not room.heard
    room.speech.release(room.now_us)
    assert room.run(300).of(Finished) == [Finished(0.1, interrupted=False)]


def test_the_frame_hears_what_the_room_hears(room: Room) -> None:
    tone = (8000 * np.sin(2 * np.pi * 200 * np.arange(48_000) / 48_000)).astype(np.int16)
    begin = room.speech.clock.pushed
    room.say(tone).run(200)
    voice = room.speech.voice(begin + 2 * ROOM_FRAME, 10)
    assert len(voice) == 10 * MODEL_FRAME
    expected = tone[2 * ROOM_FRAME :: 3][: 10 * MODEL_FRAME] / 32768
    np.testing.assert_allclose(voice, expected, atol=2e-3)


def test_what_the_frame_hears_is_settled(room: Room) -> None:
    tone = (8000 * np.sin(2 * np.pi * 200 * np.arange(48_000) / 48_000)).astype(np.int16)
    position = room.speech.clock.pushed
    room.say(tone[:4800], end=False).run(20)
    early = room.speech.voice(position, 10)
    assert len(early) < 4800 / 3
    room.say(tone[4800:]).run(20)
    np.testing.assert_array_equal(room.speech.voice(position, 10)[: len(early)], early)


def test_silence_is_settled_while_nobody_speaks(room: Room) -> None:
    voice = room.speech.voice(room.speech.clock.pushed + 960, 10)
    assert len(voice) == 10 * MODEL_FRAME and not voice.any()


def test_an_answer_counts_sound_and_picture(room: Room) -> None:
    arrived_us = room.now_us
    room.say(ramp(300)).run(100)
    assert not room.of(Answered)
    position = room.speech.clock.pushed // ROOM_FRAME * ROOM_FRAME
    room.speech.drawn(position, room.now_us - 20_000, room.now_us)
    room.run(20)
    assert room.of(Answered) == [Answered(arrived_us, arrived_us + 100_000)]


def test_the_agents_own_pause_is_not_the_avatars_delay(room: Room) -> None:
    room.speech.pause()
    room.say(ramp(300)).run(1000)
    resumed_us = room.now_us
    room.speech.resume(resumed_us)
    room.run(60)
    room.speech.drawn(room.speech.clock.pushed, room.now_us, room.now_us)
    (answered,) = room.run(100).of(Answered)
    assert isinstance(answered, Answered) and answered.audio_in_us == resumed_us


def test_new_sound_is_what_has_left(room: Room) -> None:
    room.speech.new_sound(4800, room.now_us)
    room.say(ramp(300)).run(400)
    begin, pcm = room.speech.new_sound(4800, room.now_us)
    assert len(pcm) % 4800 == 0 and begin % 4800 == 0
    np.testing.assert_array_equal(pcm, np.concatenate(room.sound)[begin : begin + len(pcm)])
    assert not len(room.speech.new_sound(4800, room.now_us)[1])
