"""Plain convolutional regression: a voice to a few curves, nothing else. No face model may move its lips worse.

The network is the lip reader's, without styles; the loss is the mean square; 80 ms of look-ahead, as everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from visavis_models.serve.layout import CONTEXT_FRAMES
from visavis_models.serve.mel import BANDS, MELS_PER_FRAME, frame_features
from visavis_models.train.batches import augmented
from visavis_models.train.chance import Chance
from visavis_models.train.model import N_WHO, LipReader

FloatArray = NDArray[np.float32]

WIDTH = 224  # 0.46 M weights
STEPS, FEW_STEPS, BATCH, STRETCH_FRAMES = 450, 200, 16, 75
FEW_FRAMES = 15_000  # up to ten minutes: more steps than `FEW_STEPS` learn them by heart
RATE, WARM_UP = 2e-3, 40
LEAD = CONTEXT_FRAMES * MELS_PER_FRAME


@dataclass(frozen=True)
class Example:
    """A voice, float32 [640 T], and what is to be read from it, float32 [T, K]."""

    audio: FloatArray
    curves: FloatArray


class Regression:
    """A fitted regression; `fit` makes one."""

    def __init__(self, net: LipReader, mean: FloatArray, spread: FloatArray) -> None:
        self._net, self._mean, self._spread = net.eval(), mean, spread

    def __call__(self, audio: FloatArray) -> FloatArray:
        """Curves [T, K] of a whole recording."""
        mel = led(frame_features(audio))
        known = torch.ones(1, len(mel) // MELS_PER_FRAME - CONTEXT_FRAMES)
        with torch.no_grad():
            curves, _ = self._net(torch.from_numpy(mel)[None], known, torch.zeros(1, N_WHO))
        return curves[0].numpy() * self._spread + self._mean


def fit(
    examples: Sequence[Example], *, steps: int | None = None, seed: int = 0, cache: Path | None = None
) -> Regression:
    """Fit on whole recordings, long ones cut at random; about a minute on one core.

    Args:
        steps: as many as suit the amount of examples where not given.
        cache: a folder; the same examples, steps and seed are fitted once.
    """
    curves = np.concatenate([example.curves for example in examples])
    steps = steps or (STEPS if len(curves) > FEW_FRAMES else FEW_STEPS)
    mean, spread = curves.mean(axis=0), curves.std(axis=0) + 1e-6
    torch.manual_seed(seed)
    net = LipReader(WIDTH, outputs=curves.shape[1])
    digest = hashlib.sha256(curves.tobytes() + f"{steps} {seed} {net}".encode()).hexdigest()[:16]
    path = cache / f"regression_{digest}.pt" if cache else None
    if path and path.exists():
        net.load_state_dict(torch.load(path, weights_only=True))
        return Regression(net, mean, spread)
    mels = [led(frame_features(example.audio)) for example in examples]
    targets = [(example.curves - mean) / spread for example in examples]
    lengths = np.array([len(target) for target in targets])
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    for step in range(steps):
        rng = np.random.default_rng([seed, step])
        optimiser.param_groups[0]["lr"] = RATE * min(1.0, (step + 1) / WARM_UP, 1.05 - step / steps)
        mel, wanted = _draw(mels, targets, lengths, rng)
        mel = augmented(mel, Chance([seed, step, 1]))
        predicted, _ = net(mel, torch.ones(BATCH, wanted.shape[1]), torch.zeros(BATCH, N_WHO))
        optimiser.zero_grad(set_to_none=True)
        (predicted - wanted).square().mean().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(net.state_dict(), path)
    return Regression(net, mean, spread)


def _draw(
    mels: list[FloatArray], targets: list[FloatArray], lengths: NDArray[np.int64], rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Features [B, 60 + 4 T, 80] and curves [B, T, K] of stretches anywhere."""
    T = min(STRETCH_FRAMES, int(lengths.min()))
    picked = rng.choice(len(mels), BATCH, p=lengths / lengths.sum())
    begins = [int(rng.integers(0, lengths[k] - T + 1)) for k in picked]
    mel = [mels[k][b * MELS_PER_FRAME : (b + T) * MELS_PER_FRAME + LEAD] for k, b in zip(picked, begins, strict=True)]
    wanted = [targets[k][b : b + T] for k, b in zip(picked, begins, strict=True)]
    return torch.from_numpy(np.stack(mel)), torch.from_numpy(np.stack(wanted))


def led(mel: FloatArray) -> FloatArray:
    """Features with as much of the first one before them as a hop hears of the past."""
    return np.concatenate([np.repeat(mel[:1], LEAD, axis=0), mel]).reshape(-1, BANDS)
