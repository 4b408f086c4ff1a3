"""`visavis worker`: the LiveKit agent, for any LiveKit server."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

import click

from visavis.cli.options import BACKGROUND_HELP, FACE_HELP
from visavis.media.errors import InputError
from visavis.media.settings import Settings
from visavis.media.sight_settings import USES, uses_of
from visavis.vision.portraits import located

# of a record's own attributes, and what livekit-agents adds to every one
_NOISE = {"message", "asctime", "taskName", "pid", "job_id", "room_id", "agent_name", "deployment", "region"}
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | _NOISE
_KEYS = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")


class OneLine(logging.Formatter):
    """`02:13:48 I livekit.agents registered worker agent_name=visavis`"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname).1s %(name)s: %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        extras = " ".join(f"{key}={value}" for key, value in vars(record).items() if key not in _PLAIN)
        return f"{super().formatMessage(record)} {extras}".rstrip()


@click.command()
@click.option("--settings", "file", type=click.Path(path_type=Path), help="A TOML file of settings.")
@click.option("--stt", metavar="PROVIDER", help="The recogniser (moonshine).")
@click.option("--llm", metavar="PROVIDER", help="The language model (host).")
@click.option("--tts", metavar="PROVIDER", help="The voice (hibari).")
@click.option("--portrait", metavar="FACE", help=f"{FACE_HELP}  [default: alex]")
@click.option("--background", metavar="WHAT", help=f"{BACKGROUND_HELP}  [default: own]")
@click.option("--sight", metavar="USES", help=f"What the camera is used for, of {', '.join(USES)}; or none.")
@click.option("--record-calls", metavar="FOLDER", help="Record every call there, sound and transcript, and say so.")
@click.option("--verbose", is_flag=True, help="Log what livekit-agents does, too.")
def command(
    file: Path | None,
    stt: str | None,
    llm: str | None,
    tts: str | None,
    portrait: str | None,
    background: str | None,
    sight: str | None,
    record_calls: str | None,
    verbose: bool,
) -> None:
    """Serve calls as the LiveKit agent `visavis`.

    The server is taken from LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET. A room gets the agent by named
    dispatch: put {"agentName": "visavis"} into the room configuration of a token, or create a dispatch. The job's
    metadata may be JSON such as {"portrait": "alex", "probe": true}.

    \b
    A PROVIDER is one of
      moonshine  host  smollm  hibari           ours: offline, nothing to sign up for
      whisper  whisper:/folder  whisper:small   faster-whisper (visavis[whisper])
      openai:MODEL@http://localhost:11434/v1    any OpenAI-compatible server, such as Ollama (visavis[openai])
      plugin:livekit.plugins.deepgram.STT?model=nova-3    any LiveKit plugin class, with its arguments
      inference:deepgram/nova-3                 LiveKit Inference, in the cloud

    Settings come, each overruling the one before, from --settings (or the file that VISAVIS_SETTINGS names), from
    VISAVIS_STT, VISAVIS_LLM, VISAVIS_TTS, VISAVIS_PORTRAIT, VISAVIS_TURN_MIN_DELAY_S and so on, and from here.
    """
    record = {"folder": str(Path(record_calls).resolve())} if record_calls else None
    given = {
        "stt": stt,
        "llm": llm,
        "tts": tts,
        "portrait": portrait,
        "background": background,
        "sight": None if sight is None else uses_of(sight),
        "record": record,
    }
    settings = Settings.load(file, {key: value for key, value in given.items() if value is not None})
    missing = [name for name in _KEYS if not os.environ.get(name)]
    if missing:
        raise InputError(f"{', '.join(missing)} not set; name the LiveKit server to serve (`visavis demo` brings one)")

    from visavis import worker
    from visavis.dialogue.providers import check

    check(settings)
    settings = replace(settings, portrait=str(located(settings.portrait)))  # a picture is enrolled before any call
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])
    if not verbose:
        logging.getLogger("livekit").setLevel(logging.WARNING)  # the WebRTC layer's own diary
        logging.getLogger("livekit.agents").setLevel(logging.INFO)
    worker.run(settings, *(os.environ[name] for name in _KEYS))
