"""One server and one worker for all whole calls, and a caller whose questions are synthesised on the spot."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from visavis.caller.camera import CameraFile
from visavis.caller.questions import ask
from visavis.caller.record import write_record
from visavis.caller.report import Report, make_report
from visavis.caller.session import hold_call
from visavis.caller.speech import Interruption, Line, Plan
from visavis.caller.spool import Spool
from visavis.caller.take import Take
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.dialogue.moonshine import Moonshine
from visavis.local.server import LocalServer
from visavis.local.tokens import calling_token, fresh_name
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import RoomError

SHARED = Path(__file__).parents[3] / "shared" / "data"


@dataclass
class House:
    """A server with a worker, into whose rooms callers go."""

    server: LocalServer
    worker: LocalWorker

    def token(self, room: str, **metadata: object) -> str:
        return calling_token(self.server.endpoint.keys, metadata, room=room)


@dataclass
class Outcome:
    """What came of a call: the report, the record, and the take itself."""

    report: Report
    record: Path
    take: Take
    plan: Plan


Caller = Callable[..., Awaitable[Outcome]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(server_installed: None) -> AsyncIterator[House]:
    """The real server and the real worker, with room for two calls."""
    async with LocalServer(environment=False) as server, LocalWorker(server) as worker:
        yield House(server, worker)


@pytest.fixture(scope="session")
def voice() -> HibariVoice:
    return HibariVoice()


@pytest.fixture(scope="session")
def says(voice: HibariVoice) -> Callable[[str], Line]:
    """`says(text)`: a line of the caller."""
    return lambda text: ask(voice, text)


@pytest.fixture(scope="session")
def understand() -> Callable[[np.ndarray], str]:
    """Recognise 16 kHz sound again, as a stranger would hear it."""
    recogniser = Moonshine.load()
    return lambda sound: recogniser.transcribe(sound.astype(np.float32)).text


@pytest.fixture(scope="session")
def caller(house: House, tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """Holds one call to its end: `await caller(lines, interruptions, camera=..., probe=...)`."""

    async def hold(
        lines: tuple[Line, ...],
        interruptions: tuple[Interruption, ...] = (),
        camera: Path | None = None,
        **metadata: object,
    ) -> Outcome:
        folder, plan, take = tmp_path_factory.mktemp("call"), Plan(lines, interruptions), Take("")
        spool = Spool(folder)
        token = house.token(fresh_name("room"), **metadata)
        eye = CameraFile(camera) if camera else None
        try:
            await hold_call(house.server.url, token, plan, take, camera=eye, pictures=spool)
        except RoomError as error:
            error.add_note(f"the worker's last words:\n{house.worker.log.read_text(errors='replace')[-6000:]}")
            raise
        finally:
            spool.close()
        # not on the loop: another call may be in the middle of its sentence
        report = await asyncio.to_thread(make_report, take, plan, spool, probe=bool(metadata.get("probe")))
        await asyncio.to_thread(write_record, folder / "record.mp4", take, spool)
        return Outcome(report, folder / "record.mp4", take, plan)

    return hold


@pytest.fixture(scope="session")
def questions() -> list[tuple[Line, str]]:
    """The six recorded questions of ../shared with their words; skips without them."""
    folder = SHARED / "speech" / "questions"
    if not folder.exists():
        pytest.skip("../shared is not here")
    with (folder / "transcripts.csv").open(newline="") as file:
        rows = list(csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE))
    return [(Line.read(folder / f"{name}.wav"), text) for name, text in rows[:6]]


@pytest.fixture(scope="session")
def camera_file() -> Path:
    """A real person before a camera; skips without ../shared."""
    clips = sorted((SHARED / "grid" / "video").glob("*.mpg"))
    if not clips:
        pytest.skip("../shared is not here")
    return clips[0]


NUMBERS = {"2": "two", "4": "four"}


@pytest.fixture(scope="session")
def plain() -> Callable[[str], str]:
    """`plain(text)`: small letters, numbers as words, nothing else, for comparing words."""

    def words(text: str) -> str:
        return " ".join(NUMBERS.get(word, word) for word in re.findall(r"[a-z0-9']+", text.lower()))

    return words
