"""The motion model: a causal audio encoder and a small diffusion transformer (DiT, Peebles and Xie 2022).

Every part is causal within the hop: frame k hears its voice up to `LOOKAHEAD_FRAMES` past its end and sees the frames
before it. So what is not known yet cannot disturb what is, and a hop cut short equals the first part of a whole one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from visavis_models.serve.chance import N_IMPULSES
from visavis_models.serve.emotion import EMOTIONS
from visavis_models.serve.layout import ANCHORS, DILATIONS, KERNEL, LOOKAHEAD_FRAMES, SPAN, SPAN_MELS, WINDOW
from visavis_models.serve.mel import BANDS, MELS_PER_FRAME
from visavis_models.spec import N_MOTION
from visavis_models.train.scenes import N_STYLES

LEVEL_FEATURES = 32


class CausalBlock(nn.Module):
    """Depthwise-separable convolution without padding: it shortens its input by what it hears of the past."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.depthwise = nn.Conv1d(width, width, KERNEL, dilation=dilation, groups=width)
        self.pointwise = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise(self.norm(x).transpose(1, 2)).transpose(1, 2)
        return x[:, x.shape[1] - y.shape[1] :] + self.pointwise(F.gelu(y))


class AudioEncoder(nn.Module):
    """Mel features to one feature per frame, each with 80 ms of look-ahead where the voice is known so far."""

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.stem = nn.Linear(BANDS, width)
        self.blocks = nn.ModuleList(CausalBlock(width, dilation) for dilation in DILATIONS)
        self.to_frame = nn.Linear(width * MELS_PER_FRAME, dim)
        self.ahead = nn.Linear((dim + 1) * (1 + LOOKAHEAD_FRAMES), dim)

    def forward(self, mel: Tensor, known: Tensor) -> Tensor:
        """mel [B, 124, 80], known [B, 24] (0 or 1) -> [B, 24, dim]."""
        B, M, _ = mel.shape
        assert M == SPAN_MELS and known.shape[1] == SPAN
        x = self.stem(mel)
        for block in self.blocks:
            x = block(x)
        frames = F.gelu(self.to_frame(x.reshape(B, SPAN, -1)))
        seen = torch.cat([frames * known[..., None], known[..., None]], dim=-1)
        padded = F.pad(seen, (0, 0, 0, LOOKAHEAD_FRAMES))
        return self.ahead(torch.cat([padded[:, k : k + SPAN] for k in range(1 + LOOKAHEAD_FRAMES)], dim=-1))


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


class MotionNet(nn.Module):
    """Predicts clean motion from noisy motion and its conditions; all motion is in units of `scale`."""

    def __init__(self, dim: int = 160, depth: int = 4, heads: int = 5, width: int = 96) -> None:
        super().__init__()
        self.config = {"dim": dim, "depth": depth, "heads": heads, "width": width}
        self.audio = AudioEncoder(dim, width)
        self.anchor = nn.Linear(N_MOTION, dim)
        self.no_anchor = nn.Parameter(torch.zeros(dim))
        self.user_voice = nn.Linear(BANDS * MELS_PER_FRAME + 1, dim)
        self.user_motion = nn.Linear(N_MOTION + 1, dim)
        self.noisy = nn.Linear(N_MOTION, dim)
        self.impulses = nn.Linear(N_IMPULSES, dim)
        self.style = nn.Linear(N_STYLES + len(EMOTIONS), dim)
        self.position = nn.Parameter(0.02 * torch.randn(1 + SPAN, dim))
        self.condition = nn.Sequential(
            nn.Linear(LEVEL_FEATURES + len(EMOTIONS), dim), nn.SiLU(), nn.Linear(dim, dim), nn.SiLU()
        )
        self.blocks = nn.ModuleList(Block(dim, heads) for _ in range(depth))
        self.last = nn.Linear(dim, 2 * dim)
        self.head = nn.Linear(dim, N_MOTION)
        self.register_buffer("mask", torch.full((1 + SPAN, 1 + SPAN), -1e4).triu(1), persistent=False)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)
        nn.init.zeros_(self.head.weight)

    def forward(
        self,
        anchors: Tensor,
        anchor_known: Tensor,
        noisy: Tensor,
        features: Tensor,
        user_mel: Tensor,
        user_motion: Tensor,
        user_known: Tensor,
        impulses: Tensor,
        emotion: Tensor,
        style: Tensor,
        level: Tensor,
    ) -> Tensor:
        """One step of denoising.

        Args:
            anchors [B, 10, 60], anchor_known [B, 10]: the last frames shown, newest last.
            noisy [B, 14, 60]: motion at noise level `level` [B] (0 clean, 1 pure noise).
            features [B, 24, dim]: what `audio` gave for anchors and window.
            user_mel [B, 10, 320], user_motion [B, 10, 60], user_known [B, 10, 2]: of the user until now, newest last.
            impulses [B, 14, 10], emotion [B, 6], style [B, 5].

        Returns:
            Clean motion [B, 14, 60].
        """
        known = anchor_known[..., None]
        past = self.anchor(anchors) * known + self.no_anchor * (1.0 - known)
        heard, seen = user_known[..., :1], user_known[..., 1:]
        past = past + self.user_voice(torch.cat([user_mel * heard, heard], dim=-1))
        past = past + self.user_motion(torch.cat([user_motion * seen, seen], dim=-1))
        window = self.noisy(noisy) + self.impulses(impulses)
        x = (
            torch.cat(
                [self.style(torch.cat([style, emotion], dim=-1))[:, None], torch.cat([past, window], dim=1) + features],
                dim=1,
            )
            + self.position
        )
        condition = self.condition(torch.cat([level_features(level), emotion], dim=-1))
        for block in self.blocks:
            x = block(x, condition, self.mask)
        shift, scale = self.last(condition)[:, None].chunk(2, dim=-1)
        return self.head(_modulated(x[:, -WINDOW:], shift, scale))


def level_features(level: Tensor) -> Tensor:
    """Sines and cosines of the noise level, [B] -> [B, 32]."""
    rates = torch.exp(torch.linspace(0.0, math.log(50.0), LEVEL_FEATURES // 2))
    angles = level[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def _modulated(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:]) * (1.0 + scale) + shift


assert ANCHORS + WINDOW == SPAN
