import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from livekit import rtc
from tests.perception.conftest import SMILE

from visavis.media.events import CueSeen, Fault
from visavis.perception.user_motion import SeenMotion
from visavis.perception.watcher import Watcher

WAIT_S = 60.0


class Told:
    """Collects what a watcher tells, and waits for what it should tell."""

    def __init__(self) -> None:
        self.events: list[CueSeen | Fault] = []
        self.moved: list[SeenMotion | None] = []
        self._news = asyncio.Event()

    def __call__(self, event: CueSeen | Fault) -> None:
        self.events.append(event)
        self._news.set()

    def move(self, motion: SeenMotion | None) -> None:
        self.moved.append(motion)
        self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not holds():
                self._news.clear()
                await self._news.wait()

    def cues(self, name: str) -> list[bool]:
        return [event.on for event in self.events if isinstance(event, CueSeen) and event.name == name]


async def test_a_person_comes_smiles_hides_and_leaves(room_and_person, alex, assembled) -> None:
    room, person = room_and_person
    told = Told()
    watcher = Watcher(room, told, on_motion=told.move)
    watcher.start()
    assert not watcher.sight.available and watcher.sight.describe() == ""
    person.picture = alex()
    await person.publish()
    await told.until(lambda: "looking" in watcher.sight.facts)
    assert watcher.sight.facts == {"present", "looking"} and watcher.sight.available
    await told.until(lambda: any(told.moved))
    person.picture = alex(**SMILE)
    await told.until(lambda: "smile" in watcher.sight.facts)
    assert "smiling" in watcher.sight.describe()
    person.picture = np.full((240, 320, 3), 120, np.uint8)
    await told.until(lambda: "away" in watcher.sight.facts)
    assert "nobody" in watcher.sight.describe()
    await person.unpublish()
    await told.until(lambda: not watcher.sight.facts)
    assert not watcher.sight.available and watcher.sight.describe() == ""
    assert told.cues("smile") == [True, False] and told.cues("present") == [True, False]
    smiles = [seen.motion["mouthSmileLeft"][-1] for seen in told.moved if seen is not None]
    assert smiles and smiles[0] < 0.15 and max(smiles) > 0.4 and told.moved[-1] is None
    await watcher.aclose()


async def test_a_muted_camera_shows_nothing_and_a_black_one_is_called_black(room_and_person, assembled) -> None:
    room, person = room_and_person
    told = Told()
    watcher = Watcher(room, told)
    watcher.start()
    person.picture = np.zeros((240, 320, 3), np.uint8)
    await person.publish()
    await told.until(lambda: watcher.sight.facts == {"dark"})
    assert "black" in watcher.sight.describe()
    person.track.mute()
    await told.until(lambda: not watcher.sight.facts)
    assert not watcher.sight.available
    person.track.unmute()
    await told.until(lambda: watcher.sight.facts == {"dark"})
    await watcher.aclose()


async def test_at_no_rate_nothing_is_known_until_it_is_set_again(room_and_person, alex, assembled) -> None:
    room, person = room_and_person
    told = Told()
    watcher = Watcher(room, told)
    watcher.start()
    person.picture = alex()
    await person.publish()
    await told.until(lambda: "present" in watcher.sight.facts)
    watcher.fps = 0
    assert not watcher.sight.available and not watcher.sight.facts
    assert "too busy" in watcher.sight.describe()
    watcher.fps = 8
    await told.until(lambda: "present" in watcher.sight.facts)
    assert "busy" not in watcher.sight.describe()
    watcher.fps = 0
    await person.unpublish()
    async with asyncio.timeout(30):
        while watcher.watching:  # noqa: ASYNC110  nothing is told of it: nothing was known
            await asyncio.sleep(0.05)
    assert watcher.sight.describe() == ""  # no camera is no want of time
    await watcher.aclose()


async def test_without_a_camera_nothing_is_known_and_nothing_is_a_fault(room_and_person) -> None:
    room, _ = room_and_person
    told = Told()
    watcher = Watcher(room, told)
    watcher.start()
    microphone = rtc.LocalAudioTrack.create_audio_track("microphone", rtc.AudioSource(48_000, 1))
    subscribed = asyncio.get_running_loop().create_future()
    room.once("track_subscribed", lambda track, *_: subscribed.set_result(track))
    await room_and_person[1].room.local_participant.publish_track(microphone)
    await asyncio.wait_for(subscribed, WAIT_S)
    await asyncio.sleep(0)  # what the room told is taken in
    assert not watcher.sight.available and not watcher.sight.facts and not watcher.sight.told
    await watcher.aclose()
    assert not told.events


@pytest.mark.parametrize("fps", [4.0, 8.0])
async def test_at_lower_rates_presence_and_smiles_are_still_told(room_and_person, alex, assembled, fps: float) -> None:
    room, person = room_and_person
    told = Told()
    watcher = Watcher(room, told, fps=fps)
    watcher.start()
    person.picture = alex()
    await person.publish()
    await told.until(lambda: "looking" in watcher.sight.facts)
    person.picture = alex(**SMILE)
    await told.until(lambda: "smile" in watcher.sight.facts)
    watcher.fps = 0
    assert not watcher.sight.facts and not watcher.sight.told and told.cues("smile") == [True, False]
    await watcher.aclose()


async def test_closing_what_never_began_or_has_ended(room_and_person) -> None:
    room, _ = room_and_person
    watcher = Watcher(room)
    await watcher.aclose()
    watcher.start()
    await watcher.aclose()
    await watcher.aclose()


async def test_missing_models_are_a_fault_and_end_nothing(
    room_and_person, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, person = room_and_person
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told = Told()
    watcher = Watcher(room, told)
    watcher.start()
    await person.publish()
    await told.until(lambda: bool(told.events))
    (fault,) = told.events
    assert isinstance(fault, Fault) and "make setup" in fault.message
    assert not watcher.sight.facts
    await watcher.aclose()
