"""What a caller may ask the scripted host to do: words -> a tool, where the agent has it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from visavis.dialogue.script import plain


@dataclass(frozen=True)
class Action:
    """A tool to call, with its arguments."""

    tool: str
    arguments: dict[str, str] = field(default_factory=dict)


_POLITE = r"(?:(?:okay|ok|well|so|please|thank you|thanks|alright|all right|that is all|and)(?: very much)? )*"
# "transform" is what recognisers make of "transfer" on a bad line
# words -> tool, and the name of the argument that the pattern's group is
_ACTIONS: tuple[tuple[str, str, str], ...] = (
    (r"\b(?:transfer|transform|connect|put) me (?:through )?(?:to|with) (?:the )?(.+)", "transfer_call", "to"),
    (r"\bhang up\b|\bend (?:the|this) call\b", "hang_up", ""),
    (rf"^{_POLITE}(?:good ?bye|bye(?: bye)?|have a (?:good|nice) (?:day|evening|one))(?: then| now)*$", "hang_up", ""),
    (rf"^{_POLITE}(?:can you |could you )?hold (?:on|the line)\b", "hold", ""),
    (rf"^{_POLITE}(?:just )?(?:one|a) (?:moment|second|minute)(?: please)?$", "hold", ""),
)
TABLE = tuple((re.compile(pattern), tool, argument) for pattern, tool, argument in _ACTIONS)


def action(said: str, tools: Collection[str]) -> Action | None:
    """What `said` asks for, if one of `tools` does it."""
    words = plain(said).rstrip(". ")
    for pattern, tool, argument in TABLE:
        found = pattern.search(words) if tool in tools else None
        if found:
            return Action(tool, {argument: found.group(1)} if argument else {})
    return None
