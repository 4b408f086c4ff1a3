"""What runs for as long as an `async with` lasts."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from types import TracebackType
from typing import Self


class Running(ABC):
    """Started on entry and ended on exit; a start that fails or is cancelled leaves nothing behind."""

    @abstractmethod
    async def start(self) -> None:
        """Start it; returns when it can be used."""

    @abstractmethod
    async def aclose(self) -> None:
        """End it for good; may be called in any state."""

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


async def first_to_end(*watches: Coroutine[None, None, None]) -> None:
    """Wait until one of them ends, as none should; its error is raised, the others are cancelled."""
    tasks = [asyncio.ensure_future(watch) for watch in watches]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
