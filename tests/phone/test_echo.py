"""The echo canceller, over speech of our own voice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from livekit import rtc
from scipy.signal import resample_poly

from visavis.caller.questions import ask
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.phone.echo import EchoCanceller
from visavis_models.spec import MODEL_RATE, ROOM_RATE

RATIO = ROOM_RATE // MODEL_RATE
FRAME = MODEL_RATE // 50  # 20 ms
HEARD = 0.25  # of the caller's level, that is left at least


@pytest.fixture(scope="module")
def said() -> Callable[[str], np.ndarray]:
    voice = HibariVoice()
    return lambda text: ask(voice, text).pcm.astype(np.float32)


class Line:
    """What a telephone sends: an echo of the voice, `delay_ms` late and so much quieter, and a caller."""

    def __init__(self, voice: np.ndarray, *, delay_ms: int, gain_db: float) -> None:
        self.voice = np.pad(voice, (0, ROOM_RATE))
        self._read = 0
        late = np.pad(self.voice, (delay_ms * ROOM_RATE // 1000, 0))[: len(self.voice)]
        self.echo = resample_poly(late, 1, RATIO) * 10 ** (gain_db / 20)

    def leaving(self, count: int) -> np.ndarray:
        self._read += count
        return np.pad(self.voice[self._read - count : self._read], (0, count))[:count].astype(np.int16)

    def cleaned(self, sent: np.ndarray) -> np.ndarray:
        canceller = EchoCanceller(self.leaving)
        frames = sent[: len(sent) // FRAME * FRAME].astype(np.int16).reshape(-1, FRAME)
        out = [canceller._process(rtc.AudioFrame(frame.tobytes(), MODEL_RATE, 1, FRAME)) for frame in frames]
        return np.concatenate([np.frombuffer(frame.data, np.int16) for frame in out]).astype(np.float32)


def level(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound**2)))


@pytest.mark.parametrize(("delay_ms", "gain_db"), [(120, -24), (400, -15)])
def test_an_echo_is_taken_out(said, delay_ms: int, gain_db: float) -> None:
    line = Line(said("Hello, I am Alex. What would you like to talk about today?"), delay_ms=delay_ms, gain_db=gain_db)
    clean = line.cleaned(line.echo)
    settled = len(clean) // 2
    assert level(clean[settled:]) < 0.1 * level(line.echo[settled:])


def test_an_echo_as_loud_as_the_voice_that_jumps_is_silenced_but_for_moments(said) -> None:
    """Two networks hand it over: it is coded twice, and comes 150 ms later from one word to the next."""
    line = Line(said("Hello, I am Alex. What would you like to talk about today?"), delay_ms=300, gain_db=0)
    jump = len(line.echo) // 2
    sent = np.concatenate([line.echo[:jump], line.echo[jump - MODEL_RATE * 150 // 1000 :]])[: len(line.echo)]
    sent = np.round(sent / 250) * 250  # coarse, as mu-law is where it is loud
    settled = MODEL_RATE * 6 // 5
    loud = np.abs(line.cleaned(sent))[settled:] > 300
    pieces = loud[: len(loud) // 160 * 160].reshape(-1, 160).any(1)
    assert np.abs(sent[settled:]).max() > 3000
    longest = max(len(run) for run in "".join("x" if one else " " for one in pieces).split(" "))
    assert longest < 15  # of 10 ms: no voice to a detector of voices


def test_a_caller_who_speaks_over_it_stays(said) -> None:
    line = Line(said("Hello, I am Alex. What would you like to talk about today?"), delay_ms=150, gain_db=-24)
    sent = line.echo.copy()
    caller = resample_poly(said("How much is two plus two?"), 1, RATIO) * 0.5
    begin = len(sent) // 2
    caller = caller[: len(sent) - begin]
    sent[begin : begin + len(caller)] += caller
    assert level(line.cleaned(sent)[begin : begin + len(caller)]) > HEARD * level(caller)


@pytest.mark.parametrize("at_s", [2.0, 2.5])
def test_on_a_line_without_an_echo_a_caller_who_speaks_over_it_is_heard_as_they_are(said, at_s: float) -> None:
    line = Line(said("Hello, I am Alex. What would you like to talk about today?"), delay_ms=150, gain_db=-90)
    caller = resample_poly(said("Who are you, and what can you do?"), 1, RATIO) * 0.5
    sent = line.echo + np.random.default_rng(1).standard_normal(len(line.echo)) * 20
    begin = round(at_s * MODEL_RATE)
    caller = caller[: len(sent) - begin]
    sent[begin : begin + len(caller)] += caller
    clean = line.cleaned(sent)
    np.testing.assert_array_equal(clean[begin:], sent[begin : len(clean)].astype(np.int16))


def test_switched_off_it_changes_nothing() -> None:
    canceller = EchoCanceller(lambda count: np.zeros(count, np.int16))
    canceller.enabled = False
    frame = rtc.AudioFrame(bytes(2 * FRAME), MODEL_RATE, 1, FRAME)
    assert canceller._process(frame) is frame
