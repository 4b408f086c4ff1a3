"""A motion model played over whole recordings by the path that serves, hop by hop."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.layout import HOP, LOOKAHEAD_FRAMES
from visavis_models.serve.motion import MotionModel
from visavis_models.spec import MODEL_FRAME, MODEL_RATE, Motion, frames_in

FloatArray = NDArray[np.float32]


def animate(
    model: MotionModel, voice: FloatArray, *, seed: int = 0, style: Mapping[str, float] | None = None
) -> FloatArray:
    """Motion for a whole recording by the path that serves: [ceil(25 d), 60]."""
    T = frames_in(len(voice), MODEL_RATE)
    padded = np.concatenate([voice, np.zeros((HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME, np.float32)])
    state, rows = model.begin(seed=seed, style=style), []
    while state.frame < T:
        begin = state.frame * MODEL_FRAME
        motion, state = model.step(state, padded[begin : begin + (HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME])
        rows.append(motion.values)
    return np.concatenate(rows)[:T]


def listen(model: MotionModel, heard: FloatArray, seen: Motion | None, seed: int) -> FloatArray:
    """Motion [T, 60] of a silent face that hears and sees a user as in a call: only what has been until now."""
    silence = np.zeros((HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME, np.float32)
    state, rows = model.begin(seed=seed), []
    while (state.frame + HOP) * MODEL_FRAME <= len(heard):
        until = heard[: state.frame * MODEL_FRAME]
        shown = Motion(seen.values[: state.frame]) if seen is not None else None
        motion, state = model.step(state, silence, until, shown)
        rows.append(motion.values)
    return np.concatenate(rows)
