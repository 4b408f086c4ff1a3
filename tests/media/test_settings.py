"""Settings: where they come from, in which order, and what is refused in which words."""

from __future__ import annotations

import pytest

from visavis.media.errors import InputError
from visavis.media.settings import ExpressionSettings, Provider, Settings
from visavis.media.sight_settings import SightSettings, uses_of


def test_everything_has_a_default() -> None:
    settings = Settings.load(environment={})
    assert (settings.stt, settings.llm, settings.tts, settings.portrait) == ("moonshine", "host", "hibari", "alex")


def test_precedence_rises_from_file_to_environment_to_arguments(tmp_path) -> None:
    file = tmp_path / "visavis.toml"
    file.write_text('stt = "whisper"\nname = "Kim"\nportrait = "kim"\n[turn]\nmin_delay_s = 0.4\nmax_delay_s = 2\n')
    environment = {"VISAVIS_SETTINGS": str(file), "VISAVIS_NAME": "Lee", "VISAVIS_TURN_MIN_DELAY_S": "0.5"}
    settings = Settings.load(arguments={"portrait": "lou"}, environment=environment)
    assert (settings.stt, settings.name, settings.portrait) == ("whisper", "Lee", "lou")
    assert (settings.turn.min_delay_s, settings.turn.max_delay_s) == (0.5, 2.0)


def test_texts_of_the_environment_become_the_types_of_the_settings() -> None:
    settings = Settings.load(environment={"VISAVIS_CAMERA": "off", "VISAVIS_WORKER_MAX_CALLS": "3"})
    assert settings.camera is False
    assert settings.worker.max_calls == 3


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sst": "moonshine"}, ["sst", "stt", "llm"]),
        ({"turn": {"min_delay": 1}}, ["turn.min_delay", "turn.min_delay_s"]),
        ({"turn": 3}, ["turn", "3"]),
        ({"turn": {"min_delay_s": "soon"}}, ["turn.min_delay_s", "soon"]),
        ({"turn": {"min_delay_s": 2.0, "max_delay_s": 1.0}}, ["turn.min_delay_s", "turn.max_delay_s"]),
        ({"turn": {"resume_s": -1}}, ["turn.resume_s", "-1"]),
        ({"worker": {"max_calls": 1.5}}, ["worker.max_calls", "1.5"]),
        ({"video": {"size": 500}}, ["video.size", "500", "512"]),
        ({"camera": "perhaps"}, ["camera", "perhaps"]),
        ({"sight": {"look": False, "picture": True}}, ["sight.picture", "sight.look"]),
        ({"sight": {"smell": True}}, ["sight.smell", "sight.notes"]),
        ({"stt": 3}, ["stt", "3"]),
        ({"portrait": " "}, ["portrait", "empty"]),
        ({"greeting": "I am {nam}."}, ["greeting", "{name}", "nam"]),
        ({"instructions": 'Answer as {"mood": "glad"}.'}, ["instructions", "{name}", "{{"]),
        ({"phone": {"instructions": "Be {"}}, ["phone.instructions", "{name}"]),
    ],
)
def test_what_is_no_setting_is_refused_by_name(values, words) -> None:
    with pytest.raises(InputError) as refusal:
        Settings.of(values)
    assert all(word in str(refusal.value) for word in words)


def test_no_picture_leaves_unless_it_is_asked_for() -> None:
    assert not Settings.load(environment={}).sight.picture
    assert Settings.load(environment={"VISAVIS_SIGHT_PICTURE": "on"}).sight.picture


def test_the_uses_of_the_camera_as_a_list() -> None:
    assert Settings.of({"sight": uses_of("notes, picture, look")}).sight == SightSettings(
        notes=True, look=True, greet=False, wave=False, pause=False, turns=False, picture=True
    )
    assert not any(uses_of("none").values())
    with pytest.raises(InputError, match="smell"):
        uses_of("notes, smell")


@pytest.mark.parametrize("text", ["stt = ", "\xff\xfe"])
def test_a_file_that_is_no_toml_is_refused(tmp_path, text) -> None:
    file = tmp_path / "visavis.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"visavis\.toml: is not TOML"):
        Settings.load(file, environment={})


def test_a_file_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Settings.load(tmp_path / "none.toml", environment={})


@pytest.mark.parametrize(
    ("role", "text", "provider"),
    [
        ("stt", "moonshine", Provider("moonshine")),
        ("stt", "whisper", Provider("whisper")),
        ("stt", "whisper:/models/large", Provider("whisper", "/models/large")),
        ("llm", "openai:llama3.2:3b@http://localhost:11434/v1",
         Provider("openai", "llama3.2:3b", "http://localhost:11434/v1")),
        ("stt", "plugin:livekit.plugins.deepgram.STT?model=nova-3&language=en",
         Provider("plugin", "livekit.plugins.deepgram.STT", options=(("model", "nova-3"), ("language", "en")))),
        ("tts", "inference:cartesia/sonic-3", Provider("inference", "cartesia/sonic-3")),
    ],
)  # fmt: skip
def test_provider_strings_say_which_is_meant(role, text, provider) -> None:
    assert Provider.parse(role, text) == provider


@pytest.mark.parametrize(
    ("role", "text", "words"),
    [
        ("stt", "deepgram/nova-3", ["inference:deepgram/nova-3", "plugin:livekit.plugins.deepgram.STT?model=nova-3"]),
        ("stt", "hibari", ["no such recogniser", "moonshine"]),
        ("tts", "", ["no such voice", "hibari"]),
        ("llm", "host:big", ["takes no model"]),
        ("llm", "openai:llama3.2", ["openai:MODEL@URL"]),
        ("llm", "openai:llama3.2@localhost", ["openai:MODEL@URL"]),
        ("llm", "openai:", ["no such language model"]),
        ("stt", "plugin:deepgram", ["plugin:PACKAGE.CLASS"]),
        ("stt", "inference:nova", ["MAKER/MODEL"]),
    ],
)
def test_other_provider_strings_are_refused_with_the_remedy(role, text, words) -> None:
    with pytest.raises(InputError) as refusal:
        Settings.of({role: text})
    assert all(word in str(refusal.value) for word in words)


def test_each_of_the_faces_own_acts_can_be_switched_off() -> None:
    settings = Settings.load(environment={"VISAVIS_EXPRESSION_TAGS": "off", "VISAVIS_EXPRESSION_MOOD": "0"})
    assert settings.expression == ExpressionSettings(tags=False, mood=False)
