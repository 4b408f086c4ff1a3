"""A filmed person whose motion is drawn and looked at again: the drawing comes nearer to the film."""

from pathlib import Path

import numpy as np
import pytest

from visavis.cli.track import picture_at, watched
from visavis.media.errors import AssetError
from visavis.perception.landmarks import FaceTracker
from visavis.perception.second_look import look_again
from visavis.vision import bundles
from visavis.vision.enrolment import enrol_picture
from visavis_models.serve.clip import Clip
from visavis_models.serve.portrait import UNKNOWN
from visavis_models.serve.regressor import features
from visavis_models.serve.renderer import Renderer

FILM = Path(__file__).parents[3] / "shared/data/grid/video/lwwz8n.mpg"
PARTS = [13, 14, 61, 291, 0, 17, 159, 145, 386, 374, 33, 263, 1, 168, 70, 300]  # lips, lids, eye corners, nose, brows


def beside_the_eyes(landmarks: np.ndarray) -> np.ndarray:
    """The parts [T, 16, 2] in the frame of the eyes' outer corners, in their distance."""
    return np.array([features(face)[:-1].reshape(478, 3)[PARTS, :2] for face in landmarks])


@pytest.mark.skipif(not FILM.exists(), reason="no ../shared/data/grid/video")
def test_the_drawing_of_what_was_looked_at_twice_is_nearer_to_the_film() -> None:
    try:
        tracker = FaceTracker(bundles.find(), pose_every_ms=None)
    except AssetError as error:
        pytest.skip(str(error))
    times, landmarks, seconds = watched(FILM)
    picture = picture_at(FILM, 0)
    once = Clip.of(landmarks)
    renderer, away, now_ms = Renderer(enrol_picture(picture, "", UNKNOWN)), [], 0
    for clip in (once, look_again(once, picture, 0)):
        faces = []
        for row in clip.motion(times, seconds).values:
            now_ms += 40
            face = tracker.see(renderer.render(row[None])[0], now_ms).face
            assert face is not None
            faces.append(face)
        away.append(np.linalg.norm(beside_the_eyes(np.array(faces)) - beside_the_eyes(landmarks), axis=-1).mean())
        now_ms += 10_000
    tracker.close()
    assert away[1] < 0.85 * away[0] and away[1] < 0.013
