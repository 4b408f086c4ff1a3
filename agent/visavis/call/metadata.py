"""What a dispatch may ask of one call: the job's metadata, JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields

from visavis.media.errors import InputError

ROLES = ("asks", "tells")
VOICES = ("heart", "low")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9 -]{0,39}")


@dataclass(frozen=True)
class JobMetadata:
    """All optional.

    Attributes:
        portrait: a shipped face by name, or a path on the worker's machine; "" for that of the settings.
        probe: send a white flash and a click every second, so that a caller can check its measurement of skew.
        consent: said before anything else, and not interruptible; "" for nothing.
        record: record this call, where the settings name a folder for it.
        name: how the agent calls itself; "" for that of the settings.
        partner: the identity of another agent in the room, to be heard and seen as the person; "" for people: agents
            take no notice of agents then. An agent with a partner has its own name as its identity.
        role: with a partner, whether it "asks" or "tells".
        topic: with a partner, what the talk begins with; "" for the first one.
        voice: of the default voice, "heart" or "low"; "" for that of the settings.
    """

    portrait: str = ""
    probe: bool = False
    consent: str = ""
    record: bool = False
    name: str = ""
    partner: str = ""
    role: str = ""
    topic: str = ""
    voice: str = ""

    def __post_init__(self) -> None:
        for key in ("name", "partner"):
            if (text := getattr(self, key)) and not NAME.fullmatch(text):
                raise InputError(
                    f"job metadata: {key} {text!r} must be letters, digits, spaces and hyphens, 40 at most"
                )
        if self.voice and self.voice not in VOICES:
            raise InputError(f"job metadata: no such voice {self.voice!r}; known are {', '.join(VOICES)}")
        if self.partner:
            if not self.name or self.name == self.partner:
                raise InputError(f"job metadata: partner {self.partner!r} needs a name of its own beside it")
            if self.role not in ROLES:
                raise InputError(f"job metadata: with a partner role must be {' or '.join(ROLES)}, not {self.role!r}")
        elif self.role or self.topic:
            raise InputError("job metadata: role and topic need a partner")

    @classmethod
    def parse(cls, text: str) -> JobMetadata:
        """Read `text`; an empty one asks for nothing.

        Raises:
            InputError: it is no JSON object, or holds an unknown key or a value of another type.
        """
        try:
            given = json.loads(text) if text.strip() else {}
        except ValueError as error:
            raise InputError(f"job metadata {text!r}: is not JSON ({error})") from None
        if not isinstance(given, dict):
            raise InputError(f"job metadata {text!r}: must be a JSON object")
        types = {item.name: type(item.default) for item in fields(cls)}
        for key, value in given.items():
            if key not in types:
                raise InputError(f"job metadata: no such key {key!r}; known are {', '.join(types)}")
            if type(value) is not types[key]:
                raise InputError(f"job metadata: {key} must be a {types[key].__name__}, not {value!r}")
        return cls(**given)
