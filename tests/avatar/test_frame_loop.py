"""The thread that draws: it keeps time with the voice, and never holds it up."""

from __future__ import annotations

import threading
import time

import numpy as np
from tests.avatar.conftest import Bar

from visavis.avatar.frame_loop import FrameLoop
from visavis.avatar.listening import Listening
from visavis.avatar.pump import clock_us
from visavis.media.playout import PlayoutClock
from visavis.media.speech import Speech
from visavis_models.spec import ROOM_FRAME


class Shown:
    """What the loop handed over: when each picture's sound leaves."""

    def __init__(self, source: Bar, wanted: int) -> None:
        self.speech = Speech(PlayoutClock(2400))
        self.speech.take(2400, clock_us())  # the clock runs, and nothing is pushed again
        self.leaves_us: list[int] = []
        self.passed: list[int] = []  # frames of the source, seen or not, when each was handed over
        self.failures = 0
        self._source, self._wanted, self._enough = source, wanted, threading.Event()
        self.loop = FrameLoop(source, self.speech, Listening(), self._show, self._fail)

    def run(self) -> Shown:
        self.loop.start()
        assert self._enough.wait(30)
        self.loop.close()
        return self

    def _show(self, picture: np.ndarray, leaves_us: int) -> None:
        self.leaves_us.append(leaves_us)
        self.passed.append(self._source.asked + self._source.skipped)
        if len(self.leaves_us) >= self._wanted:
            self._enough.set()

    def _fail(self) -> None:
        self.failures += 1
        self._enough.set()


def test_pictures_are_whole_frames_apart() -> None:
    shown = Shown(Bar(), 10).run()
    steps = np.diff(shown.leaves_us) / 40_000
    np.testing.assert_allclose(steps, np.rint(steps), atol=0.01)
    assert steps.min() >= 1


def test_none_is_handed_over_before_its_time() -> None:
    shown = Shown(Bar(), 5).run()
    assert shown.loop.stats().late_ms_p95 >= 0
    assert shown.leaves_us[-1] <= clock_us()


def test_a_late_frame_costs_a_frame_and_its_motion_passes() -> None:
    class Slow(Bar):
        def next(self, *args: object) -> np.ndarray:
            time.sleep(0.15)
            return super().next(*args)  # type: ignore[arg-type]

    shown = Shown(Slow(), 4).run()
    assert shown.loop.stats().skipped >= 3
    frames = np.rint(np.diff(shown.leaves_us) / 40_000)
    assert frames.tolist() == np.diff(shown.passed).tolist()  # none lost, none twice


def test_it_ends_and_tells_when_the_source_fails() -> None:
    class Broken(Bar):
        def next(self, *args: object) -> np.ndarray:
            raise OSError("no face")

    shown = Shown(Broken(), 1).run()
    assert shown.failures == 1 and not shown.leaves_us


def test_a_frame_is_asked_with_its_own_voice() -> None:
    heard: list[int] = []

    class Ear(Bar):
        def next(self, voice: np.ndarray, *rest: object) -> np.ndarray:
            heard.append(len(voice))
            return super().next(voice, *rest)  # type: ignore[arg-type]

    Shown(Ear(), 3).run()
    assert min(heard) == ROOM_FRAME // 3 * 10  # silence is settled as far as a plan can hear
