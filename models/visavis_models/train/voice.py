"""Speech with exact phone times: what every synthesiser of the data studio gives, and the default voice (hibari-tts).

A synthesiser has one method, `say(text, rng, speed=, pitch=) -> Utterance`. The phone times are its own: hibari's,
Kokoro's and Piper's graphs compute how long each phone lasts, espeak-ng reports where each begins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import hibari
import numpy as np
import onnx
from hibari import dsp
from numpy.typing import NDArray
from scipy.signal import resample_poly

from visavis_models.serve.inference import session
from visavis_models.spec import MODEL_RATE, SPEECH_RATE

FloatArray = NDArray[np.float32]

DURATIONS = "/Clip_output_0"  # the graph's own tensor: steps of 600 samples that each phone takes
STEP_SAMPLES = 600  # at 24 kHz, 25 ms
STRESS = {"ˈ": 1.0, "ˌ": 0.5}
PAUSES = set(';:,.!?—…"()“” _')
MODIFIERS = {"ː", "ʰ", "ʲ", "̃"}
# The graph's times lag behind its own sound by two steps: edges of vowels lie 50 to 60 ms before them, where the other
# voices' lie within 10 ms (Kokoro's own reader of these durations takes 75 ms off their begin).
LATE_S = 0.05
QUIET_RMS = 0.003  # below it a phone's tail before a pause is silence
PAUSE_S = 0.06  # seconds of silence between phones from which on the mouth may rest
LONG_SPACE_S = 0.15  # a gap between words this long is a pause


@dataclass(frozen=True)
class Phone:
    """One sound: its symbol (misaki's alphabet, `_` for silence), begin and end in seconds, stress 0..1."""

    symbol: str
    begin: float
    end: float
    stress: float = 0.0

    def moved(self, seconds: float, rate: float = 1.0) -> Phone:
        return Phone(self.symbol, self.begin * rate + seconds, self.end * rate + seconds, self.stress)


@dataclass(frozen=True)
class Utterance:
    """Speech [N] at 16 kHz with the phones that fill it from end to end."""

    audio: FloatArray
    phones: tuple[Phone, ...]


class Synthesiser(Protocol):
    """One voice, or one family of them.

    Attributes:
        source: a name of `scenes.SOURCES`.
        language: of the texts it reads, as in `sentences.passage`.
    """

    source: str
    language: str

    def say(self, text: str, rng: np.random.Generator, *, speed: float = 1.0, pitch: float = 1.0) -> Utterance: ...


class Voice:
    """The default voice with one output more: the phones' durations."""

    source, language = "hibari", "en"

    def __init__(self) -> None:
        self._tts = hibari.Hibari()
        graph = onnx.load(str(Path(hibari.__file__).parent / "assets" / "hibari.onnx"))
        graph.graph.output.append(onnx.helper.make_tensor_value_info(DURATIONS, onnx.TensorProto.FLOAT, None))
        self._session = session(graph.SerializeToString())
        self._symbols = {code: symbol for symbol, code in self._tts.vocab.items()}

    def say(self, text: str, rng: np.random.Generator, *, speed: float = 1.0, pitch: float = 1.0) -> Utterance:
        """Speak.

        Args:
            text: English.
            rng: of the voice's noise part.
            speed: of speech, 1 is natural.
            pitch: factor on pitch and formants alike, by resampling; the tempo stays.
        """
        audio, phones, at = [], [], 0.0
        for sentence in self._tts.phonemize(text):
            codes = self._tts.ids(sentence)
            feeds = {"ids": np.array([codes], np.int64), "speed": np.array([speed / pitch], np.float32)}
            *spectra, steps = self._session.run(None, feeds)
            wave = dsp.synth(*(part[0] for part in spectra), rng)
            audio.append(wave)
            phones += [
                p.moved(at) for p in timed_phones([self._symbols.get(c, "_") for c in codes], steps.ravel(), wave)
            ]
            at += len(wave) / SPEECH_RATE
        return pitched(np.concatenate(audio), SPEECH_RATE, phones, pitch)


def without_gaps(phones: Iterable[Phone]) -> list[Phone]:
    """Silences shorter than a pause are no pauses: they belong to the phone before."""
    out: list[Phone] = []
    for phone in phones:
        if phone.symbol == "_" and phone.end - phone.begin < PAUSE_S and out:
            out[-1] = Phone(out[-1].symbol, out[-1].begin, phone.end, out[-1].stress)
        else:
            out.append(phone)
    return out


def pitched(audio: FloatArray, rate: int, phones: list[Phone], pitch: float, *, late_s: float = 0.0) -> Utterance:
    """Speech at `rate` Hz as an utterance at 16 kHz, pitch and formants times `pitch`; it gets as much shorter.

    The phones' times, which are `late_s` late, are set right; silence fills what is left of the end.
    """
    phones = [Phone(p.symbol, max(p.begin - late_s, 0.0), max(p.end - late_s, 0.0), p.stress) for p in phones]
    phones.append(Phone("_", phones[-1].end, len(audio) / rate))
    percent = round(100 * pitch)
    shared = math.gcd(100 * MODEL_RATE, percent * rate)
    resampled = resample_poly(audio, 100 * MODEL_RATE // shared, percent * rate // shared)
    moved = (phone.moved(0.0, 100 / percent) for phone in phones)
    return Utterance(resampled.astype(np.float32), tuple(without_gaps(moved)))


def timed_phones(symbols: list[str], steps: NDArray[np.float32], wave: FloatArray) -> list[Phone]:
    """Stress marks go to the vowel that follows, lengths to the vowel before, gaps between words half to each side."""
    ends = np.cumsum(steps) * STEP_SAMPLES / SPEECH_RATE
    ends[:-1] = np.maximum(ends[:-1] - LATE_S, 0.0)
    begins = np.concatenate([[0.0], ends[:-1]])
    phones: list[Phone] = []
    stress, pending = 0.0, None
    for symbol, begin, end in zip(symbols, begins.tolist(), ends.tolist(), strict=True):
        begin = begin if pending is None else pending
        pending = None
        if symbol in STRESS:
            stress, pending = STRESS[symbol], begin
        elif symbol in MODIFIERS and phones:
            phones[-1] = Phone(phones[-1].symbol, phones[-1].begin, end, phones[-1].stress)
        elif symbol == " " and phones and phones[-1].symbol != "_" and end - begin < LONG_SPACE_S:
            middle = (begin + end) / 2
            phones[-1] = Phone(phones[-1].symbol, phones[-1].begin, middle, phones[-1].stress)
            pending = middle
        elif symbol in PAUSES:
            phones.append(Phone("_", begin, end))
        else:
            phones += _without_tail(Phone(symbol, begin, end, stress), wave)
            stress = 0.0
    return phones


def _without_tail(phone: Phone, wave: FloatArray) -> list[Phone]:
    """The duration of a phrase's last sound includes the silence after it: cut where the sound has died away."""
    first, last = (round(t * SPEECH_RATE / STEP_SAMPLES) for t in (phone.begin, phone.end))
    if last - first < 5:
        return [phone]
    loud = [
        np.sqrt(np.mean(wave[s * STEP_SAMPLES : (s + 1) * STEP_SAMPLES] ** 2)) > QUIET_RMS for s in range(first, last)
    ]
    sounding = max((i + 1 for i, is_loud in enumerate(loud) if is_loud), default=0)
    sounding = max(sounding, 2)
    if sounding >= last - first:
        return [phone]
    cut = phone.begin + sounding * STEP_SAMPLES / SPEECH_RATE
    return [Phone(phone.symbol, phone.begin, cut, phone.stress), Phone("_", cut, phone.end)]
