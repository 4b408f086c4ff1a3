"""The thread that draws: it keeps time with the voice, and never holds it up."""

from __future__ import annotations

import threading
import time

import numpy as np
from tests.avatar.conftest import Bar

from visavis.avatar.frame_loop import MOST_SKIPPED, FrameLoop
from visavis.avatar.listening import Listening
from visavis.avatar.pump import clock_us
from visavis.avatar.relief import Relief
from visavis.media.playout import PlayoutClock
from visavis.media.speech import Speech
from visavis_models.serve.quality import Quality
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
        self.relief = Relief(source, None, lambda step: None)
        self.seen: list[bool] = []  # whether each was missed
        self.loop = FrameLoop(source, self.speech, Listening(), self._show, self._fail, self._saw)

    def run(self) -> Shown:
        self.loop.start()
        self.loop.watch(True)
        assert self._enough.wait(30)
        self.loop.close()
        return self

    def _show(self, picture: np.ndarray, leaves_us: int) -> None:
        self.leaves_us.append(leaves_us)
        self.passed.append(self._source.asked + self._source.skipped)
        if len(self.leaves_us) >= self._wanted:
            self._enough.set()

    def _saw(self, missed: bool) -> None:
        self.seen.append(missed)
        self.relief.saw(missed)

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


def test_a_long_stop_is_missed_once_and_not_once_for_each_frame() -> None:
    class Stopped(Bar):
        def next(self, *args: object) -> np.ndarray:
            if self.asked == 2:
                time.sleep(1.0)
            return super().next(*args)  # type: ignore[arg-type]

    shown = Shown(Stopped(), 6).run()
    assert shown.loop.stats().skipped >= 15
    assert len(shown.seen) <= 2 * shown.loop.stats().shown  # each shown one, and the row of skipped ones before it


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


def test_unwatched_nothing_is_asked_and_a_viewer_sees_the_frame_of_now() -> None:
    source = Bar()
    shown = Shown(source, 2)
    shown.loop.start()
    time.sleep(1.5)
    assert source.asked == 1
    shown.loop.watch(True)
    asked_us = clock_us()
    assert shown._enough.wait(30)
    shown.loop.close()
    assert source.skipped == MOST_SKIPPED  # the motion of a second, and not of all that nobody saw
    assert abs(shown.leaves_us[1] - asked_us) < 200_000


def test_between_viewers_it_rests_and_goes_on_from_where_it_was() -> None:
    source = Bar()
    shown = Shown(source, 5)
    shown.loop.start()
    shown.loop.watch(True)
    assert shown._enough.wait(30)
    shown.loop.watch(False)
    time.sleep(0.1)
    asked, skipped = source.asked, source.skipped
    time.sleep(0.4)
    assert source.asked == asked
    count = len(shown.leaves_us)
    shown.loop.watch(True)
    time.sleep(0.3)
    shown.loop.close()
    gap = round((shown.leaves_us[count] - shown.leaves_us[count - 1]) / 40_000)
    assert shown.passed[count] - shown.passed[count - 1] == gap and 8 <= gap <= 20
    assert source.skipped > skipped


def test_a_source_too_slow_for_the_full_picture_is_asked_for_less() -> None:
    class Hurried(Bar):
        steps = (Quality.FULL, Quality.HALF_RATE)
        quality = Quality.FULL

        def next(self, *args: object) -> np.ndarray:
            time.sleep(0.1 if self.quality is Quality.FULL else 0)
            return super().next(*args)  # type: ignore[arg-type]

    source = Hurried()
    shown = Shown(source, 60).run()
    assert source.quality is Quality.HALF_RATE
    assert shown.relief.step.quality is Quality.HALF_RATE
