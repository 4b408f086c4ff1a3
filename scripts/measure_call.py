"""Who takes what of the processor in one call: `.venv/bin/python scripts/measure_call.py [--camera FILE]`.

A server, an agent and a caller on this machine, all real: the caller asks four questions and shows a video as their
camera. Each thread's processor time is read from /proc twice a second, from the greeting to the last answer. Prints
tables in Markdown; Linux only.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import psutil

from visavis.caller.camera import CameraFile
from visavis.caller.questions import ask
from visavis.caller.report import make_report
from visavis.caller.session import hold_call
from visavis.caller.speech import Plan
from visavis.caller.take import Take
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.local.server import LocalServer
from visavis.local.tokens import calling_token
from visavis.local.worker_process import LocalWorker

QUESTIONS = (
    "Hello, how are you?",
    "How much is two plus two?",
    "Who are you, and what can you do?",
    "Can you see me?",
)
EVERY_S = 0.5
SETTLED_S = 4.0  # of the call: joining, and the next process that loads meanwhile, are another matter
LEAST = 0.005  # of a core: what takes less goes into one row
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# Threads by their names, as the system tells them; the main thread has its program's.
WHAT = {
    "frames": "frames: motion and drawing",
    "sound": "sound: the voice's pump",
    "perception": "perception: pictures, fit, cues",
    "drishti": "landmarks: mediapipe",
    "landmarks": "landmarks: mediapipe",
    "person": "person: somebody's build, told",
    "recognition": "recognition",
    "voice": "voice: synthesis",
    "language": "language model",
    "python": "event loop, and LiveKit's threads of its name",
}


Thread = tuple[int, int, str]  # process, thread, name


@dataclass
class Meter:
    """Processor time of every thread below this process.

    Attributes:
        first, last: seconds of each thread, when it was first and last seen; one that came later began with none.
        began_s, until_s: of the measuring.
    """

    first: dict[Thread, float] = field(default_factory=dict)
    last: dict[Thread, float] = field(default_factory=dict)
    began_s: float = 0.0
    until_s: float = 0.0

    async def run(self) -> None:
        """Read until cancelled."""
        self.began_s, self.first = time.monotonic(), dict(spent())
        while True:
            self.until_s = time.monotonic()
            self.last |= dict(spent())
            await asyncio.sleep(EVERY_S)

    def cores(self) -> dict[tuple[int, str], float]:
        """(process, thread's name) -> cores."""
        shares: dict[tuple[int, str], float] = defaultdict(float)
        for (process, number, name), spent_s in self.last.items():
            before_s = self.first.get((process, number, name), 0.0)
            shares[process, name] += (spent_s - before_s) / (self.until_s - self.began_s)
        return shares


def spent() -> Iterator[tuple[Thread, float]]:
    """Every thread of this process and those below it, and its processor time in seconds."""
    this = psutil.Process()
    for process in (this, *this.children(recursive=True)):
        for task in Path(f"/proc/{process.pid}/task").glob("*"):
            with contextlib.suppress(OSError):  # it has ended
                name, _, fields = (task / "stat").read_text().partition("(")[2].rpartition(")")
                user, system = fields.split()[11:13]
                yield (process.pid, int(task.name), name), (int(user) + int(system)) * TICK_S


@click.command()
@click.option("--camera", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What the caller shows.")
def main(camera: Path | None) -> None:
    """Hold one call and say who takes what of the processor; prints tables in Markdown."""
    asyncio.run(measure(CameraFile(camera) if camera else None))


async def measure(camera: CameraFile | None) -> None:
    voice = HibariVoice()
    plan, take, meter = Plan(tuple(ask(voice, text) for text in QUESTIONS)), Take(""), Meter()
    async with LocalServer(environment=False) as server, LocalWorker(server):
        token = calling_token(server.endpoint.keys)
        calling = asyncio.create_task(hold_call(server.url, token, plan, take, camera=camera))
        await asyncio.sleep(SETTLED_S)
        measuring = asyncio.create_task(meter.run())
        await calling
        measuring.cancel()
        server_process = server.child.pid
    shares = meter.cores()
    agent = next((process for process, name in shares if name == "frames"), None)
    if agent is None:
        raise click.ClickException("no face was drawn in the call")
    named = {agent: "the agent's process of the call", server_process: "LiveKit server", os.getpid(): "the caller"}
    click.echo(f"{meter.until_s - meter.began_s:.0f} s of a call\n")
    rows: dict[str, float] = defaultdict(float)
    for (process, _), share in shares.items():
        rows[named.get(process, "worker, and the process that waits for the next call")] += share
    print_table("process", rows)
    own = {what(name): 0.0 for process, name in shares if process == agent}
    for (process, name), share in shares.items():
        if process == agent:
            own[what(name)] += share
    print_table("the agent's threads", own)
    made = make_report(take, plan, None)
    click.echo(f"{made.video.fps} fps, p99 gap {made.video.gap_p99_ms} ms, {made.process['rss_mb']} MB")


def what(name: str) -> str:
    """A thread in words."""
    return WHAT.get(name, f"LiveKit: {name}")


def print_table(head: str, rows: dict[str, float]) -> None:
    click.echo(f"| {head} | of a core |\n| --- | --- |")
    small = 0.0
    for name, share in sorted(rows.items(), key=lambda row: -row[1]):
        if share < LEAST:
            small += share
        else:
            click.echo(f"| {name} | {share:.1%} |")
    click.echo(f"| all others | {small:.1%} |\n| together | {sum(rows.values()):.1%} |\n")


if __name__ == "__main__":
    main()
