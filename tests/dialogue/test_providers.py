"""From settings to LiveKit's parts."""

from __future__ import annotations

import pytest
from livekit.agents import inference

from visavis.dialogue import providers
from visavis.dialogue.llm import HostLLM
from visavis.dialogue.providers import Models, check
from visavis.dialogue.stt import MoonshineSTT
from visavis.dialogue.tts import HibariTTS
from visavis.media.errors import InputError
from visavis.media.settings import Settings

NONE = Models(None, None, None)
OLLAMA = "openai:llama3.2@http://localhost:11434/v1"


async def test_the_defaults_are_ours(moonshine, smollm, voice) -> None:
    session = providers.session(Settings(), Models(moonshine, smollm, voice))
    assert isinstance(session.stt, MoonshineSTT)
    assert isinstance(session.llm, HostLLM)
    assert isinstance(session.tts, HibariTTS)


async def test_nothing_that_decides_turns_leaves_the_machine(moonshine, smollm, voice, monkeypatch) -> None:
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "s" * 32)
    session = providers.session(Settings(), Models(moonshine, smollm, voice))
    assert session.turn_detection.model == "turn-detector-v1-mini"
    assert session.options.interruption["mode"] == "vad"
    assert session.options.interruption["false_interruption_timeout"] == 0.6
    assert session.options.preemptive_generation["preemptive_tts"] is True
    assert isinstance(session.vad, inference.VAD)


async def test_the_host_has_a_script_and_the_bare_model_none(smollm) -> None:
    models = Models(None, smollm, None)
    assert providers.language_model(Settings(), models).provider == "visavis"
    assert providers.language_model(Settings(llm="smollm"), models).provider == "smollm"


async def test_an_openai_compatible_server(monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = Settings(llm=OLLAMA)
    check(settings)
    model = providers.language_model(settings, NONE)
    assert model.model == "llama3.2"
    assert "localhost" in str(model._client.base_url)


async def test_any_plugin_class_with_its_arguments() -> None:
    settings = Settings(llm="plugin:livekit.plugins.openai.LLM?model=gpt-x&api_key=k&temperature=0.5")
    check(settings)
    model = providers.language_model(settings, NONE)
    assert model.model == "gpt-x"
    assert model._opts.temperature == 0.5


async def test_livekit_inference_is_told_apart(monkeypatch) -> None:
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "s" * 32)
    settings = Settings(
        stt="inference:deepgram/nova-3", tts="inference:cartesia/sonic-3", llm="inference:openai/gpt-4o"
    )
    assert isinstance(providers.recogniser(settings, NONE), inference.STT)
    assert isinstance(providers.voice(settings, NONE), inference.TTS)
    assert isinstance(providers.language_model(settings, NONE), inference.LLM)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(stt="plugin:livekit.plugins.nowhere.STT"), ["pip install 'livekit-plugins-nowhere'"]),
        (Settings(llm="plugin:livekit.plugins.openai.Nothing"), ["has no Nothing"]),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(settings, words) -> None:
    with pytest.raises(InputError) as refusal:
        check(settings)
    assert all(word in str(refusal.value) for word in words)


@pytest.mark.parametrize(
    ("settings", "module", "extra"),
    [
        (Settings(llm=OLLAMA), "livekit.plugins.openai", r"visavis\[openai\]"),
        (Settings(stt="whisper"), "faster_whisper", r"visavis\[whisper\]"),
    ],
)
def test_a_missing_extra_is_named(settings, module, extra, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=extra):
        check(settings)


async def test_arguments_that_a_plugin_refuses() -> None:
    with pytest.raises(InputError, match="refused its arguments"):
        providers.language_model(Settings(llm="plugin:livekit.plugins.openai.LLM?colour=red"), NONE)
