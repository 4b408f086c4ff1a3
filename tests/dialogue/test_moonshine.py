"""The default recogniser on real speech."""

from __future__ import annotations

import re

import numpy as np
import pytest

from visavis.dialogue.moonshine import Moonshine, detokenise, read_vocabulary
from visavis.media.errors import AssetError


@pytest.mark.parametrize("text", ["What is the weather like today?", "Tell me a story about a dog and a cat."])
def test_words_of_our_own_voice(moonshine, speech, text) -> None:
    heard = moonshine.transcribe(speech(text).astype(np.float32) / 32768)
    assert heard.text == text
    assert heard.confidence > 0.8


def test_a_long_speech(moonshine, speech) -> None:
    sentence = "I would like to know more about the moon."
    pcm = np.concatenate([speech(sentence)] * 5).astype(np.float32) / 32768
    assert len(pcm) > 12 * 16_000
    assert moonshine.transcribe(pcm).text.count("about the moon") >= 4


def test_silence_and_scraps_are_no_failure(moonshine) -> None:
    for samples in (0, 1, 100, 16_000):
        assert len(moonshine.transcribe(np.zeros(samples, np.float32)).text) < 12


def test_vocabulary_of_short_and_long_pieces() -> None:
    long = b"x" * 200
    assert read_vocabulary(b"\x05<unk>\x01a\xc8\x01" + long) == [b"<unk>", b"a", long]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<s>\u2581How\u2581are\u2581you\u2581to-day?</s>", "How are you today?"),
        ("\u2581too\u2581plus\u2581to?", "two plus two?"),
        ("\u2581I\u2581went\u2581to\u2581bed,\u2581too.", "I went to bed, too."),
    ],
)
def test_spelling(written, text) -> None:
    assert detokenise(piece.encode() for piece in re.split("(</?s>)", written)) == text


def test_missing_weights_say_what_to_install(tmp_path) -> None:
    with pytest.raises(AssetError, match="moonshine-voice"):
        Moonshine(tmp_path)
