"""`visavis doctor`: what is broken on this machine, found out part by part and then by a call."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
from collections.abc import Callable

import click

from visavis.caller import checks
from visavis.caller.checks import Finding, Trouble, examine
from visavis.caller.questions import ask
from visavis.caller.report import Report, make_report
from visavis.caller.session import hold_call
from visavis.caller.speech import Plan
from visavis.caller.take import Take
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.local.binary import find_server
from visavis.local.page import DIST
from visavis.local.server import Endpoint, LocalServer
from visavis.local.tokens import calling_token
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import VisavisError

QUESTION, EXPECTED = "Who are you, and what can you do?", "who are you"
BROWSERS = ("chromium", "google-chrome", "firefox")
MIN_FPS = 20.0
MAX_SKEW_MS = 80.0
VERSION_TIMEOUT_S = 10


@click.command()
@click.option("--no-call", is_flag=True, help="Only the parts, not the call.")
def command(no_call: bool) -> None:
    """Find out what is broken on this machine: every part by itself, then a call over loopback.

    Exit code 1 when something is; each such line says what to do.
    """
    logging.getLogger().addHandler(logging.NullHandler())
    findings = [told(examine(name, look)) for name, look in PARTS.items()]
    if not no_call and all(finding.ok for finding in findings):
        findings.append(told(examine("call", call)))
    broken = [finding.name for finding in findings if not finding.ok]
    if broken:
        skipped = "" if no_call or len(findings) > len(PARTS) else "; no call was tried"
        raise VisavisError(f"doctor: {len(broken)} of {len(findings)} checks failed: {', '.join(broken)}{skipped}")
    click.echo("Everything is well.")


def told(finding: Finding) -> Finding:
    """Print one line of the table as soon as it is known."""
    click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.name:<16}  {finding.text}")
    return finding


def livekit_server() -> str:
    """The server that calls would use: the environment's answers, or one of our own runs."""
    theirs = Endpoint.from_environment()
    if theirs:
        if not asyncio.run(theirs.answers()):
            raise Trouble(
                f"LIVEKIT_URL={theirs.url} does not answer; start it, or unset LIVEKIT_URL for one of our own"
            )
        return theirs.url
    command = [*find_server(), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=VERSION_TIMEOUT_S)
    if done.returncode:
        raise Trouble(f"{command[0]} does not run (code {done.returncode}); remove it and run `make setup`")
    return f"{done.stdout.strip()} ({command[0]})"


def page() -> str:
    """The built page, and a browser to see it with; any other machine's will do."""
    if not (DIST / "index.html").exists():
        raise Trouble("the page is not built; run `make setup`")
    return next((name for name in BROWSERS if shutil.which(name)), "built; no browser here: open the address elsewhere")


def call() -> str:
    """A question asked over loopback: understood, answered, seen."""
    plan, take = Plan((ask(HibariVoice(), QUESTION),)), Take("")
    asyncio.run(_call(plan, take))
    return verdict(make_report(take, plan, None))


async def _call(plan: Plan, take: Take) -> None:
    async with LocalServer() as server, LocalWorker(server):
        await hold_call(server.url, calling_token(server.endpoint.keys), plan, take)


def verdict(report: Report) -> str:
    """What a finished call says of the machine.

    Raises:
        Trouble: nothing or something else was understood, or the picture does not keep up.
    """
    turn, video, skew_ms = report.turns[0], report.video, report.av_skew_ms["p50"]
    if EXPECTED not in turn.user_text.lower():
        raise Trouble(f"asked {QUESTION!r}, understood {turn.user_text!r}: recognition does not work or is too late")
    if turn.turn_ms is None or not turn.reply_text:
        raise Trouble("the question was understood and not answered; see the worker's log in the cache's logs folder")
    if video.fps is None:
        raise Trouble("the voice was heard and no picture came; are other programs using the processor?")
    if video.fps < MIN_FPS:
        raise Trouble(f"the picture comes at {video.fps:g} of 25 frames a second: too slow or too busy a processor")
    if skew_ms is not None and skew_ms > MAX_SKEW_MS:
        raise Trouble(f"picture and voice lie {skew_ms:g} ms apart: too slow or too busy a processor")
    return f"answered after {turn.turn_ms:.0f} ms, {video.fps:g} fps, skew {skew_ms} ms"


PARTS: dict[str, Callable[[], str]] = {
    "processor": checks.processor,
    "packages": checks.packages,
    "libraries": checks.system_libraries,
    "loopback": checks.sockets,
    "LiveKit server": livekit_server,
    "page": page,
    "motion model": checks.motion_model,
    "face": checks.renderer,
    "speech": checks.speech_models,
    "seeing faces": checks.landmark_models,
}
