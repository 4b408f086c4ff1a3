"""The manners carried out: remarks and pauses reach the session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from livekit.rtc import EventEmitter

from visavis.call.attendance import Attendance
from visavis.dialogue.manners import PAUSE_AFTER_S, REMARKS, Act, Manners


class Voice:
    can_pause = True

    def __init__(self, done: list[str]) -> None:
        self.done = done

    def pause(self) -> None:
        self.done.append("pause")

    def resume(self) -> None:
        self.done.append("resume")


class Session(EventEmitter[str]):
    """What an `AgentSession` shows of itself, set by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.agent_state, self.user_state = "listening", "listening"
        self.done: list[str] = []
        self.output = type("Output", (), {"audio": Voice(self.done)})()

    def say(self, text: str) -> None:
        self.done.append(text)

    def generate_reply(self, *, instructions: str) -> None:
        self.done.append(instructions)

    def interrupt(self) -> None:
        self.done.append("interrupt")


class Attended:
    def __init__(self, *, writes: bool) -> None:
        self.now, self.session = 0.0, Session()
        self.attendance = Attendance(self.session, Manners(0.0), writes=writes, clock=lambda: self.now)
        self.task = asyncio.create_task(self.attendance.run())

    async def cue(self, name: str, on: bool, now: float) -> None:
        self.now = now
        self.attendance.cue(name, on)
        for _ in range(5):
            await asyncio.sleep(0)


@pytest_asyncio.fixture(params=[False, True])
async def attended(request) -> AsyncIterator[Attended]:
    attended = Attended(writes=request.param)
    await attended.cue("present", True, 1.0)
    yield attended
    attended.task.cancel()
    await asyncio.wait([attended.task])


async def test_a_wave_is_answered_by_the_host_or_by_its_language_model(attended, request) -> None:
    await attended.cue("wave", True, 20.0)
    assert attended.session.done == [REMARKS[Act.WAVE][request.node.callspec.params["attended"]]]


async def test_the_voice_waits_while_nobody_is_there(attended) -> None:
    attended.session.agent_state = "speaking"
    await attended.cue("present", False, 20.0)
    await attended.cue("away", True, 20.0)
    assert attended.session.done == []
    attended.now = 20.0 + PAUSE_AFTER_S
    attended.session.emit("user_state_changed", None)
    await attended.cue("looking", True, attended.now)
    assert attended.session.done == ["pause"]
    await attended.cue("present", True, 30.0)
    assert attended.session.done == ["pause", "resume"]
