"""How one hop is laid out, shared by training and serving: sizes, noise levels, temperatures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.mel import MELS_PER_FRAME
from visavis_models.spec import INDEX, MOTION_NAMES

HOP = 8  # frames that one hop emits at most, 320 ms
DRAFTS = 6  # frames beyond them, denoised again by the next hop
WINDOW = HOP + DRAFTS  # 14 frames denoised together
ANCHORS = 10  # clean frames before them: the last ones shown
LOOKAHEAD_FRAMES = 2  # 80 ms: how far past a frame's end its motion may listen
SPAN = ANCHORS + WINDOW  # 24 frames of one hop

KERNEL = 5  # of the causal convolutions
DILATIONS = (1, 2, 4)  # of the audio encoder, in features
LIP_DILATIONS, LIP_FRAME_DILATIONS = (1, 2), (1, 2)  # of the lip reader, in features and then in frames
# 60 features, 600 ms, are heard before the first frame
CONTEXT_MELS = (KERNEL - 1) * (sum(LIP_DILATIONS) + MELS_PER_FRAME * sum(LIP_FRAME_DILATIONS))
SPAN_MELS = CONTEXT_MELS + SPAN * MELS_PER_FRAME  # 156
CONTEXT_FRAMES = CONTEXT_MELS // MELS_PER_FRAME  # 15

START_LEVEL = 0.9  # noise level at which the sampler starts from drafts, 1 is pure noise
MOUTH = tuple(
    INDEX[name] for name in INDEX if name.startswith(("jaw", "mouth", "tongue", "cheekPuff"))
)  # determined by the voice

SPEECH = tuple(
    index for index in MOUTH if not any(word in MOTION_NAMES[index] for word in ("Smile", "Frown", "Dimple", "Puff"))
)  # of them, what speech alone moves


# how much chance there is in a group of channels: a mouth is exact, eyes and head are free
TEMPERATURES = {"mouth": 0.0, "eyes": 1.0, "brows": 1.0, "head": 1.0}


def temperatures(**given: float) -> NDArray[np.float32]:
    """Factors on the sampler's noise, [60]: those of `TEMPERATURES`, or of `given` for the groups it names."""
    factors = TEMPERATURES | given
    groups = {"eye": "eyes", "brow": "brows", "head": "head", "breath": "head"}  # by how a channel's name begins
    by_name = [next((factors[g] for word, g in groups.items() if name.startswith(word)), 1.0) for name in MOTION_NAMES]
    scale = np.array(by_name, np.float32)
    scale[list(MOUTH)] = factors["mouth"]
    return scale


def levels(steps: int) -> tuple[float, ...]:
    """Noise levels of a sampler of `steps` steps, falling evenly from `START_LEVEL`: (0.9, 0.45) for two."""
    return tuple(START_LEVEL * (1.0 - step / steps) for step in range(steps))
