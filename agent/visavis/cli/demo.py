"""`visavis demo`: server, agent and page on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import webbrowser
from pathlib import Path

import click

from visavis.cli.options import FACE_HELP
from visavis.cli.stopping import until_stopped
from visavis.local.page import Avatar, PageServer
from visavis.local.ports import free_port, is_free
from visavis.local.running import first_to_end
from visavis.local.server import LocalServer
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import InputError
from visavis.media.settings import Settings
from visavis.vision.portraits import portrait as face

DEFAULT_PORT = 8080
PORTS_TRIED = 50


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Of the page; 0 takes any free one.  [default: 8080]")
@click.option("--portrait", metavar="FACE", help=FACE_HELP)
@click.option("--settings", "file", type=click.Path(path_type=Path), help="A TOML file of settings for the agent.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser.")
def command(port: int | None, portrait: str | None, file: Path | None, open_browser: bool) -> None:
    """Start a LiveKit server, the agent and the page on this machine, and print the address to open.

    Everything listens on loopback only, with keys made for this run. Ctrl-C ends it all.
    LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET take a server of yours instead.
    """
    settings = Settings.load(file, {"portrait": portrait} if portrait else None)
    face(settings.portrait)
    arguments = [*(["--settings", str(file)] if file else []), "--portrait", settings.portrait]
    avatar = Avatar(settings.name, settings.portrait)
    page = page_port(port)
    asyncio.run(until_stopped(lambda stack: run(stack, page, avatar, arguments, open_browser)))


def page_port(port: int | None) -> int:
    """The port asked for, else the default one, else the next that is free; the last is said.

    Raises:
        InputError: the port asked for is in use.
    """
    if port is not None:
        if not is_free(port):
            raise InputError(f"--port {port}: the port is in use; choose another one, or 0 for any")
        return port or free_port()
    for candidate in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        if is_free(candidate):
            if candidate != DEFAULT_PORT:
                click.echo(f"Port {DEFAULT_PORT} is in use; the page takes {candidate}.")
            return candidate
    return free_port()


async def run(stack: contextlib.AsyncExitStack, port: int, avatar: Avatar, arguments: list[str], browse: bool) -> None:
    """Start server, agent and page, say the address, and watch; `stack` ends what was started."""
    server = LocalServer()
    page = PageServer(server.endpoint, port, avatar)
    await stack.enter_async_context(server)
    click.echo("Starting the agent; its models take a few seconds to load.")
    worker = await stack.enter_async_context(LocalWorker(server, arguments))
    await stack.enter_async_context(page)
    click.echo(f"Visavis is ready: {page.url}")
    if browse:
        await asyncio.to_thread(webbrowser.open, page.url)
    children = (*([server.child] if server.own else []), worker.child)
    await first_to_end(*(child.lost() for child in children))
