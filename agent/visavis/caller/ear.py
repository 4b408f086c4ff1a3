"""What comes in from the room: the avatar's voice and picture, captions, events; all of it noted in the take."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Protocol

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from visavis.caller.activity import VoiceMeter, levels
from visavis.caller.take import Caption, Picture, Take, now_s
from visavis.media.events import CLOCK_RPC, ENVELOPE_TOPIC, EVENTS_TOPIC, Fault, VoiceEnvelope, decode
from visavis_models.spec import ROOM_RATE

CAPTIONS_TOPIC = "lk.transcription"
SEGMENT_ATTRIBUTE, FINAL_ATTRIBUTE = "lk.segment_id", "lk.transcription_final"
STATE_ATTRIBUTE = "lk.agent.state"
SMALLEST_PICTURE = 16  # pixels; a leaving sender may send frames of 8x8
NO_PICTURE_S = 3.0  # a stream that gives nothing for so long is opened again
RENDER_AHEAD_US = 200_000  # a render time further from the arrival is on another clock
CLOCK_ROUNDS = 5
CLOCK_EVERY_S = 30.0
CLOCK_TIMEOUT_S = 2.0


class PictureSink(Protocol):
    """Whoever keeps the pictures themselves."""

    def put(self, at_s: float, i420: NDArray[np.uint8]) -> None:
        """Keep one picture, uint8 [height * 3 / 2, width], shown at `at_s`."""


class Ear:
    """Receives one agent's tracks and messages.

    Args:
        room, take: where they come from and go to.
        pictures: keeps the pictures themselves; None drops them.
        agent: the identity of the one agent that is meant, whose captions are left then; "" for any, with captions.

    Attributes:
        meter: voice activity of what is heard.
        state: the agent's state as it tells it ("listening", "thinking", "speaking"), "" where it tells none.
        present: whether an agent is in the room.
        left: whether one was there and went.
    """

    def __init__(self, room: rtc.Room, take: Take, pictures: PictureSink | None, agent: str = "") -> None:
        self.meter = VoiceMeter()
        self.left = False
        self._room, self._take, self._pictures, self._agent = room, take, pictures, agent
        self._tasks: set[asyncio.Task[None]] = set()
        room.on("track_subscribed", self._on_track)
        room.on("participant_disconnected", self._on_leave)
        room.on("data_received", self._on_data)
        if not agent:
            room.register_text_stream_handler(CAPTIONS_TOPIC, self._on_captions)

    @property
    def agent(self) -> rtc.RemoteParticipant | None:
        """The agent in the room, if there is one."""
        agents = (p for p in self._room.remote_participants.values() if self._means(p))
        return next(agents, None)

    @property
    def present(self) -> bool:
        return self.agent is not None

    @property
    def state(self) -> str:
        agent = self.agent
        return agent.attributes.get(STATE_ATTRIBUTE, "") if agent else ""

    def _on_leave(self, participant: rtc.RemoteParticipant) -> None:
        self.left = self.left or self._means(participant)

    def _on_track(
        self, track: rtc.RemoteTrack, publication: rtc.RemoteTrackPublication, sender: rtc.RemoteParticipant
    ) -> None:
        if not self._means(sender):
            return
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._spawn(self._hear(track))
            self._spawn(self._read_clock(sender.identity))
        else:
            self._take.codec = publication.mime_type.removeprefix("video/")
            self._spawn(self._watch(track))

    async def _hear(self, track: rtc.RemoteTrack) -> None:
        stream = rtc.AudioStream(track, sample_rate=ROOM_RATE, num_channels=1)
        try:
            async for event in stream:
                at_s, pcm = now_s(), np.frombuffer(event.frame.data, np.int16)
                self._take.heard.append((at_s, pcm))
                self.meter.push(at_s, levels(pcm, ROOM_RATE))
        finally:
            await stream.aclose()

    async def _watch(self, track: rtc.RemoteTrack) -> None:
        """Take pictures; a stream that stays silent is opened again."""
        while True:
            stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
            try:
                await self._take_pictures(stream)
                return
            except TimeoutError:
                self._take.remarks.append(f"no picture came for {NO_PICTURE_S:g} s; the stream was opened again")
            finally:
                await stream.aclose()

    async def _take_pictures(self, stream: rtc.VideoStream) -> None:
        frames = aiter(stream)
        while True:
            try:
                async with asyncio.timeout(NO_PICTURE_S):
                    event = await anext(frames)
            except StopAsyncIteration:
                return
            if min(event.frame.width, event.frame.height) >= SMALLEST_PICTURE:
                self._take_picture(event)

    def _take_picture(self, event: rtc.VideoFrameEvent) -> None:
        arrival_s, width, height = now_s(), event.frame.width, event.frame.height
        i420 = np.frombuffer(event.frame.data, np.uint8).reshape(height * 3 // 2, width)
        wait_us = event.timestamp_us - arrival_s * 1e6
        shown_s = arrival_s + (wait_us * 1e-6 if 0 < wait_us < RENDER_AHEAD_US else 0.0)
        sender_us = event.metadata.user_timestamp if event.metadata else 0
        luma = float(i420[:height:8, ::8].mean())
        self._take.pictures.append(Picture(arrival_s, shown_s, sender_us or None, (width, height), luma))
        if self._pictures:
            self._pictures.put(shown_s, i420)

    def _on_data(self, packet: rtc.DataPacket) -> None:
        if self._agent and (packet.participant is None or packet.participant.identity != self._agent):
            return
        if packet.topic == EVENTS_TOPIC and (event := decode(packet.data)):
            self._take.told.append((now_s(), event))
            if isinstance(event, Fault):
                self._take.remarks.append(f"the agent says: {event.message}")
        elif packet.topic == ENVELOPE_TOPIC and (envelope := VoiceEnvelope.decode(packet.data)):
            self._take.envelopes.append(envelope)

    def _on_captions(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._spawn(self._read_captions(reader, identity))

    async def _read_captions(self, reader: rtc.TextStreamReader, identity: str) -> None:
        attributes = reader.info.attributes or {}
        caption = Caption(identity, attributes.get(SEGMENT_ATTRIBUTE, reader.info.stream_id), now_s())
        self._take.captions.append(caption)
        try:
            async for text in reader:
                caption.text += text
        except rtc.StreamError:
            return  # cut off in mid-sentence: what came of it stays
        caption.final = (reader.info.attributes or {}).get(FINAL_ATTRIBUTE) == "true"

    async def _read_clock(self, identity: str) -> None:
        """Read the agent's clock again and again; each reading is the promptest of a few."""
        while True:
            readings = [await self._ask_clock(identity) for _ in range(CLOCK_ROUNDS)]
            known = [reading for reading in readings if reading]
            if not known:
                return
            _, at_s, sender_us = min(known)
            self._take.clock.append((at_s, sender_us))
            await asyncio.sleep(CLOCK_EVERY_S)

    async def _ask_clock(self, identity: str) -> tuple[float, float, int] | None:
        """(round trip, the caller's time half-way, the agent's clock), None where the agent does not answer."""
        asked_s = now_s()
        try:
            answer = await self._room.local_participant.perform_rpc(
                destination_identity=identity, method=CLOCK_RPC, payload="", response_timeout=CLOCK_TIMEOUT_S
            )
            answered_s = now_s()
            return answered_s - asked_s, (asked_s + answered_s) / 2, int(answer)
        except (rtc.RpcError, ValueError):
            return None

    def _means(self, participant: rtc.RemoteParticipant) -> bool:
        agent = participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        return agent and self._agent in ("", participant.identity)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """Stop receiving."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not self._agent:
            self._room.unregister_text_stream_handler(CAPTIONS_TOPIC)
