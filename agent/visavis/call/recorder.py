"""Records one call: the sound of both sides in one file, and who said what and when beside it.

NAME.wav   left the agent, right the people, 24 kHz, one clock
NAME.json  the same talk as data; NAME.txt for a person. Both are written anew with everything that is said.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from livekit import rtc
from livekit.agents import AgentSession, ConversationItemAddedEvent, llm

from visavis.media.events import wall_us
from visavis.media.frames import to_float, to_pcm
from visavis.media.recording import AGENT, PEOPLE, RATE, Recording
from visavis.media.resample import Resampler
from visavis.media.texts import plain, write_json, write_whole
from visavis_models.spec import ROOM_RATE

logger = logging.getLogger(__name__)

SETTLE_EVERY_S = 1.0


@dataclass(frozen=True)
class Spoken:
    """One turn: `who` ("agent" or "caller") said `text` from `start_s` to `end_s` of the recording."""

    who: str
    start_s: float
    end_s: float
    text: str
    interrupted: bool = False


@dataclass
class Transcript:
    """A talk, as it is written beside its recording.

    Attributes:
        room: the room's name.
        began: when the recording begins, Unix time in seconds.
        caller: who called, as far as it is told.
        turns: what was said, in order.
    """

    room: str
    began: float
    caller: str = ""
    turns: list[Spoken] = field(default_factory=list)

    def add(self, message: llm.ChatMessage) -> None:
        """Add what somebody said; anything else is passed over."""
        text = (message.text_content or "").strip()
        if message.role not in ("user", "assistant") or not text:
            return
        from_s = message.metrics.get("started_speaking_at", message.created_at)
        to_s = message.metrics.get("stopped_speaking_at", max(from_s, message.created_at))
        who = "agent" if message.role == "assistant" else "caller"
        start_s, end_s = (round(max(at - self.began, 0.0), 2) for at in (from_s, to_s))
        self.turns.append(Spoken(who, start_s, end_s, text, message.interrupted))
        self.turns.sort(key=lambda turn: turn.start_s)

    def write(self, path: Path) -> None:
        """Write `path`.json and `path`.txt; each appears when it is whole."""
        lines = [f"{_clock(t.start_s)} {t.who}: {t.text}{' (cut off)' if t.interrupted else ''}" for t in self.turns]
        write_json(path.with_suffix(".json"), self)
        write_whole(path.with_suffix(".txt"), "\n".join(lines))


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{seconds % 60:04.1f}"


class Recorder:
    """Records from its making to `aclose()`.

    Args:
        folder: where; it is made.
        room: the room, connected.
        session: the agent's.
        label: what the files are called by, beside the time; "" for the room's name.

    Raises:
        InputError: the folder cannot be written.
    """

    def __init__(self, folder: Path, room: rtc.Room, session: AgentSession[None], label: str = "") -> None:
        self._room, self._session = room, session
        self.path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{plain(label or room.name)}"
        self._recording = Recording(self.path.with_suffix(".wav"), wall_us())
        self.transcript = Transcript(room.name, time.time())
        self._agent = Resampler(ROOM_RATE, RATE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._settling = asyncio.create_task(self._settle())
        room.on("track_subscribed", self._on_track)
        session.on("conversation_item_added", self._on_item)
        for person in room.remote_participants.values():
            for publication in person.track_publications.values():
                if publication.track is not None:
                    self._on_track(publication.track, publication, person)

    def speak(self, leaves_us: int, pcm: np.ndarray) -> None:
        """The agent's voice as it has left: int16 [n] at 48 kHz without a break, first sample at `leaves_us` (wall)."""
        self._recording.add(AGENT, "", leaves_us, to_pcm(self._agent.push(to_float(pcm))))

    async def aclose(self) -> None:
        """Write all that was heard and said. May be called again."""
        self._room.off("track_subscribed", self._on_track)
        self._session.off("conversation_item_added", self._on_item)
        tasks = [self._settling, *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._recording.close(wall_us())
        self.transcript.write(self.path)

    def _on_track(self, track: rtc.Track, _: rtc.TrackPublication, person: rtc.RemoteParticipant) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO and person.kind != rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            self._tasks[track.sid] = asyncio.create_task(self._hear(track))

    async def _hear(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1)
        try:
            async for event in stream:
                pcm = np.frombuffer(event.frame.data, np.int16)
                self._recording.add(PEOPLE, track.sid, wall_us() - len(pcm) * 1_000_000 // RATE, pcm)
        finally:
            await stream.aclose()

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        if isinstance(event.item, llm.ChatMessage):
            self.transcript.add(event.item)
            self.transcript.write(self.path)

    async def _settle(self) -> None:
        while True:
            await asyncio.sleep(SETTLE_EVERY_S)
            self._recording.settle(wall_us())
