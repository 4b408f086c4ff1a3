"""Windows of scenes as tensors, augmented: what one training step sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis_models.serve.layout import ANCHORS, CONTEXT_FRAMES, HOP, LOOKAHEAD_FRAMES, SPAN, SPAN_MELS, WINDOW
from visavis_models.serve.mel import BANDS, LOG_MIDDLE, LOG_SPREAD, MELS_PER_FRAME
from visavis_models.train.scenes import MARKS, STYLES, Scene

CAPTURE_SHARE = 0.22  # of the windows; the captures are few and real
LEAD_FRAMES = ANCHORS + CONTEXT_FRAMES


@dataclass(frozen=True)
class Batch:
    """B stretches of 10 anchors and F = 14 + 8 (hops - 1) frames; the tensors of `Scene`, cut.

    mel [B, 28 + 4 (10 + F), 80], user_mel [B, 10 + F, 320], motion and user_motion [B, 10 + F, 60], impulses
    [B, 10 + F, 10], closure [B, 10 + F], known [B, 60], emotion [B, 6], style [B, 9], user_known [B, 2].
    """

    mel: Tensor
    user_mel: Tensor
    motion: Tensor
    user_motion: Tensor
    impulses: Tensor
    closure: Tensor
    known: Tensor
    emotion: Tensor
    style: Tensor
    user_known: Tensor


class Windows:
    """All scenes end to end, half precision, cut at random."""

    def __init__(self, scenes: list[Scene]) -> None:
        self._frames = {
            name: np.concatenate([getattr(s, name) for s in scenes]).astype(np.float16)
            for name in ("motion", "user_motion", "impulses", "closure")
        }
        for name in ("mel", "user_mel"):
            rows = [getattr(s, name).reshape(len(s), MELS_PER_FRAME * BANDS).astype(np.float16) for s in scenes]
            self._frames[name] = np.concatenate(rows)
        self._scenes = {
            name: np.stack([getattr(s, name) for s in scenes]) for name in ("known", "emotion", "style", "talks")
        }
        self._lengths = np.array([len(s) for s in scenes])
        self._begins = np.cumsum(self._lengths) - self._lengths
        captured = self._captured = np.array([scene.measured for scene in scenes])
        chances = self._lengths / np.where(captured, self._lengths[captured].sum(), self._lengths[~captured].sum())
        share = CAPTURE_SHARE if captured.any() and not captured.all() else 0.5
        self._chances = chances * np.where(captured, share, 1 - share)
        self._chances /= self._chances.sum()

    @property
    def scale(self) -> Tensor:
        """The spread of each channel where it is known, [60], at least 0.04: the unit of motion in the model."""
        rows = np.repeat(~self._captured, self._lengths)
        return torch.from_numpy(np.maximum(self._frames["motion"][rows].astype(np.float32).std(axis=0), 0.04))

    def draw(self, rng: np.random.Generator, size: int, hops: int = 1) -> Batch:
        """`size` stretches for `hops` hops, anywhere."""
        length = ANCHORS + WINDOW + HOP * (hops - 1)
        scene = rng.choice(len(self._lengths), size, p=self._chances)
        room = self._lengths[scene] - length - CONTEXT_FRAMES
        first = self._begins[scene] + CONTEXT_FRAMES + (rng.random(size) * room).astype(np.int64)
        return self.cut(first, scene, length, rng)

    def cut(self, first: NDArray[np.int64], scene: NDArray[np.int64], length: int, rng: np.random.Generator) -> Batch:
        """Stretches that begin at the absolute frames `first`, with augmented voices."""
        rows = first[:, None] + np.arange(length)
        heard = first[:, None] + np.arange(-CONTEXT_FRAMES, length)
        B = len(first)
        frames = {
            name: torch.from_numpy(self._frames[name][rows].astype(np.float32))
            for name in self._frames
            if name != "mel"
        }
        mel = self._frames["mel"][heard].astype(np.float32).reshape(B, -1, BANDS)
        scenes = {name: torch.from_numpy(values[scene].astype(np.float32)) for name, values in self._scenes.items()}
        # each of the user's two tracks is dropped half of the time
        user_known = scenes.pop("talks") * torch.from_numpy((rng.random((B, 2)) < 0.5).astype(np.float32))
        # without its mark a capture belongs to the usual style: so real voices move the usual face too
        scenes["style"][:, STYLES.index(MARKS[0]) :] *= torch.from_numpy((rng.random((B, 1)) < 0.5).astype(np.float32))
        return Batch(mel=torch.from_numpy(augmented(mel, rng)), user_known=user_known, **frames, **scenes)


def augmented(mel: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Gain, formant shift, tilt and noise on log-mel features [B, M, 80]."""
    B, _, _ = mel.shape
    power = np.exp(mel * LOG_SPREAD + LOG_MIDDLE)
    shift = rng.integers(-2, 3, B) * (rng.random(B) < 0.4)
    bands = np.clip(np.arange(BANDS) + shift[:, None], 0, BANDS - 1)
    power = np.take_along_axis(power, np.broadcast_to(bands[:, None], power.shape), axis=2)
    gain = rng.uniform(-1.6, 1.2, (B, 1, 1)) + rng.normal(0, 0.5, (B, 1, 1)) * np.linspace(-1, 1, BANDS)
    noisy = (rng.random((B, 1, 1)) < 0.5) * np.exp(rng.uniform(-17, -11.5, (B, 1, 1)))
    noise = (
        noisy * rng.exponential(1.0, power.shape) * np.exp(rng.normal(0, 0.7, (B, 1, 1)) * np.linspace(1, -1, BANDS))
    )
    return ((np.log(power * np.exp(gain) + noise + 1e-8) - LOG_MIDDLE) / LOG_SPREAD).astype(np.float32)


def hop_mel(batch: Batch, start: int) -> Tensor:
    """The features of the hop whose window begins `start` frames after the anchors: [B, 124, 80]."""
    return batch.mel[:, start * MELS_PER_FRAME : start * MELS_PER_FRAME + SPAN_MELS]


def known_frames(rng: np.random.Generator, size: int, emit: int) -> Tensor:
    """Which frames of a hop's voice are known, [B, 24]: mostly as far as the look-ahead asks, often less, at random."""
    full = np.full(size, emit + LOOKAHEAD_FRAMES)
    late = rng.random(size) < 0.35
    reach = np.where(late, rng.integers(0, HOP + LOOKAHEAD_FRAMES + 1, size), full)
    known = np.arange(SPAN)[None] < ANCHORS + np.minimum(reach, HOP + LOOKAHEAD_FRAMES)[:, None]
    return torch.from_numpy(known.astype(np.float32))
