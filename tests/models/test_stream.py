"""A voice in, a face out: plans that hold, plans that go stale, one path for files and calls."""

import numpy as np
import pytest

from visavis_models.serve.motion import HOP, MotionModel
from visavis_models.serve.stream import HORIZON_FRAMES, FaceStream, MotionStream, voice_windows
from visavis_models.spec import MODEL_FRAME, MODEL_RATE

FRAMES = 24


@pytest.fixture(scope="module")
def model() -> MotionModel:
    return MotionModel.load()


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """A second of something voiced: a buzz that opens and closes."""
    t = np.arange(FRAMES * MODEL_FRAME) / MODEL_RATE
    return (0.3 * np.sign(np.sin(2 * np.pi * 120 * t)) * (1 + np.sin(2 * np.pi * 3 * t)) / 2).astype(np.float32)


def follow(stream: MotionStream, windows: list[np.ndarray]) -> np.ndarray:
    return np.stack([stream.next(window) for window in windows])


def test_windows_reach_to_the_horizon_and_past_the_end_there_is_silence(voice: np.ndarray) -> None:
    windows = list(voice_windows(voice, FRAMES))
    assert {len(window) for window in windows} == {HORIZON_FRAMES * MODEL_FRAME}
    assert np.array_equal(windows[2][:MODEL_FRAME], voice[2 * MODEL_FRAME : 3 * MODEL_FRAME])
    assert not windows[-1][MODEL_FRAME:].any()


def test_frame_by_frame_equals_hop_by_hop(model: MotionModel, voice: np.ndarray) -> None:
    windows = list(voice_windows(voice, FRAMES))
    state, hops = model.begin(seed=3), []
    for at in range(0, FRAMES, HOP):
        motion, state = model.step(state, windows[at])
        hops.append(motion.values)
    assert np.array_equal(follow(MotionStream(model, seed=3), windows), np.concatenate(hops))


def test_longer_windows_change_nothing(model: MotionModel, voice: np.ndarray) -> None:
    windows = list(voice_windows(voice, FRAMES))
    longer = [np.concatenate([window, np.ones(MODEL_FRAME, np.float32)]) for window in windows]
    assert np.array_equal(follow(MotionStream(model), windows), follow(MotionStream(model), longer))


def test_a_cleared_voice_closes_the_mouth_before_its_hop_is_over(model: MotionModel, voice: np.ndarray) -> None:
    windows = list(voice_windows(voice, FRAMES))
    silence = [np.zeros_like(windows[0])] * FRAMES
    spoken, cut = MotionStream(model), MotionStream(model)
    assert np.array_equal(follow(spoken, windows[:10]), follow(cut, windows[:10]))
    going_on, stopped = follow(spoken, windows[10:16]), follow(cut, silence[:6])
    assert not np.allclose(going_on, stopped)


def test_an_onset_is_planned_at_once(model: MotionModel, voice: np.ndarray) -> None:
    silence = np.zeros(HORIZON_FRAMES * MODEL_FRAME, np.float32)
    quiet, answering = MotionStream(model), MotionStream(model)
    follow(quiet, [silence] * 3)
    follow(answering, [silence] * 3)
    assert not np.array_equal(quiet.next(silence), answering.next(voice[: len(silence)]))


def test_a_voice_that_is_hardly_known_is_planned_a_frame_at_a_time(model: MotionModel, voice: np.ndarray) -> None:
    stream = MotionStream(model)
    rows = [stream.next(voice[k * MODEL_FRAME : (k + 1) * MODEL_FRAME]) for k in range(5)]
    rows.append(stream.next(voice[:0]))
    assert np.isfinite(rows).all() and np.shape(rows) == (6, 60)


def test_a_skipped_frame_is_passed_over_not_lost(voice: np.ndarray) -> None:
    windows = list(voice_windows(voice, 4))
    drawn, skipping = FaceStream.open(size=256), FaceStream.open(size=256)
    for window in windows[:2]:
        drawn.next(window)
    skipping.next(windows[0])
    skipping.skip(windows[1])
    (expected, row), (picture, same) = drawn.next(windows[2]), skipping.next(windows[2])
    assert np.array_equal(row, same) and np.array_equal(expected, picture)
    assert picture.shape == (256, 256, 3) and picture.dtype == np.uint8
