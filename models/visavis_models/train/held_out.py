"""What a motion model is judged on: captures and sentences that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis_models.spec import MODEL_FRAME, channels
from visavis_models.train.captures import CLIPS, HELD_OUT_CLIP, load_capture
from visavis_models.train.grid import load_clips
from visavis_models.train.lips import Measures, landmark_measures, motion_measures
from visavis_models.train.regression import Example
from visavis_models.train.scores import Tracking, tracking

FloatArray = NDArray[np.float32]

FACEGOOD_CURVES = ("jaw", "rounding", "lower lip", "upper lip")
GRID_CURVES = ("inner lips", "outer lips", "width", "chin")
ROUND, LOWER, UPPER = (
    channels("mouthPucker", "mouthFunnel"), channels("mouthLowerDownLeft", "mouthLowerDownRight"),
    channels("mouthUpperUpLeft", "mouthUpperUpRight"),
)  # fmt: skip


@dataclass(frozen=True)
class Judge:
    """Speech of one real talker with curves of the captured face.

    Attributes:
        curves: names of the K curves.
        train, held_out: what may be learned from, and what is judged on.
        mark: the style by which the model knows this talker.
    """

    name: str
    curves: tuple[str, ...]
    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    mark: dict[str, float]

    def read(self, motion: FloatArray) -> FloatArray:
        """The same curves of motion [T, 60]: [T, K]."""
        return (
            rig_curves(motion) if self.curves == FACEGOOD_CURVES else np.stack(_tuple(motion_measures(motion)), axis=1)
        )

    def score(self, predicted: Sequence[FloatArray]) -> list[Tracking]:
        """Each of the K curves of the held-out speech, every clip less its own mean."""
        captured = np.concatenate([_centred(example.curves) for example in self.held_out])
        moved = np.concatenate([_centred(p[: len(e.curves)]) for p, e in zip(predicted, self.held_out, strict=True)])
        return [tracking(moved[:, k], captured[:, k]) for k in range(moved.shape[1])]


def facegood(folder: Path, clip: str = HELD_OUT_CLIP) -> Judge:
    """One clip of FACEGOOD against the three others."""

    def example(name: str) -> Example:
        capture = load_capture(folder, name)
        return Example(capture.audio, rig_curves(capture.motion))

    others = tuple(example(name) for name in CLIPS if name != clip)
    return Judge(f"FACEGOOD {clip}", FACEGOOD_CURVES, others, (example(clip),), {"captured": 1})


def grid(folder: Path, *, parts: int | None = None, every: int = 1) -> Judge:
    """The held-out sentences of GRID's talker against the others.

    Args:
        parts: how many of the corpus' ten parts to read.
        every: judge each so-manieth held-out sentence.
    """
    clips = load_clips(folder, parts=parts)
    train, held = [], []
    for clip in clips:
        curves = np.stack(_tuple(landmark_measures(clip.points, clip.index)), axis=1)
        (held if clip.held_out else train).append(Example(clip.audio, curves))
    return Judge("GRID s1", GRID_CURVES, tuple(train), tuple(held[::every]), {"captured": 1, "grid": 1})


def rig_curves(motion: FloatArray) -> FloatArray:
    """Jaw, rounding, lower and upper lip of motion [T, 60]: [T, 4]."""
    jaw = motion[:, channels("jawOpen")[0]]
    return np.stack([jaw, *(motion[:, part].sum(axis=1) for part in (ROUND, LOWER, UPPER))], axis=1)


def minutes(examples: Sequence[Example]) -> float:
    return sum(len(example.audio) for example in examples) / MODEL_FRAME / 25 / 60


def _tuple(measures: Measures) -> tuple[FloatArray, ...]:
    return measures.inner, measures.outer, measures.width, measures.chin


def _centred(curves: FloatArray) -> FloatArray:
    return curves - curves.mean(axis=0)
