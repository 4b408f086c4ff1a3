"""A voice in, a face out, one frame at a time: the streaming path that a call, a file and a benchmark share.

`MotionStream` plans a hop of motion and gives it out frame by frame. A plan holds as long as the voice that it was made
from is the voice that will be played: a pause, a clear, the onset of speech or late audio make it stale, and the
frames that were not shown yet are planned again from the last ones that were (`StreamState.at`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.background import Background
from visavis_models.serve.motion import HOP, LOOKAHEAD_FRAMES, MotionModel, StreamState
from visavis_models.serve.performance import Performance
from visavis_models.serve.portrait import Portrait, portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import MODEL_FRAME, N_MOTION, Motion

FloatArray = NDArray[np.float32]
HORIZON_FRAMES = HOP + LOOKAHEAD_FRAMES  # how far ahead a plan can listen


@dataclass(frozen=True)
class Plan:
    """One hop of motion and what it rests on.

    Attributes:
        rows: float32 [n, 60], the planned frames.
        voice: the 16 kHz voice it was planned on, from its first frame on, as far as it was known then.
        state: the model's state after all n frames.
        start: absolute number of its first frame.
    """

    rows: FloatArray
    voice: FloatArray
    state: StreamState
    start: int

    def holds(self, shown: int, voice: FloatArray) -> bool:
        """Whether the frames from number `shown` on are still right for `voice`, which begins at that frame."""
        begin, end = (shown - self.start) * MODEL_FRAME, (len(self.rows) + LOOKAHEAD_FRAMES) * MODEL_FRAME
        planned, known = self.voice[begin:end], voice[: end - begin]
        return len(planned) == len(known) and np.array_equal(planned, known)


class MotionStream:
    """Motion for one stream, frame by frame.

    Args:
        model: the motion model, shared by any number of streams.
        seed: of everything that chance decides; the same seed and voice give the same motion.
        emotion: names with strengths 0..1, such as {"happy": 0.6}.
        style: names with -2..2, such as {"articulation": 1}.
    """

    def __init__(
        self,
        model: MotionModel,
        *,
        seed: int = 0,
        emotion: Mapping[str, float] | None = None,
        style: Mapping[str, float] | None = None,
    ) -> None:
        self._model = model
        self._shown = 0
        start = model.begin(seed=seed, emotion=emotion, style=style)
        self._plan = Plan(np.zeros((0, N_MOTION), np.float32), np.zeros(0, np.float32), start, 0)

    def next(self, voice: FloatArray, user: FloatArray | None = None, user_motion: Motion | None = None) -> FloatArray:
        """The next frame's motion.

        Args:
            voice: float32 [N] at 16 kHz: what will be played from this frame's first sample on, as far as it is
                known; more than `HORIZON_FRAMES` frames are not needed, fewer than one is silence not known yet.
            user: what the person was heard to say until now, float32 [M] at 16 kHz, newest last.
            user_motion: what the person was seen to do until now, newest last.

        Returns:
            float32 [60].
        """
        planned_to = self._plan.start + len(self._plan.rows)
        if self._shown >= planned_to or not self._plan.holds(self._shown, voice):
            self._plan = self._planned(voice, user, user_motion)
        row: FloatArray = self._plan.rows[self._shown - self._plan.start]
        self._shown += 1
        return row

    def _planned(self, voice: FloatArray, user: FloatArray | None, user_motion: Motion | None) -> Plan:
        """Plan on from the frames that were shown: a whole hop where the voice is known far enough, else less."""
        voice = voice[: HORIZON_FRAMES * MODEL_FRAME].copy()
        emit = int(np.clip(len(voice) // MODEL_FRAME - LOOKAHEAD_FRAMES, 1, HOP))
        motion, state = self._model.step(self._plan.state.at(self._shown), voice, user, user_motion, emit=emit)
        return Plan(motion.values, voice, state, self._shown)


class FaceStream:
    """A talking face for one stream: motion, drawn just in time.

    Args:
        motion: where the motion comes from.
        renderer: what draws it; it serves this stream alone.
        performance: what the face does beside speaking; None: nothing.
    """

    def __init__(self, motion: MotionStream, renderer: Renderer, performance: Performance | None = None) -> None:
        self.motion = motion
        self.renderer = renderer
        self.performance = performance

    @classmethod
    def open(
        cls,
        face: str | Path | Portrait = "alex",
        *,
        size: int = 512,
        seed: int = 0,
        emotion: Mapping[str, float] | None = None,
        style: Mapping[str, float] | None = None,
        background: Background | None = None,
    ) -> FaceStream:
        """Load the shipped motion model and a portrait; it is drawn as RGB over `background` (None: its own).

        Raises:
            InputError: no such portrait, emotion or style.
        """
        held = face if isinstance(face, Portrait) else portrait(face)
        motion = MotionStream(MotionModel.load(), seed=seed, emotion=emotion, style=style)
        return cls(motion, Renderer(held, size, background=background))

    def next(
        self, voice: FloatArray, user: FloatArray | None = None, user_motion: Motion | None = None
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """Draw the next frame.

        Args: as in `MotionStream.next`.

        Returns:
            the picture as the renderer puts it out, RGB uint8 [size, size, 3] unless it was told otherwise, in memory
            of its own, and the motion it shows, float32 [60].
        """
        row = self._row(voice, user, user_motion)
        return self.renderer.render(row[None])[0], row

    def skip(self, voice: FloatArray, user: FloatArray | None = None, user_motion: Motion | None = None) -> None:
        """Let one frame pass without drawing it: it came too late to be shown."""
        self._row(voice, user, user_motion)

    def _row(self, voice: FloatArray, user: FloatArray | None, user_motion: Motion | None) -> FloatArray:
        row = self.motion.next(voice, user, user_motion)
        return row if self.performance is None else self.performance.next(row, voice, user, user_motion)


def voice_windows(voice: FloatArray, frames: int) -> Iterator[FloatArray]:
    """What `next` takes for each frame of a whole recording: frame k sees from its first sample to the horizon.

    Args:
        voice: float32 [N] at 16 kHz.
        frames: how many windows; past the recording's end there is silence, and it is known.
    """
    padded = np.zeros((frames + HORIZON_FRAMES) * MODEL_FRAME, np.float32)
    padded[: len(voice)] = voice[: len(padded)]
    for k in range(frames):
        yield padded[k * MODEL_FRAME : (k + HORIZON_FRAMES) * MODEL_FRAME]
