"""A real English speaker (GRID corpus, talker s1) as a judge: how far the lips are parted, from tracked landmarks.

Nothing is trained on it. Speech: Cooke, Barker, Cunningham and Shao, An audio-visual corpus for speech perception and
automatic speech recognition (2006).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

CLIP_SAMPLES = 48_000  # 3 s at 16 kHz
UPPER_LIP, LOWER_LIP = 13, 14  # mediapipe's inner lips, in the middle
FOREHEAD, CHIN = 10, 152


@dataclass(frozen=True)
class Sentence:
    """One clip: audio [48000] at 16 kHz and the gap between the inner lips [75] as a share of the face's height."""

    audio: FloatArray
    gap: FloatArray


def load_sentences(folder: Path, part: str = "09") -> list[Sentence]:
    """The clips of one part of the corpus."""
    with np.load(folder / f"motion_{part}.npz") as data:
        index = {int(mark): k for k, mark in enumerate(data["landmark"])}
        points = np.cumsum(data["position_delta"], axis=1, dtype=np.int32)[..., :2] / 32.0
    upper, lower, top, bottom = (points[:, :, index[mark]] for mark in (UPPER_LIP, LOWER_LIP, FOREHEAD, CHIN))
    height = np.linalg.norm(bottom - top, axis=-1).mean(axis=1, keepdims=True)
    gaps = (np.linalg.norm(lower - upper, axis=-1) / height).astype(np.float32)
    audio = _decoded(folder / f"speech_{part}.flac")
    return [Sentence(audio[k * CLIP_SAMPLES : (k + 1) * CLIP_SAMPLES], gap) for k, gap in enumerate(gaps)]


def _decoded(path: Path) -> FloatArray:
    """A mono file as float32 at its own rate."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    samples = np.concatenate(frames)
    return samples.astype(np.float32) / (np.iinfo(samples.dtype).max if samples.dtype.kind == "i" else 1.0)
