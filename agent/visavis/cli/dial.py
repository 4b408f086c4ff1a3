"""`visavis dial`: have the agent call a phone, and say what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import click
from livekit import api

from visavis.cli.options import FACE_HELP, OutputFile
from visavis.cli.stopping import until_stopped
from visavis.local.exchange import Exchange
from visavis.local.server import Endpoint
from visavis.local.tokens import AGENT_NAME, fresh_name, listener_token
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import InputError, ServerError
from visavis.media.texts import write_whole
from visavis.phone.dialling import DialReport, Outcome, Target, check_allowed, find_trunk, request
from visavis.phone.limits import Ledger, Limits
from visavis.phone.outgoing import Outgoing
from visavis.vision.portraits import located
from visavis_models.serve.portrait import portrait as face


@dataclass(frozen=True)
class Wishes:
    """What is wished of one call.

    Attributes:
        trunk: name or id of the project's outbound trunk; "" takes the only one.
        caller: the number that is shown; "" for the trunk's first.
        ring_s: how long it rings at most.
        metadata: of the agent's job.
        hang_up_on_machines: whether a voicemail is left as soon as it is known for one.
    """

    target: Target
    limits: Limits
    trunk: str
    caller: str
    ring_s: int
    metadata: dict[str, object]
    hang_up_on_machines: bool


@click.command()
@click.argument("target")
@click.option("--trunk", default="", metavar="NAME", help="The project's outbound trunk that carries numbers.")
@click.option("--from", "caller", default="", metavar="NUMBER", help="The number to show; else the trunk's first.")
@click.option(
    "--allow", multiple=True, metavar="PREFIX", envvar="VISAVIS_DIAL_ALLOW",
    help="What may be dialled: +4930, or @sip.example.com; may be given again. Nothing may by default.",
)  # fmt: skip
@click.option("--ring", "ring_s", default=30, show_default=True, type=click.IntRange(1, 80), help="Seconds to ring.")
@click.option("--minutes", default=Limits.minutes, show_default=True, help="That the call may last at most.")
@click.option("--at-once", default=Limits.at_once, show_default=True, help="Calls of yours at the same time, at most.")
@click.option("--an-hour", default=Limits.an_hour, show_default=True, help="Calls of yours in an hour, at most.")
@click.option("--consent", default="", metavar="SENTENCE", help="Said before anything else, and not interruptible.")
@click.option(
    "--voicemail", type=click.Choice(["hang-up", "talk"]), default="hang-up", show_default=True,
    help="What to do when a machine picks up.",
)  # fmt: skip
@click.option("--portrait", default="", metavar="FACE", help=FACE_HELP)
@click.option("--report", type=OutputFile(".json"), help="Write what came of it (.json).")
@click.option("--url", default="", help="The LiveKit project; else LIVEKIT_URL; else one on this machine.")
def command(
    target: str,
    trunk: str,
    caller: str,
    allow: tuple[str, ...],
    ring_s: int,
    minutes: int,
    at_once: int,
    an_hour: int,
    consent: str,
    voicemail: str,
    portrait: str,
    report: Path | None,
    url: str,
) -> None:
    """Have the agent call TARGET, a number such as +4930123456 or an address such as sip:anna@sip.example.com.

    Says in one line, and with --report in a file, what came of it: answered, voicemail, no answer, busy, declined,
    unreachable, barred or failed, and whether it rang. Exit code 0: somebody answered; 1: nobody did; 2: bad input, not
    allowed, or over a limit.

    Numbers need a LiveKit project (--url, LIVEKIT_API_KEY, LIVEKIT_API_SECRET) with a worker of ours and an outbound
    trunk; deploy/sip/README.md says how. Without a project an address on this machine can be called. Calls of all your
    processes count towards the limits, across restarts.
    """
    aim = Target.parse(target)
    check_allowed(aim, allow)
    if portrait:
        face(located(portrait))
        portrait = str(Path(portrait).resolve()) if Path(portrait).exists() else portrait
    metadata: dict[str, object] = {key: value for key, value in (("consent", consent), ("portrait", portrait)) if value}
    wishes = Wishes(
        aim, Limits(at_once, an_hour, minutes), trunk, caller, ring_s, metadata, voicemail == "hang-up"
    )  # fmt: skip
    endpoint = Endpoint.from_environment(url)
    if endpoint is None and not aim.host:
        raise InputError(f"{target}: a number needs a LiveKit project with a trunk; give --url or set LIVEKIT_URL")
    made: list[DialReport] = []

    async def run(stack: contextlib.AsyncExitStack) -> None:
        made.append(await dial(stack, wishes, endpoint))

    with Ledger().call(wishes.limits):
        asyncio.run(until_stopped(run))
    if not made:
        raise click.Abort
    if report:
        write_whole(report, json.dumps(made[0].as_json(), indent=1))
    click.echo(made[0])
    if made[0].outcome is not Outcome.ANSWERED:
        raise SystemExit(1)


async def dial(stack: contextlib.AsyncExitStack, wishes: Wishes, endpoint: Endpoint | None) -> DialReport:
    """Place the call, from the project or, without one, from services on this machine that last as long as `stack`.

    Raises:
        InputError: there is no such trunk.
        ServerError: the project refuses the call.
    """
    if endpoint is None:
        exchange = await stack.enter_async_context(Exchange(None, say=click.echo))
        await stack.enter_async_context(LocalWorker(exchange.server))
        endpoint = exchange.server.endpoint
    keys = endpoint.keys
    lk = await stack.enter_async_context(api.LiveKitAPI(endpoint.url, keys.key, keys.secret))
    room = fresh_name("dial")
    trunk_id, shown = "", wishes.caller or "visavis"
    if not wishes.target.host:
        trunk = await find_trunk(lk, wishes.trunk)
        trunk_id, shown = trunk.sip_trunk_id, wishes.caller
    longest_s = wishes.limits.minutes * 60
    asked = request(wishes.target, room, trunk_id, shown, wishes.ring_s, longest_s)

    async def call_the_agent() -> None:
        await lk.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(agent_name=AGENT_NAME, room=room, metadata=json.dumps(wishes.metadata))
        )

    outgoing = Outgoing(lk, asked, hang_up_on_machines=wishes.hang_up_on_machines)
    try:
        report = await outgoing.run(endpoint.url, listener_token(keys, room), call_the_agent)
    except api.ServerError as error:
        raise ServerError(f"{wishes.target}: the project refuses the call: {error.message}") from None
    return replace(report, consent=str(wishes.metadata.get("consent", "")))
