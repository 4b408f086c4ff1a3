"""One telephone exchange for all tests of the phone: real redis, LiveKit server and SIP service, and real softphones.

`VISAVIS_REQUIRE_PHONE=1` (as continuous integration sets it) makes a missing program a failure instead of a skip.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from livekit import api

from visavis.local.exchange import Exchange
from visavis.local.sip_binary import find_redis, find_sip, find_softphone
from visavis.local.softphone import Account, Codec, Softphone
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import ServerError
from visavis.phone.line import Line

NUMBER, CALLER = "100", "+15550199"


@pytest.fixture(scope="session")
def phone_installed(server_installed: None) -> None:
    """Skips, visibly, where this machine lacks livekit-sip, redis or baresip."""
    try:
        find_sip(), find_redis(), find_softphone()
    except ServerError as error:
        if os.environ.get("VISAVIS_REQUIRE_PHONE"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def exchange(phone_installed: None) -> AsyncIterator[Exchange]:
    """The services with one line, number 100; nobody answers unless `phone_agent` runs."""
    async with Exchange(Line.fresh(NUMBER)) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def phone_agent(exchange: Exchange) -> AsyncIterator[LocalWorker]:
    """The real worker, which answers the line."""
    async with LocalWorker(exchange.server) as worker:
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
