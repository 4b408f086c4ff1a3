"""What runs for as long as an `async with` lasts."""

import asyncio

import pytest

from visavis.local.running import Running, first_to_end
from visavis.media.errors import ServerError


class Thing(Running):
    def __init__(self, *, fails: bool) -> None:
        self.fails = fails
        self.steps: list[str] = []

    async def start(self) -> None:
        self.steps.append("start")
        if self.fails:
            raise ServerError("it does not start")

    async def aclose(self) -> None:
        self.steps.append("aclose")


async def test_it_is_started_and_ended() -> None:
    async with Thing(fails=False) as thing:
        assert thing.steps == ["start"]
    assert thing.steps == ["start", "aclose"]


async def test_a_start_that_fails_leaves_nothing_behind() -> None:
    thing = Thing(fails=True)
    with pytest.raises(ServerError, match="does not start"):
        async with thing:
            pass
    assert thing.steps == ["start", "aclose"]


async def test_the_first_to_end_is_named_and_the_others_are_let_go() -> None:
    async def fail() -> None:
        raise ServerError("gone")

    staying = asyncio.Event()
    with pytest.raises(ServerError, match="gone"):
        await first_to_end(fail(), wait(staying))
    assert staying.is_set()


async def wait(let_go: asyncio.Event) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        let_go.set()
