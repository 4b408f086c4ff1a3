"""`visavis track`: a person's video to Motion, by the landmarks of their face."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from visavis.cli.options import OutputFile
from visavis.media.files import picture_count, read_pictures
from visavis.perception.landmarks import FaceTracker
from visavis.vision import bundles
from visavis_models.errors import InputError
from visavis_models.serve.fit import N_LANDMARKS
from visavis_models.serve.follow import Person, follow

LONG_SIDE_PX = 1280  # larger pictures are thinned out: a face's crop is 256 px wide in any case


@click.command()
@click.argument("video", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=OutputFile(".npz"), required=True, help="The motion to write (.npz).")
def command(video: Path, output: Path) -> None:
    """Turn VIDEO (any file with pictures of one person's face) into Motion: names, fps and values [T, 60].

    There is one frame for each 40 ms, whatever the video's own rate. Of several faces the nearest counts, and is kept.
    Where no face is seen the last motion is held. Weights are 0..1, rotations in radians, the head's place in cm
    from where it usually is; breath, and the tongue behind closed teeth, cannot be seen and are 0.

    `visavis render m.npz -o out.mp4 --portrait P` shows the motion on a face.
    """
    times, landmarks, seconds = watched(video)
    found = np.isfinite(landmarks[:, 0, 0])
    if not found.any():
        raise InputError(f"{video}: no face in any of its {len(times)} pictures; give a video that shows a face")
    motion = follow(Person.of(landmarks), landmarks, times, seconds)
    motion.save(output)
    click.echo(f"{output}: {len(motion)} frames, {motion.seconds:.1f} s, a face in {found.mean():.0%} of the pictures")


def watched(video: Path) -> tuple[NDArray[np.float64], NDArray[np.float32], float]:
    """Times [T] in s, landmarks [T, 478, 3] in pixels (nan: no face seen), and the length in s of a video."""
    times: list[float] = []
    faces: list[NDArray[np.float32]] = []
    pictures = tqdm(read_pictures(video), total=picture_count(video), unit="picture", disable=None)
    nobody = np.full((N_LANDMARKS, 3), np.nan, np.float32)
    tracker: FaceTracker | None = None
    try:
        for seconds, picture in pictures:
            tracker = tracker or FaceTracker(bundles.find(), pose_every_ms=None)
            step = -(-max(picture.shape[:2]) // LONG_SIDE_PX)
            face = tracker.see(picture[::step, ::step], round(seconds * 1000)).face
            times.append(seconds)
            faces.append(nobody if face is None else face)
    finally:
        pictures.close()
        if tracker is not None:
            tracker.close()
    step_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return np.array(times), np.stack(faces), times[-1] + step_s
