"""Ties it together for one call: the person's camera, their face, what they do, what is known of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from livekit import rtc
from livekit.rtc.room import EventTypes

from visavis.media import threads
from visavis.media.errors import VisavisError
from visavis.media.events import CueSeen, Fault, wall_us
from visavis.perception.camera import CAMERA_FPS, Camera, newest_only, upright
from visavis.perception.covered import lip_contrast
from visavis.perception.cues import Cues
from visavis.perception.landmarks import FaceTracker
from visavis.perception.sight import Sight
from visavis.perception.user_motion import SeenMotion, UserMotion
from visavis.vision import bundles
from visavis_models.serve.follow import Person
from visavis_models.spec import Landmarks

logger = logging.getLogger(__name__)

CAMERA_SOURCES = (rtc.TrackSource.SOURCE_CAMERA, rtc.TrackSource.SOURCE_UNKNOWN)
CHANGES: tuple[EventTypes, ...] = (
    "track_subscribed",
    "track_unsubscribed",
    "track_muted",
    "track_unmuted",
    "participant_disconnected",
)


class Watcher:
    """Watches the camera of one person in a room from `start()` to `aclose()`.

    It follows that camera through publishing, muting and leaving. Looking happens on a thread of its own. Nothing
    that breaks in it ends the call: it becomes a `Fault`, and nothing is known any more.

    Args:
        room: a room, connected or not yet, that subscribes to video.
        on_event: called on the event loop with every `CueSeen` and `Fault`.
        identity: whose camera, an agent's too; by default that of the first person who shows one.
        on_motion: called on the event loop after every picture with the person's motion, None while there is none.
        fps: pictures a second looked at.
        open_stream: opens a video stream of a track.

    Attributes:
        sight: what is known now.
    """

    def __init__(
        self,
        room: rtc.Room,
        on_event: Callable[[CueSeen | Fault], None] | None = None,
        *,
        identity: str | None = None,
        on_motion: Callable[[SeenMotion | None], None] | None = None,
        fps: float = CAMERA_FPS,
        open_stream: Callable[[rtc.Track], rtc.VideoStream] = newest_only,
    ) -> None:
        self.sight = Sight(self._on_cue)
        self._room, self._identity, self._fps, self._open_stream = room, identity, fps, open_stream
        self._on_event, self._on_motion = on_event, on_motion
        self._camera: Camera | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._thread = threads.own_thread("perception")
        self._looker = Looker()
        self._cues = Cues()

    @property
    def watching(self) -> bool:
        """Whether there is a camera to look at."""
        return self._camera is not None

    @property
    def fps(self) -> float:
        """Pictures a second looked at; may be set at any time. At 0 nothing is looked at and nothing known."""
        return self._fps

    @fps.setter
    def fps(self, fps: float) -> None:
        self._fps = fps
        if self._camera is not None:
            self._camera.fps = fps
        if fps <= 0:
            self._lose_sight()

    @property
    def track(self) -> rtc.Track | None:
        """The person's camera; None while there is none."""
        return self._camera_track()

    def start(self) -> None:
        """Begin to watch; from within the event loop."""
        for name in CHANGES:
            self._room.on(name, self._on_room)
        self._changed.set()
        self._task = asyncio.create_task(self._follow(), name="perception")

    async def aclose(self) -> None:
        """Stop watching, free the models, end the thread. Nothing is told any more."""
        task, self._task, self._on_event, self._on_motion = self._task, None, None, None
        if task is None:
            return
        for name in CHANGES:
            self._room.off(name, self._on_room)
        await _ended(task)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._looker.close)
        self._thread.shutdown(wait=False)
        self._lose_sight()

    def _on_room(self, *_: object) -> None:
        self._changed.set()

    def _on_cue(self, name: str, on: bool) -> None:
        self._emit(CueSeen(wall_us(), name, on))

    def _on_silent(self, reopened: int) -> None:
        self._lose_sight(camera=True)
        if reopened == 1:  # one word about it; the log counts the rest
            self._emit(Fault(wall_us(), "camera", "Your camera sends no picture. I am trying again."))

    def _emit(self, event: CueSeen | Fault) -> None:
        if self._on_event is not None:
            self._on_event(event)

    def _lose_sight(self, *, camera: bool = False) -> None:
        """No picture: whoever is in the next one is looked at afresh."""
        self._cues = Cues()
        self._looker.forget()
        self.sight.lost(camera=camera, resting=self.watching and self._fps <= 0)
        self._move(None)

    def _move(self, motion: SeenMotion | None) -> None:
        if self._on_motion is not None:
            self._on_motion(motion)

    async def _follow(self) -> None:
        """Watch whichever track is the person's camera; another task for each."""
        track: rtc.Track | None = None
        watching: asyncio.Task[None] | None = None
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                now = self._camera_track()
                if now is not track:
                    if watching is not None:
                        await _ended(watching)
                    self._lose_sight(camera=now is not None)
                    track, watching = now, asyncio.create_task(self._watch(now)) if now is not None else None
                elif track is not None and track.muted:
                    self._lose_sight()
        finally:
            if watching is not None:
                await _ended(watching)

    def _camera_track(self) -> rtc.Track | None:
        """The subscribed camera of whom we were told, else of a standard participant, no agent and no telephone."""
        for person in self._room.remote_participants.values():
            standard = person.kind == rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
            if not (standard if self._identity is None else person.identity == self._identity):
                continue
            for publication in person.track_publications.values():
                video = publication.kind == rtc.TrackKind.KIND_VIDEO and publication.source in CAMERA_SOURCES
                if video and publication.track is not None:
                    return publication.track
        return None

    async def _watch(self, track: rtc.Track) -> None:
        loop = asyncio.get_running_loop()
        camera = Camera(track, fps=self._fps, on_silent=self._on_silent, open_stream=self._open_stream)
        self._camera = camera
        try:
            async for event in camera:
                look = await loop.run_in_executor(self._thread, self._looker.look, event)
                if not track.muted and self._fps > 0:
                    facts = self._cues.update(
                        look.seen, look.brightness, lip_contrast=look.lip_contrast, person=look.person
                    )
                    self.sight.update(facts, self._cues.told)
                    self._move(look.motion)
        except Exception as error:  # the edge of perception: what breaks in it never ends the call
            logger.exception("the camera is not watched any more")
            reason = str(error) if isinstance(error, VisavisError) else "something broke"
            self._emit(Fault(wall_us(), "camera", f"I cannot see you: {reason}."))
            self._lose_sight()
        finally:
            self._camera = None
            await camera.aclose()


@dataclass(frozen=True)
class Look:
    """What one frame showed.

    Attributes:
        seen: its landmarks; person: a number that is another one when somebody else is followed.
        brightness: its mean, 0..255.
        lip_contrast: how far the lips stand off the skin about them; None where no mouth is seen.
        motion: of the person until then; None while there is none.
    """

    seen: Landmarks
    person: int
    brightness: float
    lip_contrast: float | None
    motion: SeenMotion | None


class Looker:
    """Looks at frames with a tracker that is made for the first of them. All of it on one thread but what is said.

    Somebody's build takes half a second to be told: it is told on a thread of its own, while the looking goes on. That
    thread gives way to none, or on a loaded machine nothing would be known of the person for long.
    """

    def __init__(self) -> None:
        self._tracker: FaceTracker | None = None
        self._motion, self._person = UserMotion(), 0
        self._fresh = False
        self._teller = threads.own_thread("person")
        self._telling: Future[Person] | None = None

    def look(self, event: rtc.VideoFrameEvent) -> Look:
        """Look at one frame.

        Raises:
            AssetError: the models are not set up.
        """
        if self._tracker is None:
            self._tracker = FaceTracker(bundles.find())
        picture = upright(event)
        seen = self._tracker.see(picture, event.timestamp_us // 1000)
        if self._fresh or self._tracker.person != self._person:
            self._fresh, self._person = False, self._tracker.person
            self._motion, self._telling = UserMotion(), None
        motion = self._motion.see(seen)
        self._tell()
        contrast = None if seen.face is None else lip_contrast(picture, seen.face)
        return Look(seen, self._person, float(np.mean(picture[::8, ::8])), contrast, motion)

    def forget(self) -> None:
        """Whoever is seen next may be somebody else. From any thread."""
        self._fresh = True

    def close(self) -> None:
        """Free the tracker and end the threads."""
        self._teller.shutdown()
        if self._tracker is not None:
            self._tracker.close()

    def _tell(self) -> None:
        """Have the person's build told when it is time, and take it in when it is."""
        if self._telling is not None and self._telling.done():
            self._motion.told(self._telling.result())
            self._telling = None
        if self._telling is None and (pictures := self._motion.untold()) is not None:
            self._telling = self._teller.submit(Person.of, pictures)


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel a task of ours and await its end; what broke in it is raised here."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
