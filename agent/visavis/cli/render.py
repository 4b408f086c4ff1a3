"""`visavis render`: a motion file to a video of a face that makes it."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from visavis.cli.options import BACKGROUND_HELP, FACE_HELP, SIZES, OutputFile
from visavis.media.files import VideoWriter, read_audio
from visavis.vision.portraits import portrait as face
from visavis_models.errors import InputError
from visavis_models.serve.background import Background
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import ROOM_FRAME, ROOM_RATE, Motion


@click.command()
@click.argument("motion", type=click.Path(path_type=Path))
@click.option("--audio", type=click.Path(path_type=Path), help="Any file with sound, to go with it; cut to its length.")
@click.option("-o", "--output", type=OutputFile(".mp4"), required=True, help="The video to write (.mp4).")
@click.option("--portrait", default="alex", show_default=True, metavar="FACE", help=FACE_HELP)
@click.option("--background", default="own", show_default=True, metavar="WHAT", help=BACKGROUND_HELP)
@click.option("--size", type=click.Choice(SIZES), default=SIZES[0], show_default=True, help="Pixels each way.")
def command(motion: Path, audio: Path | None, output: Path, portrait: str, background: str, size: str) -> None:
    """Draw MOTION (an .npz of names, fps and values [T, 60], as `talk --motion-out` and `track` write) as a video."""
    values = Motion.load(motion).values
    if not len(values):
        raise InputError(f"{motion}: holds no frame at all")
    sound = read_audio(audio, ROOM_RATE) if audio else None
    renderer = Renderer(face(portrait), int(size), background=Background.of_video(background))
    film(renderer, values, sound, output)
    click.echo(f"{output}: {len(values)} frames, {Motion(values).seconds:.1f} s")


def film(renderer: Renderer, values: NDArray[np.float32], sound: NDArray[np.float32] | None, output: Path) -> None:
    """Draw every row of `values` [T, 60] beside its 40 ms of `sound` (48 kHz); silence where that ends early."""
    padded = None
    if sound is not None:
        padded = np.zeros(len(values) * ROOM_FRAME, np.float32)
        padded[: len(sound)] = sound[: len(padded)]
    rates = () if padded is None else (ROOM_RATE,)
    with VideoWriter(output, (renderer.size, renderer.size), rates) as writer:
        for k, row in enumerate(tqdm(values, unit="frame", disable=None)):
            writer.picture(renderer.render(row[None])[0])
            if padded is not None:
                writer.sound(padded[k * ROOM_FRAME : (k + 1) * ROOM_FRAME])
