"""What the host knows of the camera: a plain protocol, so that nothing here knows of pictures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Sight(Protocol):
    """What the camera shows now."""

    @property
    def facts(self) -> Collection[str]:
        """Names of what is seen now, such as "present", "smile", "away"; empty where there is no picture."""

    def describe(self) -> str:
        """The same in a sentence for a language model; "" where there is no picture."""


class NoSight:
    """No camera."""

    facts: Collection[str] = ()

    def describe(self) -> str:
        return ""
