"""The LiveKit agent worker: named dispatch, jobs as processes, each with its models loaded before it is called."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import math
import signal
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from livekit import rtc
from livekit.agents import AgentServer, JobContext, JobProcess, JobRequest
from livekit.agents.utils import aio

from visavis.call.loaded import Loaded
from visavis.call.metadata import JobMetadata
from visavis.call.session import Call
from visavis.media import threads
from visavis.media.errors import InputError, ServerError
from visavis.media.settings import Settings

logger = logging.getLogger(__name__)

Connect: TypeAlias = Callable[[str, str, rtc.RoomOptions], Coroutine[Any, Any, None]]

AGENT_NAME = "visavis"
FREE_WITHIN_S = 4.0  # well within what a server waits for an answer
FREE_EVERY_S = 0.1
ENDS_WITHIN_S = 3.0  # what a call takes to write its record
# of the processes of calls: the machine's few cores belong to their frame loops, and memory is given back
ENVIRONMENT = {**threads.SINGLE_THREADED, "MALLOC_ARENA_MAX": "2"}

# Imported once, in the process that job processes are forked from: a new one costs a running call no second of
# importing. Only what starts no thread may stand here; ONNX Runtime does.
PRELOADED = (
    "visavis.vision.tasks",
    "visavis.media.resample",
    "visavis.perception.watcher",
    "visavis_models.serve.renderer",
    "xllamacpp",
)


def prewarm(process: JobProcess, settings: Settings) -> None:
    """Load in an idle process what a call will need, on a thread that gives way to the calls of the others."""
    process.userdata["settings"] = settings
    with threads.own_thread("loading", threads.LOADING) as thread:
        process.userdata["loaded"] = thread.submit(Loaded.load, settings).result()
    give_memory_back()


def give_memory_back() -> None:
    """Return to the system what loading left over: glibc keeps freed pages until it is asked."""
    gc.collect()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


async def entrypoint(ctx: JobContext) -> None:
    """Begin a call, which lasts until the caller leaves or the worker ends; usable in any `AgentServer`.

    A job that is to end waits for its entrypoint before it ends anything: a task of its own holds the call.
    """
    if "loaded" not in ctx.proc.userdata:
        prewarm(ctx.proc, Settings.load())
    ctx.room.connect = dynacast(ctx.room.connect)  # type: ignore[assignment]
    await ctx.connect()
    call = asyncio.create_task(hold(ctx))

    async def end(_reason: str) -> None:
        await asyncio.wait((call,), timeout=ENDS_WITHIN_S)  # the end of its session tells it
        await aio.cancel_and_wait(call)

    ctx.add_shutdown_callback(end)


async def hold(ctx: JobContext) -> None:
    """One call in a room that is connected, to the caller's leaving."""
    reason = "the worker ended"
    try:
        metadata = JobMetadata.parse(ctx.job.metadata)
        if await is_over(ctx):
            reason = "whoever called was gone before it began"
            return
        logger.info("call in %s begins", ctx.room.name)
        settings, loaded = ctx.proc.userdata["settings"], ctx.proc.userdata["loaded"]
        # opening `ctx.api` takes a tenth of a second of the event loop
        reason = await Call(ctx.room, settings, loaded, metadata, lambda: ctx.api).run()
    except InputError as error:
        reason = str(error)
    except Exception as error:  # the call's outermost edge
        logger.exception("call in %s failed", ctx.job.room.name)
        reason = f"it failed ({error})"
    finally:
        logger.info("call in %s is over: %s", ctx.job.room.name, reason)
        ctx.shutdown(reason)


async def is_over(ctx: JobContext) -> bool:
    """Whether the room that we were sent to had closed: then our joining opened another one of its name, in which we
    would wait for ever, and keep others from this machine."""
    return not ctx.room.remote_participants and ctx.job.room.sid not in ("", await ctx.room.sid)


def dynacast(connect: Connect) -> Connect:
    """A room's `connect` with dynacast, which a `JobContext` does not offer: without it nobody knows that a face is not
    taken any more by those who stay."""

    async def connect_with(url: str, token: str, options: rtc.RoomOptions) -> None:
        await connect(url, token, replace(options, dynacast=True))

    return connect_with


def server(settings: Settings, url: str, key: str, secret: str) -> AgentServer:
    """A worker fit for a small machine: nothing listens beyond loopback, one process idles warm."""
    worker = settings.worker
    agent_server = AgentServer(
        ws_url=url,
        api_key=key,
        api_secret=secret,
        setup_fnc=partial(prewarm, settings=settings),
        initialize_process_timeout=worker.initialize_s,
        num_idle_processes=worker.idle_processes,
        load_fnc=partial(load, max_calls=worker.max_calls),
        load_threshold=math.inf,  # the server sends no call to a load of 1, and `Admission` counts them
        preload_modules=list(PRELOADED),
        host="127.0.0.1",
        port=0,
        job_memory_warn_mb=1200,
    )
    admission = Admission(agent_server, worker.max_calls)
    agent_server.rtc_session(entrypoint, agent_name=AGENT_NAME, on_request=admission.answer)
    return agent_server


def load(agent_server: AgentServer, max_calls: int) -> float:
    """How full this worker is, 0..1: calls held by calls allowed, and never quite 1.

    The stock measure is the machine's processor load; a server offers no call to a worker whose load is 1, so on a
    machine of two cores the first call would keep out the second, and a build running beside it the first. Nor does
    it offer a call twice: one that comes within the seconds in which the server still believes a worker full would
    ring in vain. So it may always ask, and `Admission` knows.
    """
    return len(agent_server.active_jobs) / (max_calls + 1)


class Admission:
    """Takes a call unless this machine has as many as it may; then another worker is asked.

    One that comes while another is being ended waits for that: nobody offers it a second time.
    """

    def __init__(self, agent_server: AgentServer, max_calls: int) -> None:
        self._agent_server, self._max_calls = agent_server, max_calls
        self._promised = 0  # taken, and waiting for a process: not active yet

    async def answer(self, request: JobRequest) -> None:
        """Take a call, or leave it to others."""
        try:
            async with asyncio.timeout(FREE_WITHIN_S):
                await self._until_free()
        except TimeoutError:
            await request.reject(terminate=False)
            return
        self._promised += 1
        try:
            await request.accept(name=AGENT_NAME, identity=identity_of(request.job.metadata))
        finally:
            self._promised -= 1

    async def _until_free(self) -> None:
        while len(self._agent_server.active_jobs) + self._promised >= self._max_calls:  # noqa: ASYNC110
            await asyncio.sleep(FREE_EVERY_S)


def identity_of(metadata: str) -> str:
    """The identity that a dispatch with a partner gives its agent; "" leaves it to LiveKit."""
    try:
        asked = JobMetadata.parse(metadata)
    except InputError:
        return ""  # the call itself says what is wrong
    return asked.name if asked.partner else ""


def run(settings: Settings, url: str, key: str, secret: str) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        ServerError: the server refuses us, or cannot be reached for good.
    """
    threads.set_environment(ENVIRONMENT)
    asyncio.run(_serve(server(settings, url, key, secret), url))


async def _serve(agent_server: AgentServer, url: str) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    serving = asyncio.create_task(agent_server.run())
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            raise ServerError(f"{url}: the server does not take this worker ({serving.exception()})")
    finally:
        stopping.cancel()
        await agent_server.aclose()
        await asyncio.gather(serving, stopping, return_exceptions=True)
