"""A real room, and somebody in it with a camera."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
from livekit import rtc
from numpy.typing import NDArray

from visavis.local.server import LocalServer
from visavis.local.tokens import access_token
from visavis.perception.landmarks import FaceTracker
from visavis.vision import bundles

Picture = NDArray[np.uint8]
CAMERA_FPS = 15
SMILE = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}


@pytest.fixture
def tracker(assembled: bundles.Bundles) -> Iterator[FaceTracker]:
    tracker = FaceTracker(assembled)
    yield tracker
    tracker.close()


class Person:
    """Somebody in a room who shows one picture after the other, each until the next."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = room
        self.picture: Picture = np.full((240, 320, 3), 128, np.uint8)
        self._source = rtc.VideoSource(320, 240)
        self.track = rtc.LocalVideoTrack.create_video_track("camera", self._source)
        self._task = asyncio.create_task(self._film())
        self._sid = ""

    async def publish(self) -> None:
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False)
        self._sid = (await self.room.local_participant.publish_track(self.track, options)).sid

    async def unpublish(self) -> None:
        await self.room.local_participant.unpublish_track(self._sid)

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        await self.room.disconnect()

    async def _film(self) -> None:
        while True:
            height, width, _ = self.picture.shape
            self._source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.RGB24, self.picture.tobytes()))
            await asyncio.sleep(1 / CAMERA_FPS)


@pytest.fixture
async def room_and_person(server_installed: None) -> AsyncIterator[tuple[rtc.Room, Person]]:
    """The agent's room, and the person in it, on a real server."""
    async with LocalServer(environment=False) as server:
        rooms = {}
        for identity in ("agent", "person"):
            rooms[identity] = rtc.Room()
            token = access_token(server.endpoint.keys, room="r", identity=identity, agent=None)
            await rooms[identity].connect(server.url, token)
        person = Person(rooms["person"])
        yield rooms["agent"], person
        await person.aclose()
        await rooms["agent"].disconnect()
