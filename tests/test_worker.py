"""The worker's manners on a small machine."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from visavis.media.settings import Settings, WorkerSettings
from visavis.worker import AGENT_NAME, ENVIRONMENT, PRELOADED, Admission, identity_of, is_over, load, server


class Full:
    def __init__(self, calls: int) -> None:
        self.active_jobs = [None] * calls


class Job:
    metadata = ""


class Request:
    def __init__(self) -> None:
        self.answers: list[tuple[str, object]] = []
        self.job = Job()

    async def accept(self, *, name: str, identity: str) -> None:
        assert identity == ""
        self.answers.append(("accept", name))

    async def reject(self, *, terminate: bool) -> None:
        self.answers.append(("reject", terminate))


def test_load_is_calls_by_calls_allowed() -> None:
    assert [load(Full(calls), max_calls=3) for calls in range(4)] == [0.0, 0.25, 0.5, 0.75]


async def test_a_full_worker_leaves_the_call_to_others() -> None:
    request = Request()
    await Admission(Full(1), 2).answer(request)
    await Admission(Full(2), 2).answer(request)
    assert request.answers == [("accept", AGENT_NAME), ("reject", False)]


def test_an_agent_with_a_partner_is_known_by_its_name() -> None:
    assert identity_of('{"name": "Alex", "partner": "Nora", "role": "asks"}') == "Alex"
    assert identity_of('{"name": "Alex"}') == identity_of("no JSON") == ""


async def test_a_call_waits_for_another_that_ends() -> None:
    request, machine = Request(), Full(2)
    answering = asyncio.create_task(Admission(machine, 2).answer(request))
    await asyncio.sleep(0)
    assert not request.answers
    machine.active_jobs.pop()
    await answering
    assert request.answers == [("accept", AGENT_NAME)]


class Slow(Request):
    """Its process is still being made ready when the next call comes."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = asyncio.Event()

    async def accept(self, *, name: str, identity: str) -> None:
        await super().accept(name=name, identity=identity)
        await self.ready.wait()


async def test_a_call_that_waits_for_its_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("visavis.worker.FREE_WITHIN_S", 0.2)
    admission, first, second = Admission(Full(1), 2), Slow(), Request()
    answering = asyncio.create_task(admission.answer(first))
    await asyncio.sleep(0)
    await admission.answer(second)
    assert first.answers == [("accept", AGENT_NAME)] and second.answers == [("reject", False)]
    first.ready.set()
    await answering


async def test_a_room_that_closed_before_we_came_is_no_call() -> None:
    async def sid() -> str:
        return "RM_new"

    def context(sent_to: str, people: dict) -> SimpleNamespace:
        room = SimpleNamespace(sid=sid(), remote_participants=people)
        return SimpleNamespace(room=room, job=SimpleNamespace(room=SimpleNamespace(sid=sent_to)))

    assert await is_over(context("RM_old", {}))
    assert not await is_over(context("RM_new", {}))


def test_it_listens_on_loopback_only_and_keeps_few_processes() -> None:
    worker = server(Settings(worker=WorkerSettings(idle_processes=1)), "ws://127.0.0.1:1", "key", "secret")
    assert (worker._host, worker._port) == ("127.0.0.1", 0)
    assert worker._num_idle_processes == 1
    assert math.isinf(worker._load_threshold)


def test_what_is_imported_before_the_fork_starts_no_thread() -> None:
    probe = f"import os, {', '.join(PRELOADED)}; print(len(os.listdir('/proc/self/task')))"
    done = subprocess.run(
        [sys.executable, "-c", probe], env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET not set"),
        (["--stt", "deepgram/nova-3"], "inference:deepgram/nova-3"),
        (["--settings", "none.toml"], "none.toml: cannot be read"),
    ],
)
def test_bad_input_is_one_line(arguments, words) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LIVEKIT_", "VISAVIS_"))}
    done = subprocess.run(
        [sys.executable, "-m", "visavis.cli", "worker", *arguments], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
