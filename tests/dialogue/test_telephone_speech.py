"""Recognition of speech as telephones carry it: there and back through each codec, resampled as a room does."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import av
import numpy as np
import pytest

from visavis.dialogue.moonshine import Moonshine
from visavis.media.files import read_audio
from visavis.media.resample import Resampler
from visavis_models.spec import MODEL_RATE, ROOM_RATE

QUESTIONS = Path(__file__).parents[3] / "shared" / "data" / "speech" / "questions"
# codec of FFmpeg -> its rate, Hz
CODECS = {"pcm_mulaw": 8000, "pcm_alaw": 8000, "g722": 16_000, "libopus": 48_000}
WORSE = 0.10  # of all words, than at 48 kHz
NUMBERS = {"2": "two", "4": "four"}


def carried(sound: np.ndarray, codec: str) -> np.ndarray:
    """48 kHz through a codec: float32 [n] at 48 kHz."""
    rate = CODECS[codec]
    down, up = Resampler(ROOM_RATE, rate), Resampler(rate, ROOM_RATE)
    coder, decoder = av.CodecContext.create(codec, "w"), av.CodecContext.create(codec, "r")
    coder.sample_rate, coder.layout, coder.format = rate, "mono", "s16"
    decoder.sample_rate, decoder.layout = rate, "mono"
    if codec == "libopus":
        coder.bit_rate = 32_000
    narrow = np.concatenate([down.push(sound), down.flush(), np.zeros(rate // 5, np.float32)])
    pcm = np.clip(narrow * 32768, -32768, 32767).astype(np.int16)
    packets, step, heard = [], rate // 50, []
    for at in range(0, len(pcm) - step, step):
        frame = av.AudioFrame.from_ndarray(pcm[None, at : at + step], "s16", "mono")
        frame.sample_rate, frame.pts = rate, at
        packets += coder.encode(frame)
    if codec == "libopus":
        decoder.extradata = coder.extradata
    for packet in [*packets, *coder.encode(None)]:
        for frame in decoder.decode(packet):
            block = frame.to_ndarray().reshape(-1)
            heard.append(block / 32768 if block.dtype == np.int16 else block)
    return np.concatenate([up.push(np.concatenate(heard).astype(np.float32)), up.flush()])


def words(text: str) -> list[str]:
    return [NUMBERS.get(word, word) for word in re.findall(r"[a-z0-9']+", text.lower())]


def mistakes(heard: list[str], said: list[str]) -> int:
    """How many words are wrong, missing or too many (Levenshtein)."""
    row = list(range(len(said) + 1))
    for k, word in enumerate(heard, 1):
        row, last = [k, *row[1:]], row
        for j, other in enumerate(said, 1):
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (word != other))
    return row[-1]


@pytest.fixture(scope="module")
def asked() -> list[tuple[np.ndarray, list[str]]]:
    """The six questions at 48 kHz, and their words; skips without ../shared."""
    if not QUESTIONS.exists():
        pytest.skip("../shared is not here")
    with (QUESTIONS / "transcripts.csv").open(newline="") as file:
        rows = list(csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE))[:6]
    return [(read_audio(QUESTIONS / f"{name}.wav", ROOM_RATE), words(text)) for name, text in rows]


@pytest.fixture(scope="module")
def recogniser() -> Moonshine:
    return Moonshine.load()


def error_rate(recogniser: Moonshine, asked: list[tuple[np.ndarray, list[str]]], codec: str = "") -> float:
    wrong = 0
    for sound, said in asked:
        down = Resampler(ROOM_RATE, MODEL_RATE)
        arrived = carried(sound, codec) if codec else sound
        wrong += mistakes(words(recogniser.transcribe(np.concatenate([down.push(arrived), down.flush()])).text), said)
    return wrong / sum(len(said) for _, said in asked)


@pytest.mark.parametrize("codec", CODECS)
def test_a_telephone_is_understood_as_a_browser_is(recogniser, asked, codec: str) -> None:
    assert error_rate(recogniser, asked, codec) <= error_rate(recogniser, asked) + WORSE
