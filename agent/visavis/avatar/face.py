"""Where the frames of a face come from."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.vision.portraits import portrait
from visavis_models.serve.background import Background
from visavis_models.serve.direction import Direction
from visavis_models.serve.emotion import FRIENDLY, parse_emotion
from visavis_models.serve.motion import MotionModel
from visavis_models.serve.performance import Performance
from visavis_models.serve.quality import Quality
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.stream import HORIZON_FRAMES, FaceStream, MotionStream
from visavis_models.spec import MODEL_FRAME, Motion

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]


class FrameSource(Protocol):
    """Draws a face frame by frame, on one thread."""

    def direct(self, direction: Direction, in_frames: int) -> None:
        """Have an act, a feeling or a thought begin with the next frame that was not shown yet, or frames after it."""
        ...

    def next(self, voice: FloatArray, user: FloatArray | None, user_motion: Motion | None, skip: int) -> Picture:
        """The next frame after `skip` that pass unseen because they came too late.

        Args:
            voice: float32 [N] at 16 kHz from the first frame that was not shown yet on (that is, from the first
                skipped one), as far as it is settled.
            user: what the person was heard to say until now, float32 [M] at 16 kHz, newest last.
            user_motion: what the person was seen to do until now, newest last.

        Returns:
            RGB uint8 [H, W, 3], or I420 as uint8 [H * 3 / 2, W] in BT.601, limited range; not written to again.
        """
        ...


class Face:
    """The shipped way: motion from the voice, a portrait moved by it."""

    def __init__(self, stream: FaceStream, *, listening: bool = True) -> None:
        self._stream, self._listening = stream, listening

    @classmethod
    def open(
        cls,
        name: str | Path,
        *,
        size: int = 512,
        seed: int = 0,
        emotion: str = FRIENDLY,
        background: str = "own",
        listening: bool = True,
    ) -> Face:
        """Load the shipped motion model and a portrait, drawn over `background` (see `Background.of_video`) as I420.

        Args:
            emotion: how the face feels, as `AvatarSession` takes it.
            size: of its pictures, that of the `VideoOptions` with which it is published.
            listening: whether it smiles back, nods and holds its gaze while somebody speaks.

        Raises:
            InputError: no such portrait, emotion or background.
        """
        bearing = parse_emotion(emotion)
        model, held = MotionModel.load(), portrait(name)
        renderer = Renderer(held, size, background=Background.of_video(background), output="i420", ladder=True)
        # what only the first frames cost, one from nothing and one upon it, is paid here
        first, silence = FaceStream(MotionStream(model), renderer), np.zeros(HORIZON_FRAMES * MODEL_FRAME, np.float32)
        for _ in range(2):
            first.next(silence)
        # the bearing is no condition of the model's: its own smiles grow and wane with what it showed before
        performance = Performance(seed=seed, listening=listening, bearing=bearing)
        return cls(FaceStream(MotionStream(model, seed=seed), renderer, performance), listening=listening)

    def direct(self, direction: Direction, in_frames: int) -> None:
        assert self._stream.performance is not None
        self._stream.performance.direct(direction, in_frames)

    @property
    def steps(self) -> tuple[Quality, ...]:
        """The qualities that it can be drawn in, best first."""
        return self._stream.renderer.steps

    @property
    def quality(self) -> Quality:
        """How well the next frame is drawn."""
        return self._stream.renderer.quality

    @quality.setter
    def quality(self, quality: Quality) -> None:
        self._stream.renderer.quality = quality

    def next(self, voice: FloatArray, user: FloatArray | None, user_motion: Motion | None, skip: int) -> Picture:
        if not self._listening:
            user = user_motion = None
        for k in range(skip):
            self._stream.skip(voice[k * MODEL_FRAME :], user, user_motion)
        picture, _ = self._stream.next(voice[skip * MODEL_FRAME :], user, user_motion)
        return picture
