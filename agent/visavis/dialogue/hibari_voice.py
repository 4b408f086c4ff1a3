"""Hibari, the default voice: 24 kHz English from an 8 MB model, with the time of every word.

The network computes how long each phoneme lasts and keeps it to itself (tensor `/Clip_output_0`, steps of 600 samples);
the graph is loaded with that tensor as one more output, so captions and history can follow the voice word by word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hibari import dsp
from hibari.g2p import G2P
from hibari.tts import MAX_PHONEMES, Hibari
from hibari.voices import DEFAULT, voice_path
from numpy.typing import NDArray

from visavis.dialogue.text import speakable
from visavis_models.serve.inference import session
from visavis_models.spec import SPEECH_RATE

FloatArray = NDArray[np.float32]

DURATIONS = "/Clip_output_0"
STEP = 600  # samples a unit of duration
AUDIBLE = 0.006  # amplitude that counts as sound
LEAD = (
    SPEECH_RATE * 25 // 1000
)  # samples kept before the first sound: the model begins with a third of a second of none
TRAIL = SPEECH_RATE * 180 // 1000  # samples kept after the last
FADE = SPEECH_RATE * 5 // 1000
SEED = 0  # of the noise in consonants: the same words always sound the same


@dataclass(frozen=True)
class Word:
    """A word of the text and when it is heard, in seconds from the beginning of its piece."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Spoken:
    """A piece of speech: float32 [N] at 24 kHz, and its words."""

    pcm: FloatArray
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Timbre:
    """How the voice is bent.

    Attributes:
        pitch: of the result, as a factor.
        formants: likewise; below 1 is a larger speaker.
    """

    pitch: float = 1.0
    formants: float = 1.0


TIMBRES = {"heart": Timbre(), "low": Timbre(0.64, 0.87)}


class HibariVoice:
    """The model and its dictionary. `say` may be called from one thread at a time."""

    def __init__(self) -> None:
        with open(voice_path(DEFAULT, download_missing=False), "rb") as file:
            model = with_output(file.read(), DURATIONS)
        self._session = session(model)
        self._text = Hibari(g2p=G2P())  # its text side: sentences, phonemes, their numbers
        self._text.sess = None  # a second copy of the model, 20 MB

    def say(self, text: str, timbre: Timbre = TIMBRES["heart"]) -> Spoken:
        """Speak a sentence or a clause; nothing sayable in it gives no samples."""
        text = speakable(text)
        phonemes = " ".join(self._text.phonemize(text)) if text else ""
        pieces = [self._voice(piece, timbre) for piece in _pieces(phonemes)]
        if not pieces:
            return Spoken(np.zeros(0, np.float32), ())
        pcm = np.concatenate([samples for samples, _ in pieces])
        offsets = np.cumsum([0, *(len(samples) for samples, _ in pieces[:-1])]) / SPEECH_RATE
        spans = [
            (start + at, end + at)
            for at, (_, times) in zip(offsets.tolist(), pieces, strict=True)
            for start, end in times
        ]
        return Spoken(pcm, align(text.split(), spans))

    def _voice(self, phonemes: str, timbre: Timbre) -> tuple[FloatArray, list[tuple[float, float]]]:
        """Samples of one piece, and the span of each of its words in seconds.

        Formants are bent by speaking so much faster and stretching the sound; the pulses' rate gives the pitch.
        """
        known = [c for c in phonemes if c in self._text.vocab]
        ids = self._text.ids(known)
        feed = {"ids": np.array([ids], np.int64), "speed": np.full(1, 1 / timbre.formants, np.float32)}
        *parts, steps = self._session.run(None, feed)
        *spectra, f0 = (part[0] for part in parts)
        pcm = dsp.synth(*spectra, f0 * (timbre.pitch / timbre.formants), np.random.default_rng(SEED))
        pcm = stretched(pcm, 1 / timbre.formants)
        begin, end = _sound(pcm)
        ends = np.cumsum(steps) * STEP / timbre.formants  # of the leading pad, of every phoneme, of the trailing pad
        times = [
            (float(max(ends[a], begin) - begin) / SPEECH_RATE, float(min(ends[b], end) - begin) / SPEECH_RATE)
            for a, b in _words(known)
        ]
        return _faded(pcm[begin:end]), times


def stretched(pcm: FloatArray, factor: float) -> FloatArray:
    """`pcm` [N] resampled to [N * factor], so that it lasts longer and sounds lower; by its spectrum, exactly."""
    if factor == 1.0:
        return pcm
    length = round(len(pcm) * factor)
    return (np.fft.irfft(np.fft.rfft(pcm), length) * (length / len(pcm))).astype(np.float32)


def with_output(model: bytes, tensor: str) -> bytes:
    """A serialised ONNX model with one more output.

    Serialised protocol buffers merge by concatenation: what is appended is a ModelProto (graph: field 7) whose
    GraphProto (output: field 12) holds one ValueInfoProto (name: field 1); repeated fields add up.
    https://protobuf.dev/programming-guides/encoding/#last-one-wins
    """
    name = tensor.encode()
    value = _field(1, name)
    return model + _field(7, _field(12, value))


def _field(number: int, data: bytes) -> bytes:
    assert len(data) < 128, "one byte of length"
    return bytes([number << 3 | 2, len(data)]) + data


def _pieces(phonemes: str) -> list[str]:
    """Phonemes in stretches that the model takes at once, cut between words."""
    pieces: list[str] = []
    for word in phonemes.split():
        if pieces and len(pieces[-1]) + 1 + len(word) <= MAX_PHONEMES:
            pieces[-1] += f" {word}"
        else:
            pieces.append(word[:MAX_PHONEMES])
    return pieces


def _words(phonemes: list[str]) -> list[tuple[int, int]]:
    """For each word the index of the phoneme before its first and of its last, counting the leading pad as 0."""
    spaces = [k for k, c in enumerate(phonemes) if c == " "]
    starts, ends = [0, *(k + 1 for k in spaces)], [*spaces, len(phonemes)]
    return [(a, b) for a, b in zip(starts, ends, strict=True) if b > a]


def _sound(pcm: FloatArray) -> tuple[int, int]:
    """Where the sound begins and ends, with a little silence around it."""
    audible = np.flatnonzero(np.abs(pcm) > AUDIBLE)
    if not len(audible):
        return 0, len(pcm)
    return max(0, int(audible[0]) - LEAD), min(len(pcm), int(audible[-1]) + TRAIL)


def _faded(pcm: FloatArray) -> FloatArray:
    ramp = np.linspace(0, 1, min(FADE, len(pcm)), dtype=np.float32)
    pcm = pcm.copy()
    pcm[: len(ramp)] *= ramp
    pcm[len(pcm) - len(ramp) :] *= ramp[::-1]
    return pcm


def align(words: list[str], spans: list[tuple[float, float]]) -> tuple[Word, ...]:
    """Give each written word the time of the spoken one.

    They differ in number where a written word is spoken as several ("5:30"): then times follow the share of letters.
    """
    if not words or not spans:
        return ()
    if len(words) == len(spans):
        return tuple(Word(word, start, end) for word, (start, end) in zip(words, spans, strict=True))
    shares = np.cumsum([0, *(len(word) + 1 for word in words)])
    times = (spans[0][0] + shares / shares[-1] * (spans[-1][1] - spans[0][0])).tolist()
    return tuple(Word(word, a, b) for word, a, b in zip(words, times[:-1], times[1:], strict=True))
