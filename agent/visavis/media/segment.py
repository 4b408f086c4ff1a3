"""One utterance on its way to the room: what came in, what was handed over, and what of that was heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from visavis.media.frames import to_pcm
from visavis.media.marks import Marks
from visavis.media.resample import FloatArray, Resampler
from visavis.media.tape import Pcm, Tape
from visavis_models.serve.direction import Direction
from visavis_models.spec import ROOM_RATE

FADE = ROOM_RATE * 5 // 1000  # samples of a ramp, 5 ms
PIECES_A_SECOND = 10  # audio is converted in pieces of 100 ms, as it is needed
KEPT = 2 * ROOM_RATE  # samples that stay known after they were handed over


@dataclass(frozen=True)
class Started:
    """A segment's first sample left at `at_us`."""

    at_us: int


@dataclass(frozen=True)
class Progressed:
    """A stretch of a segment was played without a break: `duration_s` of it from `offset_s` on, begun at `at_us`."""

    at_us: int
    offset_s: float
    duration_s: float


@dataclass(frozen=True)
class Finished:
    """A segment is over: so much of it was heard."""

    position_s: float
    interrupted: bool


@dataclass(frozen=True)
class Answered:
    """A segment's first audio came in at `audio_in_us`; its first sound and the first frame that knew it are out."""

    audio_in_us: int
    out_us: int


Heard: TypeAlias = Started | Progressed | Finished | Answered


@dataclass
class Run:
    """`count` samples from `offset` of a segment on, handed to the room without a break from `position` on."""

    position: int
    offset: int
    count: int

    def played(self, until: int) -> int:
        """How many of them have left when everything before position `until` has."""
        return min(max(until - self.position, 0), self.count)


@dataclass
class Segment:
    """One utterance: what came in, what was handed over, what of that was heard.

    Attributes:
        arrived_us: when its first audio came in, or was free to be said.
        ended: no more audio will come.
        taken: samples handed over.
        frame_us: when the first frame that knew its voice was handed over, None while there is none.
    """

    arrived_us: int
    ended: bool = False
    taken: int = 0
    frame_us: int | None = None
    started: bool = False
    answered: bool = False
    runs: list[Run] = field(default_factory=list)
    _raw: deque[FloatArray] = field(default_factory=deque)
    _raw_samples: int = 0
    _rate: int = ROOM_RATE
    _resampler: Resampler | None = None
    _flushed: bool = False
    _tape: Tape = field(default_factory=Tape)
    _reported: int = 0
    _came: int = 0  # samples that came in
    _marks: Marks = field(default_factory=Marks)

    def put(self, samples: FloatArray, rate: int, directions: Iterable[Direction] = ()) -> None:
        """Audio float32 [n] at `rate` Hz, and what begins with it; a segment keeps its first rate."""
        if self._resampler is None:
            self._rate, self._resampler = rate, Resampler(rate, ROOM_RATE)
        piece = rate // PIECES_A_SECOND
        self._raw.extend(samples[at : at + piece] for at in range(0, len(samples), piece))
        self._raw_samples += len(samples)
        self._marks.put(self._came * ROOM_RATE // rate, directions)
        self._came += len(samples)

    def directions(self, next_position: int | None, end: int) -> list[tuple[int, Direction]]:
        """What begins with its samples before position `end`, with the position at which each does, each told once.

        Args:
            next_position: where its next sample would be handed over now; None where it would not be.
        """
        stretches = [(run.position, run.offset, run.count) for run in self.runs]
        if next_position is not None:
            stretches.append((next_position, self.taken, self._tape.end - self.taken))
        return self._marks.take(stretches, end)

    @property
    def waiting_s(self) -> float:
        """Seconds of audio that were not handed over yet."""
        return self._raw_samples / self._rate + (self._tape.end - self.taken) / ROOM_RATE

    @property
    def complete(self) -> bool:
        """Whether all of it was handed over and no more will come."""
        return self.ended and self._flushed and self.taken == self._tape.end

    def known(self, begin: int, end: int) -> Pcm:
        """Its samples [begin, end), as far as they are there."""
        self._convert(end)
        return self._tape.read(begin, min(end, self._tape.end))

    @property
    def settled(self) -> bool:
        """Whether its end is known and converted."""
        return self.ended and self._flushed

    def take(self, count: int, position: int) -> Pcm:
        """The next `count` samples at most, handed over from `position` on; ramped where a run begins or starves."""
        pcm = self.known(self.taken, self.taken + count)
        if not len(pcm):
            return pcm
        last = self.runs[-1] if self.runs else None
        if last and last.position + last.count == position and last.offset + last.count == self.taken:
            last.count += len(pcm)
        else:
            self.runs.append(Run(position, self.taken, len(pcm)))
            if self.taken:
                ramp(pcm[:FADE], 0.0, 1.0)
        self.taken += len(pcm)
        if len(pcm) < count and not self.settled:
            ramp(pcm[-FADE:], 1.0, 0.0)
        self._tape.forget(self.taken - KEPT)
        return pcm

    def cut(self, position: int) -> None:
        """What was handed over from `position` on never left: it comes back."""
        while self.runs and self.runs[-1].position >= position:
            self.taken = self.runs.pop().offset
        if self.runs:
            last = self.runs[-1]
            last.count = last.played(position)
            self.taken = last.offset + last.count

    def played(self, until: int) -> int:
        """Samples of it that were heard when everything before position `until` has left."""
        return sum(run.played(until) for run in self.runs)

    def stretches(self, until: int, *, over: bool) -> Iterator[Run]:
        """The runs that have ended and were not told of yet; with `over` the last one has, too."""
        for run in self.runs[self._reported : len(self.runs) if over else -1]:
            self._reported += 1
            if run.played(until):
                yield Run(run.position, run.offset, run.played(until))

    def _convert(self, end: int) -> None:
        while self._raw and self._tape.end < end:
            samples = self._raw.popleft()
            self._raw_samples -= len(samples)
            assert self._resampler is not None
            self._tape.append(to_pcm(self._resampler.push(samples)))
        if self.ended and not self._raw and not self._flushed:
            self._flushed = True
            if self._resampler is not None:
                self._tape.append(to_pcm(self._resampler.flush()))


def ramp(pcm: Pcm, begin: float, end: float) -> None:
    """Multiply by a straight ramp, in place."""
    pcm[:] = (pcm * np.linspace(begin, end, len(pcm), dtype=np.float32)).astype(np.int16)
