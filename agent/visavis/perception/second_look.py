"""A clip looked at again: its motion is drawn as the person in it, and what the drawing shows too much is taken off."""

from __future__ import annotations

from contextlib import closing

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
# So much of what each drawing shows too much is taken off. The first leaves some of it, since what is drawn moves less
# than the head that is fitted; all of the second's would be too much where lips part and a hole shows in between.
SHARES = (1.0, 0.5)


def look_again(clip: Clip, picture: NDArray[np.uint8], index: int) -> Clip:
    """The clip set right by its drawing (`Clip.set_right`), and once more by the drawing of that. Shows its progress.

    Args:
        picture: RGB [H, W, 3], that of the clip's landmarks `index`, of which the portrait to draw is made.

    Raises:
        NoPortraitError: no portrait can be made of it, or none in which a face is seen.
        AssetError: the models that see faces are not set up.
    """
    portrait = enrol_picture(picture, "clip", UNKNOWN)
    with closing(_Mirror(Renderer(portrait))) as mirror:
        for _ in range(SETTLED):
            rest = mirror.look(portrait.rest)
        if rest is None:
            raise NoPortraitError("no face is seen in the portrait that is made of it")
        with tqdm(total=len(SHARES) * len(clip.rows), unit="picture", desc="drawn", disable=None) as progress:
            for share in SHARES:
                drawn = np.full(clip.landmarks.shape, np.nan)
                for k, row in enumerate(clip.looking):
                    face = mirror.look(row) if np.isfinite(row).all() else None
                    drawn[k] = np.nan if face is None else face
                    progress.update()
                if not np.isfinite(drawn).any():
                    raise NoPortraitError("no face is seen in what is drawn of it")
                clip = clip.set_right(laid(drawn, rest, clip.landmarks[index]), share)
    return clip


class _Mirror:
    """Draws rows and looks at the drawing, one after the other."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer, self._tracker, self._now_ms = renderer, FaceTracker(find(), pose_every_ms=None), 0

    def look(self, row: NDArray[np.floating]) -> NDArray[np.float32] | None:
        """The landmarks [478, 3] of a row [60] as it is drawn; None: no face is seen."""
        self._now_ms += STEP_MS
        return self._tracker.see(self._renderer.render(row[None].astype(np.float32))[0], self._now_ms).face

    def close(self) -> None:
        self._tracker.close()
