"""The take in the record's time: plain numbers, from which every figure of the report is taken."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.caller.activity import Span, levels, voice_spans
from visavis.caller.record import heard_track
from visavis.caller.take import Said, Take
from visavis.media.events import AvatarAnswered, CueSeen, ProcessLoad, QualityChanged, SpeechResumed, SpeechStopped
from visavis_models.spec import ROOM_RATE

FINE_JOIN_S = 0.100  # silences that part voice where its very end is wanted


@dataclass(frozen=True)
class Utterance:
    """One line or interruption, as it was said: all in seconds of the record."""

    turn: int
    interrupts: bool
    start: float
    first_voiced: float
    last_voiced: float


@dataclass(frozen=True)
class Words:
    """A caption: what the caller (`mine`) or the avatar was understood to say, from `start` seconds on."""

    mine: bool
    start: float
    segment: str
    text: str
    final: bool


@dataclass(frozen=True)
class Stop:
    """The agent stopped the avatar's voice at `at` seconds: `how` is "pause" or "clear"."""

    at: float
    how: str


@dataclass(frozen=True)
class Scene:
    """Everything that happened, in seconds of the record.

    Attributes:
        voice: stretches of the avatar's voice, words joined.
        fine_voice: the same, parted at every silence of 100 ms.
        answered: (when the voice left the agent, `avatar_added_ms`) of each reply segment.
        stopped, resumed: when the agent stopped its voice, and let it go on.
        cues: (when, name, on).
        load: (resident MB, cores) reported by the agent.
        gave_way: (when, quality of the face, pictures of the camera looked at a second) from each change on.
    """

    utterances: list[Utterance] = field(default_factory=list)
    voice: list[Span] = field(default_factory=list)
    fine_voice: list[Span] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    answered: list[tuple[float, float]] = field(default_factory=list)
    stopped: list[Stop] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)
    cues: list[tuple[float, str, bool]] = field(default_factory=list)
    load: list[tuple[float, float]] = field(default_factory=list)
    gave_way: list[tuple[float, str, float | None]] = field(default_factory=list)


def scene_of(take: Take, heard: NDArray[np.int16] | None = None) -> Scene:
    """Put a take into the record's time.

    Args:
        heard: the avatar's track at 48 kHz if it is at hand, from the record's beginning.
    """
    began_s, clock = take.began_s, take.sender_clock()

    def told_at(us: int) -> float:
        return float(clock.seconds(us)) - began_s

    track = heard_track(take, began_s, take.seconds) if heard is None else heard
    values = levels(track, ROOM_RATE)
    events = [event for _, event in take.told]
    return Scene(
        utterances=[_utterance(said, began_s) for said in last_sayings(take)],
        voice=voice_spans(values),
        fine_voice=voice_spans(values, join_s=FINE_JOIN_S),
        words=[
            Words(caption.identity == take.identity, caption.start_s - began_s, caption.segment, text, caption.final)
            for caption in take.captions
            if (text := caption.text.strip())
        ],
        answered=[
            (told_at(event.out_us), (event.out_us - event.audio_in_us) / 1000)
            for event in events
            if isinstance(event, AvatarAnswered)
        ],
        stopped=[Stop(told_at(event.at_us), event.how) for event in events if isinstance(event, SpeechStopped)],
        resumed=[told_at(event.at_us) for event in events if isinstance(event, SpeechResumed)],
        cues=[(told_at(event.at_us), event.name, event.on) for event in events if isinstance(event, CueSeen)],
        load=[(event.rss_mb, event.cpu_cores) for event in events if isinstance(event, ProcessLoad)],
        gave_way=[
            (told_at(event.at_us), event.quality, event.camera_fps)
            for event in events
            if isinstance(event, QualityChanged)
        ],
    )


def last_sayings(take: Take) -> list[Said]:
    """What was said, in order; of a line that had to be said again only the last saying."""
    latest = {(said.turn, said.interrupts): said for said in take.said if said.leaves}
    return sorted(latest.values(), key=lambda said: said.start_s)


def _utterance(said: Said, began_s: float) -> Utterance:
    return Utterance(
        said.turn,
        said.interrupts,
        said.start_s - began_s,
        said.first_voiced_s - began_s,
        said.last_voiced_s - began_s,
    )
