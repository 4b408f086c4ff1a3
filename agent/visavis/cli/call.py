"""`visavis call`: a headless caller in a real room."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from visavis.caller.camera import CameraFile
from visavis.caller.record import write_record
from visavis.caller.report import make_report, table
from visavis.caller.session import check_token, check_url, hold_call
from visavis.caller.speech import Interruption, Line, Plan
from visavis.caller.spool import Spool
from visavis.caller.take import Take
from visavis.cli.options import FACE_HELP, OutputFile
from visavis.cli.phone_call import codec_of, phone_call
from visavis.local.server import Keys, LocalServer
from visavis.local.softphone import Codec
from visavis.local.tokens import calling_token
from visavis.local.worker_process import LocalWorker
from visavis.media.errors import InputError, VisavisError
from visavis.media.settings import Settings
from visavis.vision.portraits import portrait as face


@dataclass(frozen=True)
class Wishes:
    """What the call is to be like, checked before anything is begun.

    Attributes:
        url, token: of a server that runs already; "" for one of our own.
        portrait, probe: told to the agent.
        worker: arguments of the embedded agent.
    """

    url: str
    token: str
    portrait: str
    probe: bool
    worker: tuple[str, ...]

    @property
    def phone_worker(self) -> tuple[str, ...]:
        """Arguments of the agent where no dispatch of ours tells it of the portrait."""
        return (*self.worker, "--portrait", self.portrait) if self.portrait else self.worker

    @property
    def metadata(self) -> dict[str, object]:
        """The job's metadata for the agent."""
        portrait = {"portrait": self.portrait} if self.portrait else {}
        return {**portrait, **({"probe": True} if self.probe else {})}

    def signed(self, keys: Keys) -> str:
        """A token for a room of our own into which the agent is called."""
        return calling_token(keys, self.metadata)


@click.command()
@click.option("--mic", multiple=True, type=click.Path(path_type=Path), help="A sound file to say; may be given again.")
@click.option("--interrupt", multiple=True, metavar="FILE@S", help="The k-th is said S seconds into the k-th reply.")
@click.option("--camera", type=click.Path(path_type=Path), help="A video file to show, repeated to the end.")
@click.option("--portrait", default="", metavar="FACE", help=FACE_HELP)
@click.option("--record", type=OutputFile(".mp4"), help="Write what was seen and heard (.mp4).")
@click.option("--report", type=OutputFile(".json"), help="Write what was measured (.json).")
@click.option("--probe", is_flag=True, help="Have the avatar send flashes and clicks, and check the skew by them.")
@click.option("--phone", is_flag=True, help="Call by a real telephone (baresip), through a SIP service of our own.")
@click.option("--codec", default="", metavar="CODEC", help="The telephone's codec: pcmu (default), pcma or g722.")
@click.option("--url", default="", help="A LiveKit server that runs; LIVEKIT_API_KEY and _SECRET or --token let us in.")
@click.option("--token", default="", help="An access token for --url; it names room, identity and agent.")
@click.option("--stt", metavar="PROVIDER", help="The embedded agent's recogniser.")
@click.option("--llm", metavar="PROVIDER", help="The embedded agent's language model.")
@click.option("--tts", metavar="PROVIDER", help="The embedded agent's voice.")
@click.option("--settings", type=click.Path(path_type=Path), help="The embedded agent's settings (TOML).")
def command(
    mic: tuple[Path, ...],
    interrupt: tuple[str, ...],
    camera: Path | None,
    portrait: str,
    record: Path | None,
    report: Path | None,
    probe: bool,
    phone: bool,
    codec: str,
    url: str,
    token: str,
    stt: str | None,
    llm: str | None,
    tts: str | None,
    settings: Path | None,
) -> None:
    """Call the agent as a person would: wait for the greeting, say each file, listen to each reply.

    Without --url a LiveKit server and an agent are started on this machine for the call. With --phone a SIP service
    is, too, and the caller is a telephone: no picture, and all is measured on the sound that it sent and heard. Prints
    what was understood and answered, and how long it took.
    """
    given = {"stt": stt, "llm": llm, "tts": tts, "settings": settings}
    telephone = check_phone(phone, codec, {"camera": camera, "probe": probe, "url": url, "token": token})
    wishes = check_wishes(url, token, portrait, probe, {key: value for key, value in given.items() if value})
    plan = Plan(tuple(Line.read(path) for path in mic), tuple(Interruption.parse(text) for text in interrupt))
    eye = CameraFile(camera) if camera else None
    logging.getLogger().addHandler(logging.NullHandler())  # stderr is for the one line that says what went wrong
    with tempfile.TemporaryDirectory(prefix="visavis-call-") as folder:
        spool = Spool(Path(folder)) if record or interrupt else None
        take = Take(identity="")
        error: BaseException | None = None
        try:
            if telephone:
                workings = Path(folder) / "telephone"
                asyncio.run(phone_call(wishes.phone_worker, plan, take, telephone, workings, progress()))
            else:
                asyncio.run(call(wishes, plan, take, eye, spool))
        except (VisavisError, KeyboardInterrupt) as failure:
            error = failure
        if spool:
            spool.close()
        if take.began:
            reason = None if error is None else str(error) or "stopped by the user"
            made = make_report(take, plan, spool, probe=probe, error=reason)
            if record and spool:
                write_record(record, take, spool)
            if report:
                made.write(report)
            click.echo(table(made, plan))
        if error:
            raise error


def check_phone(phone: bool, codec: str, others: dict[str, object]) -> Codec | None:
    """The codec of a telephone's call, None where the caller is none.

    Raises:
        InputError: an option that a telephone has no use for, or a codec that does not exist.
    """
    if not phone:
        if codec:
            raise InputError(f"--codec {codec} is for a telephone; add --phone")
        return None
    for name, value in others.items():
        if value:
            raise InputError(f"--{name} is nothing for a telephone; leave it or --phone out")
    return codec_of(codec or "pcmu")


def check_wishes(url: str, token: str, portrait: str, probe: bool, worker: dict[str, object]) -> Wishes:
    """Options that belong together.

    Raises:
        InputError: some that do not, or a value that cannot be used.
    """
    if token and not url:
        raise InputError("--token needs --url, the server that it is for")
    if token and (portrait or probe):
        raise InputError("--portrait and --probe go to the agent in a token of our own; leave out --token or them")
    if url:
        check_url(url)
        if token:
            check_token(token)
        if worker:
            raise InputError(f"--{next(iter(worker))} is for the embedded agent; the one at --url has its own settings")
    else:
        arguments = {key: value for key, value in worker.items() if key != "settings"}
        file = worker.get("settings")
        Settings.load(file if isinstance(file, Path) else None, arguments)
        if portrait:
            face(portrait)
            portrait = str(Path(portrait).resolve()) if Path(portrait).exists() else portrait
    flags = [part for key, value in worker.items() for part in (f"--{key}", str(value))]
    return Wishes(url, token, portrait, probe, tuple(flags))


async def call(wishes: Wishes, plan: Plan, take: Take, camera: CameraFile | None, spool: Spool | None) -> None:
    """Hold the call where `wishes` says."""
    notice = progress()
    async with room(wishes, notice) as (url, token):
        await hold_call(url, token, plan, take, camera=camera, pictures=spool, notice=notice)


@asynccontextmanager
async def room(wishes: Wishes, notice: Callable[[str], None]) -> AsyncIterator[tuple[str, str]]:
    """A server's address and a token for it; without --url server and agent live as long as this context."""
    if wishes.url:
        yield wishes.url, wishes.token or wishes.signed(keys_from_environment())
        return
    notice("starting server and agent")
    async with LocalServer() as server, LocalWorker(server, wishes.worker):
        yield server.url, wishes.signed(server.endpoint.keys)


def keys_from_environment() -> Keys:
    """The keys for --url.

    Raises:
        InputError: they are not set.
    """
    key, secret = os.environ.get("LIVEKIT_API_KEY"), os.environ.get("LIVEKIT_API_SECRET")
    if not key or not secret:
        raise InputError("--url needs LIVEKIT_API_KEY and LIVEKIT_API_SECRET in the environment, or --token")
    return Keys(key, secret)


def progress() -> Callable[[str], None]:
    """Short lines about what goes on, on a terminal only."""
    return lambda text: click.echo(f"... {text}", err=True) if sys.stderr.isatty() else None
