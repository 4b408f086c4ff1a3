"""Windows of scenes as tensors, augmented: what one training step sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis_models.serve.layout import ANCHORS, CONTEXT_FRAMES, HOP, LOOKAHEAD_FRAMES, SPAN, SPAN_MELS, WINDOW
from visavis_models.serve.mel import BANDS, LOG_MIDDLE, LOG_SPREAD, MELS_PER_FRAME
from visavis_models.spec import N_MOTION
from visavis_models.train.scenes import AXES, LAYOUT, Scene

FloatArray = NDArray[np.float32]

# of the windows; what is authored takes the rest. FACEGOOD is 4.5 minutes long: more of it is learned by heart
SHARES = {"facegood": 0.08, "grid": 0.4}
UNTOLD = 0.1  # how often the emotion, and the style, are not told (Ho and Salimans, Classifier-free guidance, 2022)
UNMARKED = 0.5  # how often a capture is shown without its mark, so that real mouths move the usual face too
HIDDEN_BANDS, HIDDEN_TIMES, HIDDEN_CHANCE = 14, 2, 0.5  # stretches of bands that are hidden (SpecAugment, Park 2019)
WARP = 0.14  # largest stretch of the bands: formants of other throats
FRAMES = ("motion", "user_motion", "impulses", "contact", "user_mel")


@dataclass(frozen=True)
class Batch:
    """B stretches of T = 10 + F frames, F = 14 + 8 (hops - 1) where hops are cut from them.

    mel [B, 60 + 4 T, 80], user_mel [B, T, 320], motion and user_motion [B, T, 60], impulses [B, T, 10], contact
    [B, T, 2], known [B, T, 60] (which channels are known where), phoned [B] (whether contact is known), emotion [B, 6],
    style [B, 9], told [B, 2], user_known [B, 2].
    """

    mel: Tensor
    user_mel: Tensor
    motion: Tensor
    user_motion: Tensor
    impulses: Tensor
    contact: Tensor
    known: Tensor
    phoned: Tensor
    emotion: Tensor
    style: Tensor
    told: Tensor
    user_known: Tensor


class Windows:
    """Scenes cut at random: sources in their shares, and long scenes more often than short ones.

    Args:
        scenes: arrays may be mapped files; only what is cut is read.
        shares: of each source among the windows; sources that are not named share the rest by their length.
    """

    def __init__(self, scenes: list[Scene], shares: Mapping[str, float] = SHARES) -> None:
        self._scenes = scenes
        self._lengths = np.array([len(scene) for scene in scenes])
        groups = np.array([scene.source if scene.source in shares else "" for scene in scenes])
        wanted = {name: shares.get(name, 0.0) for name in np.unique(groups)}
        if "" in wanted:
            wanted[""] = 1.0 - sum(wanted.values())
        totals = {name: self._lengths[groups == name].sum() for name in wanted}
        chances = np.array([wanted[g] * n / totals[g] for g, n in zip(groups, self._lengths, strict=True)])
        self._chances = chances / chances.sum()

    @property
    def scale(self) -> Tensor:
        """The spread of each channel in what is authored, [60], at least 0.04: the unit of motion in the model."""
        authored = [scene for scene in self._scenes if not scene.measured] or self._scenes
        motion = np.concatenate([np.asarray(scene.motion, np.float32) for scene in authored])
        return torch.from_numpy(np.maximum(motion.std(axis=0), 0.04))

    def hops(self, rng: np.random.Generator, size: int, hops: int = 1) -> Batch:
        """`size` stretches for `hops` hops, anywhere."""
        return self.draw(rng, size, ANCHORS + WINDOW + HOP * (hops - 1))

    def draw(self, rng: np.random.Generator, size: int, length: int) -> Batch:
        """`size` stretches of `length` frames, anywhere, with augmented voices; silence lies before a scene."""
        picked = [self._scenes[k] for k in rng.choice(len(self._scenes), size, p=self._chances)]
        begins = [int(rng.integers(0, max(1, len(scene) - length))) for scene in picked]
        cuts = {name: _stacked(picked, begins, name, 0, length) for name in FRAMES}
        mel = _stacked(picked, begins, "mel", CONTEXT_FRAMES, length)
        known = np.stack([scene.known for scene in picked])[:, None] * _stacked(picked, begins, "seen", 0, length)
        style = np.stack([scene.style for scene in picked])
        style[:, len(AXES) :] *= rng.random((size, 1)) >= UNMARKED
        told = (rng.random((size, 2)) >= UNTOLD).astype(np.float32)
        # each of the user's two tracks is dropped half of the time
        user_known = np.stack([scene.talks for scene in picked]) * (rng.random((size, 2)) < 0.5)
        arrays = {
            **{name: cut.reshape(size, length, -1) for name, cut in cuts.items()},
            "mel": hidden(augmented(mel.reshape(size, -1, BANDS), rng), rng),
            "known": known.reshape(size, length, N_MOTION),
            "phoned": np.array([bool(scene.phones) for scene in picked]),
            "emotion": np.stack([scene.emotion for scene in picked]),
            "style": style,
            "told": told,
            "user_known": user_known,
        }
        return Batch(**{name: torch.from_numpy(np.asarray(array, np.float32)) for name, array in arrays.items()})


def _stacked(scenes: list[Scene], begins: list[int], name: str, lead: int, length: int) -> FloatArray:
    """The frames `begin - lead`..`begin + length` of each scene, [B, lead + length, ...]; the edges are held."""
    items = LAYOUT[name][0]
    rows = []
    for scene, begin in zip(scenes, begins, strict=True):
        array = getattr(scene, name)
        first, last = (begin - lead) * items, (begin + length) * items
        cut = np.asarray(array[max(first, 0) : last], np.float32)
        edges = (max(-first, 0), last - max(first, 0) - len(cut))
        rows.append(np.pad(cut, (edges, *[(0, 0)] * (cut.ndim - 1)), mode="edge") if any(edges) else cut)
    return np.stack(rows).reshape(len(scenes), lead + length, -1)


def augmented(mel: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Other throats, gain, tilt and noise on log-mel features [B, M, 80]."""
    B, _, _ = mel.shape
    stretch = np.exp(rng.uniform(-WARP, WARP, B) * (rng.random(B) < 0.7))
    place = np.clip(np.arange(BANDS) * stretch[:, None], 0, BANDS - 1.001)
    left = np.broadcast_to(place.astype(int)[:, None], mel.shape)
    part = (place % 1.0)[:, None].astype(np.float32)
    warped = np.take_along_axis(mel, left, axis=2) * (1 - part) + np.take_along_axis(mel, left + 1, axis=2) * part
    power = np.exp(warped * LOG_SPREAD + LOG_MIDDLE)
    gain = rng.uniform(-1.6, 1.2, (B, 1, 1)) + rng.normal(0, 0.5, (B, 1, 1)) * np.linspace(-1, 1, BANDS)
    noisy = (rng.random((B, 1, 1)) < 0.5) * np.exp(rng.uniform(-17, -11.5, (B, 1, 1)))
    colour = np.exp(rng.normal(0, 0.7, (B, 1, 1)) * np.linspace(1, -1, BANDS))
    noise = noisy * colour * rng.standard_exponential(power.shape, np.float32)
    return ((np.log(power * np.exp(gain) + noise + 1e-8) - LOG_MIDDLE) / LOG_SPREAD).astype(np.float32)


def hidden(mel: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Some stretches of bands replaced by their mean over the time of [B, M, 80]: no voice is told by one band."""
    B, _, K = mel.shape
    for _ in range(HIDDEN_TIMES):
        width, first = rng.integers(0, HIDDEN_BANDS + 1, B), rng.integers(0, K - HIDDEN_BANDS, B)
        width *= rng.random(B) < HIDDEN_CHANCE
        band = np.arange(K)
        hide = (band >= first[:, None]) & (band < (first + width)[:, None])
        mel = np.where(hide[:, None], mel.mean(axis=1, keepdims=True), mel)
    return mel


def hop_mel(batch: Batch, start: int) -> Tensor:
    """The features of the hop whose window begins `start` frames after the anchors: [B, 156, 80]."""
    return batch.mel[:, start * MELS_PER_FRAME : start * MELS_PER_FRAME + SPAN_MELS]


def known_frames(rng: np.random.Generator, size: int, emit: int) -> Tensor:
    """Which frames of a hop's voice are known, [B, 24]: mostly as far as the look-ahead asks, often less, at random."""
    full = np.full(size, emit + LOOKAHEAD_FRAMES)
    late = rng.random(size) < 0.35
    reach = np.where(late, rng.integers(0, HOP + LOOKAHEAD_FRAMES + 1, size), full)
    known = np.arange(SPAN)[None] < ANCHORS + np.minimum(reach, HOP + LOOKAHEAD_FRAMES)[:, None]
    return torch.from_numpy(known.astype(np.float32))
