"""A child process: awaited, ended by its id, its last words kept, gone with its parent."""

import asyncio
import gc
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from visavis.local import child as children
from visavis.local.child import Child
from visavis.media.errors import ServerError


async def never() -> bool:
    return False


async def wait_until_gone(pid: int) -> None:
    async with asyncio.timeout(5):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_output_is_kept_and_the_end_awaited() -> None:
    child = Child("test child")
    await child.start(["sh", "-c", "echo hello $NAME; exit 3"], {"NAME": "there"})
    assert await child.wait() == 3 and not child.running
    assert child.last_words() == "hello there" and "code 3" in child.epitaph() and "the test child" in child.epitaph()
    child.log.unlink()


async def test_one_that_ends_before_it_is_ready_says_why() -> None:
    child = Child("test child")
    await child.start(["sh", "-c", "echo no such luck >&2; exit 1"], {})
    with pytest.raises(ServerError, match="no such luck"):
        await child.ready(never, 10)
    child.log.unlink()


async def test_one_that_never_is_ready_is_ended() -> None:
    child = Child("test child")
    await child.start(["sleep", "60"], {})
    pid = child.pid
    with pytest.raises(ServerError, match="did not answer"):
        await child.ready(never, 0.1)
    assert not child.running and not psutil.pid_exists(pid)
    child.log.unlink()


async def test_one_that_will_not_listen_goes_with_its_own_children() -> None:
    child = Child("test child")
    await child.start(["sh", "-c", "trap '' TERM; sleep 60 & echo $!; wait"], {})

    async def spoke() -> bool:
        return bool(child.log.read_text().strip())

    await child.ready(spoke, 5)
    grandchild = int(child.log.read_text())
    await child.stop(grace_s=0.1)
    await wait_until_gone(grandchild)
    child.log.unlink()


async def test_a_program_that_is_not_there_is_one_clear_error() -> None:
    child = Child("test child")
    with pytest.raises(ServerError, match="cannot be run"):
        await child.start(["/no/such/program"], {})
    child.log.unlink()


async def test_it_goes_when_its_parent_is_killed() -> None:
    parent = """
import asyncio, os, signal
from visavis.local.child import Child
async def main():
    child = Child("orphan test")
    await child.start(["sleep", "60"], {})
    child.log.unlink()
    print(child.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    await wait_until_gone(int(done.stdout))


def test_only_the_newest_logs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(children.LOGS_KEPT + 5):
        children.log_file("x").touch()
    assert len(list((tmp_path / "visavis" / "logs").iterdir())) == children.LOGS_KEPT


def test_a_log_in_use_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    child = Child("old one")
    for _ in range(children.LOGS_KEPT + 5):
        children.log_file("zzz").touch()
    assert child.log.exists()
    del child
    gc.collect()
    children.log_file("zzz").touch()
    assert not list((tmp_path / "visavis" / "logs").glob("*old-one*"))
