"""Contacts on captured mouths, which have no phones: p, b, m and f, v found in the voice by what Whisper hears.

A least-squares layer on the phones' features (`phonetic`) of speech whose phone times are known tells how far the lips
are held, and how far the lower lip is at the teeth. Whisper knows phones of any voice, so the layer serves for the
captured talkers, too, whom readers know too well by their voices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import MODEL_FRAME, MODEL_RATE
from visavis_models.train.closed_form import least_squares, with_ones
from visavis_models.train.model import TOUCHING
from visavis_models.train.phonetic import around, phonetic
from visavis_models.train.scenes import Scene, as_float

Array = NDArray[np.float64]
FloatArray = NDArray[np.float32]

LAYER = 1  # of `phonetic.LAYERS`: the fourth of the encoder
HEARD_S = 48  # of each scene that teaches
RIDGE = 0.05
GROUP = 18  # sentences of GRID that are heard in one go


def overheard(teaching: Sequence[Scene], captures: Sequence[Scene]) -> dict[str, FloatArray]:
    """How far lips are held, and the lower lip is at the teeth, in captures: by name [T, 2], about 0..1.

    Args:
        teaching: authored scenes, whose contacts are known.
        captures: at their own pace.
    """
    heard = [_around(_voice(scene)[: HEARD_S * MODEL_RATE]) for scene in teaching]
    wanted = [
        np.clip(np.asarray(s.contact[: len(x), :TOUCHING], np.float64), 0, 1)
        for s, x in zip(teaching, heard, strict=True)
    ]
    rows = np.concatenate(heard)
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-2
    unit = with_ones((rows - mean) / spread)
    layer = least_squares(unit.T @ unit / len(unit), unit.T @ np.concatenate(wanted) / len(unit), RIDGE)
    out = {}
    for group in _groups(captures):
        told = with_ones((_around(np.concatenate([_voice(scene) for scene in group])) - mean) / spread) @ layer
        for scene, part in zip(group, np.split(told, np.cumsum([len(s) for s in group])[:-1]), strict=True):
            out[scene.name] = part.astype(np.float32)
    return out


def _groups(captures: Sequence[Scene]) -> Iterator[list[Scene]]:
    """Scenes that are heard in one go, since half a minute costs the same however little is in it."""
    for source in dict.fromkeys(scene.source for scene in captures):
        own = [scene for scene in captures if scene.source == source]
        size = GROUP if source == "grid" else 1
        yield from (own[k : k + size] for k in range(0, len(own), size))


def _voice(scene: Scene) -> FloatArray:
    return as_float(scene.voice)[: len(scene) * MODEL_FRAME]


def _around(voice: FloatArray) -> Array:
    """What is heard in each frame, and in the one before and after it: [T, 3072]."""
    return around(phonetic(voice)[LAYER].astype(np.float64), 1)
