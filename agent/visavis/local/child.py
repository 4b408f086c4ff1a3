"""A child process with one owner: its output kept in a file, ended by its id and awaited, gone when we are gone."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import os
import secrets
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from visavis.media.cache import cache_folder
from visavis.media.errors import ServerError

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_POLL_S = 0.05
LOGS_KEPT = 20


def log_file(name: str) -> Path:
    """A new file for a child's output in the cache's `logs` folder; all but the newest and those in use are removed."""
    folder = cache_folder() / "logs"
    folder.mkdir(exist_ok=True)
    for old in sorted(folder.glob("*.log"), key=lambda log: log.name)[: -LOGS_KEPT + 1]:
        if not _in_use(old):
            old.unlink(missing_ok=True)
    return folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}-{secrets.token_hex(3)}.log"


def _in_use(log: Path) -> bool:
    """Whether an owner or a process of its own still holds the file (flock(2))."""
    try:
        with log.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or gone by now
        return True
    return False


def _die_with_parent() -> None:
    """Runs in the child before `exec`: the kernel ends it when the thread that started it ends (prctl(2))."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def until(answers: Callable[[], Awaitable[bool]]) -> None:
    """Ask again and again: for what another process does there is nothing to await."""
    while not await answers():  # noqa: ASYNC110
        await asyncio.sleep(_POLL_S)


class Child:
    """One process in a process group of its own, so that Ctrl-C reaches only us and we end it in order.

    Args:
        name: what it is called in messages, such as "LiveKit server".

    Attributes:
        log: the file that gets its output, of every start.
    """

    def __init__(self, name: str) -> None:
        self.name = f"the {name}"
        self.log = log_file(name.lower().replace(" ", "-"))
        # held for as long as this object lives, and by every process that writes to it: nobody clears it away
        self._kept = self.log.open("ab")
        fcntl.flock(self._kept, fcntl.LOCK_SH)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The id of the running process.

        Raises:
            ServerError: it is not running.
        """
        if not self._process or not self.running:
            raise ServerError(f"{self.name} is not running")
        return self._process.pid

    async def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it with `environment` added to ours.

        Raises:
            ServerError: the program cannot be run.
        """
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._kept,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **environment},
                process_group=0,
                preexec_fn=_die_with_parent,
            )
        except OSError as error:
            raise ServerError(f"{self.name} cannot be run: {command[0]}: {error.strerror}") from None

    async def ready(self, answers: Callable[[], Awaitable[bool]], within_s: float) -> None:
        """Wait until `answers()` is true; on failure the child is ended.

        Raises:
            ServerError: it ended first, or did not answer in time; with the last lines of its output.
        """
        try:
            async with asyncio.timeout(within_s):
                await until(lambda: self._settled(answers))
        except TimeoutError:
            await self.stop()
            raise ServerError(f"{self.name} did not answer within {within_s:g} s: {self.last_words()}") from None
        except asyncio.CancelledError:
            await self.stop()
            raise
        if not self.running:
            raise ServerError(self.epitaph())

    async def _settled(self, answers: Callable[[], Awaitable[bool]]) -> bool:
        return not self.running or await answers()

    async def wait(self) -> int:
        """Wait until it has ended; its exit code."""
        return await self._process.wait() if self._process else 0

    async def lost(self) -> None:
        """Wait until it has ended by itself, which it should not.

        Raises:
            ServerError: then; with its last words.
        """
        await self.wait()
        raise ServerError(self.epitaph())

    async def stop(self, grace_s: float = 5.0) -> None:
        """SIGTERM, and after `grace_s` SIGKILL to its whole group; returns when it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(grace_s):
                await process.wait()
        except TimeoutError:
            pass
        finally:
            # children of its own, and itself where it did not listen
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    def last_words(self, lines: int = 3) -> str:
        """The last lines of its output, in one line."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        said = [line.strip() for line in text.splitlines() if line.strip()]
        return " | ".join(said[-lines:]) or "it said nothing"

    def ended(self) -> str:
        """How it ended, for a person: `the LiveKit server ended by signal 9`."""
        code = self._process.returncode if self._process else None
        how = f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"
        return f"{self.name} ended {how}"

    def epitaph(self) -> str:
        """How it ended, with its last words."""
        return f"{self.ended()}: {self.last_words()} (its output: {self.log})"
