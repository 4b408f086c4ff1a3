"""The worker is ended in mid-call, as by Ctrl-C or by whoever rolls out a new one."""

import os
import time
from pathlib import Path

import pytest
from tests.avatar.conftest import Ear

from visavis.local.server import LocalServer
from visavis.local.tokens import calling_token
from visavis.local.worker_process import LocalWorker

pytestmark = [pytest.mark.call, pytest.mark.timeout(400)]


async def test_its_call_ends_in_order_and_keeps_its_record(server: LocalServer, tmp_path: Path) -> None:
    caller = Ear()
    async with LocalWorker(server, ["--record-calls", str(tmp_path)]) as worker:
        await caller.join(server, "stopped", ticket=calling_token(server.endpoint.keys, {}, room="stopped"))
        await caller.until(lambda: caller.voiced_s > 1.0)
        began = time.monotonic()
        await worker.aclose()
        took_s = time.monotonic() - began
    await caller.aclose()
    log = worker.log.read_text()
    assert took_s < 8 and "call in stopped is over" in log and "Traceback" not in log, log
    assert [name.rpartition(".")[2] for name in sorted(os.listdir(tmp_path))] == ["json", "txt", "wav"]
