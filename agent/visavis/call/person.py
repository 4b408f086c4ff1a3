"""What the host may know of the person: a telephone has no camera, whoever else watches with one."""

from __future__ import annotations

from collections.abc import Collection

from visavis.dialogue.sight import Sight
from visavis.phone.caller import Caller


class Person:
    """The person whom the agent listens to.

    Attributes:
        caller: their telephone; None where they have none.
    """

    def __init__(self, sight: Sight) -> None:
        self.caller: Caller | None = None
        self._sight = sight

    @property
    def facts(self) -> Collection[str]:
        return self.caller.facts if self.caller else self._sight.facts

    def describe(self) -> str:
        return self.caller.describe() if self.caller else self._sight.describe()
