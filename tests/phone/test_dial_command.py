"""The whole of it: the agent calls a real phone, says the consent sentence first, and the report tells."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from visavis.dialogue.moonshine import Moonshine
from visavis.local.exchange import Exchange
from visavis.local.ports import LOOPBACK
from visavis.local.softphone import ESTABLISHED, RATE, Softphone
from visavis.local.worker_process import LocalWorker
from visavis.media.resample import Resampler
from visavis_models.spec import MODEL_RATE

CONSENT = "This is a computer calling. The call is recorded."


@pytest.mark.phone
@pytest.mark.asyncio(loop_scope="session")
async def test_the_agent_calls_and_asks_first(
    exchange: Exchange, phone_agent: LocalWorker, phones: Callable[..., Awaitable[Softphone]], tmp_path: Path
) -> None:
    recogniser = Moonshine.load()
    phone, report = await phones("4711", answers=True), tmp_path / "report.json"
    environment = {
        **os.environ,
        "LIVEKIT_URL": exchange.server.url,
        "LIVEKIT_API_KEY": exchange.server.key,
        "LIVEKIT_API_SECRET": exchange.server.secret,
        "XDG_STATE_HOME": str(tmp_path),
    }
    dialling = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "visavis.cli", "dial", phone.address, "--allow", f"@{LOOPBACK}:{phone.port}"),
        *("--consent", CONSENT, "--report", str(report)),
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    await phone.happens(ESTABLISHED, within_s=60)
    await asyncio.sleep(0.3)
    await phone.say(0.2 * np.sin(np.arange(4000) / 8).astype(np.float32))
    async with asyncio.timeout(60):
        while "recorded" not in (heard := understand(recogniser, phone)):  # noqa: ASYNC110
            await asyncio.sleep(1)
    await phone.hang_up()
    said, errors = await dialling.communicate()
    assert dialling.returncode == 0 and errors == b"" and b"answered by" in said
    assert heard.lower().startswith("this is a computer calling")
    made = json.loads(report.read_text())
    assert (made["outcome"], made["ended_by"], made["consent"]) == ("answered", "phone", CONSENT)


def understand(recogniser: Moonshine, phone: Softphone) -> str:
    """What the phone has heard, in words."""
    sound, rate = phone.heard()
    assert rate == RATE[phone.codec]
    return recogniser.transcribe(Resampler(rate, MODEL_RATE).push(sound)).text
