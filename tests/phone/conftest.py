"""One telephone exchange for all tests of the phone: real redis, LiveKit server and SIP service, real softphones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from livekit import api

from visavis.local.exchange import Exchange
from visavis.local.softphone import Account, Codec, Softphone
from visavis.local.worker_process import LocalWorker
from visavis.phone.diary import Diary
from visavis.phone.line import Line

NUMBER, CALLER = "100", "+15550199"
SAID: list[str] = []  # by the exchange, of what died and came back


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def exchange(phone_installed: None) -> AsyncIterator[Exchange]:
    """The services with one line, number 100; nobody answers unless `phone_agent` runs."""
    async with Exchange(Line.fresh(NUMBER), say=SAID.append, media_timeout_s=5) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def colleague(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Softphone]:
    """A telephone that picks up by itself; the agent may transfer to it as "sales"."""
    account = Account("300", exchange.sip.address)
    async with Softphone(tmp_path_factory.mktemp("colleague") / "phone", account, answers=True) as phone:
        yield phone


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the agent's calls are recorded."""
    return tmp_path_factory.mktemp("recordings")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phone_agent(exchange: Exchange, colleague: Softphone, recordings: Path) -> AsyncIterator[LocalWorker]:
    """The real worker, which answers the line and records its calls: of one module, others want that nobody answers."""
    environment = {"VISAVIS_PHONE_TRANSFER": f"sales={colleague.address}"}
    async with LocalWorker(exchange.server, ["--record-calls", str(recordings)], environment) as worker:
        yield worker


@pytest_asyncio.fixture(loop_scope="session")
async def lk(exchange: Exchange) -> AsyncIterator[api.LiveKitAPI]:
    """The API of the exchange's LiveKit server."""
    async with exchange.api() as opened:
        yield opened


@dataclass
class Phones:
    """Makes softphones that sign in to the exchange's line, and ends them with the test."""

    exchange: Exchange
    folder: Path
    stack: AsyncExitStack
    count: int = 0

    async def __call__(
        self, number: str = CALLER, codec: Codec = "PCMU", *, password: str | None = None, answers: bool = False
    ) -> Softphone:
        line = self.exchange.line
        assert line is not None
        self.count += 1
        secret = line.password if password is None else password
        account = Account(number, self.exchange.sip.address, line.user, secret)
        phone = Softphone(self.folder / f"phone-{self.count}", account, codec, answers=answers)
        return await self.stack.enter_async_context(phone)


@pytest_asyncio.fixture(loop_scope="session")
async def phones(exchange: Exchange, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Softphone]]]:
    """`await phones(number, codec, password=..., answers=...)`: a softphone at the line."""
    async with AsyncExitStack() as stack:
        yield Phones(exchange, tmp_path, stack)


@pytest.fixture
def told(exchange: Exchange) -> Callable[[str], Awaitable[str]]:
    """`await told(words)`: the first line of the diary since the test began that holds these words; else fails."""
    begin = exchange.sip.child.log.stat().st_size

    def lines() -> list[str]:
        diary = Diary()
        with exchange.sip.child.log.open(errors="replace") as log:
            log.seek(begin)
            return [said for line in log if (said := diary.read(line))]

    async def wait(words: str, within_s: float = 10) -> str:
        try:
            async with asyncio.timeout(within_s):
                while not (found := [line for line in lines() if words in line]):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pytest.fail(f"the diary has no {words!r}, but {lines()}")
        return found[0]

    return wait
