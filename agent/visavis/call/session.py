"""One call: the agent, its face and its eyes, wired together, and ended together."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from livekit import api, rtc
from livekit.agents import NOT_GIVEN, CloseEvent, ErrorEvent, NotGivenOr
from livekit.agents.voice.room_io import AudioInputOptions, RoomOptions
from livekit.agents.voice.room_io.types import NoiseCancellationParams

from visavis.avatar import AvatarSession, VideoOptions
from visavis.call.attendance import Attendance
from visavis.call.duet import INSTRUCTIONS, PARTNER_FPS, DuetHost, Floor
from visavis.call.loaded import Loaded
from visavis.call.metadata import JobMetadata
from visavis.call.people import People
from visavis.call.person import Person
from visavis.call.recorder import Recorder
from visavis.call.snapshot import snapshot
from visavis.dialogue import providers
from visavis.dialogue.duet import DuetScript
from visavis.dialogue.host import Host
from visavis.dialogue.look import Look
from visavis.dialogue.manners import Manners
from visavis.dialogue.seen import Seen
from visavis.dialogue.staging import Staging
from visavis.dialogue.turn_end import Words
from visavis.dialogue.turn_taking import TurnTaking
from visavis.media.errors import InputError
from visavis.media.events import EVENTS_TOPIC, CueSeen, Event, Fault, encode, wall_us
from visavis.media.metrics import LoadMeter
from visavis.media.settings import Settings
from visavis.perception import Watcher
from visavis.perception.camera import CAMERA_FPS
from visavis.perception.user_motion import SeenMotion
from visavis.phone.caller import Caller, Leg, is_phone
from visavis.phone.digits import Keypad, spoken
from visavis.phone.echo import EchoCanceller
from visavis.phone.tools import PhoneTools
from visavis_models.spec import MODEL_RATE

logger = logging.getLogger(__name__)

LOAD_EVERY_S = 2.0
SUBSCRIBED_WITHIN_S = 10.0  # a caller who never listens gets the greeting as captions
MIC_FRAME_MS = 20
EVENTS_AT_ONCE = 64
SURE = 0.3  # confidence of the newest row, 0..1, below which the face takes no notice of what is seen


class Call:
    """One caller, one room, one process.

    Args:
        room: the room, connected.
        settings: what the worker was told.
        loaded: what the process has ready, for this call alone.
        metadata: what the dispatch asked.
        livekit: opens the API of the room's server, for what is done to a telephone's line; None leaves it alone.

    Raises:
        InputError: the dispatch asks for a recording, and the settings name no folder for it.
    """

    def __init__(
        self,
        room: rtc.Room,
        settings: Settings,
        loaded: Loaded,
        metadata: JobMetadata | None = None,
        livekit: Callable[[], api.LiveKitAPI] | None = None,
    ) -> None:
        self._room = room
        self._metadata = asked = metadata or JobMetadata()
        if asked.partner:
            settings = replace(settings, greeting="", instructions=INSTRUCTIONS[asked.role])
        self._settings = settings = replace(settings, name=asked.name or settings.name)
        self._livekit = livekit
        if self._metadata.record and not settings.record.folder:
            raise InputError("job metadata: record needs a folder; start the worker with --record-calls FOLDER")
        self._records = bool(settings.record.folder) and (settings.record.every_call or self._metadata.record)
        self._events: asyncio.Queue[Event] = asyncio.Queue(EVENTS_AT_ONCE)
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._arrival: asyncio.Task[None] | None = None
        self._started = False
        self._people = People(room, asked.partner, self._on_came, self._end)
        fps = PARTNER_FPS if asked.partner else CAMERA_FPS
        self._watcher = Watcher(room, self._on_seen, identity=asked.partner or None, on_motion=self._on_motion, fps=fps)
        self._seen = Seen(self._watcher.sight)
        self._person = Person(self._seen)
        self._words = Words()
        watched = settings.camera and settings.sight.turns and not asked.partner
        self._turns = TurnTaking(self._seen, settings.turn) if watched else None
        self._keypad = Keypad(self._on_keys)
        self._tools: PhoneTools | None = None
        self._recorder: Recorder | None = None
        self._script = (
            DuetScript(asked.name, self._person, role=asked.role, topic=asked.topic) if asked.partner else None
        )
        self._session = providers.session(
            settings,
            loaded.models,
            self._person,
            self._words,
            turns=self._turns,
            script=self._script,
            timbre=asked.voice,
            chaired=bool(asked.partner),
        )
        self._host = self._make_host()
        uses = settings.sight
        self._attendance = Attendance(
            self._session,
            Manners(time.monotonic(), greet=uses.greet, wave=uses.wave, pause=uses.pause),
            writes=settings.provider("llm").kind not in ("host", "smollm"),
        )
        self._avatar = AvatarSession(
            portrait=asked.portrait or settings.portrait,
            emotion=settings.emotion,
            background=settings.background,
            listening=settings.expression.listening,
            thinking=settings.expression.thinking,
            video=VideoOptions(**asdict(settings.video)),
            eyes=self._watcher,
            probe=asked.probe,
            source=loaded.face if asked.portrait in ("", settings.portrait) else None,
        )

    async def run(self) -> str:
        """Hold the call; returns, when it is over, why.

        Raises:
            InputError: the portrait that was asked for does not exist or can not be used.
        """
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._start()
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(work) for work in (self._send_events(), self._report_load())]
                if self._script is not None:
                    floor = Floor(self._room, self._session, self._script, self._metadata.partner)
                    tasks.append(group.create_task(floor.run()))
                else:
                    tasks.append(group.create_task(self._attendance.run()))
                reason = await self._ended
                for task in tasks:
                    task.cancel()
        finally:
            await self.aclose()
        return reason

    async def _start(self) -> None:
        self._people.start()
        self._room.on("sip_dtmf_received", self._on_digit)
        self._session.on("close", self._on_session_closed)
        self._session.on("error", self._on_error)
        if self._settings.camera:
            self._watcher.start()
        await self._avatar.start(self._session, room=self._room)
        if self._records:
            self._recorder = Recorder(
                Path(self._settings.record.folder),
                self._room,
                self._session,
                label=self._settings.name if self._script else "",
            )
            self._avatar.tap(self._recorder.speak)
        for person in self._room.remote_participants.values():
            await self._on_person(person)
        await self._session.start(
            self._host,
            room=self._room,
            room_options=RoomOptions(
                audio_input=AudioInputOptions(
                    sample_rate=MODEL_RATE,
                    frame_size_ms=MIC_FRAME_MS,
                    auto_gain_control=False,
                    noise_cancellation=self._canceller,
                ),
                audio_output=False,
                participant_identity=self._listens_to(),
                participant_kinds=[rtc.ParticipantKind.PARTICIPANT_KIND_AGENT] if self._script else NOT_GIVEN,
            ),
        )
        self._started = True

    def _canceller(self, heard: NoiseCancellationParams) -> EchoCanceller | None:
        return EchoCanceller(self._avatar.leaving) if is_phone(heard.participant) else None

    def _listens_to(self) -> NotGivenOr[str]:
        if self._person.caller is not None:
            return self._person.caller.identity
        return self._metadata.partner or NOT_GIVEN

    def _make_host(self) -> Host:
        settings = self._settings
        notice = settings.record.notice if self._records and self._script is None else ""  # of people only
        make = Host if self._script is None else partial(DuetHost, self._script)
        return make(
            instructions=settings.instructions.format(name=settings.name, partner=self._metadata.partner),
            notice=f"{self._metadata.consent} {notice}".strip(),
            greeting=settings.greeting.format(name=settings.name),
            ready=self._audible,
            sight=self._person,
            seen=self._seen if settings.sight.notes else None,
            look=self._make_look(),
            tell=self._tell,
            words=self._words,
            turns=self._turns,
            hear=lambda frame: self._avatar.hear(frame),
            staging=Staging(tags=settings.expression.tags, mood=settings.expression.mood),
            answers=lambda text: self._tools is None or self._tools.answers(text),
        )

    def _make_look(self) -> Look | None:
        """The tool, for whoever talks with a person through a camera."""
        if not (self._settings.camera and self._settings.sight.look) or self._script is not None:
            return None
        return Look(self._person, self._snapshot if self._settings.sight.picture else None)

    async def _snapshot(self) -> rtc.VideoFrame | None:
        return await snapshot(self._watcher.track)

    async def aclose(self) -> None:
        """End everything that this call began, in the order that lets each part finish."""
        self._people.close()
        self._room.off("sip_dtmf_received", self._on_digit)
        self._keypad.close()
        if self._arrival is not None:
            self._arrival.cancel()
            await asyncio.wait([self._arrival])
        await self._session.aclose()
        if self._recorder is not None:
            await self._recorder.aclose()
        await self._avatar.aclose()
        await self._watcher.aclose()
        for part in (self._session.stt, self._session.llm, self._session.tts):
            if part is not None:
                await part.aclose()

    # -- the caller --------------------------------------------------------------------------------------------------

    async def _audible(self) -> bool:
        """Wait until our voice is published and somebody listens to it; False when the call ended meanwhile."""
        listened = asyncio.create_task(self._subscribed())
        done, _ = await asyncio.wait(
            (listened, self._ended), timeout=SUBSCRIBED_WITHIN_S, return_when=asyncio.FIRST_COMPLETED
        )
        listened.cancel()
        if not done:
            logger.info("nobody listens to the voice; greeting all the same")
        return not self._ended.done()

    async def _subscribed(self) -> None:
        for publication in list(self._room.local_participant.track_publications.values()):
            if publication.kind == rtc.TrackKind.KIND_AUDIO:
                await publication.wait_for_subscription()

    async def _on_person(self, person: rtc.RemoteParticipant) -> None:
        """Somebody is there: the agent listens to a telephone rather than to anybody else."""
        if not is_phone(person) or self._person.caller is not None:
            return
        caller = self._person.caller = Caller.of(person)
        logger.info("call in %s is by telephone, from %s", self._room.name, caller.number or "a withheld number")
        if self._recorder is not None:
            self._recorder.transcript.caller = caller.number
        await self._host.update_instructions(self._settings.phone.instructions.format(name=self._settings.name))
        if self._livekit is not None:
            leg = Leg(self._room, caller.identity, self._livekit())
            self._tools = PhoneTools(leg, self._keypad, self._settings.phone.targets(), self._end)
            await self._host.update_tools(self._tools.tools())

    async def _link(self, person: rtc.RemoteParticipant) -> None:
        await self._on_person(person)
        if self._person.caller is not None and self._started:
            self._session.room_io.set_participant(self._person.caller.identity)

    def _on_motion(self, seen: SeenMotion | None) -> None:
        self._avatar.see(seen.motion if seen is not None and seen.confidence[-1] >= SURE else None)
        if self._turns is not None:
            self._turns.see(*((seen.motion, float(seen.confidence[-1])) if seen is not None else (None, 0.0)))

    def _on_seen(self, event: CueSeen | Fault) -> None:
        if isinstance(event, CueSeen):
            self._seen.change(event.name, event.on)
            self._attendance.cue(event.name, event.on)
            if self._turns is not None:
                self._turns.cue(event.name, event.on)
        self._send(event)

    def _on_digit(self, digit: rtc.SipDTMF) -> None:
        self._keypad.press(digit.digit)

    def _on_keys(self, keys: str) -> None:
        self._session.interrupt()
        self._session.generate_reply(user_input=spoken(keys))

    def _on_came(self, person: rtc.RemoteParticipant) -> None:
        if is_phone(person):
            self._arrival = asyncio.create_task(self._link(person))

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
