"""A puppet for the caller's tests: a participant that keeps to the agent's side of the contract, and nothing else.

It publishes a voice (bursts of noise) and a picture from one sample clock, stamps every frame, tells levels and
events, answers the clock's question, greets, answers when the user falls silent, and stops when interrupted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from livekit import api, rtc

from visavis.caller.activity import levels
from visavis.caller.speech import Line
from visavis.local.server import Keys, LocalServer
from visavis.local.tokens import access_token
from visavis.media.events import (
    CLOCK_RPC,
    ENVELOPE_TOPIC,
    EVENTS_TOPIC,
    AvatarAnswered,
    Event,
    ProcessLoad,
    QualityChanged,
    SpeechStopped,
    VoiceEnvelope,
    encode,
    wall_us,
)

RATE, BLOCK = 48_000, 480
LEAD_S = 0.06
SIZE = 128


def babble(seconds: float, seed: int) -> np.ndarray:
    """Noise with the rhythm of speech, int16 at 48 kHz: loud and soft syllables of irregular length."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(60, 180, 200) * 48
    syllables = np.concatenate([np.full(n, rng.uniform(0.05, 1.0)) * np.hanning(n) for n in lengths])
    count = round(seconds * RATE)
    return (rng.standard_normal(count) * syllables[:count] * 5000).astype(np.int16)


def question(seconds: float = 0.8) -> np.ndarray:
    """A user's sound, float32 at 48 kHz, with 0.2 s of silence on either side."""
    edge = np.zeros(RATE // 5, np.float32)
    return np.concatenate([edge, babble(seconds, 9).astype(np.float32) / 32768, edge])


@dataclass
class Puppet:
    """The agent's side of a call. `picture_late_s` shows every picture late, to have a skew to measure."""

    reply_s: float = 1.2
    greets: bool = True
    answers: bool = True
    probe: bool = False
    picture_late_s: float = 0.0
    room: rtc.Room = field(default_factory=rtc.Room)

    def __post_init__(self) -> None:
        self._voice = np.zeros(0, np.int16)
        self._origin_s, self._pushed, self._frames = 0.0, 0, 0
        self._envelope: list[bytes] = []
        self._envelope_start = 0.0
        self._quiet_blocks, self._user_spoke, self._seed = 0, False, 0
        self._state = "initializing"
        self._tasks: list[asyncio.Task[None]] = []
        self._wall = time.time() - time.monotonic()

    async def start(self, url: str, keys: Keys, room: str) -> None:
        grants = api.VideoGrants(
            room_join=True, room=room, can_publish=True, can_subscribe=True, can_update_own_metadata=True
        )
        token = api.AccessToken(keys.key, keys.secret).with_identity("agent").with_kind("agent").with_grants(grants)
        self.room.on("track_subscribed", self._on_track)
        await self.room.connect(url, token.to_jwt())
        self.room.local_participant.register_rpc_method(CLOCK_RPC, self._clock)
        self._audio, self._video = rtc.AudioSource(RATE, 1, queue_size_ms=500), rtc.VideoSource(SIZE, SIZE)
        voice = rtc.LocalAudioTrack.create_audio_track("voice", self._audio)
        face = rtc.LocalVideoTrack.create_video_track("face", self._video)
        await self.room.local_participant.publish_track(
            voice, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        )
        await self.room.local_participant.publish_track(
            face,
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA,
                video_codec=rtc.VideoCodec.H264,
                simulcast=False,
                video_encoding=rtc.VideoEncoding(max_bitrate=500_000, max_framerate=30),
                frame_metadata_features=[rtc.FrameMetadataFeature.FMF_USER_TIMESTAMP],
            ),
        )
        self._tasks.append(asyncio.create_task(self._run()))

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.room.disconnect()

    async def _clock(self, _: rtc.RpcInvocationData) -> str:
        return str(wall_us())

    def _on_track(self, track: rtc.RemoteTrack, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._tasks.append(asyncio.create_task(self._listen(track)))

    async def _listen(self, track: rtc.RemoteTrack) -> None:
        if self.greets:
            await self._speak("Hello.")
        async for event in rtc.AudioStream(track, sample_rate=RATE, num_channels=1):
            loud = levels(np.frombuffer(event.frame.data, np.int16), RATE).max() > -45
            self._quiet_blocks = 0 if loud else self._quiet_blocks + 1
            if loud and len(self._voice):
                self._voice = self._voice[:0]
                await self._tell(SpeechStopped(wall_us(), "clear"))
            self._user_spoke = self._user_spoke or bool(loud)
            if self._user_spoke and self._quiet_blocks > 30 and self.answers:
                self._user_spoke = False
                await self._caption("What did you say?", next(iter(self.room.remote_participants)))
                await self._speak("I said nothing.")

    async def _speak(self, text: str) -> None:
        self._seed += 1
        await self.room.local_participant.set_attributes({"lk.agent.state": "speaking"})
        self._voice, self._state = babble(self.reply_s, self._seed), "speaking"
        await self._tell(AvatarAnswered(wall_us() - 60_000, wall_us()))
        await self._tell(ProcessLoad(wall_us(), 300.0, 0.5))
        await self._tell(QualityChanged(wall_us(), "half_rate", 0.0))
        await self._caption(text, "agent")

    async def _caption(self, text: str, identity: str) -> None:
        writer = await self.room.local_participant.stream_text(
            topic="lk.transcription",
            sender_identity=identity,
            attributes={"lk.transcription_final": "true", "lk.segment_id": f"{identity}-{self._seed}"},
        )
        await writer.write(text)
        await writer.aclose()

    async def _tell(self, event: Event) -> None:
        await self.room.local_participant.publish_data(encode(event), topic=EVENTS_TOPIC, reliable=True)

    async def _run(self) -> None:
        self._origin_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            while self._origin_s + self._pushed / RATE < now_s + LEAD_S:
                await self._push()
            if self._state == "speaking" and not len(self._voice):
                self._state = "listening"
                await self.room.local_participant.set_attributes({"lk.agent.state": self._state})
            while self._origin_s + self._frames / 25 + self.picture_late_s <= now_s:
                self._show()
            await asyncio.sleep(0.01)

    async def _push(self) -> None:
        piece, self._voice = self._voice[:BLOCK], self._voice[BLOCK:]
        pcm = np.pad(piece, (0, BLOCK - len(piece)))
        if self.probe and self._pushed % RATE == 0:
            pcm[:24] = 28_000
        if not self._envelope:
            self._envelope_start = self._origin_s + self._pushed / RATE
        self._envelope.append(np.rint(np.clip(levels(pcm, RATE) + 96, 0, 96)).astype(np.uint8).tobytes())
        self._pushed += BLOCK
        await self._audio.capture_frame(rtc.AudioFrame(pcm.tobytes(), RATE, 1, BLOCK))
        if len(self._envelope) == 20:
            envelope = VoiceEnvelope(self._us(self._envelope_start), b"".join(self._envelope))
            self._envelope = []
            await self.room.local_participant.publish_data(envelope.encode(), topic=ENVELOPE_TOPIC, reliable=False)

    def _show(self) -> None:
        white = self.probe and self._frames % 25 == 0
        luma = np.full((SIZE, SIZE), 235 if white else 60 + self._frames % 25, np.uint8)
        i420 = np.concatenate([luma, np.full((SIZE // 2, SIZE), 128, np.uint8)])
        frame = rtc.VideoFrame(SIZE, SIZE, rtc.VideoBufferType.I420, i420.tobytes())
        stamp = rtc.FrameMetadata(user_timestamp=self._us(self._origin_s + self._frames / 25))
        self._frames += 1
        self._video.capture_frame(frame, timestamp_us=int(time.monotonic() * 1e6), metadata=stamp)

    def _us(self, at_s: float) -> int:
        return int((at_s + self._wall) * 1e6)


@pytest.fixture
def line() -> Line:
    """Something for the caller to say, 1.2 s."""
    return Line.of("question.wav", question())


@dataclass
class Stage:
    """A server with a puppet in its room, and a token for the caller."""

    server: LocalServer
    puppet: Puppet
    token: str


@pytest.fixture
async def staged(server: LocalServer) -> AsyncIterator[Callable[..., object]]:
    """Puts a puppet on stage: `await staged(probe=True)`."""
    puppets: list[Puppet] = []

    async def put(**traits: object) -> Stage:
        puppet = Puppet(**traits)  # type: ignore[arg-type]
        puppets.append(puppet)
        keys = server.endpoint.keys
        await puppet.start(server.url, keys, "stage")
        return Stage(server, puppet, access_token(keys, room="stage", identity="caller", agent=None))

    yield put
    for puppet in puppets:
        await puppet.aclose()
