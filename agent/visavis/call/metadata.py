"""What a dispatch may ask of one call: the job's metadata, JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

from visavis.media.errors import InputError


@dataclass(frozen=True)
class JobMetadata:
    """All optional.

    Attributes:
        portrait: a shipped face by name, or a path on the worker's machine; "" for that of the settings.
        probe: send a white flash and a click every second, so that a caller can check its measurement of skew.
        consent: said before anything else, and not interruptible; "" for nothing.
        record: record this call, where the settings name a folder for it.
    """

    portrait: str = ""
    probe: bool = False
    consent: str = ""
    record: bool = False

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
