"""The example that the README names, run as a developer would run it."""

import sys
from pathlib import Path

import pytest
from tests.avatar.conftest import SOON_S, Ear

from visavis.local.child import Child
from visavis.local.server import LocalServer
from visavis.local.worker_process import REGISTERED

AGENT = Path(__file__).parents[2] / "examples" / "agent.py"


@pytest.mark.call
async def test_it_greets_with_voice_and_face_and_ends(server: LocalServer) -> None:
    app, ear = Child("example"), Ear()

    async def registered() -> bool:
        return REGISTERED in app.log.read_text()

    keys = {"LIVEKIT_URL": server.url, "LIVEKIT_API_KEY": server.key, "LIVEKIT_API_SECRET": server.secret}
    await app.start([sys.executable, str(AGENT), "dev"], keys)
    try:
        await app.ready(registered, SOON_S)
        await ear.join(server, "example")
        await ear.until(lambda: ear.voiced_s > 0.5 and len(ear.frames) > 20)
        assert app.running
    finally:
        await ear.aclose()
        await app.stop()
    log = app.log.read_text()
    assert "Traceback" not in log, log
