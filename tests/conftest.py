"""What tests of several floors share: a real LiveKit server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from visavis.local.binary import find_server
from visavis.local.server import LocalServer
from visavis.media.errors import ServerError


@pytest.fixture(scope="session")
def server_installed() -> None:
    """Skips, visibly, where this machine has no LiveKit server."""
    try:
        find_server()
    except ServerError as error:
        pytest.skip(str(error))


@pytest.fixture
async def server(server_installed: None) -> AsyncIterator[LocalServer]:
    """A real LiveKit server of the test's own."""
    async with LocalServer(environment=False) as running:
        yield running
