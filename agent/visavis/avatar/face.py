"""Where the frames of a face come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.vision.portraits import portrait
from visavis_models.serve.motion import MotionModel
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.stream import HORIZON_FRAMES, FaceStream, MotionStream
from visavis_models.spec import MODEL_FRAME, Motion

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]


class FrameSource(Protocol):
    """Draws a face frame by frame, on one thread."""

    def next(self, voice: FloatArray, user: FloatArray | None, user_motion: Motion | None, skip: int) -> Picture:
        """The next frame after `skip` that pass unseen because they came too late.

        Args:
            voice: float32 [N] at 16 kHz from the first frame that was not shown yet on (that is, from the first
                skipped one), as far as it is settled.
            user: what the person was heard to say until now, float32 [M] at 16 kHz, newest last.
            user_motion: what the person was seen to do until now, newest last.

        Returns:
            RGB uint8 [H, W, 3]; not written to again.
        """
        ...


class Face:
    """The shipped way: motion from the voice, a portrait moved by it."""

    def __init__(self, stream: FaceStream) -> None:
        self._stream = stream

    @classmethod
    def open(cls, name: str | Path, *, size: int, seed: int = 0, emotion: Mapping[str, float] | None = None) -> Face:
        """Load the shipped motion model and a portrait.

        Raises:
            InputError: no such portrait or emotion.
        """
        model, held = MotionModel.load(), portrait(name)
        # what only the first frame costs is paid here
        FaceStream(MotionStream(model), Renderer(held, size)).next(np.zeros(HORIZON_FRAMES * MODEL_FRAME, np.float32))
        return cls(FaceStream(MotionStream(model, seed=seed, emotion=emotion), Renderer(held, size)))

    def next(self, voice: FloatArray, user: FloatArray | None, user_motion: Motion | None, skip: int) -> Picture:
        for k in range(skip):
            self._stream.skip(voice[k * MODEL_FRAME :], user, user_motion)
        picture, _ = self._stream.next(voice[skip * MODEL_FRAME :], user, user_motion)
        return picture
