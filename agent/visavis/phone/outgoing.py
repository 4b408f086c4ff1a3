"""One call dialled out: placed, listened to, and ended; what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import numpy as np
from livekit import api, rtc

from visavis.media.errors import RoomError
from visavis.media.frames import mono
from visavis.phone.answering import RATE, AnswerDetector, Answerer
from visavis.phone.dialling import IDENTITY, NO_REPLY, DialReport, Outcome, outcome_of

LISTEN_S = 20.0  # to who picked up
SLACK_S = 0.5  # between its clock and ours
STATUS = "sip.callStatus"
FRAME_MS = 40


class Outgoing:
    """A call from a room to a phone. The room is ours: it is closed when the call is over.

    Args:
        lk: the API of the project.
        asked: the call, as `dialling.request` makes it.
        hang_up_on_machines: whether a voicemail is left as soon as it is known for one.
    """

    def __init__(
        self, lk: api.LiveKitAPI, asked: api.CreateSIPParticipantRequest, *, hang_up_on_machines: bool = True
    ) -> None:
        self._lk, self._asked, self._hang_up = lk, asked, hang_up_on_machines
        self._room = rtc.Room()
        self._detector = AnswerDetector()
        self._rang = False
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._listening: asyncio.Task[None] | None = None

    async def run(self, url: str, token: str, answered: Callable[[], Awaitable[None]]) -> DialReport:
        """Place the call and stay until it is over; cancelled, it hangs up.

        Args:
            url, token: with which the room is joined, unseen, to hear who picks up.
            answered: awaited when somebody did.

        Raises:
            RoomError: the room cannot be joined.
            api.ServerError: the project refuses the call as such, such as for a trunk that does not exist.
        """
        self._room.on("participant_attributes_changed", self._on_attributes)
        self._room.on("participant_connected", lambda person: self._on_attributes({}, person))
        self._room.on("participant_disconnected", self._on_left)
        self._room.on("track_published", self._on_published)
        self._room.on("track_subscribed", self._on_subscribed)
        try:
            await self._room.connect(url, token, rtc.RoomOptions(auto_subscribe=False))
        except rtc.ConnectError as error:
            raise RoomError(f"{url}: the room cannot be joined ({error})") from None
        try:
            return await self._call(answered)
        finally:
            await self._close()

    async def _call(self, answered: Callable[[], Awaitable[None]]) -> DialReport:
        target, dialled = self._asked.participant_name, time.monotonic()
        try:
            await self._lk.sip.create_sip_participant(self._asked)
        except api.ServerError as error:
            status, reason = _sip_status(error)
            return DialReport(target, outcome_of(status, self._rang), status, reason, self._rang, _since(dialled))
        ring_s, picked_up = _since(dialled), time.monotonic()
        await answered()
        ended_by = await self._until_over()
        talk_s, verdict = _since(picked_up), self._detector.verdict
        if ended_by != "phone" and talk_s >= self._asked.max_call_duration.seconds - SLACK_S:
            ended_by = "limit"
        outcome = Outcome.VOICEMAIL if verdict is Answerer.MACHINE else Outcome.ANSWERED
        return DialReport(target, outcome, 0, "", self._rang, ring_s, talk_s, verdict, ended_by)

    async def _until_over(self) -> str:
        try:
            async with asyncio.timeout(self._asked.max_call_duration.seconds):
                return await self._ended
        except TimeoutError:
            return "limit"

    async def _close(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._room.disconnect()
        with contextlib.suppress(api.ServerError):  # gone already
            await self._lk.room.delete_room(api.DeleteRoomRequest(room=self._asked.room_name))

    # -- the room ----------------------------------------------------------------------------------------------------

    def _on_attributes(self, changed: dict[str, str], person: rtc.Participant) -> None:
        if person.identity == IDENTITY and person.attributes.get(STATUS) == "ringing":
            self._rang = True

    def _on_published(self, publication: rtc.RemoteTrackPublication, person: rtc.RemoteParticipant) -> None:
        if person.identity == IDENTITY and publication.kind == rtc.TrackKind.KIND_AUDIO:
            publication.set_subscribed(True)

    def _on_subscribed(self, track: rtc.Track, publication: object, person: rtc.RemoteParticipant) -> None:
        if person.identity == IDENTITY and self._listening is None:
            self._listening = asyncio.ensure_future(self._listen(track))

    def _on_left(self, person: rtc.RemoteParticipant) -> None:
        if person.identity == IDENTITY:
            self._end("phone" if person.disconnect_reason == rtc.DisconnectReason.CLIENT_INITIATED else "us")

    def _end(self, by: str) -> None:
        if not self._ended.done():
            self._ended.set_result(by)

    async def _listen(self, track: rtc.Track) -> None:
        """Hear who picked up, for a while."""
        stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1, frame_size_ms=FRAME_MS)
        heard = 0.0
        try:
            async for event in stream:
                active = self._room.remote_participants.get(IDENTITY)
                if active is None or active.attributes.get(STATUS) != "active":
                    continue  # it rings
                sound = mono(event.frame).astype(np.float32)
                heard += len(sound) / RATE
                if self._detector.push(sound) is Answerer.MACHINE:
                    if self._hang_up:
                        self._end("us")
                    return
                if heard > LISTEN_S:
                    return
        finally:
            await stream.aclose()


def _sip_status(error: api.ServerError) -> tuple[int, str]:
    """The SIP status that ended a call before its answer.

    Raises:
        api.ServerError: the call was not even placed.
    """
    if isinstance(error, api.SipCallError):
        return error.sip_status_code or 0, error.sip_status or ""
    if "sip request timed out" in error.message:  # nobody said anything final until we gave up
        return NO_REPLY, "Request Timeout"
    raise error


def _since(begin_s: float) -> float:
    return round(time.monotonic() - begin_s, 2)
