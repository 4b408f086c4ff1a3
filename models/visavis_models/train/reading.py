"""Teaching the lip reader: whole stretches of voice and mouth, apart from any diffusion.

Squares are minimised, not amounts: what is at rest most of the time, like a lower lip, has a median of zero, and only
its mean follows the voice. A regression of squares is small where it is unsure, so the spread of every channel over a
stretch is pulled a little to the recorded one beside the motion itself. What a camera would measure of the mouth (both
gaps, width, chin) is compared too: channels share it, and errors of theirs that cancel out do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from visavis_models.serve.head import Head
from visavis_models.serve.layout import SPEECH
from visavis_models.spec import INDEX, N_MOTION
from visavis_models.train.batches import Batch
from visavis_models.train.chance import Chance
from visavis_models.train.lips import FITTED, MEASURES
from visavis_models.train.model import LipReaders, who

# outer ring, inner ring, chin: mediapipe's marks whose places are compared
LIPS = (
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 152,
)  # fmt: skip
STRETCH_FRAMES = 75  # 3 s at a time, as long as a sentence of GRID
CUT_SHORT = 0.25  # how often the voice ends, unknown from there on, within a stretch
UNKNOWN_WEIGHT = 0.2
DROPOUT = 0.1  # of what the reader hears, while it learns
MOTION_WEIGHT, VELOCITY_WEIGHT, SPREAD_WEIGHT = 0.5, 0.5, 0.05
CONTACT_WEIGHT, CLOSURE_WEIGHT, LIPS_WEIGHT = 0.6, 4.0, 2.0
MEASURE_WEIGHT, APART_WEIGHT = 1.0, 0.3
HUBER = 3.0  # in units of a channel's spread: squares but for what is far off
LIPS_HUBER_CM, LIPS_UNIT_CM = 0.5, 0.1
MEASURE_SPREAD_CM = (0.46, 0.43, 0.16, 0.32)  # of GRID's talker on the compact head
APART_CM = 0.12  # inner lips so far apart are held by no p, b or m
PARTING = [
    INDEX[n] for n in ("jawOpen", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight")
]
CHANNEL_WEIGHT = torch.ones(N_MOTION)
CHANNEL_WEIGHT[list(SPEECH)] = 1.5
for _name, _weight in {
    "jawOpen": 4.0, "mouthFunnel": 3.0, "mouthPucker": 3.0, "mouthRollLower": 2.0, "mouthRollUpper": 2.0,
    "mouthLowerDownLeft": 2.5, "mouthLowerDownRight": 2.5, "mouthSmileLeft": 2.0, "mouthSmileRight": 2.0,
    "headPitch": 3.0,
}.items():  # fmt: skip
    CHANNEL_WEIGHT[INDEX[_name]] = _weight


def reading_loss(lips: LipReaders, batch: Batch, scale: Tensor, chance: Chance, *, dropout: float = DROPOUT) -> Tensor:
    """Motion, velocity, spread, places and measures of the lips, and contacts, where a source knows them.

    Args:
        lips: each of the readers learns for itself; motion in units of `scale` [60].
        batch: stretches of any length.
        chance: of where the voice is cut short.
        dropout: share of what a reader hears that is left out.
    """
    B, T, _ = batch.motion.shape
    ends = torch.where(chance.happens(CUT_SHORT, B, 1), chance.integers(0, T, B, 1), T)
    heard = (torch.arange(T, device=scale.device) < ends).float()
    condition = who(batch.emotion, batch.style, batch.told)
    losses = [_loss(*lip(batch.mel, heard, condition, dropout), batch, heard, scale) for lip in lips.members]
    return torch.stack(losses).mean()


def _loss(mouth: Tensor, contact: Tensor, batch: Batch, heard: Tensor, scale: Tensor) -> Tensor:
    """Of one reader's mouth [B, T, K] and contacts [B, T, 3], with the voice known where `heard` [B, T] is 1."""
    fixed = constants(scale.device)
    picked = fixed.speech
    wanted = batch.motion[..., picked] / scale[picked]
    weight = fixed.weight[picked] * batch.known[..., picked] * (heard + UNKNOWN_WEIGHT * (1 - heard))[..., None]
    motion = (squares(mouth, wanted) * weight).mean()
    velocity = (squares(mouth.diff(dim=1), wanted.diff(dim=1)) * weight[:, 1:]).mean()
    spread = (squares(mouth.std(dim=1), wanted.std(dim=1)) * weight.mean(dim=1)).mean()
    apart = torch.zeros_like(batch.motion)
    apart[..., picked] = (mouth - wanted) * scale[picked] * batch.known[..., picked]
    full = torch.zeros_like(batch.motion)
    full[..., picked] = mouth * scale[picked]
    phoned = batch.phoned[:, None] * heard
    closing = closure_loss(full, batch.contact[..., 0] * phoned)
    spoken = F.binary_cross_entropy_with_logits(contact, batch.contact.clamp(0, 1), reduction="none").mean(dim=-1)
    # a capture has no phones, but where its lips are apart nothing holds them
    parted = (batch.motion @ fixed.measures[:, 0] > APART_CM) * (1 - batch.phoned[:, None]) * heard
    return (
        MOTION_WEIGHT * motion
        + VELOCITY_WEIGHT * velocity
        + SPREAD_WEIGHT * spread
        + LIPS_WEIGHT * lip_distance(apart, heard)
        + MEASURE_WEIGHT * measure_loss(apart, batch, heard)
        + CLOSURE_WEIGHT * closing
        + CONTACT_WEIGHT * (spoken * phoned).mean()
        + APART_WEIGHT * (F.softplus(contact[..., 0]) * parted).mean()
    )


@cache
def measures() -> Tensor:
    """What each channel does to the inner gap, the outer gap, width and chin, in cm, linearly: [60, 4]."""
    head = Head.load()
    out = torch.zeros(N_MOTION, len(MEASURES))
    for k, ((one, other), axis, sign) in enumerate(MEASURES):
        ways = head.expression[:, head.landmark(one), axis] - head.expression[:, head.landmark(other), axis]
        out[: len(ways), k] = sign * torch.from_numpy(np.ascontiguousarray(ways))
    return out


def measure_loss(apart: Tensor, batch: Batch, heard: Tensor) -> Tensor:
    """Mean square of what differs in `measures`, in their spreads, where a capture was fitted to landmarks."""
    fixed = constants(apart.device)
    fitted = batch.known[..., fixed.fitted].amin(dim=-1) * (1 - batch.phoned[:, None])
    return ((apart @ fixed.measures / fixed.spread_cm).square().mean(dim=-1) * fitted * heard).mean()


@cache
def lip_modes() -> Tensor:
    """What each channel does to the places of the lips' marks and the chin, in cm: [60, 3 * marks]."""
    head = Head.load()
    known = set(head.landmark_index.tolist())
    modes = head.expression[:, [head.landmark(mark) for mark in LIPS if mark in known]]
    out = torch.zeros(N_MOTION, modes.shape[1] * 3)
    out[: len(modes)] = torch.from_numpy(modes.reshape(len(modes), -1))
    return out


def lip_distance(apart: Tensor, weight: Tensor) -> Tensor:
    """Mean Huber distance of the lips' places in units of 1 mm, for differences of motion [B, T, 60]."""
    places = apart @ constants(apart.device).modes
    return (F.smooth_l1_loss(places, torch.zeros_like(places), beta=LIPS_HUBER_CM, reduction="none").mean(dim=-1)
            * weight).mean() / LIPS_UNIT_CM  # fmt: skip


def closure_loss(motion: Tensor, contact: Tensor) -> Tensor:
    """What parts the lips, [B, T, 60] absolute, while p, b or m hold them ([B, T] near 1)."""
    opening = motion[..., constants(motion.device).parting].clamp(min=0.0).sum(dim=-1)
    return (opening * contact * (contact > 0.9)).mean()


@dataclass(frozen=True)
class Constants:
    """What the losses compare with, on one device: copies in a step would make it wait.

    Numbers of channels: speech [K], parting, fitted. weight [60] of channels, measures [60, 4] and their spread_cm [4],
    modes [60, 3 * marks].
    """

    speech: Tensor
    parting: Tensor
    fitted: Tensor
    weight: Tensor
    measures: Tensor
    spread_cm: Tensor
    modes: Tensor


@cache
def constants(device: torch.device) -> Constants:
    """The constants on this device."""
    channels = (SPEECH, PARTING, [INDEX[name] for name in FITTED])
    values = (CHANNEL_WEIGHT, measures(), torch.tensor(MEASURE_SPREAD_CM), lip_modes())
    return Constants(*(torch.tensor(part).to(device) for part in channels), *(value.to(device) for value in values))


def squares(a: Tensor, b: Tensor) -> Tensor:
    """Half the square of what differs, up to `HUBER`, then the amount in proportion."""
    return HUBER * F.smooth_l1_loss(a, b, beta=HUBER, reduction="none")
