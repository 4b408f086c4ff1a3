"""Plays what a receiver gives, as a face and a voice in a room: LiveKit's receiver contract, on one clock.

    receiver -> Speech -> pump   -> audio track        (thread of the pump)
                     \\-> frames -> video track        (thread of the frame loop)

The face is drawn while somebody watches, see `Audience`; the voice never stops. The runner itself lives on the event
loop and computes nothing: it moves frames, and tells the receiver what was heard. Everything it says about playback
rests on samples that have left, not on samples that were pushed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from livekit import rtc
from livekit.agents.utils import aio
from livekit.agents.voice.avatar import AudioReceiver

from visavis.avatar import probe
from visavis.avatar.audience import Audience
from visavis.avatar.face import FrameSource, Picture
from visavis.avatar.frame_loop import FrameLoop, FrameStats
from visavis.avatar.listening import Listening
from visavis.avatar.outbox import Outbox
from visavis.avatar.pump import QUEUE, AudioPump, clock_us
from visavis.avatar.reference import Reference
from visavis.avatar.relief import Eyes, Relief, Step
from visavis.avatar.sink import PausableReceiver
from visavis.media.envelope import levels
from visavis.media.errors import InputError, RoomError
from visavis.media.events import (
    AvatarAnswered,
    Fault,
    QualityChanged,
    SpeechResumed,
    SpeechStopped,
    VoiceEnvelope,
    wall_us,
)
from visavis.media.frames import compile_kernels, mono, video_frame
from visavis.media.marks import directions_of
from visavis.media.playout import PlayoutClock
from visavis.media.speech import Answered, Finished, Heard, Progressed, Speech, Started
from visavis.media.tape import Pcm
from visavis_models.serve.direction import Direction
from visavis_models.spec import ROOM_RATE

logger = logging.getLogger(__name__)

AUDIO_TRACK, VIDEO_TRACK = "avatar-voice", "avatar-face"
AUDIO_BITRATE = 48_000  # Opus is transparent for one voice from about 32 kbit/s on
VIDEO_FPS = 30.0  # a ceiling above our 25, so that the encoder never drops a frame for it
ENVELOPE = ROOM_RATE // 4  # samples of one packet, 250 ms
Tap: TypeAlias = Callable[[int, Pcm], None]  # the voice as it has left: the wall clock's us, int16 [n] at 48 kHz
WAITING_S = 60.0  # so much voice is taken from the receiver ahead of its playing


@dataclass(frozen=True)
class VideoOptions:
    """What is published of the face.

    Attributes:
        size: pixels each way, an even number.
        max_bitrate: bits a second; far below 1 Mbit/s H.264 at 512x512 gives way in size and rate.
    """

    size: int = 512
    max_bitrate: int = 1_500_000

    def __post_init__(self) -> None:
        if self.size < 64 or self.size % 2:
            raise InputError(f"a face of {self.size} pixels each way: give an even number from 64 on")
        if self.max_bitrate < 50_000:
            raise InputError(f"max_bitrate {self.max_bitrate}: give at least 50000 bits a second")


@dataclass(frozen=True)
class AvatarStats:
    """How the avatar fares.

    Attributes:
        frames: what became of the pictures.
        underruns: how often the sound ran dry.
        step: what there is time for now.
    """

    frames: FrameStats
    underruns: int
    step: Step


def to_wall_us(at_us: int) -> int:
    """A moment of the clock of playout on the wall clock."""
    return at_us + wall_us() - clock_us()


class Runner:
    """One voice and one face in one room.

    Args:
        room: where they are published, as soon as it is connected.
        receiver: where the voice comes from; one that is a `PausableReceiver` can pause.
        source: what draws the face.
        video: what is published of it.
        eyes: who looks at the person: looks less often before the face is drawn worse.
        probing: send flashes and clicks.

    Attributes:
        reference: the voice as it leaves, for an echo canceller.
        tap: gets the whole voice, silence included, a quarter of a second after it has left.
    """

    def __init__(
        self,
        room: rtc.Room,
        receiver: AudioReceiver,
        source: FrameSource,
        *,
        video: VideoOptions | None = None,
        eyes: Eyes | None = None,
        probing: bool = False,
    ) -> None:
        self._room, self._receiver, self._video = room, receiver, video or VideoOptions()
        self.listening = Listening()
        self._speech = Speech(PlayoutClock(QUEUE), probe.mark if probing else None)
        self._speech.seen(False)
        self.reference = Reference(self._speech, clock_us)
        self._eyes = eyes
        self._relief = Relief(source, eyes, self._on_step)
        self._frames = FrameLoop(
            source, self._speech, self.listening, self._show, self._on_failed, self._relief.saw, probing=probing
        )
        self._pump = AudioPump(self._speech, self._on_pushed)
        self._outbox = Outbox(room)
        self._audience = Audience(room, self._on_audience)
        self._picture: rtc.VideoSource | None = None
        self._sound: rtc.AudioSource | None = None
        self._loop = asyncio.get_running_loop()
        self._room_left = asyncio.Event()  # of the voice that waits
        self._connected = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._tracks: list[str] = []
        self._publishing: asyncio.Task[None] | None = None
        self.tap: Tap | None = None

    async def start(self) -> None:
        """Bring sound and picture to life; they are published as soon as the room is connected."""
        await asyncio.to_thread(compile_kernels)
        await self._receiver.start()
        self._receiver.on("clear_buffer", self._on_clear)
        if isinstance(self._receiver, PausableReceiver):
            self._receiver.controls.on("pause", self._on_pause)
            self._receiver.controls.on("resume", self._on_resume)
        self._picture = rtc.VideoSource(self._video.size, self._video.size)
        self._sound = await self._pump.start()
        self._frames.start()
        self._room.on("connection_state_changed", self._on_connection)
        self._on_connection()
        self._publishing = asyncio.create_task(self._publish())
        self._tasks = [asyncio.create_task(self._read()), self._publishing]

    async def until_published(self) -> None:
        """Wait until voice and face are in the room; call it after `start`.

        Raises:
            RoomError: the room does not take them.
        """
        assert self._publishing is not None
        try:
            await asyncio.shield(self._publishing)
        except rtc.participant.PublishTrackError as error:
            raise RoomError(
                f"the room does not take the avatar's voice and face ({error.message}); does the token let it publish?"
            ) from None

    def direct(self, direction: Direction) -> None:
        """Have an act, a feeling or a thought begin with the next frame."""
        self._frames.stage.direct(direction)

    def stats(self) -> AvatarStats:
        return AvatarStats(self._frames.stats(), self._speech.clock.underruns, self._relief.step)

    async def aclose(self) -> None:
        """End everything: threads, tasks, tracks; the receiver last, so that nothing is awaited from us any more."""
        self._room.off("connection_state_changed", self._on_connection)
        await aio.cancel_and_wait(*self._tasks)
        await self._audience.aclose()
        await asyncio.to_thread(self._frames.close)
        await self._pump.aclose()
        await self._outbox.aclose()
        if self._room.isconnected():
            for sid in self._tracks:
                with contextlib.suppress(rtc.participant.UnpublishTrackError):  # the server may be gone
                    await self._room.local_participant.unpublish_track(sid)
        if self._picture is not None:
            await self._picture.aclose()
        self._receiver.off("clear_buffer", self._on_clear)
        if isinstance(self._receiver, PausableReceiver):
            self._receiver.controls.off("pause", self._on_pause)
            self._receiver.controls.off("resume", self._on_resume)
        await self._receiver.aclose()

    # -- the room ----------------------------------------------------------------------------------------------------

    def _on_connection(self) -> None:
        if self._room.isconnected():
            self._connected.set()

    async def _publish(self) -> None:
        await self._connected.wait()
        assert self._sound is not None and self._picture is not None
        voice = rtc.LocalAudioTrack.create_audio_track(AUDIO_TRACK, self._sound)
        face = rtc.LocalVideoTrack.create_video_track(VIDEO_TRACK, self._picture)
        self._audience.start(face)
        for track, options in ((voice, _audio_options()), (face, self._video_options())):
            self._tracks.append((await self._room.local_participant.publish_track(track, options)).sid)
        self._outbox.start()
        self._speech.release(clock_us())

    def _video_options(self) -> rtc.TrackPublishOptions:
        return rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA,
            video_codec=rtc.VideoCodec.H264,
            simulcast=False,
            video_encoding=rtc.VideoEncoding(max_bitrate=self._video.max_bitrate, max_framerate=VIDEO_FPS),
            frame_metadata_features=[rtc.FrameMetadataFeature.FMF_USER_TIMESTAMP],
        )

    def _on_audience(self, watched: bool) -> None:
        """Somebody watches, or nobody does any more."""
        self._speech.seen(watched)
        self._frames.watch(watched)

    def _show(self, picture: Picture, leaves_us: int) -> None:
        """On the frame loop's thread: one picture, and when its sound leaves."""
        assert self._picture is not None
        metadata = rtc.FrameMetadata(user_timestamp=to_wall_us(leaves_us))
        self._picture.capture_frame(video_frame(picture), timestamp_us=leaves_us, metadata=metadata)

    def _on_failed(self) -> None:
        """On the frame loop's thread: there will be no more pictures."""
        fault = Fault(wall_us(), "face", "My picture has stopped, but I can still hear you and talk.")
        self._loop.call_soon_threadsafe(self._outbox.put, fault)

    def _on_step(self, step: Step) -> None:
        """On the frame loop's thread: the machine has time for less, or for more again."""
        self._loop.call_soon_threadsafe(self._take_step, step)

    def _take_step(self, step: Step) -> None:
        logger.info(
            "the face is drawn at %s, the camera looked at %s times a second", step.quality.value, step.camera_fps
        )
        if self._eyes is not None and step.camera_fps is not None and step.camera_fps != self._eyes.fps:
            self._eyes.fps = step.camera_fps
        self._outbox.put(QualityChanged(wall_us(), step.quality.value, step.camera_fps))

    # -- the voice ---------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        async for item in self._receiver:
            if isinstance(item, rtc.AudioFrame):
                self._speech.put(mono(item), item.sample_rate, clock_us(), directions_of(item))
            else:
                self._speech.end()
            while self._speech.waiting_s > WAITING_S:
                self._room_left.clear()
                await self._room_left.wait()

    def _on_pause(self) -> None:
        if self._speech.pause():
            self._outbox.put(SpeechStopped(wall_us(), "pause"))
        self._pump.cut()

    def _on_resume(self) -> None:
        if self._speech.resume(clock_us()):
            self._outbox.put(SpeechResumed(wall_us()))

    def _on_clear(self) -> None:
        heard = self._speech.clear(clock_us())
        self._pump.cut()
        self._tell(heard)
        if any(isinstance(event, Finished) for event in heard):
            self._outbox.put(SpeechStopped(wall_us(), "clear"))
        else:
            # whoever clears awaits a finish: of a voice that we have not seen anything of yet
            self._tell([Finished(0.0, interrupted=True)])
        self._room_left.set()

    def _on_pushed(self) -> None:
        """On the pump's thread, after each push."""
        if self._speech.speaking or self._speech.sounds(ENVELOPE, clock_us()):
            self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        now_us = clock_us()
        self._tell(self._speech.due(now_us))
        begin, pcm = self._speech.new_sound(ENVELOPE, now_us)
        if len(pcm):
            leaves_us = to_wall_us(self._speech.leaves_us(begin))
            self._outbox.put(VoiceEnvelope(leaves_us, levels(pcm)))
            if self.tap is not None:
                self.tap(leaves_us, pcm)
        self._room_left.set()

    def _tell(self, heard: Iterable[Heard]) -> None:
        for event in heard:
            match event:
                case Started():
                    self._receiver.notify_playback_started()
                case Progressed() if isinstance(self._receiver, PausableReceiver):
                    started_at = to_wall_us(event.at_us) / 1e6
                    self._receiver.notify_playback_progressed(started_at, event.offset_s, event.duration_s)
                case Finished():
                    self._receiver.notify_playback_finished(event.position_s, event.interrupted)
                case Answered():
                    self._outbox.put(AvatarAnswered(to_wall_us(event.audio_in_us), to_wall_us(event.out_us)))


def _audio_options() -> rtc.TrackPublishOptions:
    """No DTX: silence goes out as sound, so a receiver's clock of our voice never stands; RED against losses."""
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False, red=True)
    options.audio_encoding.max_bitrate = AUDIO_BITRATE
    return options
