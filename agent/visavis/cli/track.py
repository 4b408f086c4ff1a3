"""`visavis track`: a person's video to Motion, by the landmarks of their face."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from visavis.cli.options import OutputFile
from visavis.media.files import picture_count, read_pictures
from visavis.perception.landmarks import FaceTracker
from visavis.perception.second_look import look_again
from visavis.vision import bundles
from visavis_models.errors import InputError
from visavis_models.serve.clip import Clip
from visavis_models.serve.enrol import NoPortraitError
from visavis_models.serve.fit import N_LANDMARKS
from visavis_models.serve.follow import calm

LONG_SIDE_PX = 1280  # larger pictures are thinned out: a face's crop is 256 px wide in any case


@click.command()
@click.argument("video", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=OutputFile(".npz"), required=True, help="The motion to write (.npz).")
@click.option("--once", is_flag=True, help="Do not draw and look again: half of the time, less exact.")
def command(video: Path, output: Path, once: bool) -> None:
    """Turn VIDEO (any file with pictures of one person's face) into Motion: names, fps and values [T, 60].

    There is one frame for each 40 ms, whatever the video's own rate. Of several faces the nearest counts, and is kept.
    Where no face is seen the last motion is held. Weights are 0..1, rotations in radians, the head's place in cm
    from where it usually is; breath, and the tongue behind closed teeth, cannot be seen and are 0.

    What was found is drawn as that person, by a portrait of the first picture that is not kept, and what the drawing
    shows otherwise than the video is set right.

    `visavis render m.npz -o out.mp4 --portrait P` shows the motion on a face.
    """
    times, landmarks, seconds = watched(video)
    found = np.isfinite(landmarks[:, 0, 0])
    if not found.any():
        raise InputError(f"{video}: no face in any of its {len(times)} pictures; give a video that shows a face")
    clip, looked = Clip.of(landmarks), "looked once"
    if not once:
        clip, looked = looked_again(clip, video)
    motion = clip.motion(times, seconds)
    motion.save(output)
    length = f"{len(motion)} frames, {motion.seconds:.1f} s"
    click.echo(f"{output}: {length}, a face in {found.mean():.0%} of the pictures, {looked}")


def looked_again(clip: Clip, video: Path) -> tuple[Clip, str]:
    """The clip set right by its drawing, if a portrait can be made of it, and what to say of that."""
    first, calmest = int(np.nonzero(np.isfinite(clip.landmarks[:, 0, 0]))[0][0]), int(calm(clip.landmarks)[0])
    refused = ""
    for index in dict.fromkeys((first, calmest)):
        try:
            return look_again(clip, picture_at(video, index), index), "looked three times"
        except NoPortraitError as error:
            refused = refused or str(error)
    return clip, f"looked once ({refused})"


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
            face = tracker.see(thinned(picture), round(seconds * 1000)).face
            times.append(seconds)
            faces.append(nobody if face is None else face)
    finally:
        pictures.close()
        if tracker is not None:
            tracker.close()
    step_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return np.array(times), np.stack(faces), times[-1] + step_s


def thinned(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture [H, W, 3] with every n-th row and column, so that its long side has 1280 pixels or fewer."""
    step = -(-max(picture.shape[:2]) // LONG_SIDE_PX)
    return picture[::step, ::step]


def picture_at(video: Path, index: int) -> NDArray[np.uint8]:
    """The picture of a video with that number, thinned out as those that were looked at."""
    with closing(read_pictures(video)) as pictures:
        _, picture = next(islice(pictures, index, None))
    return np.ascontiguousarray(thinned(picture))
