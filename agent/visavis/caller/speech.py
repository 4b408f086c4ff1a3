"""What the caller says: microphone files, read and checked before anything is begun."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.caller.activity import LOWEST_DBFS, levels, voice_spans
from visavis.media.errors import InputError
from visavis.media.files import read_audio
from visavis.media.frames import to_pcm
from visavis_models.spec import ROOM_RATE


@dataclass(frozen=True)
class Line:
    """One microphone file.

    Attributes:
        name: the file's name.
        pcm: int16 [N], mono at 48 kHz.
        first_voiced_s, last_voiced_s: its first and last voiced sample, in seconds from its beginning.
    """

    name: str
    pcm: NDArray[np.int16]
    first_voiced_s: float
    last_voiced_s: float

    @property
    def seconds(self) -> float:
        return len(self.pcm) / ROOM_RATE

    @classmethod
    def read(cls, path: Path) -> Line:
        """Read a file.

        Raises:
            InputError: it cannot be read, or nobody speaks in it.
        """
        return cls.of(path.name, read_audio(path, ROOM_RATE))

    @classmethod
    def of(cls, name: str, sound: NDArray[np.float32]) -> Line:
        """A line from samples [N] in -1..1 at 48 kHz.

        Raises:
            InputError: nothing in it is louder than `LOWEST_DBFS`.
        """
        pcm = to_pcm(sound)
        values = levels(pcm, ROOM_RATE)
        spans = voice_spans(values, shortest_s=0)
        if not spans:
            raise InputError(
                f"{name}: is silent (nothing above {LOWEST_DBFS:g} dBFS); give a recording in which somebody speaks"
            )
        return cls(name, pcm, spans[0].start, spans[-1].end)


@dataclass(frozen=True)
class Interruption:
    """A line said into a reply, `after_s` seconds after the reply's first voiced sample."""

    line: Line
    after_s: float

    @classmethod
    def parse(cls, text: str) -> Interruption:
        """Read `FILE@SECONDS`.

        Raises:
            InputError: another form, a negative time, or a file that cannot be said.
        """
        path, _, after = text.rpartition("@")
        try:
            after_s = float(after)
        except ValueError:
            after_s = float("nan")
        if not path or not 0 <= after_s < 3600:
            raise InputError(f"--interrupt {text}: write FILE@SECONDS, as in stop.wav@1.5")
        return cls(Line.read(Path(path)), after_s)


@dataclass(frozen=True)
class Plan:
    """What the caller does in a call: the lines in order, and the k-th interruption in the reply to the k-th line.

    Raises:
        InputError: no line, or more interruptions than lines.
    """

    lines: tuple[Line, ...]
    interruptions: tuple[Interruption, ...] = ()

    def __post_init__(self) -> None:
        if not self.lines:
            raise InputError("there is nothing to say: give --mic FILE at least once")
        if len(self.interruptions) > len(self.lines):
            raise InputError(
                f"{len(self.interruptions)} --interrupt for {len(self.lines)} --mic: "
                "the k-th interrupts the reply to the k-th, so give no more of them"
            )

    def interruption(self, k: int) -> Interruption | None:
        """What interrupts the reply to line k."""
        return self.interruptions[k] if k < len(self.interruptions) else None
