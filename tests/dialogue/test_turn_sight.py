"""Whose turn it is, by lips, gaze and nods: the rules, driven by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visavis.dialogue.lips import CLOSE, JAW, PROOF_S, STALE_S, SURE, LipReader, Lips
from visavis.dialogue.turn_end import DANGLING, FRAGMENT, SENTENCE
from visavis.dialogue.turn_sight import (
    AFTER_S,
    BEHIND_LIPS_S,
    DONE_DELAY_S,
    HOLD_LEAST_S,
    HOLD_S,
    NOD_S,
    TOLD_AFTER_S,
    Hold,
    Ruling,
    TurnSight,
)
from visavis_models.spec import N_MOTION, Motion

LOOKING, AWAY = frozenset({"present", "looking"}), frozenset({"present", "looking_away"})
ROW_S = 0.04


def row(apart: float) -> Motion:
    """Lips so far apart; a jaw that hangs a little behind closed lips."""
    values = np.zeros((1, N_MOTION), np.float32)
    values[0, JAW], values[0, CLOSE] = max(apart, 0.0) + 0.1, 0.1 - min(apart, 0.0)
    return Motion(values)


class Face:
    """A face that is watched from the first second on, whose lips were seen to speak unless they are `mute`."""

    def __init__(self, *, mute: bool = False) -> None:
        self.now, self.sight = 0.0, TurnSight()
        self.sight.voice(True)
        while self.now < PROOF_S + 2 * ROW_S:
            self.show(0.0 if mute or round(self.now / 0.2) % 2 else 0.25)
        self.sight.voice(False)
        self.show(0.0, 0.0)

    def show(self, *lips: float, sure: float = 1.0) -> None:
        for apart in lips:
            self.now += ROW_S
            self.sight.see(row(apart), sure, self.now)


@pytest.fixture
def face() -> Face:
    return Face()


def test_lips_open_and_close_with_hysteresis(face) -> None:
    states = []
    for apart in (0.0, 0.07, 0.12, 0.07, 0.03, 0.07):
        face.show(apart)
        states.append(face.sight.lips(face.now))
    closed, opened = Lips.CLOSED, Lips.OPEN
    assert states == [closed, closed, opened, opened, closed, closed]


def test_nothing_is_known_of_lips_that_are_not_seen(face) -> None:
    face.show(0.3)
    assert face.sight.lips(face.now + STALE_S + 0.1) is Lips.UNKNOWN
    face.show(0.3, sure=SURE - 0.1)
    assert face.sight.lips(face.now) is Lips.UNKNOWN
    face.sight.see(None, 0.0, face.now)
    assert face.sight.lips(face.now) is Lips.UNKNOWN
    assert LipReader().lips(0.0) is Lips.UNKNOWN


def test_lips_that_did_not_move_with_the_voice_say_nothing() -> None:
    mask = Face(mute=True)
    mask.show(0.3, 0.3)
    assert mask.sight.lips(mask.now) is Lips.UNKNOWN
    assert not mask.sight.done(LOOKING, mask.now) and not mask.sight.holds(mask.now)


def test_closed_lips_and_a_gaze_end_a_turn_earlier(face) -> None:
    sight, now = face.sight, face.now
    assert sight.bar(FRAGMENT, LOOKING, now) < FRAGMENT and sight.max_delay_s(1.2, LOOKING, now) == DONE_DELAY_S
    assert sight.max_delay_s(0.5, LOOKING, now) == 0.5
    for facts in (AWAY, frozenset()):
        assert sight.bar(SENTENCE, facts, now) == SENTENCE and sight.max_delay_s(1.2, facts, now) == 1.2


def test_nobody_is_done_with_because(face) -> None:
    assert face.sight.bar(DANGLING, LOOKING, face.now) == DANGLING


def test_open_lips_end_no_turn_earlier(face) -> None:
    face.show(0.2, 0.2)
    assert face.sight.bar(FRAGMENT, LOOKING, face.now) == FRAGMENT
    assert face.sight.max_delay_s(1.2, LOOKING, face.now) == 1.2


def test_without_a_face_every_figure_is_that_of_the_voice() -> None:
    sight = TurnSight()
    assert sight.bar(FRAGMENT, LOOKING, 1.0) == FRAGMENT
    assert sight.max_delay_s(1.2, LOOKING, 1.0) == 1.2 and sight.interruption_s(0.3, 1.0) == 0.3
    assert not sight.nods(1.0)
    assert Hold(sight, 1.0).rule(1.0, speaking=False, more=False) is Ruling.ANSWER and sight.hold_s == HOLD_S


def test_sound_from_behind_closed_lips_stops_the_avatar_later(face) -> None:
    assert face.sight.interruption_s(0.3, face.now) == BEHIND_LIPS_S
    face.show(0.2)
    assert face.sight.interruption_s(0.3, face.now) == 0.3


def test_lips_that_were_closed_all_through_a_sound(face) -> None:
    face.show(0.2, *[0.0] * 20)
    closed_s = 19 * ROW_S
    assert face.sight.behind_lips(closed_s - TOLD_AFTER_S - 0.01, face.now)
    assert not face.sight.behind_lips(closed_s, face.now)
    face.now += STALE_S + 0.1  # nobody was seen for a while
    face.show(0.0)
    assert not face.sight.behind_lips(0.1, face.now)


def test_a_nod_belongs_to_what_is_heard_with_it() -> None:
    sight = TurnSight()
    sight.cue("nod", True, 1.0)
    sight.cue("nod", False, 1.4)
    sight.cue("wave", True, 9.0)
    assert sight.nods(1.0 + NOD_S) and not sight.nods(9.0)


def rule(hold: Hold, face: Face, *, speaking: bool = False, more: bool = False) -> Ruling:
    return hold.rule(face.now, speaking=speaking, more=more)


def test_closed_lips_hold_nothing(face) -> None:
    assert rule(Hold(face.sight, face.now), face) is Ruling.ANSWER


def test_lips_that_close_after_the_last_sound_hold_nothing(face) -> None:
    face.show(0.3, 0.15)
    assert face.sight.lips(face.now) is Lips.OPEN
    assert rule(Hold(face.sight, face.now), face) is Ruling.ANSWER


def test_open_lips_hold_the_floor_until_they_close(face) -> None:
    face.show(0.15, 0.2)
    hold = Hold(face.sight, face.now)
    assert rule(hold, face) is Ruling.WAIT
    face.show(0.2, 0.0)
    assert rule(hold, face) is Ruling.ANSWER


def test_who_goes_on_has_one_turn(face) -> None:
    face.show(0.15, 0.2)
    hold = Hold(face.sight, face.now)
    assert rule(hold, face) is Ruling.WAIT
    assert rule(hold, face, speaking=True) is Ruling.WAIT
    face.show(0.0, 0.0)
    assert rule(hold, face) is Ruling.WAIT  # what was said is being understood
    assert rule(hold, face, more=True) is Ruling.MERGE
    assert face.sight.hold_s == HOLD_S


def test_who_made_a_sound_and_said_nothing_is_answered(face) -> None:
    face.show(0.15, 0.2)
    hold = Hold(face.sight, face.now)
    rule(hold, face, speaking=True)
    face.now += AFTER_S + 0.1
    assert rule(hold, face) is Ruling.ANSWER


def test_a_mouth_that_stays_open_holds_ever_shorter(face) -> None:
    waits = []
    for _ in range(4):
        face.show(0.2, 0.2)
        began, hold = face.now, Hold(face.sight, face.now)
        while rule(hold, face) is Ruling.WAIT:
            face.show(0.2)
        waits.append(face.now - began)
    assert waits[0] == pytest.approx(HOLD_S, abs=2 * ROW_S)
    assert waits[1] < 0.6 * waits[0] and waits[-1] == pytest.approx(HOLD_LEAST_S, abs=2 * ROW_S)
