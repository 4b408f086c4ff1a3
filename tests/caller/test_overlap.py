"""What became of sounds over the avatar's voice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from visavis.caller.activity import Span
from visavis.caller.overlap import GO_ON, JOINED_S, MARGIN_S, STOP, WHOLE, Overlap, _spoken, plan_of, share
from visavis.caller.rehearsal import PARTED, STEP, pause, speech
from visavis.caller.scene import Scene, Stop
from visavis.caller.scenes import Came, head_s, script, table, tail_s
from visavis.dialogue.backchannel import is_backchannel
from visavis.dialogue.hibari_voice import HibariVoice
from visavis_models.spec import MODEL_RATE, ROOM_RATE

KEPT = Overlap("Mhm.", False, False, 300.0, 0.95, None, None)


def test_words_lost_or_said_twice_count_against_an_answer() -> None:
    text = "I can talk with you, tell the time, and do small sums."
    assert share(text, text.upper()) == 1.0
    assert share(text, "I can talk with you, tell the") < WHOLE
    assert share(text, "I can talk with you, I can talk with you, tell the time, and do small sums.") < WHOLE
    assert share(text, "I can walk with you, tell the time, and do small sums.") >= WHOLE


def test_a_pause_is_taken_out_of_what_is_recognised_again() -> None:
    """Two seconds of sound, a pause of two in its middle; half a second later a natural one of one second."""
    track = np.zeros(8 * ROOM_RATE, np.int16)
    for begin, end in ((1.0, 2.0), (4.0, 5.0), (6.0, 7.0)):
        track[int(begin * ROOM_RATE) : int(end * ROOM_RATE)] = 9000
    spans = [Span(1.0, 2.0), Span(4.0, 5.0), Span(6.0, 7.0)]
    sound = _spoken(track, Scene(voice=spans, stopped=[Stop(1.9, "pause")]), 1.0, 9.0)
    assert len(sound) / MODEL_RATE == pytest.approx(3.0 + MARGIN_S * 2.5 + JOINED_S, abs=0.01)
    assert (np.abs(sound) > 0.2).mean() * len(sound) / MODEL_RATE == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(
    ("one", "right"),
    [
        (KEPT, True),
        (replace(KEPT, heard=0.5), False),
        (replace(KEPT, stopped=True, heard=None), False),
        (replace(KEPT, stops=True, stopped=True, heard=None), True),
        (replace(KEPT, stops=True), False),
        (replace(KEPT, stops=True, heard=0.2), True),
    ],
)
def test_what_should_have_become_of_it(one, right) -> None:
    assert one.right is right


def test_each_sound_is_said_into_its_own_answer() -> None:
    plan = plan_of(HibariVoice(), ("Mhm.", "Stop."))
    assert [cut.line.name for cut in plan.interruptions] == ["Mhm.", "Stop."] and len(plan.lines) == 2


def test_what_says_go_on_and_what_says_stop() -> None:
    assert all(is_backchannel(text, 0.6, 1.0) for text in GO_ON)
    assert not any(is_backchannel(text, 1.0, 1.0) for text in STOP)


def test_lips_of_a_script() -> None:
    tone = np.sin(np.arange(MODEL_RATE) / 5).astype(np.float32) * 0.5
    said = speech(np.concatenate([np.zeros(MODEL_RATE, np.float32), tone, np.zeros(MODEL_RATE, np.float32)]))
    assert len(said.pcm) == pytest.approx(MODEL_RATE, abs=STEP) and len(said.lips) * STEP == len(said.pcm)
    assert said.lips.max() > 0.2 and not speech(tone, own=False).lips.any()
    silence = pause(0.8, then=said)
    assert silence.lips[-1] == pytest.approx(PARTED) and silence.lips[15] == 0 and not silence.pcm.any()
    assert head_s([silence, said]) == pytest.approx(0.8, abs=0.03) and tail_s(said) == pytest.approx(0.0, abs=0.03)


def test_the_script_has_every_kind_and_the_table_every_figure() -> None:
    sound = np.full(MODEL_RATE, 0.5, np.float32)
    kinds = {scene.kind for scene in script(lambda text, own: sound)}
    assert kinds == {"question", "pause", "go on", "others", "stop"}
    came = [
        Came("pause", "1 s", cut=True),
        Came("question", "?", cut=False, gap_ms=500.0),
        Came("go on", "Mhm.", stopped=False, silent_ms=0.0),
        Came("stop", "Stop.", stopped=True, silent_ms=400.0),
    ]
    rows = {name: seen for name, _, seen in table(came, came)}
    assert rows["turns cut off at a pause"] == "1 of 1" and rows["gap after a question"] == "500 ms (500 to 500)"
    assert rows["replies ended by others in the room"] == "0 of 0" and rows["gap after a turn with a pause"] == "-"
