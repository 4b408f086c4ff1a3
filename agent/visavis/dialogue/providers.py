"""From settings to LiveKit's recogniser, language model, voice, voice activity and turn detection."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livekit.agents import AgentSession, APIConnectOptions, TurnHandlingOptions, inference, llm, stt, tts
from livekit.agents.voice.agent_session import SessionConnectOptions

from visavis.dialogue.hibari_voice import TIMBRES, HibariVoice
from visavis.dialogue.llm import HostLLM
from visavis.dialogue.moonshine import Moonshine
from visavis.dialogue.script import Script
from visavis.dialogue.sight import NoSight, Sight
from visavis.dialogue.smollm import SmolLM
from visavis.dialogue.stt import MoonshineSTT
from visavis.dialogue.tts import HibariTTS
from visavis.dialogue.turn_end import TurnEnd, Words
from visavis.dialogue.turn_taking import TurnTaking
from visavis.dialogue.whisper import Whisper, WhisperSTT
from visavis.media.errors import InputError
from visavis.media.settings import ROLES, Provider, Settings

CLASSES = {"stt": "STT", "llm": "LLM", "tts": "TTS"}
VAD_SILENCE_S = 0.25  # the least that the turn detector works with
ERRORS_IN_A_ROW = 10  # a part that fails so often ends the call
RETRIES = APIConnectOptions(max_retry=1, timeout=10.0)  # a person is waiting


@dataclass(frozen=True)
class Models:
    """What one process loads once, before it is called: None where the settings name another provider."""

    recogniser: Moonshine | Whisper | None
    language: SmolLM | None
    voice: HibariVoice | None

    @classmethod
    def load(cls, settings: Settings) -> Models:
        """Load what `settings` need, and warm it."""
        recogniser, language, voice = (_LOADERS[role](settings.provider(role)) for role in ("stt", "llm", "tts"))
        if voice is not None:
            voice.say("Hello.")
        return cls(recogniser, language, voice)


def _load_recogniser(provider: Provider) -> Moonshine | Whisper | None:
    if provider.kind == "whisper":
        return Whisper(provider.value)
    return Moonshine.load() if provider.kind == "moonshine" else None


_LOADERS: dict[str, Callable[[Provider], Any]] = {
    "stt": _load_recogniser,
    "llm": lambda provider: SmolLM() if provider.kind in ("host", "smollm") else None,
    "tts": lambda provider: HibariVoice() if provider.kind == "hibari" else None,
}


def check(settings: Settings) -> None:
    """Find out, before anything is started, whether what `settings` name is installed.

    Raises:
        InputError: it is not; names what to install.
    """
    for role in ROLES:
        provider = settings.provider(role)
        if provider.kind == "openai":
            _plugin_class("livekit.plugins.openai", CLASSES[role], "visavis[openai]")
        elif provider.kind == "plugin":
            module, _, name = provider.value.rpartition(".")
            _plugin_class(module, name, module.replace(".", "-"))
        elif provider.kind == "whisper" and importlib.util.find_spec("faster_whisper") is None:
            raise InputError("--stt whisper needs faster-whisper; run: pip install 'visavis[whisper]'")


def _plugin_class(module: str, name: str, package: str) -> Callable[..., Any]:
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise InputError(f"{module} is not installed ({error}); run: pip install '{package}'") from None
    if found is None:
        raise InputError(f"{module} has no {name}")
    return found


def recogniser(settings: Settings, models: Models) -> stt.STT:
    """The recogniser that `settings` name."""
    if isinstance(models.recogniser, Whisper):
        return WhisperSTT(models.recogniser)
    if models.recogniser is not None:
        return MoonshineSTT(models.recogniser)
    found = _foreign("stt", settings.provider("stt"), inference.STT.from_model_string)
    assert isinstance(found, stt.STT)
    return found


def language_model(
    settings: Settings, models: Models, sight: Sight | None = None, script: Script | None = None
) -> llm.LLM:
    """The language model that `settings` name; the scripted host looks through `sight`, and follows `script`."""
    if models.language is not None:
        scripted = settings.provider("llm").kind == "host"
        return HostLLM(models.language, script or Script(settings.name, sight or NoSight()) if scripted else None)
    found = _foreign("llm", settings.provider("llm"), inference.llm_from_model_string)
    assert isinstance(found, llm.LLM)
    return found


def voice(settings: Settings, models: Models, timbre: str = "") -> tts.TTS:
    """The voice that `settings` name; `timbre` is one of the default voice's."""
    if models.voice is not None:
        return HibariTTS(models.voice, TIMBRES[timbre or "heart"])
    found = _foreign("tts", settings.provider("tts"), inference.TTS.from_model_string)
    assert isinstance(found, tts.TTS)
    return found


def _foreign(role: str, provider: Provider, cloud: Callable[[str], Any]) -> object:
    """A provider that is not ours."""
    if provider.kind == "inference":
        return cloud(provider.value)
    if provider.kind == "openai":
        make = _plugin_class("livekit.plugins.openai", CLASSES[role], "visavis[openai]")
        key = os.environ.get("OPENAI_API_KEY") or "none"  # a server of one's own asks for none
        return make(model=provider.value, base_url=provider.base_url, api_key=key)
    module, _, name = provider.value.rpartition(".")
    make = _plugin_class(module, name, module.replace(".", "-"))
    options = {key: _literal(text) for key, text in provider.options}
    try:
        return make(**options)
    except (TypeError, ValueError) as error:
        raise InputError(f"--{role} plugin:{provider.value}: refused its arguments ({error})") from error


def _literal(text: str) -> object:
    """`16000` is a number, `True` a truth, `nova-3` a text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def session(
    settings: Settings,
    models: Models,
    sight: Sight | None = None,
    words: Words | None = None,
    *,
    turns: TurnTaking | None = None,
    script: Script | None = None,
    timbre: str = "",
    chaired: bool = False,
) -> AgentSession[None]:
    """An agent session as `settings` want it: everything that decides turns runs on this machine.

    Args:
        settings, models: as everywhere here.
        sight: what the camera shows.
        words: what the user just said, kept up to date by the `Host`.
        turns: what lips, gaze and nods say of whose turn it is; it is attached to the session.
        script: what the scripted host follows, in place of its own.
        timbre: of the default voice.
        chaired: a chair decides who yields; what is heard stops nothing by itself, and is heard all the same.
    """
    turn = settings.turn
    made: AgentSession[None] = AgentSession(
        stt=recogniser(settings, models),
        llm=language_model(settings, models, sight, script),
        tts=voice(settings, models, timbre),
        vad=inference.VAD(min_silence_duration=VAD_SILENCE_S),
        turn_handling=TurnHandlingOptions(
            turn_detection=TurnEnd(words or Words(), turns.bar if turns else lambda bar: bar),
            endpointing={"mode": "fixed", "min_delay": turn.min_delay_s, "max_delay": turn.max_delay_s},
            interruption={
                "enabled": not chaired,
                "discard_audio_if_uninterruptible": not chaired,
                "mode": "vad",
                "min_duration": turn.interruption_s,
                "false_interruption_timeout": turn.resume_s,
                "resume_false_interruption": True,
            },
            preemptive_generation={"enabled": True, "preemptive_tts": True, "max_retries": 6},
        ),
        use_tts_aligned_transcript=True,
        aec_warmup_duration=turn.echo_warmup_s or None,
        conn_options=SessionConnectOptions(
            llm_conn_options=RETRIES, tts_conn_options=RETRIES, max_unrecoverable_errors=ERRORS_IN_A_ROW
        ),
    )
    if turns is not None:
        turns.attach(made)
    return made
