"""Pictures of mouth curves: the model, what was captured, plain regression, phones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from visavis_models.serve.motion import MotionModel
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.sheet import crop_of
from visavis_models.spec import FPS, INDEX, MODEL_RATE
from visavis_models.train.held_out import Judge
from visavis_models.train.mouth import author_mouth
from visavis_models.train.play import animate
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
    above = axes[1].get_xaxis_transform()
    for phone in said.phones:
        for axis in axes:
            axis.axvline(phone.begin, color="0.85", linewidth=0.5)
        if phone.symbol != "_":
            middle = (phone.begin + phone.end) / 2
            axes[1].text(middle, 1.01, phone.symbol, ha="center", fontsize=9, transform=above)
    axes[2].set_xlabel("seconds; solid: the motion model, dotted: authored from the phones")
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _captures(model: MotionModel, judges: Sequence[Judge], cache: Path, path: Path) -> None:
    rows = [(judge, k) for judge in judges for k in range(3)]
    figure, axes = plt.subplots(len(rows), 1, figsize=(14, 2 * len(rows)))
    for axis, (judge, k) in zip(axes, rows, strict=True):
        examples = judge.held_out[:3]
        captured = np.concatenate([e.curves for e in examples])[:, k]
        moved = np.concatenate([judge.read(animate(model, e.audio))[: len(e.curves)] for e in examples])[:, k]
        regression = fit(judge.train, cache=cache)
        plain = np.concatenate([regression(e.audio)[: len(e.curves)] for e in examples])[:, k]
        shown = slice(*(int(s * FPS) for s in SHOWN_S)) if len(captured) > SHOWN_S[1] * FPS else slice(None)
        for curve, label, style in (
            (captured, "captured", "k-"), (moved, "model", "C0-"), (plain, "regression", "C1:"),
        ):  # fmt: skip
            part = (curve[shown] - curve[shown].mean()) / captured[shown].std()
            axis.plot(np.arange(len(part)) / FPS, part, style, label=label, linewidth=1)
        title = f"{judge.name}: {judge.curves[k]}, less its mean, by the captured deviation"
        axis.set_title(title, fontsize=8, loc="left")
    axes[0].legend(loc="upper right", fontsize=8)
    axes[-1].set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)


def draw_spoken(model: MotionModel, said: Utterance, path: Path, columns: int = 14) -> None:
    """Alex's mouth at the middle of every phone of a sentence, the phone under it."""
    motion = animate(model, said.audio, seed=2)
    renderer = Renderer(portrait("alex"))
    x0, y0, x1, y1 = crop_of(renderer, "mouth")
    phones = [phone for phone in said.phones if phone.symbol != "_"]
    rows = -(-len(phones) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.25 * columns, 1.2 * rows))
    for axis in axes.flat:
        axis.axis("off")
    for axis, phone in zip(axes.flat, phones, strict=False):
        frame = min(int((phone.begin + phone.end) / 2 * FPS), len(motion) - 1)
        axis.imshow(renderer.render(motion[frame][None])[0][y0:y1, x0:x1])
        axis.set_title(f"{phone.symbol}  {phone.begin:.2f}", fontsize=8, y=-0.32)
    figure.tight_layout(pad=0.3)
    figure.savefig(path, dpi=80)
    plt.close(figure)
