"""What one call gave: everything said, heard, seen and told, on the caller's clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.caller.speech import Line
from visavis.caller.timeline import SenderClock, grid_start
from visavis.media.events import Event, VoiceEnvelope, wall_us
from visavis_models.spec import ROOM_RATE

BLOCK = ROOM_RATE // 100  # 10 ms


def now_s() -> float:
    """The caller's clock: monotonic seconds."""
    return time.monotonic()


@dataclass
class Said:
    """One saying of a line.

    Attributes:
        line: what is said.
        turn: the index of the line, or of the interruption.
        interrupts: whether it is an interruption.
        leaves: when each 10 ms block of it left the microphone, seconds; it grows while the line is said.
    """

    line: Line
    turn: int
    interrupts: bool
    leaves: list[float] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether it was said to its end."""
        return len(self.leaves) * BLOCK >= len(self.line.pcm)

    @property
    def start_s(self) -> float:
        return self.leaves[0]

    @property
    def first_voiced_s(self) -> float:
        """When the first voiced sample left."""
        return self._left(self.line.first_voiced_s)

    @property
    def last_voiced_s(self) -> float:
        """When the last voiced sample left."""
        return self._left(self.line.last_voiced_s)

    def _left(self, at_s: float) -> float:
        block = min(int(at_s * ROOM_RATE) // BLOCK, len(self.leaves) - 1)
        return self.leaves[block] + at_s - block * BLOCK / ROOM_RATE


@dataclass(frozen=True)
class Picture:
    """One received frame.

    Attributes:
        arrival_s: when it was handed out.
        shown_s: when a player shows it: WebRTC's render time, some 10 ms after it is handed out, or the arrival where
            that is later.
        sender_us: `user_timestamp` of its metadata, None where the sender gives none.
        size: (width, height) in pixels.
        luma: its mean brightness, 0..255.
    """

    arrival_s: float
    shown_s: float
    sender_us: int | None
    size: tuple[int, int]
    luma: float


@dataclass
class Caption:
    """One transcription stream: `identity` said `text`; it grows while it arrives."""

    identity: str
    segment: str
    start_s: float
    text: str = ""
    final: bool = False


@dataclass
class Take:
    """The raw material of one call; all times are the caller's, in seconds.

    Attributes:
        identity: the caller's own.
        heard: (arrival, int16 [N]) of each received block of the avatar's voice.
        told: (arrival, event) of what the agent told.
        clock: (caller's seconds, sender's microseconds) read at the same moment; empty where the agent gives no clock.
        remarks: what a person should know about this call, one sentence each.
        ended_s: when the call ended; 0 while it lasts.
    """

    identity: str
    said: list[Said] = field(default_factory=list)
    heard: list[tuple[float, NDArray[np.int16]]] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    told: list[tuple[float, Event]] = field(default_factory=list)
    envelopes: list[VoiceEnvelope] = field(default_factory=list)
    clock: list[tuple[float, int]] = field(default_factory=list)
    codec: str = ""
    remarks: list[str] = field(default_factory=list)
    ended_s: float = 0.0

    @property
    def began(self) -> bool:
        """Whether there is anything to record or report."""
        return bool(self.heard or self.pictures)

    @property
    def began_s(self) -> float:
        """Second 0 of the record: where the first picture lies, or the first sound where there is no picture."""
        if not self.pictures:
            return self.heard[0][0]
        return grid_start(np.array([picture.shown_s for picture in self.pictures]))

    @property
    def seconds(self) -> float:
        """Length of the record."""
        return max(self.ended_s - self.began_s, 0.0)

    def sender_clock(self) -> SenderClock:
        """The sender's clock; where the agent gives none it is taken for one on this machine."""
        return SenderClock(self.clock or [(now_s(), wall_us())])
