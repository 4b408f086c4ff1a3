"""What the motion model is trained for: one denoising step on recorded motion, then the sampler on its own anchors.

All functions are pure: chance comes in as a generator or as noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from visavis_models.serve.layout import ANCHORS, HOP, MOUTH, START_LEVEL, WINDOW, levels, temperatures
from visavis_models.spec import INDEX, N_MOTION
from visavis_models.train.batches import Batch, hop_mel, known_frames
from visavis_models.train.model import MotionNet

TEMPERATURE = torch.from_numpy(temperatures())
CHANNEL_WEIGHT = torch.ones(N_MOTION)
CHANNEL_WEIGHT[list(MOUTH)] = 1.5
CHANNEL_WEIGHT[INDEX["jawOpen"]] = 4.0
for _name in (
    "mouthFunnel",
    "mouthPucker",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
):
    CHANNEL_WEIGHT[INDEX[_name]] = 2.5
PARTING = [
    INDEX[n] for n in ("jawOpen", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")
]
DRAFT_WEIGHT, UNHEARD_WEIGHT = 0.4, 0.25
VELOCITY_WEIGHT, CLOSURE_WEIGHT = 1.0, 2.0
HUBER = 0.5  # in units of a channel's spread
ANCHOR_NOISE, ANCHOR_DROP, ANCHOR_FAINT = 0.12, 0.1, 0.15


@dataclass(frozen=True)
class Hop:
    """All that one hop is conditioned on but its anchors, and what it should give; motion in units of scale."""

    features: Tensor  # [B, 24, dim]
    user_mel: Tensor  # [B, 10, 320]
    user_motion: Tensor  # [B, 10, 60]
    user_known: Tensor  # [B, 10, 2]
    impulses: Tensor  # [B, 14, 10]
    emotion: Tensor
    style: Tensor
    wanted: Tensor  # [B, 14, 60]
    closure: Tensor  # [B, 14]
    weight: Tensor  # [B, 14, 60]


def cut_hop(net: MotionNet, batch: Batch, scale: Tensor, start: int, emit: int, rng: np.random.Generator) -> Hop:
    """The hop whose window begins `start` frames after the first anchors."""
    B = len(batch.motion)
    past, window = slice(start, start + ANCHORS), slice(start + ANCHORS, start + ANCHORS + WINDOW)
    heard = known_frames(rng, B, emit)
    weight = (
        torch.where(torch.arange(WINDOW) < emit, 1.0, DRAFT_WEIGHT)[None, :, None]
        * CHANNEL_WEIGHT
        * batch.known[:, None]
    )
    weight = weight * torch.where(heard[:, ANCHORS:] > 0, 1.0, UNHEARD_WEIGHT)[..., None]
    return Hop(
        features=net.audio(hop_mel(batch, start), heard),
        user_mel=batch.user_mel[:, past],
        user_motion=batch.user_motion[:, past] / scale,
        user_known=batch.user_known[:, None].expand(B, ANCHORS, 2),
        impulses=batch.impulses[:, window],
        emotion=batch.emotion,
        style=batch.style,
        wanted=batch.motion[:, window] / scale,
        closure=batch.closure[:, window],
        weight=weight,
    )


def denoise(net: MotionNet, hop: Hop, anchors: Tensor, anchor_known: Tensor, noisy: Tensor, level: Tensor) -> Tensor:
    """Clean motion [B, 14, 60]."""
    return net(
        anchors, anchor_known, noisy, hop.features, hop.user_mel, hop.user_motion, hop.user_known, hop.impulses,
        hop.emotion, hop.style, level,
    )  # fmt: skip


def loss_of(clean: Tensor, hop: Hop, anchors: Tensor, scale: Tensor) -> Tensor:
    """Huber on motion and on its velocity (the seam to the last anchor included), and lips together on p, b and m."""
    motion = _huber(clean, hop.wanted) * hop.weight
    velocity = _huber(_velocity(clean, anchors), _velocity(hop.wanted, anchors)) * hop.weight
    opening = (clean * scale)[..., PARTING].clamp(min=0.0).sum(dim=-1)
    lips = opening * hop.closure * (hop.closure > 0.9) * hop.weight[..., INDEX["jawOpen"]]
    return motion.mean() + VELOCITY_WEIGHT * velocity.mean() + CLOSURE_WEIGHT * lips.mean()


def denoising_loss(net: MotionNet, batch: Batch, scale: Tensor, rng: np.random.Generator) -> Tensor:
    """One step from recorded motion under noise, `x_t = (1 - t) x_0 + t eps`, or from where the sampler starts."""
    B = len(batch.motion)
    emit = int(rng.integers(1, HOP + 1))
    hop = cut_hop(net, batch, scale, 0, emit, rng)
    anchors, anchor_known = _disturbed(batch.motion[:, :ANCHORS] / scale, rng)
    eps = _normal(rng, hop.wanted.shape)
    starting = torch.from_numpy(rng.random(B) < 0.5)[:, None, None]
    level = torch.from_numpy(np.sqrt(rng.random((B, 1, 1))).astype(np.float32))
    level = torch.where(starting, START_LEVEL, level)
    base = torch.where(starting, _draft_like(hop.wanted, anchors, rng), hop.wanted)
    noisy = (1 - level) * base + level * eps * torch.where(starting, TEMPERATURE, 1.0)
    clean = denoise(net, hop, anchors, anchor_known, noisy, level[:, 0, 0])
    return loss_of(clean, hop, anchors, scale)


def rollout_loss(net: MotionNet, batch: Batch, scale: Tensor, rng: np.random.Generator, steps: int = 2) -> Tensor:
    """The sampler as it serves, hop after hop on its own anchors; every step of it is pulled to what was recorded.

    Gradients stay within a step: what one step hands to the next is data (self-rollout).
    """
    start, total, hops = 0, torch.zeros(()), 0
    anchors, anchor_known = _disturbed(batch.motion[:, :ANCHORS] / scale, rng)
    drafts = anchors[:, -1:].expand(-1, WINDOW, -1)
    while start + ANCHORS + WINDOW <= batch.motion.shape[1]:
        emit = int(rng.integers(1, HOP + 1)) if rng.random() < 0.4 else HOP
        hop = cut_hop(net, batch, scale, start, emit, rng)
        eps = _normal(rng, hop.wanted.shape) * TEMPERATURE
        clean = drafts
        for level in levels(steps):
            noisy = (1 - level) * clean + level * eps
            predicted = denoise(net, hop, anchors, anchor_known, noisy, torch.full((len(eps),), level))
            total = total + loss_of(predicted, hop, anchors, scale)
            clean = predicted.detach()
        hops += 1
        # where a channel's motion is unknown, so are anchors of it: they stay at zero
        shown = clean * batch.known[:, None]
        anchors = torch.cat([anchors, shown[:, :emit]], dim=1)[:, -ANCHORS:]
        anchor_known = torch.cat([anchor_known, torch.ones(len(eps), emit)], dim=1)[:, -ANCHORS:]
        drafts = torch.cat([clean[:, emit:], clean[:, -1:].expand(-1, emit, -1)], dim=1)
        start += emit
    return total / (hops * steps)


def _huber(a: Tensor, b: Tensor) -> Tensor:
    return F.smooth_l1_loss(a, b, beta=HUBER, reduction="none")


def _velocity(motion: Tensor, anchors: Tensor) -> Tensor:
    """Differences from frame to frame, the first from the last anchor."""
    return torch.diff(torch.cat([anchors[:, -1:], motion], dim=1), dim=1)


def _normal(rng: np.random.Generator, shape: torch.Size) -> Tensor:
    return torch.from_numpy(rng.standard_normal(tuple(shape), np.float32))


def _disturbed(anchors: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Anchors with noise, and which of them are given: none for a tenth of the batch, the newest few for another."""
    B = len(anchors)
    given = np.where(rng.random(B) < ANCHOR_DROP, 0, ANCHORS)
    given = np.where(rng.random(B) < ANCHOR_DROP, rng.integers(0, ANCHORS, B), given)
    known = np.arange(ANCHORS)[None] >= ANCHORS - given[:, None]
    # some faces are fainter than their emotion asks for, so that an emotion can also arise
    faint = np.where(rng.random(B) < ANCHOR_FAINT, rng.random(B), 1.0).astype(np.float32)[:, None, None]
    slow = _normal(rng, torch.Size((B, 1, N_MOTION))) + 0.5 * _normal(rng, anchors.shape)
    return anchors * torch.from_numpy(faint) + ANCHOR_NOISE * slow, torch.from_numpy(known.astype(np.float32))


def _draft_like(wanted: Tensor, anchors: Tensor, rng: np.random.Generator) -> Tensor:
    """What a hop may find as drafts: the last anchor held, or rough foresight of the first frames, held after them."""
    B = len(wanted)
    rough = wanted + 0.4 * _normal(rng, wanted.shape)
    reach = WINDOW - HOP
    rough = torch.cat([rough[:, :reach], rough[:, reach - 1 : reach].expand(-1, HOP, -1)], dim=1)
    return torch.where(torch.from_numpy(rng.random(B) < 0.5)[:, None, None], rough, anchors[:, -1:].expand_as(rough))
