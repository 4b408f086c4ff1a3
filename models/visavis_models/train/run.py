"""Train the motion model.

    python -m visavis_models.train.run DATA RUN [--preset release] [--steps N]

Presets are rows of a table. A run resumes from its last checkpoint exactly: every step draws its chance from the
seed and its own number, so a run cut in two equals one in a piece.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from visavis_models.errors import InputError
from visavis_models.train.batches import Windows
from visavis_models.train.captures import HELD_OUT_CLIP
from visavis_models.train.model import MotionNet
from visavis_models.train.objective import denoising_loss, rollout_loss
from visavis_models.train.scenes import load_scenes


@dataclass(frozen=True)
class Preset:
    """How long and how large: the first `rollout_from` of the steps denoise, the rest roll out 1..`hops` hops."""

    steps: int
    batch: int
    dim: int
    depth: int
    heads: int
    width: int
    rate: float = 1e-3
    warm_up: int = 200
    rollout_from: float = 0.5
    hops: int = 3
    average: float = 0.998
    save_every: int = 250


PRESETS = {
    "smoke": Preset(
        steps=30, batch=16, dim=32, depth=1, heads=2, width=16, rate=5e-3, warm_up=5, average=0.9, save_every=10
    ),
    "first-light": Preset(steps=3600, batch=64, dim=160, depth=4, heads=5, width=96),
    "release": Preset(steps=60_000, batch=64, dim=192, depth=6, heads=6, width=128, hops=5, average=0.9995),
}


def rate_at(step: int, preset: Preset) -> float:
    """Warm-up, then a cosine to a twentieth of the full rate."""
    if step < preset.warm_up:
        return preset.rate * (step + 1) / preset.warm_up
    through = (step - preset.warm_up) / max(1, preset.steps - preset.warm_up)
    return preset.rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, through))))


def train(data: Path, run: Path, preset: Preset, *, seed: int = 0, stop_at: int | None = None) -> list[float]:
    """Train until `preset.steps`, or until `stop_at`; goes on from RUN/checkpoint.pt where there is one.

    Returns:
        The losses of the steps done now.
    """
    # -- data, model, optimiser
    held_out = f"facegood/{HELD_OUT_CLIP}"
    windows = Windows(load_scenes(data, lambda scene: scene.split == "train" and scene.name != held_out))
    torch.manual_seed(seed)
    net = MotionNet(preset.dim, preset.depth, preset.heads, preset.width)
    average = {name: value.clone() for name, value in net.state_dict().items()}
    optimiser = torch.optim.AdamW(net.parameters(), lr=preset.rate, betas=(0.9, 0.98), weight_decay=0.01)
    scale, first, spent = windows.scale, 0, 0.0

    # -- go on where an earlier run stopped
    run.mkdir(parents=True, exist_ok=True)
    path = run / "checkpoint.pt"
    if path.exists():
        state = torch.load(path, weights_only=True)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        average, scale, first, spent = state["average"], state["scale"], state["step"], state["seconds"]

    # -- steps
    last = min(preset.steps, stop_at or preset.steps)
    losses: list[float] = []
    begun = time.monotonic()
    bar = tqdm(range(first, last), initial=first, total=last, disable=not sys.stderr.isatty())
    for step in bar:
        rng = np.random.default_rng([seed, step])
        rolling = step >= preset.rollout_from * preset.steps
        if rolling:
            hops = int(rng.integers(1, preset.hops + 1))
            loss = rollout_loss(net, windows.draw(rng, max(1, preset.batch // hops), hops), scale, rng)
        else:
            loss = denoising_loss(net, windows.draw(rng, preset.batch), scale, rng)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, preset)
        optimiser.step()
        _blend(average, net.state_dict(), min(preset.average, (step + 1) / (step + 10)))
        losses.append(float(loss.detach()))
        if (step + 1) % preset.save_every == 0 or step + 1 == last:
            seconds = spent + time.monotonic() - begun
            _save(path, net, optimiser, average, scale, step + 1, seconds)
            _log(run / "log.csv", step + 1, seconds, float(np.mean(losses[-preset.save_every :])), rolling)
    return losses


def load_trained(path: Path) -> tuple[MotionNet, torch.Tensor, dict[str, Any]]:
    """The averaged weights of a checkpoint, the motion's scale [60], and what is known about the run.

    Raises:
        InputError: no checkpoint there.
    """
    if not path.exists():
        raise InputError(f"{path}: no checkpoint there; train first: python -m visavis_models.train.run DATA RUN")
    state = torch.load(path, weights_only=True)
    net = MotionNet(**state["config"])
    net.load_state_dict(state["average"])
    return net.eval(), state["scale"], {"step": state["step"], "seconds": state["seconds"], "held_out": HELD_OUT_CLIP}


def _blend(average: dict[str, torch.Tensor], now: dict[str, torch.Tensor], keep: float) -> None:
    """Exponential moving average of the weights, in place."""
    for name, value in now.items():
        average[name].lerp_(value, 1.0 - keep)


def _save(
    path: Path, net: MotionNet, optimiser: torch.optim.Optimizer, average: dict[str, torch.Tensor],
    scale: torch.Tensor, step: int, seconds: float,
) -> None:  # fmt: skip
    state = {
        "net": net.state_dict(), "optimiser": optimiser.state_dict(), "average": average, "scale": scale, "step": step,
        "seconds": seconds, "config": net.config,
    }  # fmt: skip
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _log(path: Path, step: int, seconds: float, loss: float, rolling: bool) -> None:
    with path.open("a") as file:
        file.write(f"{step},{seconds:.0f},{loss:.5f},{'rollout' if rolling else 'denoise'}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder made by visavis_models.train.studio")
    parser.add_argument("run", type=Path, help="folder for checkpoint and log")
    parser.add_argument("--preset", choices=PRESETS, default="first-light")
    parser.add_argument("--steps", type=int, help="another length than the preset's")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    preset = PRESETS[options.preset]
    preset = replace(preset, steps=options.steps or preset.steps)
    train(options.data, options.run, preset, seed=options.seed)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"visavis: {error}")
