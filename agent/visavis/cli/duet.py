"""`visavis duet`: two agents in one room, watched and recorded."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from livekit import api

from visavis.call.metadata import JobMetadata
from visavis.caller.duet import Half, make_report, table, watch, write_duet
from visavis.caller.spool import Spool
from visavis.caller.take import Take
from visavis.cli.call import progress
from visavis.cli.options import SIZES, OutputFile
from visavis.local.server import LocalServer
from visavis.local.tokens import AGENT_NAME, access_token, fresh_name
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import InputError, VisavisError
from visavis.media.settings import Settings
from visavis.vision.portraits import portrait as face


@click.command()
@click.option("--minutes", default=2.0, show_default=True, type=click.FloatRange(0.1, 60), help="How long they talk.")
@click.option("--faces", default="alex,nora", show_default=True, help="Two shipped faces, .avatar files or pictures.")
@click.option("--voices", default="low,heart", show_default=True, help="The default voice of each: heart or low.")
@click.option("--topic", default="", help="What they begin with, such as music; our own topics have a script.")
@click.option("--out", type=OutputFile(".mp4"), default="duet.mp4", show_default=True, help="The record.")
@click.option("--report", type=OutputFile(".json"), help="What was measured and said.  [default: beside the record]")
@click.option(
    "--size",
    default="256",
    show_default=True,
    type=click.Choice(SIZES),
    help="Pixels of each face; 512 wants more than two cores.",
)
@click.option("--stt", metavar="PROVIDER", help="The recogniser of both.")
@click.option("--llm", metavar="PROVIDER", help="The language model of both.")
@click.option("--tts", metavar="PROVIDER", help="The voice of both, in place of --voices.")
@click.option("--settings", "file", type=click.Path(path_type=Path), help="A TOML file of settings for both.")
def command(
    minutes: float,
    faces: str,
    voices: str,
    topic: str,
    out: Path,
    report: Path | None,
    size: str,
    stt: str | None,
    llm: str | None,
    tts: str | None,
    file: Path | None,
) -> None:
    """Have two agents talk with each other, and record it side by side.

    A LiveKit server and a worker run on this machine for the talk. Each agent hears the other's voice and sees the
    other's face through the room, as it would a person. The first asks, the second tells; neither falls silent, talks
    into the other, or says the same again for long. Ctrl-C ends it and keeps what was recorded.
    """
    if math.isnan(minutes):  # click's range lets it pass
        raise InputError(f"--minutes {minutes}: give a number of minutes")
    given = {key: value for key, value in {"stt": stt, "llm": llm, "tts": tts}.items() if value}
    Settings.load(file, given)
    jobs = both(faces, voices, topic)
    arguments = [part for key, value in given.items() for part in (f"--{key}", value)]
    arguments += ["--settings", str(file)] if file else []
    logging.getLogger().addHandler(logging.NullHandler())  # stderr is for the one line that says what went wrong
    with tempfile.TemporaryDirectory(prefix="visavis-duet-") as folder:
        halves = [_half(job, Path(folder)) for job in jobs]
        transcripts = Path(folder) / "transcripts"
        arguments += ["--record-calls", str(transcripts)]
        error: BaseException | None = None
        try:
            asyncio.run(hold(jobs, halves, minutes * 60, arguments, size, progress()))
        except (VisavisError, KeyboardInterrupt) as failure:
            error = failure
        for half in halves:
            half.spool.close()
        if all(half.take.began for half in halves):
            made = make_report(halves, transcripts, None if error is None else str(error) or "stopped by the user")
            write_duet(out, halves)
            made.write(report or out.with_suffix(".json"))
            click.echo(table(made))
        if error:
            raise error


def both(faces: str, voices: str, topic: str) -> tuple[JobMetadata, JobMetadata]:
    """What the two are told.

    Raises:
        InputError: not two of either, no such face or voice.
    """
    portraits, timbres = _two("--faces", faces), _two("--voices", voices)
    for portrait in portraits:
        face(portrait)
    found = [str(Path(portrait).resolve()) if Path(portrait).exists() else portrait for portrait in portraits]
    first, second = names = [_name(portrait) for portrait in portraits]
    if first == second:
        first, second = names = [first, f"{second} 2"]
    return (
        JobMetadata(found[0], name=names[0], partner=second, role="asks", topic=topic, voice=timbres[0]),
        JobMetadata(found[1], name=names[1], partner=first, role="tells", topic=topic, voice=timbres[1]),
    )


def _two(option: str, text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(parts):
        raise InputError(f"{option} {text}: give two, with a comma between them")
    return parts


def _name(portrait: str) -> str:
    letters = "".join(c for c in Path(portrait).stem if c.isascii() and c.isalnum())
    return (letters if letters[:1].isalpha() else f"Face{letters}")[:36].capitalize()


def _half(job: JobMetadata, folder: Path) -> Half:
    pictures = folder / job.name
    pictures.mkdir()
    return Half(job.name, Take(identity=""), Spool(pictures))


async def hold(
    jobs: Sequence[JobMetadata],
    halves: Sequence[Half],
    seconds: float,
    arguments: Sequence[str],
    size: str,
    notice: Callable[[str], None],
) -> None:
    """Hold the talk on a server and a worker of our own."""
    notice("starting server and agents")
    room = fresh_name("duet")
    environment = {"VISAVIS_VIDEO_SIZE": size, "VISAVIS_WORKER_MAX_CALLS": "2", "VISAVIS_WORKER_IDLE_PROCESSES": "0"}
    async with (
        LocalServer(environment=False) as server,
        LocalWorker(server, arguments, environment),
        api.LiveKitAPI(server.url, server.key, server.secret) as livekit,
    ):
        token = access_token(server.endpoint.keys, room=room, identity=fresh_name("watcher"), agent=None, hidden=True)

        async def dispatch() -> None:
            for job in jobs:
                asked = {key: value for key, value in vars(job).items() if value}
                wish = api.CreateAgentDispatchRequest(agent_name=AGENT_NAME, room=room, metadata=json.dumps(asked))
                await livekit.agent_dispatch.create_dispatch(wish)

        await watch(server.url, token, halves, seconds, dispatch, notice)
