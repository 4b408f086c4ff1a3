"""A clip looked at twice: its motion is drawn as the person in it, and what the drawing shows too much is taken off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from visavis.perception.landmarks import FaceTracker
from visavis.vision.bundles import find
from visavis.vision.enrolment import enrol_picture
from visavis_models.serve.clip import Clip, laid
from visavis_models.serve.enrol import NoPortraitError
from visavis_models.serve.portrait import UNKNOWN
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import FPS

STEP_MS = 1000 // FPS
SETTLED = 3  # looks at the portrait at rest until a face is followed as it will be


def look_again(clip: Clip, picture: NDArray[np.uint8], index: int) -> Clip:
    """The clip set right by its drawing (`Clip.set_right`). Shows its progress.

    Args:
        picture: RGB [H, W, 3], that of the clip's landmarks `index`, of which the portrait to draw is made.

    Raises:
        NoPortraitError: no portrait can be made of it, or none in which a face is seen.
        AssetError: the models that see faces are not set up.
    """
    portrait = enrol_picture(picture, "clip", UNKNOWN)
    renderer, tracker = Renderer(portrait), FaceTracker(find(), pose_every_ms=None)
    drawn, rest = np.full(clip.landmarks.shape, np.nan), None
    now_ms = 0
    try:
        for _ in range(SETTLED):
            rest, now_ms = tracker.see(renderer.render(portrait.rest[None])[0], now_ms).face, now_ms + STEP_MS
        if rest is None:
            raise NoPortraitError("no face is seen in the portrait that is made of it")
        for k, row in enumerate(tqdm(clip.looking, unit="picture", desc="drawn", disable=None)):
            if np.isfinite(row).all():
                face = tracker.see(renderer.render(row[None].astype(np.float32))[0], now_ms).face
                drawn[k] = np.nan if face is None else face
                now_ms += STEP_MS
    finally:
        tracker.close()
    if not np.isfinite(drawn).any():
        raise NoPortraitError("no face is seen in what is drawn of it")
    return clip.set_right(laid(drawn, rest, clip.landmarks[index]))
