"""Draws each frame just in time, on a thread of its own, and hands it over so that it arrives with its sound.

The frame at position p of the voice is due at `leaves_us(p) + VIDEO_LAG_US`. Drawing begins as late as the last frames
allow, so that a frame knows as much of the voice as there is. A frame that comes more than `LATE_US` too late is not
drawn: its motion passes, and the next one is on time again. The voice never waits.

While nobody watches nothing is drawn after the first picture, nor is any motion made. Whoever comes to watch sees a
face that has listened to the last second of its own voice: the motion of that second passes unseen, and the first
picture is that of the sound which leaves then.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from visavis.avatar import probe
from visavis.avatar.face import FrameSource, Picture
from visavis.avatar.listening import Listening
from visavis.avatar.pump import clock_us
from visavis.avatar.stage import Stage
from visavis.media import threads
from visavis.media.speech import Speech
from visavis_models.serve.stream import HORIZON_FRAMES
from visavis_models.spec import FRAME_MS, ROOM_FRAME

logger = logging.getLogger(__name__)

# A picture leaves so much after its sound. Measured over loopback, from leaving to being shown or heard: on a quiet
# machine pictures take 34 ms and sound 64 ms; on a busy one 35-90 and 50-95, since both jitter buffers grow.
VIDEO_LAG_US = 15_000
LATE_US = 20_000
MISSED_US = 40_000  # a picture that comes a whole frame too late counts as missed
MARGIN_US = 10_000  # drawing begins so much earlier than it has to: a jittery picture grows the receiver's buffer
LONGEST_US = 60_000  # and never earlier than this before it is due
SWITCH_S = 0.0005  # Python's lock is asked for so often: after each kernel the thread waits for whoever holds it (5 ms)
FORGETS = 0.98  # a slow frame is remembered for two seconds
MOST_SKIPPED = 25  # of a longer standstill the motion of the last second passes, from where the face stood
RECENT = 250  # frames that the medians are taken over


@dataclass(frozen=True)
class FrameStats:
    """What became of the frames.

    Attributes:
        shown, skipped: counts since the beginning.
        draw_ms_p50, draw_ms_p95: from asking for a frame to having it, of the last 10 s.
        late_ms_p95: how much later than due the shown frames were handed over, of the last 10 s.
    """

    shown: int
    skipped: int
    draw_ms_p50: float
    draw_ms_p95: float
    late_ms_p95: float


class FrameLoop:
    """The thread that draws.

    Args:
        source: what draws.
        speech: the voice and its clock.
        listening: what is heard and seen of the person.
        show: called on the thread with a picture (as `FrameSource` gives it) and when its sound leaves (clock's us).
        failed: called on the thread when the source fails: there are no more frames then.
        saw: called on the thread for each frame that somebody was to see: whether it was late, and once for each row of
            frames that was skipped.
        probing: whether the frames of `probe` are flashes.

    Attributes:
        stage: takes what the face is to do, from any thread.
    """

    def __init__(
        self,
        source: FrameSource,
        speech: Speech,
        listening: Listening,
        show: Callable[[Picture, int], None],
        failed: Callable[[], None],
        saw: Callable[[bool], None],
        *,
        probing: bool = False,
    ) -> None:
        self._source, self._speech, self._listening = source, speech, listening
        self.stage = Stage(speech, source)
        self._show, self._failed, self._saw = show, failed, saw
        self._probing = probing
        self._closing = threading.Event()
        self._watched = threading.Event()
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)
        self._ahead_us = float(LONGEST_US)
        self._shown = self._skipped = 0
        self._draw_us: deque[int] = deque(maxlen=RECENT)
        self._late_us: deque[int] = deque(maxlen=RECENT)

    def start(self) -> None:
        """Begin, once it is watched, with the next frame whose sound has not left; the clock must be running."""
        sys.setswitchinterval(SWITCH_S)
        self._thread.start()

    def watch(self, watched: bool) -> None:
        """Somebody watches, or nobody does any more."""
        if watched:
            self._watched.set()
        else:
            self._watched.clear()

    def stats(self) -> FrameStats:
        """What became of the frames so far."""
        draw, late = list(self._draw_us) or [0], list(self._late_us) or [0]
        p50, p95 = (np.percentile(draw, (50, 95)) / 1000).round(1).tolist()
        return FrameStats(self._shown, self._skipped, p50, p95, round(float(np.percentile(late, 95)) / 1000, 1))

    def close(self) -> None:
        """End the thread; returns when it is gone."""
        self._closing.set()
        self._watched.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        threads.begin("frames", threads.URGENT)
        try:
            self._draw_on()
        except Exception:  # the thread's edge: the voice goes on, the picture stands
            logger.exception("the face can not be drawn any more")
            self._failed()

    def _draw_on(self) -> None:
        first = self._next_frame()
        self._draw(first, 0)  # a video source that was given no picture sends black ones, ten a second
        passed = first + ROOM_FRAME
        while self._watched.wait() and not self._closing.is_set():
            passed = self._draw_for_viewers(passed)

    def _draw_for_viewers(self, passed: int) -> int:
        """Draw while somebody watches: the frames from position `passed` on were not shown; gives it anew."""
        position, self._ahead_us = max(self._next_frame(), passed), float(LONGEST_US)
        while self._watched.is_set() and not self._waits_until(self._due_us(position) - self._ahead_us):
            position += self._too_late(position) * ROOM_FRAME
            self._draw(position, (position - passed) // ROOM_FRAME)
            passed = position = position + ROOM_FRAME
        return passed

    def _next_frame(self) -> int:
        return -(-self._speech.played(clock_us()) // ROOM_FRAME) * ROOM_FRAME

    def _too_late(self, position: int) -> int:
        """How many frames from `position` on can not be shown in time any more."""
        late_us = clock_us() - self._due_us(position) - LATE_US
        skip = max(-(-late_us // (FRAME_MS * 1000)), 0)
        self._skipped += skip
        if skip:
            self._saw(True)  # once, however many: a machine that stood still for a moment is not too slow
        return skip

    def _draw(self, position: int, skip: int) -> None:
        asked_us = clock_us()
        missed = min(skip, MOST_SKIPPED)
        voice = self._speech.voice(position - missed * ROOM_FRAME, missed + HORIZON_FRAMES)
        self.stage.before(position, missed)
        picture = self._source.next(voice, self._listening.voice(asked_us), self._listening.motion, missed)
        if self._probing and probe.flashes(position):
            picture = probe.flash(picture)
        took_us = clock_us() - asked_us
        self._draw_us.append(took_us)
        self._ahead_us = min(max(took_us + MARGIN_US, self._ahead_us * FORGETS), LONGEST_US)
        due_us = self._due_us(position)
        if self._waits_until(due_us):
            return
        self._show(picture, self._speech.leaves_us(position))
        now_us = clock_us()
        self._speech.drawn(position, asked_us, now_us)
        self._late_us.append(max(now_us - due_us, 0))
        self._shown += 1
        self._saw(now_us - due_us > MISSED_US)

    def _due_us(self, position: int) -> int:
        return self._speech.leaves_us(position) + VIDEO_LAG_US

    def _waits_until(self, at_us: float) -> bool:
        """Wait; whether the thread is to end."""
        return self._closing.wait(max(at_us - clock_us(), 0) / 1e6)
