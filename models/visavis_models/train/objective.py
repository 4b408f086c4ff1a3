"""What the motion model is trained for once its lips can read: diffusion, self-rollout, distillation.

Motion is in units of `scale` throughout. All functions are pure: chance comes in as a generator or as noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from visavis_models.serve.cues import N_TONE, PHRASE_CUES
from visavis_models.serve.layout import ANCHORS, HOP, START_LEVEL, WINDOW, levels, temperatures
from visavis_models.spec import N_MOTION
from visavis_models.train.batches import Batch, hop_mel, known_frames
from visavis_models.train.chance import Chance
from visavis_models.train.model import MotionNet
from visavis_models.train.reading import constants

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
    phrase: Tensor  # [B, 14, 14]
    tone: Tensor  # [B, 14, 3]
    impulses: Tensor  # [B, 14, 10]
    emotion: Tensor
    style: Tensor
    told: Tensor
    before: Tensor  # [B, 2, 60], recorded, the frames before the window
    wanted: Tensor  # [B, 14, 60]
    weight: Tensor  # [B, 14, 60]


def cut_hop(net: MotionNet, batch: Batch, scale: Tensor, start: int, emit: int, known: Tensor) -> Hop:
    """The hop whose window begins `start` frames after the first anchors; which of its voice is known, [B, 24]."""
    B = len(batch.motion)
    past, window = slice(start, start + ANCHORS), slice(start + ANCHORS, start + ANCHORS + WINDOW)
    heard = known[:, ANCHORS:]
    emitted = torch.where(torch.arange(WINDOW, device=known.device) < emit, 1.0, DRAFT_WEIGHT)[None]
    weight = (emitted * torch.where(heard > 0, 1.0, UNHEARD_WEIGHT))[..., None] * constants(known.device).weight
    return Hop(
        features=net.hearing(hop_mel(batch, start), known, batch.emotion, batch.style, batch.told),
        user_mel=batch.user_mel[:, past],
        user_motion=batch.user_motion[:, past] / scale,
        user_known=batch.user_known[:, None].expand(B, ANCHORS, 2),
        phrase=_phrase_cues(known.device)[batch.since_phrase[:, start + ANCHORS - 1].long()],
        tone=_ahead(batch.tone[:, window] * heard),
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
        anchors, anchor_known, noisy, hop.features, hop.user_mel, hop.user_motion, hop.user_known, hop.phrase,
        hop.tone, hop.impulses, hop.emotion, hop.style, hop.told, level,
    )  # fmt: skip


def loss_of(clean: Tensor, hop: Hop, anchors: Tensor) -> Tensor:
    """Motion, velocity and seam."""
    motion = _huber(clean, hop.wanted) * hop.weight
    # the step from the own last anchor should be what the recorded one was: that is the seam
    velocity = _huber(_change(clean, anchors, 1), _change(hop.wanted, hop.before, 1)) * hop.weight
    bend = _huber(_change(clean, anchors, 2), _change(hop.wanted, hop.before, 2)) * hop.weight
    return motion.mean() + VELOCITY_WEIGHT * velocity.mean() + SEAM_WEIGHT * bend[:, :2].mean()


def denoising_loss(net: MotionNet, batch: Batch, scale: Tensor, chance: Chance) -> Tensor:
    """One step from recorded motion under noise, `x_t = (1 - t) x_0 + t eps`, or from where the sampler starts."""
    B = len(batch.motion)
    emit = int(chance.host.integers(1, HOP + 1))
    hop = cut_hop(net, batch, scale, 0, emit, known_frames(chance, B, emit))
    anchors, anchor_known = _disturbed(batch.motion[:, :ANCHORS] / scale, chance)
    eps = chance.normal(*hop.wanted.shape)
    starting = chance.happens(0.5, B, 1, 1)
    level = torch.where(starting, START_LEVEL, chance.uniform(B, 1, 1).sqrt())
    base = torch.where(starting, _draft_like(hop.wanted, anchors, chance), hop.wanted)
    noisy = (1 - level) * base + level * eps * torch.where(starting, _temperature(eps.device), 1.0)
    clean = denoise(net, hop, anchors, anchor_known, noisy, level[:, 0, 0])
    return loss_of(clean, hop, anchors)


def rollout_loss(
    net: MotionNet,
    batch: Batch,
    scale: Tensor,
    chance: Chance,
    *,
    steps: int = 2,
    teacher: MotionNet | None = None,
) -> Tensor:
    """The sampler as it serves, hop after hop on its own anchors.

    Every step of it is pulled to what was recorded; with a `teacher`, also to what the teacher makes of the same start
    in `TEACHER_STEPS` steps (consistency distillation, Song et al. 2023, with the end of the path as its target).
    Gradients stay within a step: what one step hands to the next is data (self-rollout).
    """
    start, total, hops = 0, torch.zeros((), device=chance.device), 0
    temperature = _temperature(chance.device)
    anchors, anchor_known = _disturbed(batch.motion[:, :ANCHORS] / scale, chance)
    drafts, foreseen = anchors[:, -1:].expand(-1, WINDOW, -1), None
    while start + ANCHORS + WINDOW <= batch.motion.shape[1]:
        emit = int(chance.host.integers(1, HOP + 1)) if chance.host.random() < 0.4 else HOP
        heard = known_frames(chance, len(anchors), emit)
        hop = cut_hop(net, batch, scale, start, emit, heard)
        eps = chance.normal(*hop.wanted.shape) * temperature
        shown = None
        if teacher is not None:
            with torch.no_grad():  # the teacher hears as far as the student does
                taught = cut_hop(teacher, batch, scale, start, emit, heard)
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
        anchor_known = torch.cat([anchor_known, torch.ones_like(eps[:, :emit, 0])], dim=1)[:, -ANCHORS:]
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


def _ahead(told: Tensor) -> Tensor:
    """Each frame of [B, 14] with those that it hears ahead, zeros where nothing is known: [B, 14, 3]."""
    return F.pad(told, (0, N_TONE - 1)).unfold(1, N_TONE, 1)


def _change(motion: Tensor, before: Tensor, order: int) -> Tensor:
    """Differences from frame to frame of this order, the first ones from the frames before: [B, 14, 60]."""
    return torch.diff(torch.cat([before[:, -order:], motion], dim=1), n=order, dim=1)


@cache
def _phrase_cues(device: torch.device) -> Tensor:
    return torch.from_numpy(PHRASE_CUES).to(device)


@cache
def _temperature(device: torch.device) -> Tensor:
    return torch.from_numpy(temperatures()).to(device)


def _filled(like: Tensor, level: float) -> Tensor:
    return torch.full((len(like),), level, device=like.device)


def _disturbed(anchors: Tensor, chance: Chance) -> tuple[Tensor, Tensor]:
    """Anchors with noise, and which of them are given: none for a tenth of the batch, the newest few for another."""
    B = len(anchors)
    given = torch.where(chance.happens(ANCHOR_DROP, B, 1), 0, ANCHORS)
    given = torch.where(chance.happens(ANCHOR_DROP, B, 1), chance.integers(0, ANCHORS, B, 1), given)
    known = torch.arange(ANCHORS, device=anchors.device) >= ANCHORS - given
    # some faces are fainter than their emotion asks for, so that an emotion can also arise
    faint = torch.where(chance.happens(ANCHOR_FAINT, B, 1, 1), chance.uniform(B, 1, 1), 1.0)
    slow = chance.normal(B, 1, N_MOTION) + 0.5 * chance.normal(*anchors.shape)
    return anchors * faint + ANCHOR_NOISE * slow, known.float()


def _draft_like(wanted: Tensor, anchors: Tensor, chance: Chance) -> Tensor:
    """What a hop may find as drafts: the last anchor held, or rough foresight of the first frames, held after them."""
    rough = wanted + 0.4 * chance.normal(*wanted.shape)
    reach = WINDOW - HOP
    rough = torch.cat([rough[:, :reach], rough[:, reach - 1 : reach].expand(-1, HOP, -1)], dim=1)
    return torch.where(chance.happens(0.5, len(wanted), 1, 1), rough, anchors[:, -1:].expand_as(rough))
