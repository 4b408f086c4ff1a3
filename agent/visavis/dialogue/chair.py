"""The chair of a talk between two agents: plain rules, each agent holds them for itself.

Silence longer than its patience: it takes the floor with a new topic; who is at work on a reply is given longer. Both
speak: the one who began later yields. A reply is no longer than `MOST_WORDS`, and what was said before is not said
again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from visavis.dialogue.topics import alike

OVERLAP_S = 0.8  # both speak for so long: no backchannel any more
STALEMATE_S = 4.0  # whoever began first yields after so long, too: the other may not have noticed
TIE_S = 0.3  # began within this of each other: the one who tells yields
PATIENCE_S = {"asks": 8.0, "tells": 12.0}  # longer than a busy machine thinks; apart, so that not both take the floor
THOUGHT_TIMES = 3.0  # so much more patience while either of us thinks
MOST_WORDS = 45
REPEATED = 0.85  # shared words from which a reply is a repeat
REMEMBERED = 20  # own replies that a new one is compared with


class Ruling(Enum):
    """What the chair says."""

    GO_ON = "go on"
    YIELD = "yield"
    OPEN = "open"


class Chair:
    """Follows who speaks; times are seconds of any steady clock.

    Args:
        role: "asks" or "tells".
        now: when the talk begins.
    """

    def __init__(self, role: str, now: float) -> None:
        self._role = role
        self._mine: float | None = None  # since when
        self._theirs: float | None = None
        self._thinking = {"I": False, "partner": False}
        self._quiet_since = now

    def spoke(self, speaking: bool, now: float) -> None:
        """I began or ended."""
        self._mine = self._turn(self._mine, speaking, now)

    def heard(self, speaking: bool, now: float) -> None:
        """The partner began or ended."""
        self._theirs = self._turn(self._theirs, speaking, now)

    def thought(self, who: str, thinking: bool) -> None:
        """Whether "I" or the "partner" is at work on a reply."""
        self._thinking[who] = thinking

    def _turn(self, since: float | None, speaking: bool, now: float) -> float | None:
        self._quiet_since = now
        return (since if since is not None else now) if speaking else None

    def rule(self, now: float) -> Ruling:
        """What is to be done now; who takes the floor has a whole patience to begin in."""
        if self._mine is not None and self._theirs is not None:
            both_s = now - max(self._mine, self._theirs)
            late = self._mine - self._theirs
            mine_to_yield = late > TIE_S or (abs(late) <= TIE_S and self._role == "tells")
            return Ruling.YIELD if both_s > (OVERLAP_S if mine_to_yield else STALEMATE_S) else Ruling.GO_ON
        quiet = self._mine is None and self._theirs is None
        patience_s = PATIENCE_S[self._role] * (THOUGHT_TIMES if any(self._thinking.values()) else 1)
        if quiet and now - self._quiet_since > patience_s:
            self._quiet_since = now
            return Ruling.OPEN
        return Ruling.GO_ON


def shortened(text: str) -> str:
    """`text` cut after the last sentence that ends within `MOST_WORDS`; a longer first one is cut at the word."""
    words = text.split()
    if len(words) <= MOST_WORDS:
        return " ".join(words)
    kept = " ".join(words[:MOST_WORDS])
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s|$)", kept)]
    return kept[: ends[-1]] if ends else f"{kept.rstrip(',;:')}."


def repeated(text: str, history: Sequence[str]) -> bool:
    """Whether `text` says again what one of the last replies in `history` said."""
    return any(alike(text, before) >= REPEATED for before in history[-REMEMBERED:])
