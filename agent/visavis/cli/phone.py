"""`visavis phone`: the agent on the phone, on this machine; `visavis phone check`: an audit for open lines."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import click

from visavis.cli.options import FACE_HELP
from visavis.cli.stopping import until_stopped
from visavis.local.exchange import Exchange
from visavis.local.running import first_to_end
from visavis.local.server import Endpoint
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import InputError
from visavis.media.settings import Settings
from visavis.phone.audit import Level, Project, audit
from visavis.phone.diary import Diary
from visavis.phone.line import NAME, Line, provision, withdraw
from visavis.phone.reach import reach
from visavis.vision.portraits import located
from visavis_models.serve.portrait import portrait as face

NUMBER = "100"
DEFAULT_PORT = 5060
READ_EVERY_S = 0.3


@click.group(invoke_without_command=True)
@click.option("--number", default=NUMBER, show_default=True, help="What callers dial, such as 100 or +4930123456.")
@click.option("--pin", default="", metavar="DIGITS", help="Callers must key it in, ended by #; 4 to 12 digits.")
@click.option("--allow", multiple=True, metavar="NUMBER", help="A caller that is let in; may be given again.")
@click.option("--port", type=click.IntRange(0, 65535), help="Of SIP; 0 takes any free one.  [default: 5060]")
@click.option("--portrait", metavar="FACE", help=FACE_HELP)
@click.option("--stt", metavar="PROVIDER", help="The agent's recogniser.")
@click.option("--llm", metavar="PROVIDER", help="The agent's language model.")
@click.option("--tts", metavar="PROVIDER", help="The agent's voice.")
@click.option("--record-calls", default="", metavar="FOLDER", help="Record every call there, and say so to the caller.")
@click.option("--settings", "file", type=click.Path(path_type=Path), help="A TOML file of settings for the agent.")
@click.pass_context
def command(
    context: click.Context,
    number: str,
    pin: str,
    allow: tuple[str, ...],
    port: int | None,
    portrait: str | None,
    stt: str | None,
    llm: str | None,
    tts: str | None,
    record_calls: str,
    file: Path | None,
) -> None:
    """Have the agent answer the phone on this machine, and print what to enter in a softphone.

    Starts redis, a LiveKit server, LiveKit's SIP service and the agent, on loopback only, with keys and a line password
    made for this run. Each call has a room of its own, and one line here for what came of it. Ctrl-C ends it all.
    Real numbers and LiveKit Cloud: deploy/sip/README.md.
    """
    if context.invoked_subcommand:
        return
    given = {"portrait": portrait, "stt": stt, "llm": llm, "tts": tts}
    wishes = {key: value for key, value in given.items() if value}
    face(located(Settings.load(file, dict(wishes)).portrait))
    flags = [*(["--settings", str(file)] if file else [])]
    flags += ["--record-calls", record_calls] if record_calls else []
    flags += [part for key, value in wishes.items() for part in (f"--{key}", value)]
    line = Line.fresh(number, pin=pin, allowed_numbers=allow)
    asyncio.run(until_stopped(lambda stack: run(stack, line, DEFAULT_PORT if port is None else port or None, flags)))


async def run(stack: contextlib.AsyncExitStack, line: Line, port: int | None, flags: list[str]) -> None:
    """Start it all, say how to call, and tell of each call; `stack` ends what was started."""
    exchange = Exchange(line, port, click.echo)
    await stack.enter_async_context(exchange)
    click.echo("Starting the agent; its models take a few seconds to load.")
    worker = await stack.enter_async_context(LocalWorker(exchange.server, flags))
    click.echo(card(line, exchange.sip.address))
    await first_to_end(exchange.lost(), worker.child.lost(), tell(exchange.sip.child.log, click.echo))


def card(line: Line, address: str) -> str:
    """What to enter in a softphone."""
    rows = {
        "Call": f"sip:{line.number}@{address}",
        "Server": f"{address} (UDP or TCP; no registration)",
        "User": line.user,
        "Password": line.password,
        **({"PIN": f"{line.pin}#"} if line.pin else {}),
        **({"Your number": f"one of {', '.join(line.allowed_numbers)}"} if line.allowed_numbers else {}),
    }
    return "\n".join(["Visavis answers the phone. Enter in a softphone:", *(f"  {k:12} {v}" for k, v in rows.items())])


async def tell(log: Path, say: Callable[[str], None]) -> None:
    """One line for each call and cause, as the SIP service writes its log."""
    diary = Diary()
    with log.open(errors="replace") as file:
        while True:
            for line in await asyncio.to_thread(file.readlines):
                if said := diary.read(line):
                    say(said)
            await asyncio.sleep(READ_EVERY_S)


@command.command()
@click.option("--url", default="", help="The LiveKit project; else LIVEKIT_URL.")
@click.pass_context
def check(context: click.Context, url: str) -> None:
    """Audit a LiveKit project for open lines: who could call in unasked, and who could have it dial out.

    LIVEKIT_API_KEY and LIVEKIT_API_SECRET let us in. Nothing is changed. Exit code 0: nothing is open; 1: something is;
    2: the project cannot be asked.
    """
    endpoint = project_of(url)
    project = asyncio.run(Project.ask(endpoint.url, endpoint.keys.key, endpoint.keys.secret))
    findings = audit(project)
    for finding in findings:
        click.echo(f"{finding.level:8}{finding.what}\n{'':8}-> {finding.remedy}")
    opened = sum(finding.level is Level.OPEN for finding in findings)
    seen = f"{len(project.inbound)} inbound and {len(project.outbound)} outbound trunks, {len(project.rules)} rules"
    click.echo(f"{seen}: {f'{opened} open' if opened else 'nothing is open'}.")
    context.exit(1 if opened else 0)


@command.command("line")
@click.option("--url", default="", help="The LiveKit project; else LIVEKIT_URL.")
@click.option("--number", default="", help="Of yours, that callers dial, such as +4930123456.")
@click.option(
    "--network", multiple=True, metavar="CIDR", help="Of the carrier, such as 203.0.113.0/24; many may be given."
)
@click.option("--password/--no-password", default=True, help="Whether the carrier signs in, with a password made here.")
@click.option("--pin", default="", metavar="DIGITS", help="Callers must key it in, ended by #; 4 to 12 digits.")
@click.option("--allow", multiple=True, metavar="NUMBER", help="A caller that is let in; may be given again.")
@click.option("--portrait", default="", metavar="FACE", help="Of the agent: a shipped face, or a path on its machine.")
@click.option("--name", default=NAME, show_default=True, help="Of trunk and rule in the project.")
@click.option("--remove", is_flag=True, help="Take the line of that name out of the project.")
def set_line(
    url: str,
    number: str,
    network: tuple[str, ...],
    password: bool,
    pin: str,
    allow: tuple[str, ...],
    portrait: str,
    name: str,
    remove: bool,
) -> None:
    """Put a line of yours into a LiveKit project, or bring it up to date: trunk and rule, closed to strangers.

    Prints the user and the fresh password that the carrier must be given. deploy/sip/README.md says where.
    """
    endpoint = project_of(url)
    if not remove and not number:
        raise InputError("--number: name the number that callers dial, or --remove the line")
    line = None
    if not remove:
        metadata = {"portrait": portrait} if portrait else {}
        wishes = {
            "pin": pin,
            "allowed_numbers": allow,
            "allowed_addresses": network,
            "metadata": metadata,
            "name": name,
        }
        line = Line.fresh(number, **wishes) if password else Line(number, "", "", **wishes)  # type: ignore[arg-type]

    async def change() -> None:
        async with reach(endpoint.url, endpoint.keys.key, endpoint.keys.secret) as lk:
            await (provision(lk, line) if line else withdraw(lk, name))

    asyncio.run(change())
    if line is None:
        click.echo(f"The line {name!r} is out of the project.")
    else:
        secret = f": user {line.user}, password {line.password}" if password else ""
        click.echo(f"The line {name!r} answers {number}{secret}")


def project_of(url: str) -> Endpoint:
    """The project of --url or the environment.

    Raises:
        InputError: neither names one.
    """
    endpoint = Endpoint.from_environment(url)
    if endpoint is None:
        raise InputError("no project named: give --url or set LIVEKIT_URL, with LIVEKIT_API_KEY and LIVEKIT_API_SECRET")
    return endpoint
