"""The motion model: a lip reader that regresses the mouth from the voice, and a diffusion transformer beside it.

The reader's channels are what speech alone moves; the transformer (DiT, Peebles and Xie 2022) knows them and moves
everything else. Every part is causal within the hop: frame k hears its voice up to `LOOKAHEAD_FRAMES` past its end and
sees the frames before it. So what is not known yet cannot disturb what is, and a hop cut short equals the first part of
a whole one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from visavis_models.serve.chance import N_IMPULSES
from visavis_models.serve.cues import N_PHRASE, N_TONE
from visavis_models.serve.emotion import EMOTIONS
from visavis_models.serve.layout import (
    ANCHORS,
    DILATIONS,
    HOP,
    KERNEL,
    LIP_DILATIONS,
    LIP_FRAME_DILATIONS,
    LOOKAHEAD_FRAMES,
    SPAN,
    SPEECH,
    WINDOW,
)
from visavis_models.serve.mel import BANDS, MELS_PER_FRAME
from visavis_models.spec import N_MOTION
from visavis_models.train.scenes import N_STYLES

LEVEL_FEATURES = 32
N_TOLD = 2  # whether the emotion and the style are given
N_WHO = N_STYLES + len(EMOTIONS) + N_TOLD
TOUCHING = 2  # lips held by p, b, m; lower lip at the teeth by f, v
CONTACTS = TOUCHING + 1  # and lips round as for u, w


class CausalBlock(nn.Module):
    """Depthwise-separable convolution without padding: it shortens its input by what it hears of the past."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(width)
        self.taps = nn.Parameter(torch.empty(KERNEL, width).uniform_(-1, 1) * KERNEL**-0.5)
        self.bias = nn.Parameter(torch.zeros(width))
        self.pointwise = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        y, T = self.norm(x), x.shape[1] - (KERNEL - 1) * self.dilation
        # a sum of shifted copies: several times faster on a processor than the grouped convolution that it is
        heard = sum(y[:, k * self.dilation : k * self.dilation + T] * self.taps[k] for k in range(KERNEL))
        return x[:, x.shape[1] - T :] + self.pointwise(F.gelu(heard + self.bias))


class AudioEncoder(nn.Module):
    """Mel features to one feature per frame, each with 80 ms of look-ahead where the voice is known so far.

    Args:
        dim: of what it gives.
        width: of the layers at 100 features a second.
        dilations: of these layers, in features.
        frame_dilations: of layers at 25 a second, in frames.
    """

    def __init__(self, dim: int, width: int, dilations: Sequence[int], frame_dilations: Sequence[int] = ()) -> None:
        super().__init__()
        self.reach = (KERNEL - 1) * sum(frame_dilations)
        self.context = (KERNEL - 1) * sum(dilations) + self.reach * MELS_PER_FRAME
        self.stem = nn.Linear(BANDS, width)
        self.blocks = nn.ModuleList(CausalBlock(width, dilation) for dilation in dilations)
        self.to_frame = nn.Linear(width * MELS_PER_FRAME, dim)
        self.frames = nn.ModuleList(CausalBlock(dim, dilation) for dilation in frame_dilations)
        self.ahead = nn.Linear((dim + 1) * (1 + LOOKAHEAD_FRAMES), dim)

    def forward(self, mel: Tensor, known: Tensor) -> Tensor:
        """mel [B, >= context + 4 T, 80], known [B, T] (0 or 1) -> [B, T, dim]."""
        B, T = known.shape
        x = self.stem(mel[:, mel.shape[1] - self.context - T * MELS_PER_FRAME :])
        for block in self.blocks:
            x = block(x)
        x = F.gelu(self.to_frame(x.reshape(B, T + self.reach, -1)))
        for block in self.frames:
            x = block(x)
        seen = torch.cat([x * known[..., None], known[..., None]], dim=-1)
        padded = F.pad(seen, (0, 0, 0, LOOKAHEAD_FRAMES))
        return self.ahead(torch.cat([padded[:, k : k + T] for k in range(1 + LOOKAHEAD_FRAMES)], dim=-1))


class LipReader(nn.Module):
    """Regresses the speech channels from the voice; each speaker and style has a gain and an offset of its own.

    With `outputs` other than the speech channels it is the plain convolutional regression that the model is judged by.
    """

    def __init__(self, width: int, outputs: int = len(SPEECH)) -> None:
        super().__init__()
        self.encoder = AudioEncoder(width, width // 2, LIP_DILATIONS, LIP_FRAME_DILATIONS)
        self.mix = nn.Linear(width, width)
        self.style = nn.Linear(N_WHO, 2 * width)
        self.out = nn.Linear(width, outputs + CONTACTS)
        self.manner = nn.Linear(N_WHO, 2 * outputs)
        for layer in (self.style, self.manner):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, mel: Tensor, known: Tensor, who: Tensor, dropout: float = 0.0) -> tuple[Tensor, Tensor]:
        """mel [B, >= 60 + 4 T, 80], known [B, T], who [B, N_WHO] -> mouth [B, T, K], logits of contact [B, T, 3].

        `dropout` is the share of what is heard that is left out, for learning.
        """
        x = F.gelu(F.dropout(self.encoder(mel, known), dropout))
        scale, shift = self.style(who)[:, None].chunk(2, dim=-1)
        x = x + F.gelu(self.mix(x) * (1.0 + scale) + shift)
        out = self.out(x)
        gain, offset = self.manner(who)[:, None].chunk(2, dim=-1)
        return out[..., :-CONTACTS] * (1.0 + gain) + offset, out[..., -CONTACTS:]

    @torch.no_grad()
    def multiply(self, factors: Tensor) -> None:
        """What is read becomes so many times as much, by factors [K], from now on."""
        K = len(factors)
        self.out.weight[:K] *= factors[:, None]
        self.out.bias[:K] *= factors
        self.manner.weight[K:] *= factors[:, None]
        self.manner.bias[K:] *= factors


class LipReaders(nn.Module):
    """Some lip readers that learned apart; what they read is the mean: it errs less than each of them."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.members = nn.ModuleList(LipReader(width) for width in widths)

    def forward(self, mel: Tensor, known: Tensor, who: Tensor) -> tuple[Tensor, Tensor]:
        """As `LipReader`, contacts as the mean of logits."""
        mouths, contacts = zip(*(member(mel, known, who) for member in self.members), strict=True)
        if len(mouths) == 1:
            return mouths[0], contacts[0]
        return sum(mouths[1:], mouths[0]) / len(mouths), sum(contacts[1:], contacts[0]) / len(contacts)


class Block(nn.Module):
    """Causal self-attention and an MLP, both modulated by the condition (adaLN-zero)."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.modulation = nn.Linear(dim, 6 * dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.up = nn.Linear(dim, 4 * dim)
        self.down = nn.Linear(4 * dim, dim)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x: Tensor, condition: Tensor, mask: Tensor) -> Tensor:
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(condition)[:, None].chunk(6, dim=-1)
        x = x + gate1 * self._attend(_modulated(x, shift1, scale1), mask)
        return x + gate2 * self.down(F.gelu(self.up(_modulated(x, shift2, scale2))))

    def _attend(self, x: Tensor, mask: Tensor) -> Tensor:
        B, N, D = x.shape
        q, k, v = self.qkv(x).reshape(B, N, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-1, -2) * (D // self.heads) ** -0.5 + mask).softmax(dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(B, N, D))


class Hearing(nn.Module):
    """All that a hop makes of the own voice: features for the transformer, and the mouth that the voice alone tells."""

    def __init__(self, dim: int, width: int, lip_widths: Sequence[int]) -> None:
        super().__init__()
        self.audio = AudioEncoder(dim, width, DILATIONS)
        self.lips = LipReaders(lip_widths)

    def forward(self, mel: Tensor, known: Tensor, emotion: Tensor, style: Tensor, told: Tensor) -> Tensor:
        """mel [B, 156, 80], known [B, 24], emotion [B, 6], style [B, 9], told [B, 2] -> [B, 24, dim + K + 3]."""
        mouth, contact = self.lips(mel, known, who(emotion, style, told))
        return torch.cat([self.audio(mel, known), mouth, contact], dim=-1)


class MotionNet(nn.Module):
    """Predicts clean motion from noisy motion and its conditions; all motion is in units of `scale`."""

    def __init__(
        self, dim: int = 160, depth: int = 4, heads: int = 5, width: int = 96, lip_widths: Sequence[int] = (224,)
    ) -> None:
        """Args: of the transformer and of its audio encoder; a width for each of the lip readers."""
        super().__init__()
        self.config = {"dim": dim, "depth": depth, "heads": heads, "width": width, "lip_widths": list(lip_widths)}
        self.hearing = Hearing(dim, width, lip_widths)
        self.mouth = nn.Linear(len(SPEECH), dim)
        self.anchor = nn.Linear(N_MOTION, dim)
        self.no_anchor = nn.Parameter(torch.zeros(dim))
        self.user_voice = nn.Linear(BANDS * MELS_PER_FRAME + 1, dim)
        self.user_motion = nn.Linear(N_MOTION + 1, dim)
        self.user_late = nn.Linear(N_MOTION + 1, dim)
        self.cues = nn.Linear(N_PHRASE + N_TONE, dim)
        self.noisy = nn.Linear(N_MOTION, dim)
        self.impulses = nn.Linear(N_IMPULSES, dim)
        self.style = nn.Linear(N_WHO, dim)
        self.position = nn.Parameter(0.02 * torch.randn(1 + SPAN, dim))
        self.condition = nn.Sequential(
            nn.Linear(LEVEL_FEATURES + len(EMOTIONS) + N_TOLD, dim), nn.SiLU(), nn.Linear(dim, dim), nn.SiLU()
        )
        self.blocks = nn.ModuleList(Block(dim, heads) for _ in range(depth))
        self.last = nn.Linear(dim, 2 * dim)
        self.head = nn.Linear(dim, N_MOTION)
        self.register_buffer("mask", torch.full((1 + SPAN, 1 + SPAN), -1e4).triu(1), persistent=False)
        place = F.one_hot(torch.tensor(SPEECH), N_MOTION).float()
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("free", 1.0 - place.sum(dim=0), persistent=False)
        for layer in (self.last, self.head, self.mouth, self.user_late, self.cues):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        anchors: Tensor,
        anchor_known: Tensor,
        noisy: Tensor,
        features: Tensor,
        user_mel: Tensor,
        user_motion: Tensor,
        user_known: Tensor,
        phrase: Tensor,
        tone: Tensor,
        impulses: Tensor,
        emotion: Tensor,
        style: Tensor,
        told: Tensor,
        level: Tensor,
    ) -> Tensor:
        """One step of denoising.

        Args:
            anchors [B, 10, 60], anchor_known [B, 10]: the last frames shown, newest last.
            noisy [B, 14, 60]: motion at noise level `level` [B] (0 clean, 1 pure noise).
            features [B, 24, dim + K + 3]: what `hearing` gave for anchors and window.
            user_mel [B, 10, 320], user_motion [B, 10, 60], user_known [B, 10, 2]: of the user until now, newest last.
            phrase [B, 14, 14], tone [B, 14, 3]: what of both voices is told plainly, see `serve.cues`.
            impulses [B, 14, 10], emotion [B, 6], style [B, 9], told [B, 2]: whether emotion and style are given.

        Returns:
            Clean motion [B, 14, 60].
        """
        heard_as, mouth, _ = features.split([self.config["dim"], len(SPEECH), CONTACTS], dim=-1)
        mouth = mouth.detach()  # what is read is given: only `reading` teaches the reader
        known = anchor_known[..., None]
        past = self.anchor(anchors) * known + self.no_anchor * (1.0 - known)
        heard, seen = user_known[..., :1], user_known[..., 1:]
        past = past + self.user_voice(torch.cat([user_mel * heard, heard], dim=-1))
        face = torch.cat([user_motion * seen, seen], dim=-1)
        past = past + self.user_motion(face)
        # what the user's face did a hop before each frame of the window; past that, what it did last
        late = torch.cat([face[:, ANCHORS - HOP :], face[:, -1:].expand(-1, WINDOW - HOP, -1)], dim=1)
        cues = torch.cat([phrase * heard[:, -1:], tone], dim=-1)
        window = self.noisy(noisy) + self.impulses(impulses) + self.user_late(late) + self.cues(cues)
        frames = torch.cat([past, window], dim=1) + heard_as + self.mouth(mouth)
        x = torch.cat([self.style(who(emotion, style, told))[:, None], frames], dim=1) + self.position
        condition = self.condition(torch.cat([level_features(level), emotion * told[:, :1], told], dim=-1))
        for block in self.blocks:
            x = block(x, condition, self.mask)
        shift, scale = self.last(condition)[:, None].chunk(2, dim=-1)
        return self.head(_modulated(x[:, -WINDOW:], shift, scale)) * self.free + mouth[:, ANCHORS:] @ self.place


def who(emotion: Tensor, style: Tensor, told: Tensor) -> Tensor:
    """Style, emotion, and which of the two are given, as one vector [B, N_WHO]; what is not given is zero."""
    return torch.cat([style * told[:, 1:], emotion * told[:, :1], told], dim=-1)


def level_features(level: Tensor) -> Tensor:
    """Sines and cosines of the noise level, [B] -> [B, 32]."""
    rates = torch.exp(torch.linspace(0.0, math.log(50.0), LEVEL_FEATURES // 2, device=level.device))
    angles = level[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def _modulated(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:]) * (1.0 + scale) + shift


assert ANCHORS + WINDOW == SPAN
