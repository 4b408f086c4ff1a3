"""Pictures of mouth curves: the model, what was captured, plain regression, phones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from visavis_models.serve.motion import MotionModel
from visavis_models.spec import FPS, INDEX, MODEL_RATE
from visavis_models.train.held_out import Judge
from visavis_models.train.mouth import author_mouth
from visavis_models.train.regression import fit
from visavis_models.train.voice import Utterance

SHOWN_S = (20.0, 28.0)  # of a long clip
GROUPS = (
    ("jawOpen", "mouthLowerDownLeft", "mouthPressLeft"),
    ("mouthPucker", "mouthFunnel", "mouthRollLower", "tongueUp"),
)


def draw_curves(model: MotionModel, said: Utterance, judges: Sequence[Judge], cache: Path, folder: Path) -> None:
    """Write `mouth-curves.png` (a sentence with phones) and `captured-curves.png` (held-out captures) into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _sentence(model, said, folder / "mouth-curves.png")
    if judges:
        _captures(model, judges, cache, folder / "captured-curves.png")


def _sentence(model: MotionModel, said: Utterance, path: Path) -> None:
    from visavis_models.train.evaluate import animate

    motion = animate(model, said.audio)
    authored = author_mouth(said.phones, len(motion))
    t = (np.arange(len(motion)) + 0.5) / FPS
    figure, axes = plt.subplots(3, 1, figsize=(14, 7), sharex=True, height_ratios=(1, 3, 3))
    axes[0].plot(np.arange(len(said.audio)) / MODEL_RATE, said.audio, linewidth=0.4, color="0.4")
    axes[0].set_yticks([])
    for axis, names in zip(axes[1:], GROUPS, strict=True):
        for name in names:
            line = axis.plot(t, motion[:, INDEX[name]], label=name)[0]
            axis.plot(t, authored[:, INDEX[name]], linestyle=":", color=line.get_color())
        axis.legend(loc="upper right", fontsize=8)
    for phone in said.phones:
        for axis in axes:
            axis.axvline(phone.begin, color="0.85", linewidth=0.5)
        if phone.symbol != "_":
            axes[1].text((phone.begin + phone.end) / 2, 0.62, phone.symbol, ha="center", fontsize=9)
    axes[2].set_xlabel("seconds; solid: the motion model, dotted: authored from the phones")
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _captures(model: MotionModel, judges: Sequence[Judge], cache: Path, path: Path) -> None:
    from visavis_models.train.evaluate import animate

    rows = [(judge, k) for judge in judges for k in range(3)]
    figure, axes = plt.subplots(len(rows), 1, figsize=(14, 2 * len(rows)))
    for axis, (judge, k) in zip(axes, rows, strict=True):
        examples = judge.held_out[: 1 if len(judge.held_out) == 1 else 3]
        captured, moved, plain = (
            np.concatenate(parts)
            for parts in zip(
                *((e.curves, judge.read(animate(model, e.audio))[: len(e.curves)], fit(judge.train, cache=cache)(e.audio))
                  for e in examples), strict=True
            )
        )  # fmt: skip
        first, last = (int(s * FPS) for s in SHOWN_S) if len(examples) == 1 else (0, len(captured))
        for curve, label, style in ((captured, "captured", "k-"), (moved, "model", "C0-"), (plain, "regression", "C1:")):
            part = curve[first:last, k]
            axis.plot(np.arange(len(part)) / FPS, (part - part.mean()) / captured[first:last, k].std(), style, label=label, linewidth=1)
        axis.set_ylabel(judge.curves[k], fontsize=8)
        axis.set_title(f"{judge.name}: {judge.curves[k]}, less its mean, by the captured deviation", fontsize=8, loc="left")
    axes[0].legend(loc="upper right", fontsize=8)
    axes[-1].set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)
