"""Render the gallery: `python -m visavis_models.train.gallery mara kenji --out DIR`.

Needs Blender as a module, which wants a Python and a numpy of its own and is no dependency of the project:
`python3.11 -m venv blender && blender/bin/pip install bpy scipy opencv-python-headless click numba safetensors`, then
run with `PYTHONPATH=models blender/bin/python`.
"""

from __future__ import annotations

import math
from pathlib import Path

import click

from visavis_models.train.gallery import drawn, scene, studio
from visavis_models.train.gallery.backdrop import compose
from visavis_models.train.gallery.cast import CAST
from visavis_models.train.gallery.figure import load_source, pose


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(CAST)))
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), default="../shared/data")
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--size", default=1024, show_default=True, help="Side of the picture in pixels.")
@click.option("--samples", default=96, show_default=True, help="Samples a pixel.")
@click.option("--fine", default=3, show_default=True, help="Subdivisions of the skin.")
@click.option("--threads", default=2, show_default=True)
@click.option("--pitch", default=0.0, show_default=True, help="By how much the head is bowed, degrees.")
@click.option("--yaw", default=0.0, show_default=True, help="By how much it is turned to the picture's right, degrees.")
def main(
    names: tuple[str, ...],
    data: Path,
    out: Path,
    size: int,
    samples: int,
    fine: int,
    threads: int,
    pitch: float,
    yaw: float,
) -> None:
    """Render NAMES (all by default): NAME_rgba.png, the figure alone, and NAME.png before its backdrop.

    A turned head's are NAME_PITCH_YAW.png; `visavis_models.train.gallery.truth` compares them with what is drawn.
    """
    source = load_source(data / "ict_face" / "ict_face.npz")
    out.mkdir(parents=True, exist_ok=True)
    angles = math.radians(pitch), math.radians(yaw), 0.0
    for name in names or sorted(CAST):
        figure = pose(source, CAST[name])
        stem = f"{name}_{pitch:+g}_{yaw:+g}" if pitch or yaw else name
        matte = out / f"{stem}_rgba.png"
        place = drawn if figure.person.drawn else scene
        place.render(figure, matte, studio.Quality(size, samples, fine, threads), angles)
        compose(matte, out / f"{stem}.png", figure.person)


if __name__ == "__main__":
    main()
