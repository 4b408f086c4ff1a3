import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from livekit import rtc

from visavis.perception.camera import LONG_SIDE_PX, Camera, newest_only, upright

WAIT_S = 60.0


class LostStream(rtc.VideoStream):
    """A stream as LiveKit sometimes opens it: the track is live, and not one of its frames arrives."""

    def _is_event(self, event: object) -> bool:
        return False


async def camera_track(room: rtc.Room) -> rtc.Track:
    """The first remote video track, once it is there."""
    for person in room.remote_participants.values():
        for publication in person.track_publications.values():
            if publication.track is not None:
                return publication.track
    subscribed = asyncio.get_running_loop().create_future()
    room.once("track_subscribed", lambda track, *_: subscribed.set_result(track))
    return await asyncio.wait_for(subscribed, WAIT_S)


async def next_frame(
    camera: Camera, wanted: Callable[[rtc.VideoFrame], bool] = lambda frame: True
) -> rtc.VideoFrameEvent:
    """The next frame of the kind wanted; the encoder may shrink frames at first."""
    async with asyncio.timeout(WAIT_S):
        async for event in camera:
            if wanted(event.frame):
                return event
    raise AssertionError("the camera has ended")


def is_upright(frame: rtc.VideoFrame) -> bool:
    return frame.height > frame.width


def still(rgb: np.ndarray, rotation: int = rtc.VideoRotation.VIDEO_ROTATION_0) -> rtc.VideoFrameEvent:
    height, width, _ = rgb.shape
    frame = rtc.VideoFrame(width, height, rtc.VideoBufferType.RGB24, rgb.tobytes())
    return rtc.VideoFrameEvent(frame, 0, rotation)


def test_upright_keeps_the_colours() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    assert (upright(still(rgb)) == rgb).all()


@pytest.mark.parametrize(
    ("rotation", "corner"),
    [
        (rtc.VideoRotation.VIDEO_ROTATION_0, (0, 0)),
        (rtc.VideoRotation.VIDEO_ROTATION_90, (0, -1)),
        (rtc.VideoRotation.VIDEO_ROTATION_180, (-1, -1)),
        (rtc.VideoRotation.VIDEO_ROTATION_270, (-1, 0)),
    ],
)
def test_upright_turns_clockwise(rotation: int, corner: tuple[int, int]) -> None:
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[:8, :8] = 255  # the top left corner
    turned = upright(still(rgb, rotation))
    assert turned[corner].tolist() == [255, 255, 255] and turned.sum() == rgb.sum()


def test_upright_makes_what_is_large_smaller() -> None:
    picture = upright(still(np.zeros((2160, 3840, 3), np.uint8)))
    assert picture.shape == (360, 640, 3) and max(picture.shape) <= LONG_SIDE_PX


def test_what_is_made_smaller_keeps_its_colours_and_its_place() -> None:
    rgb = np.full((1080, 1920, 3), (40, 90, 200), np.uint8)
    rgb[:540] = (200, 120, 30)
    small = upright(still(rgb)).astype(int)
    assert np.abs(small[:175] - (200, 120, 30)).max() < 5 and np.abs(small[185:] - (40, 90, 200)).max() < 5


async def test_any_size_and_changes_of_it(room_and_person) -> None:
    room, person = room_and_person
    await person.publish()
    camera = Camera(await camera_track(room))
    await next_frame(camera)
    person.picture = np.full((480, 360, 3), 200, np.uint8)
    event = await next_frame(camera, is_upright)
    assert upright(event).shape == (event.frame.height, event.frame.width, 3)
    assert camera.reopened == 0
    await camera.aclose()


async def test_a_silent_stream_is_opened_again(room_and_person) -> None:
    room, person = room_and_person
    await person.publish()
    openers = iter([LostStream, newest_only])
    told: list[int] = []
    track = await camera_track(room)
    camera = Camera(track, silent_s=0.5, on_silent=told.append, open_stream=lambda track: next(openers)(track))
    await next_frame(camera)
    assert told == [1] and camera.reopened == 1
    await camera.aclose()


async def test_a_muted_camera_is_waited_for(room_and_person) -> None:
    room, person = room_and_person
    await person.publish()
    camera = Camera(await camera_track(room), silent_s=0.3)
    await next_frame(camera)
    reopened = camera.reopened  # the first frame may be late
    muted, unmuted = asyncio.Event(), asyncio.Event()
    room.on("track_muted", lambda *_: muted.set())
    room.on("track_unmuted", lambda *_: unmuted.set())
    person.track.mute()
    await asyncio.wait_for(muted.wait(), WAIT_S)
    person.picture = np.full((336, 240, 3), 60, np.uint8)
    waiting = asyncio.create_task(next_frame(camera, is_upright))
    await asyncio.wait([waiting], timeout=1.0)
    assert not waiting.done() and camera.reopened == reopened
    person.track.unmute()
    await asyncio.wait_for(unmuted.wait(), WAIT_S)
    await waiting
    await camera.aclose()


async def test_the_rate_can_be_set_and_nothing_is_looked_at_at_none(room_and_person) -> None:
    _, person = room_and_person
    camera = Camera(person.track)
    await next_frame(camera)
    camera.fps = 0
    waiting = asyncio.create_task(next_frame(camera))
    await asyncio.wait([waiting], timeout=0.5)
    assert not waiting.done()
    camera.fps = 4
    await asyncio.wait_for(waiting, WAIT_S)
    began = asyncio.get_running_loop().time()
    for _ in range(3):
        await next_frame(camera)
    assert asyncio.get_running_loop().time() - began >= 0.7
    await camera.aclose()


async def test_blank_frames_are_no_pictures(room_and_person) -> None:
    _, person = room_and_person
    person.picture = np.zeros((8, 8, 3), np.uint8)
    camera = Camera(person.track, silent_s=60.0)
    waiting = asyncio.create_task(anext(camera))
    await asyncio.wait([waiting], timeout=0.5)
    assert not waiting.done()
    person.picture = np.zeros((240, 320, 3), np.uint8)
    event = await asyncio.wait_for(waiting, WAIT_S)
    assert (event.frame.width, event.frame.height) == (320, 240)
    await camera.aclose()
