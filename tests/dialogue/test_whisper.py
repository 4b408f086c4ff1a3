"""faster-whisper on real weights, where its two weight packages are installed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from visavis.dialogue.segmenter import Pace
from visavis.dialogue.whisper import WEIGHT_PACKAGES, Whisper, WhisperSTT, packaged_weights
from visavis.media.errors import InputError

missing = [name for name in ("faster_whisper", *WEIGHT_PACKAGES) if importlib.util.find_spec(name) is None]
real = pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    return Whisper()


@real
def test_words(whisper, speech) -> None:
    heard = whisper.transcribe(speech("Tell me a story about a dog and a cat.").astype(np.float32) / 32768)
    assert heard.text == "Tell me a story about a dog and a cat."
    assert heard.confidence > 0.5


@real
def test_a_recorded_question(whisper, question) -> None:
    heard = whisper.transcribe(question("two_plus_two").astype(np.float32) / 32768)
    assert "2" in heard.text or "two plus two" in heard.text.lower()


@real
async def test_it_streams(whisper, speech, listen) -> None:
    async with WhisperSTT(whisper, pace=Pace(interim_s=60)) as recogniser:
        events = await listen(recogniser, speech("What is the weather like today?"))
    assert events[-2].alternatives[0].text == "What is the weather like today?"


def test_a_folder_that_holds_no_model(tmp_path) -> None:
    pytest.importorskip("faster_whisper")
    with pytest.raises(InputError, match="no such model"):
        Whisper(str(tmp_path))


def test_missing_weights_are_named(monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"visavis\[whisper-base\]"):
        packaged_weights()
