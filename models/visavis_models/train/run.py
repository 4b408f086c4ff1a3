"""Train the motion model: the whole recipe in one command.

    python -m visavis_models.train.run DATA RUN [--preset release] [--readers RUN ...] [--start FOLDER] [--device auto]

Four phases follow each other: the lip reader learns to read (`reading`), then the transformer to denoise, then the
sampler on its own anchors (self-rollout), and last it is distilled to two steps and to one; the weights before that are
the teacher, RUN/teacher.pt. Presets are rows of a table. A run resumes exactly from its last checkpoint: every step
draws its chance from the seed and its own number, so a run cut in two equals one in a piece. RUN/losses.png shows how
it goes while it runs.

Data and network lie on one device, a GPU where there is one; large draws of chance fall there too, so a run is exact on
one kind of device, not across kinds.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from visavis_models.errors import InputError
from visavis_models.serve.layout import SPEECH
from visavis_models.train.batches import ANSWERS, SHARES, Windows
from visavis_models.train.captures import HELD_OUT_CLIP, held_out
from visavis_models.train.chance import Chance
from visavis_models.train.exported import begin_from, lip_widths
from visavis_models.train.model import MotionNet
from visavis_models.train.objective import denoising_loss, rollout_loss
from visavis_models.train.reading import DROPOUT, STRETCH_FRAMES, reading_loss
from visavis_models.train.scenes import load_scenes

PHASES = ("read", "denoise", "rollout", "distil")
PHASES_RATE = {"read": 2.0, "denoise": 1.0, "rollout": 0.5, "distil": 0.3}  # of a preset's rate
CHECKPOINT, TEACHER, LOG, PICTURE = "checkpoint.pt", "teacher.pt", "log.csv", "losses.png"


@dataclass(frozen=True)
class Preset:
    """How long each phase is, in steps, and how large the network.

    `batch` windows of a hop are drawn for a step; a quarter as many stretches of 3 s for the reader, and as many fewer
    windows as a rollout has hops (3 to `hops`). `dropout` is of what the reader hears, `tempo` how much faster or
    slower its stretches are; with `beside` 0 it is not taught beside the other phases. `answers`, `facegood` and
    `grid` are shares of the windows, see `Windows`.
    """

    read: int
    denoise: int
    rollout: int
    distil: int
    batch: int = 64
    dim: int = 160
    depth: int = 4
    heads: int = 5
    width: int = 96
    lip_width: int = 224
    rate: float = 1e-3
    warm_up: int = 100
    hops: int = 4
    average: float = 0.998
    save_every: int = 100
    dropout: float = DROPOUT
    tempo: float = 0.0
    beside: int = 1
    answers: float = ANSWERS
    facegood: float = SHARES["facegood"]
    grid: float = SHARES["grid"]

    @property
    def steps(self) -> int:
        return self.read + self.denoise + self.rollout + self.distil

    def phase(self, step: int) -> str:
        """The phase that a step belongs to."""
        ends = np.cumsum([getattr(self, phase) for phase in PHASES])
        return PHASES[int(np.searchsorted(ends, step, side="right"))]


# ablation: under 20 minutes on two free cores
PRESETS = {
    "smoke": Preset(
        12, 12, 6, 4, batch=16, dim=32, depth=1, heads=2, width=16, lip_width=16, rate=5e-3, warm_up=4, average=0.9,
        save_every=10,
    ),
    "ablation": Preset(600, 600, 250, 100, average=0.99),
    # on a GPU, minutes; release is for --readers of some runs of the preset reader
    "reader": Preset(
        6000, 0, 0, 0, batch=256, dim=32, depth=1, heads=2, width=16, lip_width=320, average=0.9985, save_every=500,
        tempo=0.12,
    ),
    "release": Preset(
        0, 5000, 1500, 500, batch=512, dim=192, depth=6, heads=6, width=128, average=0.9985, save_every=250,
    ),
}  # fmt: skip


def rate_at(step: int, preset: Preset) -> float:
    """The rate of a step: each phase warms up to its own and then falls along a cosine to a twentieth of it."""
    phase = preset.phase(step)
    lengths = [getattr(preset, name) for name in PHASES]
    begin, length = sum(lengths[: PHASES.index(phase)]), lengths[PHASES.index(phase)]
    warm_up = min(preset.warm_up, length // 4)
    full = preset.rate * PHASES_RATE[phase]
    return full * rate_share(step - begin, length, warm_up)


def rate_share(step: int, length: int, warm_up: int) -> float:
    """Share of the full rate: it rises over `warm_up` steps, then falls along a cosine to a twentieth."""
    if step < warm_up:
        return (step + 1) / warm_up
    through = (step - warm_up) / max(1, length - warm_up)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, through)))


def device_named(name: str) -> torch.device:
    """`auto` is a GPU where there is one.

    Raises:
        InputError: a GPU is asked for and there is none.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda"):
        if not torch.cuda.is_available():
            raise InputError(f"--device {name}: torch finds no GPU here; leave it out or say --device cpu")
        torch.set_float32_matmul_precision("high")  # TF32
    return torch.device(name)


def train(
    data: Path, run: Path, preset: Preset, *, seed: int = 0, stop_at: int | None = None, start: Path | None = None,
    readers: Sequence[Path] = (), device: str = "cpu",
) -> list[float]:  # fmt: skip
    """Train until the preset's last step, or until `stop_at`; goes on from RUN/checkpoint.pt where there is one.

    Args:
        start: the folder of an exported model of the preset's size to begin with; its units are kept.
        readers: runs whose lip readers are taken together, as they are: they are not taught any more.
        device: as for `device_named`.

    Returns:
        The losses of the steps done now.
    """
    # -- data, model, optimiser
    place = device_named(device)
    scenes = load_scenes(data, lambda scene: scene.split == "train" and not held_out(scene.name))
    windows = Windows(scenes, {"facegood": preset.facegood, "grid": preset.grid}, preset.answers, place)
    torch.manual_seed(seed)
    taken = [load_trained(folder / CHECKPOINT) for folder in readers]
    widths = [width for net, _, _ in taken for width in net.config["lip_widths"]] or [preset.lip_width]
    widths = lip_widths(start) if start else widths
    net = MotionNet(preset.dim, preset.depth, preset.heads, preset.width, widths)
    scale = begin_from(net, start) if start else windows.scale
    if taken:
        scale = taken[0][1]
        take_readers(net, [(other, units) for other, units, _ in taken], scale)
    taught = not taken and (preset.read or preset.beside)
    net.hearing.lips.requires_grad_(bool(taught))
    net, scale = net.to(place), scale.to(place)
    learning = [parameter for parameter in net.parameters() if parameter.requires_grad]
    average = {name: value.clone() for name, value in net.state_dict().items()}
    optimiser = torch.optim.AdamW(
        learning, lr=preset.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=place.type == "cuda"
    )
    first, spent = 0, 0.0

    # -- go on where an earlier run stopped
    run.mkdir(parents=True, exist_ok=True)
    path = run / CHECKPOINT
    if path.exists():
        state = torch.load(path, weights_only=True, map_location=place)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        average, scale, first, spent = state["average"], state["scale"], state["step"], state["seconds"]

    # -- steps
    last = min(preset.steps, stop_at or preset.steps)
    losses: list[torch.Tensor] = []
    begun = time.monotonic()
    teacher = None
    for step in tqdm(range(first, last), initial=first, total=last, disable=not sys.stderr.isatty()):
        chance = Chance([seed, step], place)
        torch.manual_seed(int(chance.host.integers(2**31)))  # of dropout
        phase = preset.phase(step)
        loss = torch.zeros((), device=place)
        if taught:
            # the reader goes on reading beside everything else, half as much
            stretches = preset.batch // (4 if phase == "read" else 8)
            batch = windows.draw(chance, stretches, STRETCH_FRAMES, preset.tempo)
            loss = loss + reading_loss(net.hearing.lips, batch, scale, chance, dropout=preset.dropout)
        if phase == "denoise":
            loss = loss + denoising_loss(net, windows.hops(chance, preset.batch), scale, chance)
        elif phase in ("rollout", "distil"):
            if phase == "distil" and teacher is None:
                teacher = _teacher(run / TEACHER, net, average, scale, step, preset).to(place)
            hops = int(chance.host.integers(min(3, preset.hops), preset.hops + 1))
            batch = windows.hops(chance, max(2, preset.batch // hops), hops)
            steps = 2 if phase == "rollout" or chance.host.random() < 0.5 else 1
            loss = loss + rollout_loss(net, batch, scale, chance, steps=steps, teacher=teacher)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, preset)
        optimiser.step()
        blend(average, net.state_dict(), min(preset.average, (step + 1) / (step + 10)))
        losses.append(loss.detach())
        if (step + 1) % preset.save_every == 0 or step + 1 == last:
            seconds = spent + time.monotonic() - begun
            optimised = {"optimiser": optimiser.state_dict(), "net": net.state_dict()}
            _save(path, {**_weights(net, average, scale, step + 1, seconds, preset), **optimised})
            _log(run / LOG, step + 1, seconds, float(torch.stack(losses[-preset.save_every :]).mean()), phase)
            draw_losses(run / LOG, run / PICTURE)
    return torch.stack(losses).tolist() if losses else []


def take_readers(net: MotionNet, others: Sequence[tuple[MotionNet, torch.Tensor]], scale: torch.Tensor) -> None:
    """Put the lip readers of others, one after the other, into a net that has room for them; they learn no more.

    Each of the others comes with the unit of its motion [60]: what its readers read is put into units of `scale`.
    """
    members = [(member, units) for other, units in others for member in other.hearing.lips.members]
    for own, (member, units) in zip(net.hearing.lips.members, members, strict=True):
        own.load_state_dict(member.state_dict())
        own.multiply((units / scale)[list(SPEECH)])


def load_trained(path: Path) -> tuple[MotionNet, torch.Tensor, dict[str, Any]]:
    """The averaged weights of a checkpoint or a teacher, the motion's scale [60], and what is known about the run.

    Raises:
        InputError: no checkpoint there.
    """
    if not path.exists():
        raise InputError(f"{path}: no checkpoint there; train first: python -m visavis_models.train.run DATA RUN")
    state = torch.load(path, weights_only=True, map_location="cpu")
    net = MotionNet(**state["config"])
    net.load_state_dict(state["average"])
    about = {"step": state["step"], "seconds": round(state["seconds"]), "held_out": HELD_OUT_CLIP}
    return net.eval(), state["scale"], {**about, "preset": state["preset"]}


def _teacher(
    path: Path, net: MotionNet, average: dict[str, torch.Tensor], scale: torch.Tensor, step: int, preset: Preset
) -> MotionNet:
    """The averaged weights as they were when distillation began; kept, so that a resumed run has the same teacher."""
    if not path.exists():
        _save(path, _weights(net, average, scale, step, 0.0, preset))
    teacher, _, _ = load_trained(path)
    return teacher.requires_grad_(False)


def blend(average: dict[str, torch.Tensor], now: dict[str, torch.Tensor], keep: float) -> None:
    """Exponential moving average of the weights, in place."""
    torch._foreach_lerp_(list(average.values()), list(now.values()), 1.0 - keep)


def _weights(
    net: MotionNet, average: dict[str, torch.Tensor], scale: torch.Tensor, step: int, seconds: float, preset: Preset
) -> dict[str, Any]:
    return {
        "average": average, "scale": scale, "step": step, "seconds": seconds, "config": net.config,
        "preset": asdict(preset),
    }  # fmt: skip


def _save(path: Path, state: dict[str, Any]) -> None:
    """Whole or not at all."""
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _log(path: Path, step: int, seconds: float, loss: float, phase: str) -> None:
    with path.open("a") as file:
        file.write(f"{step},{seconds:.0f},{loss:.5f},{phase}\n")


def draw_losses(log: Path, picture: Path) -> None:
    """The log as a picture, one line for each phase."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(9, 4))
    for phase, points in _by_phase(log):
        axis.plot(*zip(*points, strict=True), marker=".", label=phase)
    axis.set(xlabel="step", ylabel="loss (each phase has its own)", yscale="log")
    axis.legend()
    figure.tight_layout()
    figure.savefig(picture, dpi=80)
    plt.close(figure)


def _by_phase(log: Path) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    with log.open() as file:
        rows = list(csv.reader(file))
    for phase in PHASES:
        points = [(int(row[0]), float(row[2])) for row in rows if row[3] == phase]
        if points:
            yield phase, points


_KINDS = {field.name: float if field.type == "float" else int for field in fields(Preset)}


def changes(given: Sequence[str]) -> dict[str, float | int]:
    """What `--set` names, as values of a preset.

    Raises:
        InputError: a name that presets lack, or something that is no number of its kind.
    """
    out: dict[str, float | int] = {}
    for pair in given:
        name, _, value = pair.partition("=")
        try:
            out[name] = _KINDS[name](value)
        except (KeyError, ValueError) as error:
            raise InputError(f"--set {pair}: say NAME=NUMBER with a name of {', '.join(_KINDS)}") from error
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder made by visavis_models.train.studio")
    parser.add_argument("run", type=Path, help="folder for checkpoint, teacher, log and picture")
    parser.add_argument("--preset", choices=PRESETS, default="ablation")
    parser.add_argument("--start", type=Path, help="begin from an exported model of the preset's size")
    parser.add_argument("--readers", type=Path, nargs="+", default=(), help="runs whose lip readers are taken together")
    parser.add_argument(
        "--set", nargs="+", default=(), metavar="NAME=VALUE", help="instead of the preset's: " + ", ".join(_KINDS)
    )
    parser.add_argument("--device", default="auto", help="auto (a GPU where there is one), cpu, cuda, cuda:1, ...")
    parser.add_argument("--threads", type=int, default=1, help="of the processor")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    preset = replace(PRESETS[options.preset], **changes(options.set))
    train(
        options.data, options.run, preset, seed=options.seed, start=options.start, readers=options.readers,
        device=options.device,
    )  # fmt: skip


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"visavis: {error}")
