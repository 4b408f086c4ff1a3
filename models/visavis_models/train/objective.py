"""What the motion model is trained for once its lips can read: diffusion, self-rollout, distillation.

Motion is in units of `scale` throughout. All functions are pure: chance comes in as a generator or as noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from visavis_models.serve.layout import ANCHORS, HOP, START_LEVEL, WINDOW, levels, temperatures
from visavis_models.spec import N_MOTION
from visavis_models.train.batches import Batch, hop_mel, known_frames
from visavis_models.train.model import MotionNet
from visavis_models.train.reading import CHANNEL_WEIGHT

TEMPERATURE = torch.from_numpy(temperatures())
DRAFT_WEIGHT, UNHEARD_WEIGHT = 0.4, 0.25
VELOCITY_WEIGHT, SEAM_WEIGHT, AGREEMENT_WEIGHT = 1.0, 0.5, 0.2
ANCHOR_NOISE, ANCHOR_DROP, ANCHOR_FAINT = 0.12, 0.1, 0.15
TEACHER_STEPS = 8
HUBER = 0.5  # in units of a channel's spread
RECORD_WEIGHT = 0.5  # of the recorded motion beside the teacher's in distillation


@dataclass(frozen=True)
class Hop:
    """All that one hop is conditioned on but its anchors, and what it should give."""

    features: Tensor  # [B, 24, dim + K + 2]
    user_mel: Tensor  # [B, 10, 320]
    user_motion: Tensor  # [B, 10, 60]
    user_known: Tensor  # [B, 10, 2]
    impulses: Tensor  # [B, 14, 10]
    emotion: Tensor
    style: Tensor
    told: Tensor
    before: Tensor  # [B, 2, 60], recorded, the frames before the window
    wanted: Tensor  # [B, 14, 60]
    weight: Tensor  # [B, 14, 60]


def cut_hop(net: MotionNet, batch: Batch, scale: Tensor, start: int, emit: int, rng: np.random.Generator) -> Hop:
    """The hop whose window begins `start` frames after the first anchors."""
    B = len(batch.motion)
    past, window = slice(start, start + ANCHORS), slice(start + ANCHORS, start + ANCHORS + WINDOW)
    known = known_frames(rng, B, emit)
    heard = known[:, ANCHORS:]
    emitted = torch.where(torch.arange(WINDOW) < emit, 1.0, DRAFT_WEIGHT)[None]
    weight = (emitted * torch.where(heard > 0, 1.0, UNHEARD_WEIGHT))[..., None] * CHANNEL_WEIGHT
    return Hop(
        features=net.hearing(hop_mel(batch, start), known, batch.emotion, batch.style, batch.told),
        user_mel=batch.user_mel[:, past],
        user_motion=batch.user_motion[:, past] / scale,
        user_known=batch.user_known[:, None].expand(B, ANCHORS, 2),
        impulses=batch.impulses[:, window],
        emotion=batch.emotion,
        style=batch.style,
        told=batch.told,
        before=batch.motion[:, start + ANCHORS - 2 : start + ANCHORS] / scale,
        wanted=batch.motion[:, window] / scale,
        weight=weight * batch.known[:, window],
    )


def denoise(net: MotionNet, hop: Hop, anchors: Tensor, anchor_known: Tensor, noisy: Tensor, level: Tensor) -> Tensor:
    """Clean motion [B, 14, 60]."""
    return net(
        anchors, anchor_known, noisy, hop.features, hop.user_mel, hop.user_motion, hop.user_known, hop.impulses,
        hop.emotion, hop.style, hop.told, level,
    )  # fmt: skip


def loss_of(clean: Tensor, hop: Hop, anchors: Tensor) -> Tensor:
    """Motion, velocity and seam."""
    motion = _huber(clean, hop.wanted) * hop.weight
    # the step from the own last anchor should be what the recorded one was: that is the seam
    velocity = _huber(_change(clean, anchors, 1), _change(hop.wanted, hop.before, 1)) * hop.weight
    bend = _huber(_change(clean, anchors, 2), _change(hop.wanted, hop.before, 2)) * hop.weight
    return motion.mean() + VELOCITY_WEIGHT * velocity.mean() + SEAM_WEIGHT * bend[:, :2].mean()


def denoising_loss(net: MotionNet, batch: Batch, scale: Tensor, rng: np.random.Generator) -> Tensor:
    """One step from recorded motion under noise, `x_t = (1 - t) x_0 + t eps`, or from where the sampler starts."""
    B = len(batch.motion)
    hop = cut_hop(net, batch, scale, 0, int(rng.integers(1, HOP + 1)), rng)
    anchors, anchor_known = _disturbed(batch.motion[:, :ANCHORS] / scale, rng)
    eps = _normal(rng, hop.wanted.shape)
    starting = torch.from_numpy(rng.random(B) < 0.5)[:, None, None]
    level = torch.from_numpy(np.sqrt(rng.random((B, 1, 1))).astype(np.float32))
    level = torch.where(starting, START_LEVEL, level)
    base = torch.where(starting, _draft_like(hop.wanted, anchors, rng), hop.wanted)
    noisy = (1 - level) * base + level * eps * torch.where(starting, TEMPERATURE, 1.0)
    clean = denoise(net, hop, anchors, anchor_known, noisy, level[:, 0, 0])
    return loss_of(clean, hop, anchors)


def rollout_loss(
    net: MotionNet,
    batch: Batch,
    scale: Tensor,
    rng: np.random.Generator,
    *,
    steps: int = 2,
    teacher: MotionNet | None = None,
) -> Tensor:
    """The sampler as it serves, hop after hop on its own anchors.

    Every step of it is pulled to what was recorded; with a `teacher`, also to what the teacher makes of the same start
    in `TEACHER_STEPS` steps (consistency distillation, Song et al. 2023, with the end of the path as its target).
    Gradients stay within a step: what one step hands to the next is data (self-rollout).
    """
    start, total, hops = 0, torch.zeros(()), 0
    anchors, anchor_known = _disturbed(batch.motion[:, :ANCHORS] / scale, rng)
    drafts, foreseen = anchors[:, -1:].expand(-1, WINDOW, -1), None
    while start + ANCHORS + WINDOW <= batch.motion.shape[1]:
        emit = int(rng.integers(1, HOP + 1)) if rng.random() < 0.4 else HOP
        kept = rng.bit_generator.state
        hop = cut_hop(net, batch, scale, start, emit, rng)
        eps = _normal(rng, hop.wanted.shape) * TEMPERATURE
        shown = None
        if teacher is not None:
            same = np.random.default_rng()
            same.bit_generator.state = kept  # the teacher hears as far as the student does
            with torch.no_grad():
                taught = cut_hop(teacher, batch, scale, start, emit, same)
                shown = sample(teacher, taught, anchors, anchor_known, drafts, eps, TEACHER_STEPS)
        clean = drafts
        for level in levels(steps):
            predicted = denoise(net, hop, anchors, anchor_known, (1 - level) * clean + level * eps, _filled(eps, level))
            recorded = loss_of(predicted, hop, anchors)
            if shown is None:
                total = total + recorded
            else:
                total = total + RECORD_WEIGHT * recorded + (_huber(predicted, shown) * hop.weight.clamp(min=0.2)).mean()
            clean = predicted.detach()
        if foreseen is not None:  # drafts are to be what is shown later
            n = min(foreseen.shape[1], WINDOW)
            weight = hop.weight[:, :n] * AGREEMENT_WEIGHT
            total = total + steps * (_huber(foreseen[:, :n], clean[:, :n]) * weight).mean()
        foreseen = predicted[:, emit:]
        hops += 1
        # where a channel's motion is unknown, so are anchors of it: they stay at zero
        known = batch.known[:, start + ANCHORS : start + ANCHORS + emit]
        anchors = torch.cat([anchors, clean[:, :emit] * known], dim=1)[:, -ANCHORS:]
        anchor_known = torch.cat([anchor_known, torch.ones(len(eps), emit)], dim=1)[:, -ANCHORS:]
        drafts = torch.cat([clean[:, emit:], clean[:, -1:].expand(-1, emit, -1)], dim=1)
        start += emit
    return total / (hops * steps)


def sample(
    net: MotionNet, hop: Hop, anchors: Tensor, anchor_known: Tensor, drafts: Tensor, eps: Tensor, steps: int
) -> Tensor:
    """The sampler that serves: from drafts under noise, each step predicts clean motion and less noise is put on it."""
    clean = drafts
    for level in levels(steps):
        clean = denoise(net, hop, anchors, anchor_known, (1 - level) * clean + level * eps, _filled(eps, level))
    return clean


def _huber(a: Tensor, b: Tensor) -> Tensor:
    return F.smooth_l1_loss(a, b, beta=HUBER, reduction="none")


def _change(motion: Tensor, before: Tensor, order: int) -> Tensor:
    """Differences from frame to frame of this order, the first ones from the frames before: [B, 14, 60]."""
    return torch.diff(torch.cat([before[:, -order:], motion], dim=1), n=order, dim=1)


def _filled(like: Tensor, level: float) -> Tensor:
    return torch.full((len(like),), level)


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
