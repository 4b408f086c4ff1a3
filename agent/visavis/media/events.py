"""What an agent tells the people in its room about itself, and how it travels.

Each event is a frozen dataclass, sent as one JSON object on the data topic `visavis.events` (reliable). Times are
microseconds of the sender's wall clock (Unix epoch), the clock that video frames carry in
`rtc.FrameMetadata.user_timestamp`; a receiver on another machine maps them by the RPC `visavis.clock`, whose answer
is that clock now.

`VoiceEnvelope` goes out on `visavis.envelope` (lossy), a few times a second: with it a receiver finds, by
correlation, when each moment of the voice was heard, and so the skew of an ordinary call.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TypeAlias

EVENTS_TOPIC = "visavis.events"
ENVELOPE_TOPIC = "visavis.envelope"
CLOCK_RPC = "visavis.clock"
ENVELOPE_STEP_MS = 5


def wall_us() -> int:
    """Microseconds since the Unix epoch: the clock of events and of frame timestamps."""
    return time.time_ns() // 1000


@dataclass(frozen=True)
class AvatarAnswered:
    """A segment's first voice audio reached the avatar at `audio_in_us`; its first frame and sound left at `out_us`."""

    audio_in_us: int
    out_us: int


@dataclass(frozen=True)
class SpeechStopped:
    """The agent paused or cleared the avatar's voice at `at_us` (`how`: "pause" or "clear")."""

    at_us: int
    how: str


@dataclass(frozen=True)
class SpeechResumed:
    """A paused voice went on at `at_us`."""

    at_us: int


@dataclass(frozen=True)
class CueSeen:
    """The camera showed something new at `at_us`: `name` as in the cue list ("smile", "away"), `on` when it began."""

    at_us: int
    name: str
    on: bool


@dataclass(frozen=True)
class ProcessLoad:
    """The agent's process: resident memory in MB, processor use in cores, both since the last report."""

    at_us: int
    rss_mb: float
    cpu_cores: float


@dataclass(frozen=True)
class QualityChanged:
    """The machine has time for less, or for more again, since `at_us`: how well the face is drawn ("full",
    "half_rate", ...), and how often a second the person's camera is looked at (0: not at all, None: by nobody)."""

    at_us: int
    quality: str
    camera_fps: float | None


@dataclass(frozen=True)
class Fault:
    """Something broke and the call goes on: `part` ("voice", "camera", "recognition") and a sentence for a person."""

    at_us: int
    part: str
    message: str


Event: TypeAlias = AvatarAnswered | SpeechStopped | SpeechResumed | CueSeen | ProcessLoad | QualityChanged | Fault
_TYPES = {
    t.__name__: t for t in (AvatarAnswered, SpeechStopped, SpeechResumed, CueSeen, ProcessLoad, QualityChanged, Fault)
}


def encode(event: Event) -> bytes:
    """One JSON object: the fields of the event and its `type`."""
    return json.dumps({"type": type(event).__name__, **asdict(event)}).encode()


def decode(data: bytes) -> Event | None:
    """The event in `data`, or None for a type or shape that this version does not know."""
    try:
        fields = json.loads(data)
        return _TYPES[fields.pop("type")](**fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@dataclass(frozen=True)
class VoiceEnvelope:
    """The level of the voice as it left: one value for each 5 ms from `start_us` on.

    Attributes:
        start_us: when the first value's sound leaves the sender.
        levels: RMS of each 5 ms in decibels above -96 dBFS, 0..96, one byte each.
    """

    start_us: int
    levels: bytes

    def encode(self) -> bytes:
        return self.start_us.to_bytes(8, "little") + self.levels

    @classmethod
    def decode(cls, data: bytes) -> VoiceEnvelope | None:
        return cls(int.from_bytes(data[:8], "little"), data[8:]) if len(data) > 8 else None
