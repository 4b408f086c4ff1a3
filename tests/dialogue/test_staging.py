"""Directions on the frames of a voice, where they stand in its text."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString

from visavis.dialogue.gestures import FELT_S, USUAL
from visavis.dialogue.staging import LETTERS_A_SECOND, Placer, Staging
from visavis.media.marks import directions_of
from visavis_models.serve.direction import Act, Direction, Feel

RATE, FRAME_S = 24_000, 0.04
LATE_S = FRAME_S + 0.001  # a direction begins with the frame in which its moment lies
NOD, SMILE = Act("nod", USUAL), Act("smile", USUAL)


async def read(placer: Placer, *chunks: str) -> str:
    async def text() -> AsyncIterator[str]:
        for chunk in chunks:
            yield chunk

    return "".join([piece async for piece in placer.read(text())])


def voiced(placer: Placer, seconds: float, words: list[TimedString] | None = None) -> list[tuple[float, Direction]]:
    """What begins when, of a voice of so many seconds; then, at -1, what is left for its end."""
    begun = []
    for k in range(round(seconds / FRAME_S)):
        frame = rtc.AudioFrame.create(RATE, 1, round(FRAME_S * RATE))
        frame.userdata[USERDATA_TIMED_TRANSCRIPT] = words if words and not k else []
        placer.put(frame)
        begun += [(round(k * FRAME_S, 2), what) for what in directions_of(frame)]
    last = placer.last()
    return begun + ([(-1.0, what) for what in directions_of(last)] if last else [])


def timed(text: str, *ends: float) -> list[TimedString]:
    starts = [0.0, *ends[:-1]]
    return [TimedString(f"{word} ", a, b) for word, a, b in zip(text.split(), starts, ends, strict=True)]


async def test_a_direction_begins_when_the_word_before_it_is_over() -> None:
    placer = Placer(Staging())
    assert await read(placer, "[smile] Hello there, [nod] my friend.") == "Hello there, my friend."
    begun = voiced(placer, 1.6, timed("Hello there, my friend.", 0.4, 0.8, 1.0, 1.5))
    assert begun == [(0.0, SMILE), (pytest.approx(0.8, abs=LATE_S), NOD)]


async def test_what_stands_behind_the_last_word_comes_with_a_moment_of_silence() -> None:
    placer = Placer(Staging())
    await read(placer, "Goodbye. [smile]")
    assert voiced(placer, 0.4, timed("Goodbye.", 0.5)) == [(-1.0, SMILE)]
    assert placer.last() is None


async def test_a_voice_without_times_is_taken_to_speak_at_a_usual_rate() -> None:
    placer = Placer(Staging())
    await read(placer, "a" * 26, " [nod] bb")
    ((at, what),) = voiced(placer, 4.0)
    assert what == NOD and at == pytest.approx(26 / LETTERS_A_SECOND, abs=2 * FRAME_S)


async def test_a_whole_sentence_with_one_time_is_parted_by_its_letters() -> None:
    placer = Placer(Staging())
    await read(placer, "aaaa aaaa [nod] bbbb bbbb")
    ((at, _),) = voiced(placer, 2.0, [TimedString("aaaa aaaa bbbb bbbb", 0.0, 2.0)])
    assert at == pytest.approx(1.0, abs=LATE_S)


async def test_switched_off_a_tag_does_nothing_and_is_not_spoken() -> None:
    placer = Placer(Staging(tags=False, mood=False))
    assert await read(placer, "[nod] I am very happy!") == "I am very happy!"
    assert voiced(placer, 1.0) == []


async def test_a_sentence_is_felt_from_its_first_word_on() -> None:
    placer = Placer(Staging())
    await read(placer, "It is noon. ", "I am so ", "very happy! ", "It is noon.")
    begun = voiced(placer, 3.0, timed("It is noon. I am so very happy! It is noon.", *(0.25 * k for k in range(1, 12))))
    ((at, what),) = begun
    assert isinstance(what, Feel) and what.emotion == "happy" and what.seconds == FELT_S
    assert at == pytest.approx(0.75, abs=LATE_S)


async def test_a_reply_that_tells_how_it_feels_is_not_second_guessed() -> None:
    placer = Placer(Staging())
    await read(placer, "[sad] I am so very happy! Wonderful. ")
    assert [what for _, what in voiced(placer, 3.0)] == [Feel("sad", USUAL, FELT_S)]
