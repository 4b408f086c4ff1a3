"""The default voice and the times of its words."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from hibari.voices import DEFAULT, voice_path

from visavis.dialogue.hibari_voice import LEAD, Word, align, with_output
from visavis_models.spec import SPEECH_RATE


def test_words_follow_the_voice(voice) -> None:
    spoken = voice.say("Hello there, I am Alex.")
    assert [word.text for word in spoken.words] == ["Hello", "there,", "I", "am", "Alex."]
    edges = [edge for word in spoken.words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert edges[-1] <= len(spoken.pcm) / SPEECH_RATE + 1e-6


def test_words_begin_and_end_with_the_sound(voice) -> None:
    spoken = voice.say("Pass me the potatoes.")
    audible = np.flatnonzero(np.abs(spoken.pcm) > 0.02) / SPEECH_RATE
    assert spoken.words[0].start == pytest.approx(audible[0], abs=0.06)
    assert spoken.words[-1].end == pytest.approx(audible[-1], abs=0.25)


def test_it_speaks_at_once(voice) -> None:
    pcm = voice.say("Good morning.").pcm
    assert np.flatnonzero(np.abs(pcm) > 0.02)[0] < LEAD + SPEECH_RATE // 20
    assert np.abs(pcm[[0, -1]]).max() < 1e-4


def test_the_same_words_sound_the_same(voice) -> None:
    assert np.array_equal(voice.say("Once more.").pcm, voice.say("Once more.").pcm)


@pytest.mark.parametrize("text", ["", " ", "\U0001f600", "...", "\u4f60\u597d", "\0", "?!"])
def test_what_cannot_be_said_is_silent(voice, text) -> None:
    spoken = voice.say(text)
    assert len(spoken.pcm) < SPEECH_RATE
    assert spoken.pcm.dtype == np.float32


@pytest.mark.parametrize(
    "text", ["a" * 900, "1 2 3 " * 100, "Dr. O'Neil paid $1,250.75 at 7:30 pm & left; see http://x.y/z."]
)
def test_odd_text_is_said_somehow(voice, text) -> None:
    spoken = voice.say(text)
    assert len(spoken.pcm) > SPEECH_RATE
    assert len(spoken.words) >= 1


def test_times_are_shared_out_where_words_differ_in_number() -> None:
    first, second = align(["at", "5:30"], [(0.0, 0.3), (0.4, 1.0), (1.1, 2.0)])
    assert (first.start, second.end) == (0.0, 2.0)
    assert first.end == second.start == pytest.approx(0.75)
    assert align([], [(0.0, 1.0)]) == align(["a"], []) == ()
    assert align(["a"], [(0.0, 1.0)]) == (Word("a", 0.0, 1.0),)


def test_a_model_gains_an_output_without_its_builder() -> None:
    with open(voice_path(DEFAULT), "rb") as file:
        model = file.read()
    plain, more = (ort.InferenceSession(data) for data in (model, with_output(model, "/Clip_output_0")))
    assert [output.name for output in more.get_outputs()] == [
        *(output.name for output in plain.get_outputs()),
        "/Clip_output_0",
    ]
