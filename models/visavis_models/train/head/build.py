"""Build the head: `python -m visavis_models.train.head.build ../shared/data` (about a minute)."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.head import ASSET, PARTS, VERSION, Head, pack, sphere_centre
from visavis_models.spec import INDEX
from visavis_models.train.head.brows import frown
from visavis_models.train.head.decimate import decimate
from visavis_models.train.head.error import measure
from visavis_models.train.head.paths import creases, named_paths, rings_to_keep
from visavis_models.train.head.source import Source, gaze_modes, load_source

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# How many vertices each part may keep; lashes are few and kept whole.
BUDGET = {
    "face": 4200, "neck": 1780, "socket": 560, "orbit": 240, "upper_gums": 260, "lower_gums": 260, "tongue": 260,
    "upper_teeth": 900, "lower_teeth": 900, "right_sclera": 300, "right_iris": 220, "left_sclera": 300,
    "left_iris": 220,
}  # fmt: skip
# (landmarks, radius in cm, weight): errors near these count for so much more
DENSE = (
    ((0, 17, 13, 14, 61, 291, 37, 267, 84, 314, 40, 270, 91, 321), 1.3, 12.0),
    ((33, 133, 159, 145, 158, 153, 160, 144, 362, 263, 386, 374, 385, 380, 387, 373), 0.9, 12.0),
    ((94, 97, 326, 98, 327, 2), 0.9, 4.0),
    ((46, 52, 55, 70, 105, 107, 276, 282, 285, 300, 334, 336), 0.9, 3.0),
)
SPARSE = {"neck": 0.15, "socket": 0.1, "orbit": 0.1}
IDENTITIES = 24  # random people among the shapes that the decimation looks at
IDENTITY_STEP = 0.0005  # cm: the modes' resolution
EXPRESSION_STEP = 0.0005
SEED = 7


def region_weight(source: Source) -> FloatArray:
    """How dear an error at each vertex is, [N]."""
    weight = np.ones(len(source.points))
    under = dict(zip(source.landmark_index.tolist(), source.landmark_vertex.tolist(), strict=True))
    for landmarks, radius, factor in DENSE:
        centres = source.points[[under[k] for k in landmarks if k in under]]
        near = np.linalg.norm(source.points[:, None] - centres, axis=2).min(1) < radius
        weight[near] = np.maximum(weight[near], factor)
    for name, factor in SPARSE.items():
        weight[source.part == PARTS.index(name)] *= factor
    return weight


def shapes_of(source: Source, rng: np.random.Generator) -> FloatArray:
    """Neutral, random people, and every expression, [K, N, 3] cm."""
    people = rng.normal(size=(IDENTITIES, len(source.identity)))
    deltas = np.concatenate([np.tensordot(people, source.identity, 1), source.expression])
    moving = np.abs(deltas).max((1, 2)) > 0
    return source.points + np.concatenate([np.zeros((1, *source.points.shape)), deltas[moving]])


def principal_modes(identity: FloatArray, kept: IntArray) -> FloatArray:
    """The identity modes estimated anew on the vertices that stay, the strongest first, [100, M, 3] cm."""
    flat = identity[:, kept].reshape(len(identity), -1)
    _, strength, modes = np.linalg.svd(flat, full_matrices=False)
    return (strength[:, None] * modes).reshape(len(identity), len(kept), 3)


def build(source: Source, modes: int) -> dict[str, NDArray]:  # type: ignore[type-arg]
    """The arrays of the asset, with this many identity modes."""
    locked = np.zeros(len(source.points), bool)
    locked[source.landmark_vertex] = True
    locked[rings_to_keep(source)] = True
    kept, triangles = decimate(
        shapes_of(source, np.random.default_rng(SEED)),
        source.triangles,
        source.part,
        {PARTS.index(name): count for name, count in BUDGET.items()},
        region_weight(source),
        locked,
        creases(source),
    )
    kept = kept[np.argsort(source.part[kept], kind="stable")]
    after = np.full(len(source.points), -1)
    after[kept] = np.arange(len(kept))
    part = source.part[kept]
    triangles = after[triangles]
    triangles = triangles[np.argsort(part[triangles].max(1), kind="stable")]
    paths = named_paths(source, kept, triangles)
    arrays = {
        "version": np.array(VERSION),
        "source_vertex": kept.astype(np.int32),
        "points": source.points[kept].astype(np.float32),
        "triangles": triangles.astype(np.uint16),
        "uv": source.uv[kept].astype(np.float16),
        "identity": pack(principal_modes(source.identity, kept)[:modes], IDENTITY_STEP),
        "identity_step": np.array(IDENTITY_STEP),
        "expression": pack(_expression(source, kept), EXPRESSION_STEP),
        "expression_step": np.array(EXPRESSION_STEP),
        "part_vertices": np.searchsorted(part, np.arange(len(PARTS) + 1)),
        "part_triangles": np.searchsorted(part[triangles].max(1), np.arange(len(PARTS) + 1)),
        "landmark_index": source.landmark_index.astype(np.int16),
        "landmark_vertex": after[source.landmark_vertex].astype(np.uint16),
    }
    return arrays | {f"path.{name}": row.astype(np.uint16) for name, row in paths.items()}


def _expression(source: Source, kept: IntArray) -> FloatArray:
    """The expression modes [54, M, 3] cm of the vertices that stay, with a whole frown, and eyeballs that turn."""
    modes, part = source.expression[:, kept], source.part[kept]
    face = part == PARTS.index("face")
    for side, name in enumerate(("right", "left")):
        modes[INDEX[f"browDown{name.title()}"], face] += frown(source.points[kept][face], side)
        white = part == PARTS.index(f"{name}_sclera")
        ball = np.nonzero(white | (part == PARTS.index(f"{name}_iris")))[0]
        points = source.points[kept]
        for channel, mode in gaze_modes(points[ball], sphere_centre(points[white]), side).items():
            modes[INDEX[channel], ball] = mode
    return modes


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), default=ASSET)
@click.option("--modes", default=100, show_default=True, help="Identity modes to keep.")
def main(data: Path, out: Path, modes: int) -> None:
    """Re-estimate the compact head from the data folder DATA (ict_face in it) and measure its error."""
    source = load_source(data / "ict_face")
    arrays = build(source, modes)
    with out.open("wb") as file:
        np.savez_compressed(file, **arrays)
    counts = {name: int(n) for name, n in zip(PARTS, np.diff(arrays["part_vertices"]), strict=True)}
    click.echo(f"{out}: {out.stat().st_size / 1e6:.2f} MB, vertices {counts}, triangles {len(arrays['triangles'])}")
    for line in measure(source, Head.read(out), arrays["source_vertex"]):
        click.echo(line)


if __name__ == "__main__":
    main()
