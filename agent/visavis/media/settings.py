"""One typed, frozen value for everything a worker can be told, validated when it is built.

Rising precedence: the defaults here, a TOML file, the environment (`VISAVIS_STT`, `VISAVIS_TURN_MIN_DELAY_S`), the
command line. A provider string says which recogniser, language model or voice is meant; see `Provider`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import parse_qsl, urlsplit

from visavis.media.errors import InputError
from visavis.media.sight_settings import SightSettings
from visavis_models.serve.background import Background
from visavis_models.serve.emotion import FRIENDLY, parse_emotion

SETTINGS_VARIABLE = "VISAVIS_SETTINGS"
PREFIX = "VISAVIS_"

# what each role takes by name alone, and what may follow a colon
BUILT_IN = {"stt": ("moonshine", "whisper"), "llm": ("host", "smollm"), "tts": ("hibari",)}
ROLES = {"stt": "recogniser", "llm": "language model", "tts": "voice"}


@dataclass(frozen=True)
class Provider:
    """Which recogniser, language model or voice is meant.

    `moonshine`, `hibari`, `host`, `smollm`            ours, offline
    `whisper`, `whisper:base`, `whisper:/path/to/it`   faster-whisper (extra `whisper`)
    `openai:MODEL@http://localhost:11434/v1`           any OpenAI-compatible server (extra `openai`)
    `plugin:livekit.plugins.deepgram.STT?model=nova-3` any LiveKit plugin class, with its arguments
    `inference:deepgram/nova-3`                        LiveKit Inference, in the cloud

    Attributes:
        kind: the word before the colon.
        value: what follows it: a model, a path, a class or a model name of LiveKit Inference; "" where nothing does.
        base_url: of an `openai` provider, else "".
        options: keyword arguments of a `plugin`.
    """

    kind: str
    value: str = ""
    base_url: str = ""
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, role: str, text: str) -> Provider:
        """Read a provider string for `role` ("stt", "llm" or "tts").

        Raises:
            InputError: no such provider, or one that is ambiguous; says what could be meant.
        """
        kind, colon, value = text.partition(":")
        if not colon and "/" in text:
            raise InputError(
                f"--{role} {text}: write inference:{text} for LiveKit Inference (in the cloud), or "
                f"plugin:livekit.plugins.{text.split('/')[0]}.{role.upper()}?model={text.split('/')[-1]} for the plugin"
            )
        if kind in BUILT_IN[role]:
            if value and kind != "whisper":
                raise InputError(f"--{role} {text}: {kind} takes no model; write {kind}")
            return cls(kind, value)
        if kind in _PARSERS and value:
            return _PARSERS[kind](role, text, value)
        known = ", ".join([*BUILT_IN[role], "openai:MODEL@URL", "plugin:PACKAGE.CLASS", "inference:MODEL"])
        raise InputError(f"--{role} {text}: no such {ROLES[role]}; known are {known}")


def _openai(role: str, text: str, value: str) -> Provider:
    model, _, base_url = value.rpartition("@")
    if not model or urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).netloc:
        raise InputError(f"--{role} {text}: write openai:MODEL@URL, as in openai:llama3.2@http://localhost:11434/v1")
    return Provider("openai", model, base_url)


def _plugin(role: str, text: str, value: str) -> Provider:
    path, _, query = value.partition("?")
    if "." not in path or not all(part.isidentifier() for part in path.split(".")):
        raise InputError(
            f"--{role} {text}: write plugin:PACKAGE.CLASS?ARGUMENT=VALUE, "
            f"as in plugin:livekit.plugins.deepgram.{role.upper()}?model=nova-3"
        )
    return Provider("plugin", path, options=tuple(parse_qsl(query, keep_blank_values=True)))


def _inference(role: str, text: str, value: str) -> Provider:
    if "/" not in value:
        raise InputError(
            f"--{role} {text}: LiveKit Inference names models MAKER/MODEL, as in inference:deepgram/nova-3"
        )
    return Provider("inference", value)


_PARSERS = {"openai": _openai, "plugin": _plugin, "inference": _inference}


@dataclass(frozen=True)
class TurnSettings:
    """When the user's turn ends and what interrupts the avatar; all in seconds.

    Attributes:
        min_delay_s: from the last voiced sample to the reply where the turn detector is sure.
        max_delay_s: the same where it is not.
        interruption_s: how much speech of the user stops the avatar.
        resume_s: silence after which a stopped avatar that nobody answered goes on.
        echo_warmup_s: at the start of a call the user cannot interrupt for so long: echo cancellation settles.
    """

    min_delay_s: float = 0.25
    max_delay_s: float = 1.2
    interruption_s: float = 0.3
    resume_s: float = 0.6
    echo_warmup_s: float = 1.0

    def __post_init__(self) -> None:
        for item in fields(self):
            within(f"turn.{item.name}", getattr(self, item.name), 0.0, 10.0)
        if self.min_delay_s > self.max_delay_s:
            raise InputError(
                f"turn.min_delay_s {self.min_delay_s:g} is more than turn.max_delay_s {self.max_delay_s:g}"
            )


@dataclass(frozen=True)
class VideoSettings:
    """What is published of the face.

    Attributes:
        size: pixels each way: 256, 384 or 512.
        max_bitrate: bits a second.
    """

    size: int = 512
    max_bitrate: int = 1_500_000

    def __post_init__(self) -> None:
        if self.size not in (256, 384, 512):
            raise InputError(f"video.size {self.size}: the face is drawn at 256, 384 or 512 pixels each way")
        within("video.max_bitrate", self.max_bitrate, 100_000, 20_000_000)


@dataclass(frozen=True)
class ExpressionSettings:
    """What the face does beside speaking.

    Attributes:
        tags: directions in a reply's text, such as [smile], move the face; switched off they are not spoken either.
        mood: the emotion of a reply's words shows on the face, where no tag tells one.
        listening: the face smiles back, nods when a phrase is over, and holds its gaze on who speaks.
        thinking: the face looks away while the agent thinks.
    """

    tags: bool = True
    mood: bool = True
    listening: bool = True
    thinking: bool = True


@dataclass(frozen=True)
class WorkerSettings:
    """How a worker shares its machine among calls.

    Attributes:
        max_calls: calls at once; further ones go to other workers of the same name.
        idle_processes: processes kept warm, their models loaded, for the next call.
        initialize_s: how long a process may take to load its models.
    """

    max_calls: int = 2
    idle_processes: int = 1
    initialize_s: float = 60.0

    def __post_init__(self) -> None:
        within("worker.max_calls", self.max_calls, 1, 1000)
        within("worker.idle_processes", self.idle_processes, 0, 64)
        within("worker.initialize_s", self.initialize_s, 1, 600)


@dataclass(frozen=True)
class RecordSettings:
    """Recording of calls, sound and transcript.

    Attributes:
        folder: where to; "" records nothing.
        every_call: whether all calls are recorded, or only those whose dispatch asks for it.
        notice: said before the greeting of a call that is recorded.
    """

    folder: str = ""
    every_call: bool = True
    notice: str = "This call is recorded."

    def __post_init__(self) -> None:
        if not self.notice.strip():
            raise InputError("record.notice must not be empty: a caller is told that the call is recorded")


@dataclass(frozen=True)
class PhoneSettings:
    """How the agent is on the telephone.

    Attributes:
        transfer: whom a caller may be transferred to, as in "sales=sip:sales@pbx.example, support=tel:+15550100".
        instructions: the language model's, instead of `Settings.instructions`. `{name}` stands for its name.
    """

    transfer: str = ""
    instructions: str = (
        "You are {name}, a friendly person on the telephone. You can not see the caller, and they can not see you. "
        "Answer in one or two short spoken sentences, without lists, markup or emoji."
    )

    def __post_init__(self) -> None:
        check_braces("phone.instructions", self.instructions, "name")
        self.targets()

    def targets(self) -> dict[str, str]:
        """The names and addresses of `transfer`.

        Raises:
            InputError: it is written otherwise.
        """
        targets = {}
        for item in filter(None, (part.strip() for part in self.transfer.split(","))):
            name, _, address = (part.strip() for part in item.partition("="))
            if not name or not address.startswith(("sip:", "sips:", "tel:")):
                raise InputError(f"phone.transfer {item!r}: write NAME=sip:USER@HOST or NAME=tel:+NUMBER")
            targets[name] = address
        return targets


@dataclass(frozen=True)
class Settings:
    """Everything a worker can be told.

    Attributes:
        stt, llm, tts: provider strings, see `Provider`.
        portrait: a shipped face by name, or the path of an `.avatar` file or of a picture.
        background: what is behind the face: `own`, `plain:#203040`, `blur` or the path of a picture.
        emotion: how the face feels, names with strengths 0..1; "" is neutral.
        name: how the agent calls itself.
        greeting: what it says first; "" for nothing. `{name}` stands for its name, [smile] directs its face.
        instructions: the language model's instructions. `{name}` stands for its name.
        camera: look at the user's camera.
        sight: what it is used for.
    """

    stt: str = "moonshine"
    llm: str = "host"
    tts: str = "hibari"
    portrait: str = "alex"
    background: str = "own"
    emotion: str = FRIENDLY
    name: str = "Alex"
    greeting: str = "[smile] Hello, I am {name}. What would you like to talk about?"
    instructions: str = (
        "You are {name}, a friendly person in a video call. Answer in one or two short spoken sentences, "
        "without lists, markup or emoji. Where it suits your words put a direction for your face before them, such as "
        "[smile], [laugh], [nod], [look away], [surprise] or [sad]; it is seen and not spoken."
    )
    camera: bool = True
    sight: SightSettings = field(default_factory=SightSettings)
    turn: TurnSettings = field(default_factory=TurnSettings)
    video: VideoSettings = field(default_factory=VideoSettings)
    expression: ExpressionSettings = field(default_factory=ExpressionSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    record: RecordSettings = field(default_factory=RecordSettings)
    phone: PhoneSettings = field(default_factory=PhoneSettings)

    def __post_init__(self) -> None:
        for role in ROLES:
            Provider.parse(role, getattr(self, role))
        parse_emotion(self.emotion)
        Background.of_video(self.background)
        for key in ("portrait", "name"):
            if not getattr(self, key).strip():
                raise InputError(f"{key} must not be empty")
        check_braces("greeting", self.greeting, "name")
        check_braces("instructions", self.instructions, "name", "partner")

    def provider(self, role: str) -> Provider:
        """The provider of `role`: "stt", "llm" or "tts"."""
        return Provider.parse(role, getattr(self, role))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """Settings from nested mappings, as TOML gives them.

        Raises:
            InputError: an unknown key, a value of the wrong type or out of range.
        """
        settings = _build(cls, values, "")
        assert isinstance(settings, Settings)
        return settings

    @classmethod
    def load(
        cls,
        file: Path | None = None,
        arguments: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Settings:
        """Defaults, then `file` (or the one that `VISAVIS_SETTINGS` names), the environment, and `arguments`.

        Raises:
            InputError: the file cannot be read, or any of them holds something that is no setting.
        """
        if file is None and environment.get(SETTINGS_VARIABLE):
            file = Path(environment[SETTINGS_VARIABLE])
        values = _read_toml(file) if file else {}
        for layer in (_from_environment(environment), arguments or {}):
            values = _merge(values, layer)
        return cls.of(values)


def within(key: str, value: float, low: float, high: float) -> None:
    """Raise an `InputError` unless `low <= value <= high`."""
    if not low <= value <= high:
        raise InputError(f"{key} {value:g} is out of range; give a number from {low:g} to {high:g}")


def check_braces(key: str, text: str, *names: str) -> None:
    """Raise an `InputError` unless only `names` stand in braces, as `str.format` reads them."""
    try:
        text.format(**dict.fromkeys(names, ""))
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        known = " or ".join(f"{{{name}}}" for name in names)
        raise InputError(f"{key}: in braces may stand {known} ({error}); write {{{{ and }}}} for braces") from None


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); name a TOML file of settings") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: is not TOML ({error})") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """`VISAVIS_STT=...`, `VISAVIS_TURN_MIN_DELAY_S=...` to nested mappings; other variables are not ours to judge."""
    values: dict[str, Any] = {}
    for item in fields(Settings):
        kind = get_type_hints(Settings)[item.name]
        if is_dataclass(kind):
            group = {f.name: environment.get(f"{PREFIX}{item.name}_{f.name}".upper()) for f in fields(kind)}
            given = {name: text for name, text in group.items() if text is not None}
            if given:
                values[item.name] = given
        elif (text := environment.get(f"{PREFIX}{item.name}".upper())) is not None:
            values[item.name] = text
    return values


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if nested else value
    return merged


def _build(kind: type, values: Mapping[str, Any], path: str) -> object:
    """A dataclass from a mapping; texts (from the environment) are read as the field's type."""
    if not isinstance(values, Mapping):
        raise InputError(f"{path.rstrip('.')} must be a table of settings, not {values!r}")
    hints = get_type_hints(kind)
    known = [item.name for item in fields(kind)]
    for key in values:
        if key not in known:
            raise InputError(f"{path}{key}: no such setting; known are {', '.join(path + name for name in known)}")
    return kind(**{key: _coerce(hints[key], value, path + key) for key, value in values.items()})


def _coerce(kind: type, value: Any, path: str) -> Any:
    if is_dataclass(kind):
        return _build(kind, value, f"{path}.")
    if kind is bool and str(value).lower() in _BOOLEANS:
        return _BOOLEANS[str(value).lower()]
    if kind is str and isinstance(value, str):
        return value
    if kind in (int, float) and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if number == number and (kind is float or number.is_integer()):
            return kind(number)
    raise InputError(f"{path}: {value!r} is not {_WORDS[kind]}")


_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_WORDS = {bool: "true or false", str: "a text", int: "a whole number", float: "a number"}
