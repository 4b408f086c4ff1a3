"""The voice on the clock of playout: segments that can be paused, cleared and starved, and what was heard of them.

No I/O and no clock of its own. Three parties drive it, each from a thread of its own: the receiver of the voice
(`put`, `end`, `pause`, `resume`, `clear`, `due`), the pump that feeds the room (`take`, `answered`, `cut`) and the
frame loop (`voice`, `drawn`). Everything is short and under one lock.

What was taken but has not left comes back at a cut: a segment goes on from the very sample at which it stopped.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np

from visavis.media.frames import to_float
from visavis.media.playout import PlayoutClock
from visavis.media.resample import FloatArray, polyphase
from visavis.media.segment import FADE, KEPT, Answered, Finished, Heard, Progressed, Segment, Started, ramp
from visavis.media.tape import Pcm, Tape
from visavis_models.serve.direction import Direction
from visavis_models.spec import MODEL_FRAME, MODEL_RATE, ROOM_FRAME, ROOM_RATE

TO_MODEL = polyphase(ROOM_RATE, MODEL_RATE)


class Speech:
    """What is said and has been said, on one clock.

    Args:
        clock: the clock of playout; only this object drives it.
        mark: called with the samples about to be handed over and the position of the first: may write into them.

    Attributes:
        clock: to be read through this object's methods.
    """

    def __init__(self, clock: PlayoutClock, mark: Callable[[Pcm, int], None] | None = None) -> None:
        self.clock = clock
        self._mark = mark
        self._lock = threading.RLock()
        self._segments: deque[Segment] = deque()  # those not over yet, in order
        self._open: Segment | None = None  # the one that audio is added to
        self._paused = False
        self._held = True
        self._seen = True
        self._tape = Tape(4 * ROOM_RATE)
        self._tail = np.zeros(0, np.int16)  # the ramp with which a cut voice dies away
        self._told = 0  # position up to which `new_sound` gave out

    # -- the receiver ------------------------------------------------------------------------------------------------

    def put(self, samples: FloatArray, rate: int, now_us: int, directions: Iterable[Direction] = ()) -> None:
        """Audio of the open segment, or of a new one: float32 [n] in -1..1 at `rate` Hz, and what begins with it."""
        with self._lock:
            if self._open is None:
                self._open = Segment(now_us)
                self._segments.append(self._open)
            self._open.put(samples, rate, directions)

    def end(self) -> None:
        """The open segment has all its audio; without one, nothing happens."""
        with self._lock:
            if self._open is not None:
                self._open.ended, self._open = True, None

    def release(self, now_us: int) -> None:
        """There is somebody to speak to: until then nothing is said."""
        with self._lock:
            self._held = False
            self._may_begin(now_us)

    def seen(self, seen: bool) -> None:
        """Whether frames are drawn: an answer that nobody sees has come when its first sound has left."""
        with self._lock:
            self._seen = seen

    def pause(self) -> bool:
        """Say no more until `resume`; whether that stops a voice. What was taken comes back at the next `cut`."""
        with self._lock:
            stops = not self._paused and self.speaking
            self._paused = True
            return stops

    def resume(self, now_us: int) -> bool:
        """Go on; whether a voice goes on."""
        with self._lock:
            goes_on = self._paused and self.speaking
            if self._paused:
                self._paused = False
                self._may_begin(now_us)
            return goes_on

    def _may_begin(self, now_us: int) -> None:
        """What came in while nothing was to be said could not be answered before now."""
        for segment in self._segments:
            if not segment.runs:
                segment.arrived_us = now_us

    def clear(self, now_us: int) -> list[Heard]:
        """Drop all segments; one `Finished` for each. The next `cut` takes back what has not left."""
        with self._lock:
            heard = self.due(now_us)
            until = self.clock.played(now_us)
            for segment in self._segments:
                heard += self._over(segment, until, interrupted=True)
            self._segments.clear()
            self._open = None
            return heard

    @property
    def speaking(self) -> bool:
        """Whether there is a segment that is not over."""
        return bool(self._segments)

    @property
    def waiting_s(self) -> float:
        """Seconds of voice that have not been handed over."""
        with self._lock:
            return sum(segment.waiting_s for segment in self._segments)

    def due(self, now_us: int) -> list[Heard]:
        """What has happened by now and was not told yet, in order."""
        heard: list[Heard] = []
        with self._lock:
            until = self.clock.played(now_us)
            while self._segments:
                segment = self._segments[0]
                over = segment.complete and segment.played(until) == segment.taken
                heard += self._over(segment, until) if over else self._under_way(segment, until)
                if not over:
                    break
                self._segments.popleft()
        return heard

    def _under_way(self, segment: Segment, until: int) -> list[Heard]:
        heard: list[Heard] = []
        if not segment.runs or segment.runs[0].position >= until:
            return heard
        start_us = self.clock.leaves_us(segment.runs[0].position)
        if not segment.started:
            segment.started = True
            heard.append(Started(start_us))
        if not segment.answered and (segment.frame_us is not None or not self._seen):
            segment.answered = True
            heard.append(Answered(segment.arrived_us, max(start_us, segment.frame_us or 0)))
        stopped = self._paused and segment.played(until) == segment.taken  # what was taken and not heard came back
        heard += self._stretches(segment, until, over=stopped)
        return heard

    def _over(self, segment: Segment, until: int, *, interrupted: bool = False) -> list[Heard]:
        heard = self._under_way(segment, until)
        heard += self._stretches(segment, until, over=True)
        return [*heard, Finished(segment.played(until) / ROOM_RATE, interrupted)]

    def _stretches(self, segment: Segment, until: int, *, over: bool) -> list[Heard]:
        return [
            Progressed(self.clock.leaves_us(run.position), run.offset / ROOM_RATE, run.count / ROOM_RATE)
            for run in segment.stretches(until, over=over)
        ]

    # -- the pump ----------------------------------------------------------------------------------------------------

    def take(self, count: int, now_us: int) -> Pcm:
        """The next `count` samples for the room: voice, or silence where there is none. They count as handed over."""
        with self._lock:
            position = self.clock.pushed
            out = np.zeros(count, np.int16)
            at = min(len(self._tail), count)
            out[:at], self._tail = self._tail[:at], self._tail[at:]
            if not (self._paused or self._held):
                self._say(out, at, position)
            if self._mark is not None:
                self._mark(out, position)
            self._tape.append(out)
            self._tape.forget(position - KEPT)
            self.clock.push(count, now_us)
            return out

    def _say(self, out: Pcm, at: int, position: int) -> None:
        for segment in self._segments:
            pcm = segment.take(len(out) - at, position + at)
            out[at : at + len(pcm)] = pcm
            at += len(pcm)
            if at == len(out) or not segment.complete:
                return

    def answered(self, now_us: int) -> None:
        """The room's queue has taken the last samples."""
        with self._lock:
            self.clock.answered(now_us)

    def cut(self, drop: Callable[[], None], clock_us: Callable[[], int]) -> None:
        """After a pause or a clear: empty the room's queue of voice that must not be heard, and let it die away.

        Args:
            drop: empties the room's queue.
            clock_us: the clock.
        """
        with self._lock:
            now_us = clock_us()
            if not self._tape.read(self.clock.played(now_us), self.clock.pushed).any():
                return
            drop()
            position = self.clock.cut(now_us)
            self._tail = self._tape.read(position, position + FADE)
            ramp(self._tail, 1.0, 0.0)
            self._tape.cut(position)
            for segment in self._segments:
                segment.cut(position)

    # -- the frame loop, the envelope --------------------------------------------------------------------------------

    def played(self, now_us: int) -> int:
        """Position after the last sample that has left."""
        with self._lock:
            return self.clock.played(now_us)

    def leaves_us(self, position: int) -> int:
        """When the sample at `position` leaves."""
        with self._lock:
            return self.clock.leaves_us(position)

    def voice(self, position: int, frames: int) -> FloatArray:
        """What the room hears from `position` on, as far as it is settled: float32 at 16 kHz, `frames` * 640 at most.

        Where nothing is being said, or saying is paused, the silence that follows is as good as settled: what comes in
        later is a new onset. Within a segment whose voice has not come yet nothing is settled.
        """
        reach = TO_MODEL.reach
        begin, end = position - reach, position + frames * ROOM_FRAME + reach
        with self._lock:
            pushed = self.clock.pushed
            pcm = self._tape.read(min(begin, pushed), min(end, pushed))
            ahead, endless = self._ahead(max(end - pushed, 0))
        samples = to_float(np.concatenate([pcm, ahead])[max(begin - pushed, 0) :])
        count = frames * MODEL_FRAME
        if not endless:
            count = min(count, max(TO_MODEL.known(len(samples) - reach), 0))
        return TO_MODEL.apply(samples, -reach, 0, count)

    def _ahead(self, count: int) -> tuple[Pcm, bool]:
        """What will be handed over next, `count` samples at most, and whether nothing but silence is to follow."""
        parts = [self._tail[:count]]
        if self._paused or self._held:
            return parts[0], True
        for segment in self._segments:
            left = count - sum(map(len, parts))
            if left <= 0:
                return np.concatenate(parts), False
            parts.append(segment.known(segment.taken, segment.taken + left))
            if not segment.settled:
                return np.concatenate(parts), False
        return np.concatenate(parts), True

    def directions(self, position: int, frames: int) -> list[tuple[int, Direction]]:
        """What begins with the frames from `position` on, and in how many frames: each is told once."""
        end, due = position + frames * ROOM_FRAME, []
        with self._lock:
            says = not (self._paused or self._held)
            for segment in self._segments:
                due += segment.directions(self.clock.pushed if says else None, end)
                says = says and segment.complete
        return [(max(at - position, 0) // ROOM_FRAME, direction) for at, direction in due]

    def drawn(self, position: int, asked_us: int, now_us: int) -> None:
        """The frame at `position` was handed over now, drawn with the voice as it was known at `asked_us`."""
        with self._lock:
            for segment in self._segments:
                heard = bool(segment.runs) and segment.runs[0].position < position + ROOM_FRAME
                if heard and segment.frame_us is None and segment.arrived_us <= asked_us:
                    segment.frame_us = now_us

    def sound(self, position: int, count: int) -> Pcm:
        """The samples for the room from `position` on, handed over not long ago; zeros where there are none."""
        with self._lock:
            return self._tape.read(position, position + count)

    def sounds(self, least: int, now_us: int) -> bool:
        """Whether `new_sound` would give something."""
        with self._lock:
            return self.clock.played(now_us) // least * least > self._told

    def new_sound(self, least: int, now_us: int) -> tuple[int, Pcm]:
        """What has left since this last gave something: (position, samples); nothing while it is less than `least`."""
        with self._lock:
            until = self.clock.played(now_us) // least * least
            begin = max(self._told, self._tape.start)
            self._told = max(until, self._told)
            return begin, self._tape.read(begin, until)
