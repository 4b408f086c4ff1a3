"""What the tests of this machine's server share."""

from collections.abc import AsyncIterator

import pytest

from visavis.local.binary import find_server
from visavis.local.server import LocalServer
from visavis.media.errors import ServerError


@pytest.fixture
async def server() -> AsyncIterator[LocalServer]:
    """A real LiveKit server of the test's own."""
    try:
        find_server()
    except ServerError as error:
        pytest.skip(str(error))
    async with LocalServer(environment=False) as running:
        yield running
