"""Commands that run until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack

import click


async def until_stopped(run: Callable[[AsyncExitStack], Coroutine[None, None, None]]) -> None:
    """Run `run(stack)` until it ends, or SIGINT or SIGTERM; then `stack` ends what was started.

    Raises:
        VisavisError: something did not start, or a child ended on its own; says which and why.
    """
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as stack:
        running = asyncio.create_task(run(stack))
        stop = asyncio.create_task(stopped.wait())
        await asyncio.wait((running, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if stopped.is_set():
            click.echo("Stopping.")
            running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
