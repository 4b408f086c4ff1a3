"""Turns, interruptions and video, each worked out by hand."""

import pytest

from visavis.caller.activity import Span
from visavis.caller.measure import measure_interruptions, measure_turns, measure_video
from visavis.caller.scene import Scene, Stop, Utterance, Words
from visavis.caller.take import Picture

LINES = [Utterance(0, False, 5.0, 5.2, 6.8), Utterance(1, False, 12.0, 12.1, 13.0)]
CUT = Utterance(0, True, 9.0, 9.1, 10.0)
GREETING = Span(1.0, 3.0)


def mine(start: float, text: str, segment: str, final: bool = True) -> Words:
    return Words(True, start, segment, text, final)


def theirs(start: float, text: str, segment: str) -> Words:
    return Words(False, start, segment, text, True)


def scene(**more: object) -> Scene:
    fields = {
        "utterances": LINES,
        "voice": [GREETING, Span(7.5, 8.6), Span(9.0, 10.2), Span(13.6, 15.0)],
        "words": [
            theirs(1.0, "Hello.", "g"),
            mine(5.9, "What", "u0", final=False),
            mine(7.0, "What time", "u0"),
            mine(7.1, "is it?", "u1"),
            theirs(7.4, "It is ten.", "a0"),
            mine(13.2, "Who are you?", "u2"),
            theirs(13.5, "I am Alex.", "a1"),
        ],
        "answered": [(1.0, 70.0), (7.4, 83.24), (8.9, 40.0), (13.5, 90.0)],
    }
    return Scene(**{**fields, **more})  # type: ignore[arg-type]


def test_turns_in_order_without_the_greeting() -> None:
    first, second = measure_turns(scene(), 2)
    assert (first.user_text, first.reply_text) == ("What time is it?", "It is ten.")
    assert (first.reply_start_s, first.reply_end_s, first.turn_ms) == (7.5, 10.2, pytest.approx(700.0))
    assert first.avatar_added_ms == 83.2 and not first.interrupted
    assert (second.user_text, second.turn_ms, second.avatar_added_ms) == ("Who are you?", pytest.approx(600.0), 90.0)


def test_a_line_that_was_not_reached_is_an_empty_turn() -> None:
    turns = measure_turns(scene(), 3)
    assert len(turns) == 3 and turns[2].turn_ms is None and turns[2].user_text == ""


def test_a_line_without_reply() -> None:
    first, _ = measure_turns(scene(voice=[GREETING, Span(13.6, 15.0)]), 2)
    assert first.user_text == "What time is it?" and first.turn_ms is None and first.reply_start_s is None


def test_a_reply_to_the_first_half_of_a_line_counts_from_its_own_beginning() -> None:
    first, _ = measure_turns(scene(voice=[Span(6.5, 9.0)]), 2)
    assert first.turn_ms == pytest.approx(-300.0)


def test_a_cut_reply_ends_before_the_reply_to_the_interruption() -> None:
    voice = [GREETING, Span(7.5, 9.5), Span(10.8, 11.5), Span(13.6, 15.0)]
    words = [*scene().words, mine(10.3, "Stop.", "u9"), theirs(10.7, "All right.", "a9")]
    cut = scene(
        utterances=[LINES[0], CUT, LINES[1]], voice=voice, fine_voice=voice, words=words, stopped=[Stop(9.45, "pause")]
    )
    first, second = measure_turns(cut, 2)
    assert first.interrupted and first.reply_end_s == 9.5 and first.reply_text == "It is ten."
    assert not second.interrupted
    (stop,) = measure_interruptions(cut, 1, {0: 9.6})
    assert (stop.user_text, stop.reply_text, stop.resumed) == ("Stop.", "All right.", False)
    assert stop.onset_to_silent_ms == pytest.approx(400.0)
    assert stop.silent_ms == pytest.approx(50.0) and stop.lips_rest_ms == pytest.approx(150.0)


def test_a_backchannel_pauses_at_most() -> None:
    voice = [Span(7.5, 9.5), Span(10.4, 11.5)]
    paused = scene(
        utterances=[LINES[0], CUT], voice=voice, fine_voice=voice, stopped=[Stop(9.45, "pause")], resumed=[10.35]
    )
    (entry,) = measure_interruptions(paused, 1, {})
    (turn,) = measure_turns(paused, 1)
    assert entry.resumed and entry.silent_ms == pytest.approx(50.0)
    assert not turn.interrupted and turn.reply_end_s == 11.5
    unmoved = scene(utterances=[LINES[0], CUT], voice=[Span(7.5, 11.5)], fine_voice=[Span(7.5, 11.5)])
    (entry,) = measure_interruptions(unmoved, 1, {})
    assert entry.resumed and entry.onset_to_silent_ms is None and entry.silent_ms is None


def test_a_reply_taken_up_again_and_then_cleared_is_a_relapse() -> None:
    voice = [Span(7.5, 9.5), Span(10.4, 10.6)]
    cleared = scene(
        utterances=[LINES[0], CUT],
        voice=voice,
        fine_voice=voice,
        stopped=[Stop(9.45, "pause"), Stop(10.55, "pause"), Stop(10.6, "clear")],
        resumed=[10.3],
    )
    (entry,) = measure_interruptions(cleared, 1, {})
    assert not entry.resumed and entry.relapse_ms == pytest.approx(200.0)
    assert entry.silent_ms == pytest.approx(50.0)


def test_voice_that_was_on_its_way_at_the_stop_counts() -> None:
    voice = [Span(7.5, 9.3), Span(9.5, 9.56), Span(10.8, 11.5)]
    late = scene(utterances=[LINES[0], CUT], voice=voice, fine_voice=voice, stopped=[Stop(9.42, "clear")])
    assert measure_interruptions(late, 1, {})[0].silent_ms == pytest.approx(140.0)
    early = scene(utterances=[LINES[0], CUT], voice=voice[:1], fine_voice=voice[:1], stopped=[Stop(9.42, "clear")])
    assert measure_interruptions(early, 1, {})[0].silent_ms == 0.0


def test_an_interruption_that_was_not_said() -> None:
    (entry,) = measure_interruptions(scene(), 1, {})
    assert entry.silent_ms is None and entry.onset_to_silent_ms is None and not entry.resumed


def test_video() -> None:
    times = [k * 0.04 for k in range(100)] + [4.1]
    video = measure_video([Picture(t, t, None, (512, 512), 90.0) for t in times], "H264")
    assert (video.frames, video.fps, video.gap_p99_ms) == (101, 24.39, pytest.approx(41.0))
    assert (video.width, video.height, video.codec) == (512, 512, "H264")
    assert measure_video([], "").fps is None
