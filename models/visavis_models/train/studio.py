"""The data studio: from texts and captures to a training set, in one command.

    python -m visavis_models.train.studio OUT [--hours 3] [--seed 0] [--processes 2] [--voices hibari,espeak]

It writes shards (see `scenes`): the real captures, and authored scenes of about 50 s in shards of four. Every scene is
drawn from the seed and its own number alone, so a run that was killed goes on where it stopped and ends with the same
bytes as one in a piece, however many processes it has. `--smoke` makes a small set in seconds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from visavis_models.errors import InputError
from visavis_models.train.author import LISTENER_SCENES, authored_scene
from visavis_models.train.captures import CLIPS, PACES_PERCENT, facegood_scene
from visavis_models.train.cast import SHARES, checked_sources, draw_speaker, draw_user
from visavis_models.train.conversation import SCENE_S
from visavis_models.train.grid import grid_scenes
from visavis_models.train.scenes import Scene, save_shard

SHARD_SCENES = 4
QUICK_VOICES = ("hibari", "espeak")
SMOKE_MINUTES = 1.5


@dataclass(frozen=True)
class Plan:
    """What to make.

    Attributes:
        scenes: number of authored scenes.
        captures: folder of `facegood/` and `grid/`, or None for authored scenes only.
        kinds: shares of the voices.
    """

    scenes: int
    captures: Path | None
    kinds: dict[str, float]
    seed: int

    @property
    def shards(self) -> list[str]:
        """Names of all shards, captures first."""
        paced = [f"facegood_{clip}@{percent}" for percent in PACES_PERCENT for clip in CLIPS]
        captured = [*paced, "grid_s1"] if self.captures else []
        return captured + [f"authored_{shard:04d}" for shard in range(-(-self.scenes // SHARD_SCENES))]


def make(
    out: Path,
    *,
    minutes: float,
    captures: Path | None,
    seed: int = 0,
    voices: Sequence[str] = QUICK_VOICES,
    processes: int = 1,
) -> None:
    """Write what is missing of the shards.

    Args:
        out: folder for them.
        minutes: of authored scenes.
        captures: folder of `facegood/` and `grid/`, or None for authored scenes only.
        seed: of all that is drawn.
        voices: names of `cast.SHARES`.
        processes: how many work at once; the result is the same.

    Raises:
        InputError: a voice or a capture is missing.
    """
    plan = Plan(max(1, round(minutes * 60 / SCENE_S)), captures, checked_sources(voices), seed)
    out.mkdir(parents=True, exist_ok=True)
    missing = [name for name in plan.shards if not (out / name).exists()]
    work, done = partial(_make_shard, out, plan), len(plan.shards) - len(missing)
    bar = partial(tqdm, total=len(plan.shards), initial=done, unit="shard", disable=not sys.stderr.isatty())
    if processes == 1:
        for name in bar(missing):
            work(name)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for _ in bar(pool.imap_unordered(work, missing)):
            pass


def _make_shard(out: Path, plan: Plan, name: str) -> None:
    kind, _, rest = name.partition("_")
    if kind == "authored":
        first = int(rest) * SHARD_SCENES
        scenes = [_scene(plan, number) for number in range(first, min(first + SHARD_SCENES, plan.scenes))]
    else:
        assert plan.captures
        clip, _, percent = rest.partition("@")
        folder = plan.captures / kind
        scenes = [facegood_scene(folder, clip, int(percent))] if kind == "facegood" else grid_scenes(folder)
    save_shard(out / name, scenes)


def _scene(plan: Plan, number: int) -> Scene:
    """Scene `number` of the plan."""
    rng = np.random.default_rng([plan.seed, number])
    own = draw_speaker(plan.kinds, rng)
    user = draw_user(plan.kinds, rng) if rng.random() < LISTENER_SCENES else None
    return authored_scene(f"authored/{number:05d}", own, user, rng)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder for the shards")
    parser.add_argument("--hours", type=float, default=3.0, help="of authored scenes; a release takes 3 to 6")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1, help="how many at once; the result is the same")
    parser.add_argument("--voices", default=",".join(SHARES), help="of " + ", ".join(SHARES))
    parser.add_argument("--captures", type=Path, default=Path("../shared/data"), help="folder of facegood/ and grid/")
    parser.add_argument("--no-captures", action="store_true", help="authored scenes only")
    parser.add_argument("--smoke", action="store_true", help="two scenes of the quick voices, no captures: seconds")
    options = parser.parse_args()
    if options.hours <= 0 or options.processes < 1:
        raise InputError(f"--hours {options.hours:g} --processes {options.processes}: give more than 0 of both")
    make(
        options.out,
        minutes=SMOKE_MINUTES if options.smoke else 60 * options.hours,
        captures=None if options.no_captures or options.smoke else options.captures,
        seed=options.seed,
        voices=QUICK_VOICES if options.smoke else options.voices.split(","),
        processes=options.processes,
    )


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        print(f"visavis: {error}", file=sys.stderr)
        sys.exit(2)
