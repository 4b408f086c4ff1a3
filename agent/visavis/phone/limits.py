"""Limits on calls dialled out, kept per user across processes and restarts: toll fraud is the classic loss.

The ledger is one JSON file, changed only under a lock and replaced as a whole.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from visavis.media.errors import InputError

HOUR_S = 3600.0


@dataclass(frozen=True)
class Limits:
    """What may be dialled, at most.

    Attributes:
        at_once: calls held at the same time.
        an_hour: calls begun in any 60 minutes, answered or not.
        minutes: that a call may last.
    """

    at_once: int = 1
    an_hour: int = 10
    minutes: int = 10

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 1:
                raise InputError(f"limit {name.replace('_', ' ')}: must be 1 or more, not {value}")


@dataclass(frozen=True)
class Entry:
    """One call: its own `key`, when it began (Unix time), and the process that holds it, 0 when it is over."""

    key: str
    began_s: float
    pid: int
    pid_began_s: float

    def is_held(self) -> bool:
        """Whether its process still runs (a process id may have been given to another one since)."""
        try:
            return self.pid > 0 and abs(psutil.Process(self.pid).create_time() - self.pid_began_s) < 1
        except psutil.Error:
            return False


def ledger_path() -> Path:
    """`$XDG_STATE_HOME/visavis/dialled.json`, else below `~/.local/state`."""
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "visavis" / "dialled.json"


class Ledger:
    """The calls of the last hour, of all this user's processes.

    Args:
        path: of the file; None takes the user's own.
        clock: seconds of Unix time.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path or ledger_path(), clock

    @contextmanager
    def call(self, limits: Limits) -> Iterator[None]:
        """Hold one call within `limits` for as long as the `with` lasts.

        Raises:
            InputError: a limit is reached, or the ledger cannot be read or written; then nothing may be dialled.
        """
        entry = Entry(secrets.token_hex(8), self._clock(), os.getpid(), psutil.Process().create_time())
        with self._open() as entries:
            _check(entries, limits, self._clock())
            entries.append(entry)
        try:
            yield
        finally:
            with self._open() as entries:
                entries[:] = [_over(old) if old.key == entry.key else old for old in entries]

    @contextmanager
    def _open(self) -> Iterator[list[Entry]]:
        """The entries that still count, to be changed in place; written back on leaving, under the lock."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                entries = self._read()
                yield entries
                whole = self._path.with_suffix(".new")
                whole.write_text(json.dumps([asdict(entry) for entry in entries]))
                whole.replace(self._path)
        except OSError as error:
            raise InputError(f"{self._path}: the ledger of calls cannot be kept ({error.strerror}); mend it") from None

    def _read(self) -> list[Entry]:
        if not self._path.exists():
            return []
        try:
            entries = [Entry(**values) for values in json.loads(self._path.read_text())]
            since = self._clock() - HOUR_S
            return [entry for entry in entries if entry.began_s > since or entry.is_held()]
        except (ValueError, TypeError):
            raise InputError(
                f"{self._path}: the ledger of calls is damaged; calls of the last hour are unknown: "
                "wait an hour or see that none were made, then remove it"
            ) from None


def _over(entry: Entry) -> Entry:
    return Entry(entry.key, entry.began_s, 0, 0)


def _check(entries: list[Entry], limits: Limits, now_s: float) -> None:
    held = sum(entry.is_held() for entry in entries)
    if held >= limits.at_once:
        raise InputError(
            f"{held} call{'s' * (held > 1)} held already, and the limit is {limits.at_once}; wait, or raise --at-once"
        )
    recent = [entry.began_s for entry in entries if entry.began_s > now_s - HOUR_S]
    if len(recent) >= limits.an_hour:
        wait_min = int((sorted(recent)[-limits.an_hour] + HOUR_S - now_s) // 60) + 1
        raise InputError(
            f"{len(recent)} calls within the last hour, and the limit is {limits.an_hour}; "
            f"wait {wait_min} minutes, or raise --an-hour"
        )
