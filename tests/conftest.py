"""What tests of several floors share: a real LiveKit server, the models that see, pictures of a face."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.local.binary import find_server
from visavis.local.server import LocalServer
from visavis.local.sip_binary import find_redis, find_sip, find_softphone
from visavis.media.errors import AssetError, ServerError
from visavis.vision import bundles
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import INDEX, N_MOTION

Picture = NDArray[np.uint8]


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


@pytest.fixture(scope="session")
def alex() -> Callable[..., Picture]:
    """Draws Alex, RGB [256, 256, 3], with the weights given: `alex(jawOpen=0.5)`."""
    renderer = Renderer(portrait("alex"), 256)

    def draw(**weights: float) -> Picture:
        row = np.zeros((1, N_MOTION), np.float32)
        for name, weight in weights.items():
            row[0, INDEX[name]] = weight
        return renderer.render(row)[0].copy()

    return draw


@pytest.fixture(scope="session")
def assembled() -> bundles.Bundles:
    try:
        return bundles.find()
    except AssetError as error:
        pytest.skip(str(error))
