"""Moonshine tiny-en, the default recogniser: 27 M parameters, English, its weights inside the `moonshine-voice` wheel.

The encoder reads raw 16 kHz samples (one state for each 384 of them), the decoder writes sub-words greedily with a
key-value cache. Run by ONNX Runtime on the calling thread alone; the interpreter lock is released while it computes.
Jeffries et al. 2024, "Moonshine: Speech Recognition for Live Transcription and Voice Commands", arXiv:2410.15608.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.dialogue.transcript import Transcript
from visavis.media.errors import AssetError
from visavis_models.serve.inference import session
from visavis_models.spec import MODEL_RATE

FloatArray = NDArray[np.float32]

BEGIN, END = 1, 2  # <s>, </s>
LAYERS, HEADS, HEAD_WIDTH = 6, 8, 36
TOKENS_PER_SECOND = 6.5  # the longest plausible transcript, as in the authors' own runtime: ends a decoder's loop
TAIL = MODEL_RATE // 10  # samples of silence that follow: the last word is heard better
SHORTEST = MODEL_RATE // 4  # samples; anything shorter is padded with silence
_OLD_SPELLING = re.compile(r"\b(to)-(day|morrow|night)\b", re.IGNORECASE)  # of the books that it learnt from
_SUM = re.compile(
    r"\b(?:to|too)(?= (?:plus|minus)\b)|(?:(?<=\bplus )|(?<=\bplus, )|(?<=\bminus )|(?<=\bminus, ))(?:to|too)\b", re.I
)
_SPACE = "\u2581"  # SentencePiece's mark of a word's beginning


class Moonshine:
    """The model and its vocabulary. `transcribe` may be called from one thread at a time."""

    name = "tiny-en"
    provider = "moonshine"

    def __init__(self, folder: Path) -> None:
        """Raises:
        AssetError: `folder` does not hold the model's files.
        """
        for name in ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"):
            if not (folder / name).is_file():
                raise AssetError(f"{folder / name} is missing; reinstall with: pip install moonshine-voice==0.0.45")
        self._encoder = session(folder / "encoder_model.ort")
        self._decoder = session(folder / "decoder_model_merged.ort")
        self._pieces = read_vocabulary((folder / "tokenizer.bin").read_bytes())
        self._outputs = [output.name for output in self._decoder.get_outputs()]

    @classmethod
    def load(cls) -> Moonshine:
        """The weights that the `moonshine-voice` wheel carries."""
        spec = importlib.util.find_spec("moonshine_voice")
        if spec is None or not spec.submodule_search_locations:
            raise AssetError("moonshine-voice is not installed; run: pip install moonshine-voice==0.0.45")
        return cls(Path(spec.submodule_search_locations[0]) / "assets" / "tiny-en")

    def transcribe(self, pcm: FloatArray) -> Transcript:
        """Recognise `pcm`, float32 [N] mono at 16 kHz in -1..1."""
        pcm = np.pad(pcm, (0, max(TAIL, SHORTEST - len(pcm))))
        mask = np.ones((1, len(pcm)), np.int64)
        (states,) = self._encoder.run(None, {"input_values": pcm[None], "attention_mask": mask})
        tokens, probabilities = self._decode(states, mask, int(len(pcm) / MODEL_RATE * TOKENS_PER_SECOND) + 2)
        text = detokenise(self._pieces[token] for token in tokens)
        # the geometric mean of the tokens' probabilities
        return Transcript(text, float(np.exp(np.mean(np.log(probabilities)))) if text else 0.0)

    def _decode(self, states: FloatArray, mask: NDArray[np.int64], limit: int) -> tuple[list[int], list[float]]:
        """The likeliest token after each token; the last probability is that of the end.

        Args:
            states: the encoder's, [1, T, 288].
            mask: of the samples, [1, N]; the decoder thins it out itself.
            limit: tokens at most.
        """
        feed = {
            "encoder_hidden_states": states,
            "encoder_attention_mask": mask,
            "input_ids": np.array([[BEGIN]]),
            "use_cache_branch": np.array([False]),
            **_empty_cache(),
        }
        tokens: list[int] = []
        probabilities: list[float] = []
        for _ in range(limit):
            logits, *cache = self._decoder.run(None, feed)
            row = logits[0, -1]
            token = int(row.argmax())
            probabilities.append(float(1.0 / np.exp(row - row[token]).sum()))
            if token == END:
                break
            tokens.append(token)
            # the cross-attention keys are computed once: later steps hand the first ones back
            present = dict(zip(self._outputs[1:], cache, strict=True))
            keep = "decoder" if len(tokens) > 1 else ""
            feed |= {
                name.replace("present", "past_key_values"): value for name, value in present.items() if keep in name
            }
            feed |= {"input_ids": np.array([[token]]), "use_cache_branch": np.array([True])}
        return tokens, probabilities


def _empty_cache() -> dict[str, FloatArray]:
    nothing = np.zeros((1, HEADS, 0, HEAD_WIDTH), np.float32)
    return {
        f"past_key_values.{layer}.{part}.{what}": nothing
        for layer in range(LAYERS)
        for part in ("decoder", "encoder")
        for what in ("key", "value")
    }


def read_vocabulary(data: bytes) -> list[bytes]:
    """Sub-words by their number: each is its length (one byte, or two of seven bits from 128 on) and its bytes."""
    pieces, at = [], 0
    while at < len(data):
        size, at = data[at], at + 1
        if size >= 128:
            size, at = size - 128 + 128 * data[at], at + 1
        pieces.append(data[at : at + size])
        at += size
    return pieces


def detokenise(pieces: Iterable[bytes]) -> str:
    """Join sub-words to text; control tokens such as `<s>` vanish."""
    joined = b"".join(piece for piece in pieces if not (piece.startswith(b"<") and piece.endswith(b">")))
    text = joined.decode("utf-8", errors="ignore").replace(_SPACE, " ").strip()
    text = _OLD_SPELLING.sub(r"\1\2", text)
    return _SUM.sub("two", text)  # nothing else is said there
