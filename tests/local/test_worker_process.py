"""The agent worker as a child: ready when registered, gone with all that it started."""

import psutil
import pytest

from visavis.local import worker_process
from visavis.local.server import LocalServer
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import ServerError


@pytest.mark.call
async def test_it_registers_and_leaves_nothing_behind(server: LocalServer) -> None:
    async with LocalWorker(server) as worker:
        assert worker_process.REGISTERED in worker.log.read_text()
        family = [psutil.Process(worker.child.pid), *psutil.Process(worker.child.pid).children(recursive=True)]
        assert server.secret not in " ".join(family[0].cmdline())
    gone, alive = psutil.wait_procs(family, timeout=5)
    assert not alive and gone


async def test_one_that_does_not_start_says_why(server: LocalServer) -> None:
    with pytest.raises(ServerError, match="no such recogniser"):
        async with LocalWorker(server, ["--stt", "nonsense"]):
            pass
