"""What tests of several floors share: a real LiveKit server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from visavis.local.binary import find_server
from visavis.local.server import LocalServer
from visavis.local.sip_binary import find_redis, find_sip, find_softphone
from visavis.media.errors import ServerError


@pytest.fixture(scope="session")
def server_installed() -> None:
    """Skips, visibly, where this machine has no LiveKit server."""
    try:
        find_server()
    except ServerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def phone_installed(server_installed: None) -> None:
    """Skips, visibly, where this machine lacks livekit-sip, redis or baresip.

    `VISAVIS_REQUIRE_PHONE=1`, as continuous integration sets it, makes that a failure.
    """
    try:
        find_sip(), find_redis(), find_softphone()
    except ServerError as error:
        if os.environ.get("VISAVIS_REQUIRE_PHONE"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
async def server(server_installed: None) -> AsyncIterator[LocalServer]:
    """A real LiveKit server of the test's own."""
    async with LocalServer(environment=False) as running:
        yield running
