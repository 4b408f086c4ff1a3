"""How one hop is laid out, shared by training and serving: sizes, noise levels, temperatures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.mel import MELS_PER_FRAME
from visavis_models.spec import INDEX, N_MOTION

HOP = 8  # frames that one hop emits at most, 320 ms
DRAFTS = 6  # frames beyond them, denoised again by the next hop
WINDOW = HOP + DRAFTS  # 14 frames denoised together
ANCHORS = 10  # clean frames before them: the last ones shown
LOOKAHEAD_FRAMES = 2  # 80 ms: how far past a frame's end its motion may listen
SPAN = ANCHORS + WINDOW  # 24 frames of one hop

KERNEL, DILATIONS = 5, (1, 2, 4)  # of the audio encoder's causal convolutions
CONTEXT_MELS = (KERNEL - 1) * sum(DILATIONS)  # 28 features, 280 ms, that they hear before the first frame
SPAN_MELS = CONTEXT_MELS + SPAN * MELS_PER_FRAME  # 124
CONTEXT_FRAMES = CONTEXT_MELS // MELS_PER_FRAME  # 7

START_LEVEL = 0.9  # noise level at which the sampler starts from drafts, 1 is pure noise
MOUTH = tuple(
    INDEX[name] for name in INDEX if name.startswith(("jaw", "mouth", "tongue", "cheekPuff"))
)  # determined by the voice


def temperatures(mouth: float = 0.0, rest: float = 1.0) -> NDArray[np.float32]:
    """Factors on the sampler's noise, [60]: a mouth is exact, eyes and head are free."""
    scale = np.full(N_MOTION, rest, np.float32)
    scale[list(MOUTH)] = mouth
    return scale


def levels(steps: int) -> tuple[float, ...]:
    """Noise levels of a sampler of `steps` steps, falling evenly from `START_LEVEL`: (0.9, 0.45) for two."""
    return tuple(START_LEVEL * (1.0 - step / steps) for step in range(steps))
