"""Directions that travel with the sound: begun with their sample, once, and only if it is played."""

from __future__ import annotations

import numpy as np
from tests.media.test_speech import Room

from visavis_models.serve.direction import Act, Direction
from visavis_models.spec import ROOM_FRAME

NOD, SMILE = Act("nod"), Act("smile")


def directed(room: Room, ms: int) -> list[tuple[int, Direction]]:
    """Let so much time pass frame by frame; what began, with the position of the frame that it began with."""
    begun = []
    for _ in range(ms // 40):
        position = -(-room.speech.played(room.now_us) // ROOM_FRAME) * ROOM_FRAME
        begun += [(position + k * ROOM_FRAME, what) for k, what in room.speech.directions(position, 1)]
        room.run(40)
    return begun


def say(room: Room, seconds: float, *directions: Direction, end: bool = False, rate: int = 24_000) -> None:
    samples = np.full(round(seconds * rate), 0.2, np.float32)
    room.speech.put(samples, rate, room.now_us, directions)
    if end:
        room.speech.end()


def heard_from(room: Room) -> int:
    """Position of the first sample that is not silence."""
    return int(np.flatnonzero(np.concatenate(room.sound))[0])


def test_an_act_begins_with_the_frame_in_which_its_sample_is_played() -> None:
    room = Room()
    say(room, 0.5, SMILE)
    say(room, 0.5, NOD, end=True)
    begun = directed(room, 1400)
    first = heard_from(room)
    assert [what for _, what in begun] == [SMILE, NOD]
    for (frame, _), sample in zip(begun, (first, first + 24_000), strict=True):
        assert frame <= sample + 1 < frame + 2 * ROOM_FRAME and frame > sample - ROOM_FRAME


def test_a_pause_holds_an_act_back_and_it_begins_once() -> None:
    room = Room()
    say(room, 0.6)
    say(room, 0.4, NOD, end=True)
    assert directed(room, 400) == []
    room.speech.pause()
    room.cut()
    assert directed(room, 1000) == []
    room.speech.resume(room.now_us)
    assert [what for _, what in directed(room, 1200)] == [NOD]


def test_what_is_cleared_never_begins() -> None:
    room = Room()
    say(room, 0.6)
    say(room, 0.4, NOD, end=True)
    directed(room, 200)
    room.speech.clear(room.now_us)
    room.cut()
    assert directed(room, 1500) == []


def test_frames_that_were_skipped_are_counted_from_the_first_of_them() -> None:
    room = Room()
    say(room, 0.5)
    say(room, 0.5, NOD, end=True)
    room.run(800)
    ((in_frames, what),) = room.speech.directions(0, 20)
    sample = heard_from(room) + 24_000
    assert what == NOD and abs(in_frames - sample // ROOM_FRAME) <= 1


def test_the_second_utterance_keeps_its_acts_for_itself() -> None:
    room = Room()
    say(room, 0.4, end=True)
    say(room, 0.4, NOD, end=True)
    assert directed(room, 320) == []
    assert [what for _, what in directed(room, 800)] == [NOD]
