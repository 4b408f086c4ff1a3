"""One call: the agent, its face and its eyes, wired together, and ended together."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict

from livekit import rtc
from livekit.agents import CloseEvent, ErrorEvent
from livekit.agents.voice.room_io import AudioInputOptions, RoomOptions

from visavis.avatar import AvatarSession, VideoOptions
from visavis.call.metadata import JobMetadata
from visavis.dialogue import providers
from visavis.dialogue.host import Host
from visavis.dialogue.turn_end import Words
from visavis.media.events import EVENTS_TOPIC, Event, Fault, encode, wall_us
from visavis.media.metrics import LoadMeter
from visavis.media.settings import Settings
from visavis.perception import Watcher
from visavis_models.spec import MODEL_RATE

logger = logging.getLogger(__name__)

LOAD_EVERY_S = 2.0
SUBSCRIBED_WITHIN_S = 10.0  # a caller who never listens gets the greeting as captions
RETURN_WITHIN_S = 20.0  # a caller whose connection broke may come back
MIC_FRAME_MS = 20
EVENTS_AT_ONCE = 64


class Call:
    """One caller, one room, one process.

    Args:
        room: the room, connected.
        settings: what the worker was told.
        models: what the process loaded.
        metadata: what the dispatch asked.
    """

    def __init__(
        self, room: rtc.Room, settings: Settings, models: providers.Models, metadata: JobMetadata | None = None
    ) -> None:
        self._room = room
        self._settings = settings
        self._metadata = metadata or JobMetadata()
        self._events: asyncio.Queue[Event] = asyncio.Queue(EVENTS_AT_ONCE)
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._leaving: asyncio.TimerHandle | None = None
        self._watcher = Watcher(room, self._send)
        self._words = Words()
        self._session = providers.session(settings, models, self._watcher.sight, self._words)
        self._avatar = AvatarSession(
            portrait=self._metadata.portrait or settings.portrait,
            emotion=settings.emotion,
            video=VideoOptions(**asdict(settings.video)),
            probe=self._metadata.probe,
        )

    async def run(self) -> str:
        """Hold the call; returns, when it is over, why."""
        tasks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(work) for work in (self._send_events(), self._report_load())]
                await self._start()
                reason = await self._ended
                for task in tasks:
                    task.cancel()
        finally:
            await self.aclose()
        return reason

    async def _start(self) -> None:
        self._room.on("participant_disconnected", self._on_left)
        self._room.on("participant_connected", self._on_came)
        self._room.on("disconnected", self._on_disconnected)
        self._session.on("close", self._on_session_closed)
        self._session.on("error", self._on_error)
        if self._settings.camera:
            self._watcher.start()
        await self._avatar.start(self._session, room=self._room)
        host = Host(
            instructions=self._settings.instructions.format(name=self._settings.name),
            greeting=self._settings.greeting.format(name=self._settings.name),
            ready=self._audible,
            sight=self._watcher.sight,
            tell=self._tell,
            words=self._words,
            hear=self._avatar.hear,
        )
        await self._session.start(
            host,
            room=self._room,
            room_options=RoomOptions(
                audio_input=AudioInputOptions(
                    sample_rate=MODEL_RATE, frame_size_ms=MIC_FRAME_MS, auto_gain_control=False
                ),
                audio_output=False,
            ),
        )

    async def aclose(self) -> None:
        """End everything that this call began, in the order that lets each part finish."""
        if self._leaving is not None:
            self._leaving.cancel()
        self._room.off("participant_disconnected", self._on_left)
        self._room.off("participant_connected", self._on_came)
        self._room.off("disconnected", self._on_disconnected)
        await self._session.aclose()
        await self._avatar.aclose()
        await self._watcher.aclose()
        for part in (self._session.stt, self._session.llm, self._session.tts):
            if part is not None:
                await part.aclose()

    # -- the caller --------------------------------------------------------------------------------------------------

    async def _audible(self) -> None:
        """Wait until our voice is published and somebody listens to it."""
        voices = [
            publication.wait_for_subscription()
            for publication in self._room.local_participant.track_publications.values()
            if publication.kind == rtc.TrackKind.KIND_AUDIO
        ]
        try:
            async with asyncio.timeout(SUBSCRIBED_WITHIN_S):
                await asyncio.gather(*voices)
        except TimeoutError:
            logger.info("nobody listens to the voice; greeting all the same")

    def _on_left(self, person: rtc.RemoteParticipant) -> None:
        if self._people():
            return
        if person.disconnect_reason == rtc.DisconnectReason.CLIENT_INITIATED:
            self._end("the caller left")
        else:
            loop = asyncio.get_running_loop()
            self._leaving = loop.call_later(RETURN_WITHIN_S, self._end, "the caller's connection broke")

    def _on_came(self, person: rtc.RemoteParticipant) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def _people(self) -> list[rtc.RemoteParticipant]:
        agent = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        return [person for person in self._room.remote_participants.values() if person.kind != agent]

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._end(f"the room was lost ({rtc.DisconnectReason.Name(reason)})")

    def _on_session_closed(self, event: CloseEvent) -> None:
        self._end(f"the session closed ({event.reason.value})")

    def _end(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)

    # -- what the people in the room are told ------------------------------------------------------------------------

    def _on_error(self, event: ErrorEvent) -> None:
        error = event.error
        if getattr(error, "type", "") == "stt_error" and not getattr(error, "recoverable", True):
            self._tell("recognition", "I can not hear you properly just now. Please wait a moment and say it again.")

    def _tell(self, part: str, message: str) -> None:
        self._send(Fault(wall_us(), part, message))

    def _send(self, event: Event) -> None:
        if self._events.full():
            logger.warning("an event is lost: nobody takes them")
        else:
            self._events.put_nowait(event)

    async def _send_events(self) -> None:
        while True:
            event = await self._events.get()
            try:
                await self._room.local_participant.publish_data(encode(event), reliable=True, topic=EVENTS_TOPIC)
            except rtc.participant.PublishDataError as error:
                logger.warning("an event is lost: %s", error)

    async def _report_load(self) -> None:
        meter = LoadMeter()
        while True:
            await asyncio.sleep(LOAD_EVERY_S)
            self._send(meter.look())
