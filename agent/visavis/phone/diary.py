"""What the SIP service logs, as one line for each call and cause."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field

NO_SOUND = "ended: the phone sent no sound any more"
# livekit-sip's reasons for the end of a call, for a person
REASONS = {
    "hangup": "the phone hung up",
    "cancelled": "the caller gave up before it was answered",
    "flood": "refused: no line has this number, or the line does not let this caller in",
    "no-rule": "refused: no line has this number",
    "no-trunk": "refused: no line has this number",
    "no-dispatch": "refused: the line leads into no room",
    "quota-exceeded": "refused: the project's quota is used up",
    "wrong-pin": "refused: wrong PIN",
    "cannot-subscribe": "given up: no agent answered in time",
    "user-unavailable": "given up: no agent answered in time",
    "media-timeout": NO_SOUND,
    "no-ack": "ended: the phone did not acknowledge the answer",
    "removed": "ended by the agent",
    "rpc": "ended by the agent",
    "room-disconnected": "ended: the room was closed",
    "no-common-codec": "refused: the phone offers none of our codecs",
    "no-common-crypto": "refused: the phone offers no encryption of ours",
    "sdp-error": "refused: the phone's offer cannot be read",
    "auth-error": "refused: the LiveKit server or redis does not answer",
    "dispatch-error": "refused: the LiveKit server or redis does not answer",
    "join-failed": "refused: the room cannot be joined",
}
UNREADABLE = "a call was refused: it cannot be read"
CALLS_KNOWN = 1000  # a flood must not fill the memory


@dataclass
class Diary:
    """Reads the log line by line; remembers who calls until the call is over."""

    _callers: dict[str, str] = field(default_factory=dict)
    _told: deque[str] = field(default_factory=lambda: deque(maxlen=CALLS_KNOWN))

    def read(self, line: str) -> str | None:
        """A line for a person, or None where there is nothing to tell; anything may be fed."""
        try:
            record = json.loads(line)
        except ValueError:
            return None
        if not isinstance(record, dict):
            return None
        message, call = str(record.get("msg", "")), str(record.get("callID", ""))
        if message == "processing invite":
            self._remember(call, f"{record.get('fromUser', '?')} -> {record.get('toUser', '?')}")
        elif message == "Accepting the call":
            return f"{self._callers.get(call, call)}: answered"
        elif message == "SIP call ended":
            reason, who = str(record.get("reason", "")), self._callers.pop(call, call)
            return None if call in self._told else f"{who}: {REASONS.get(reason, reason)}"
        elif call not in self._told and (cause := _early(message)):
            self._told.append(call)
            return f"{self._callers.get(call, call)}: {cause}"
        elif message == "invalid invite":
            return UNREADABLE
        return None

    def _remember(self, call: str, who: str) -> None:
        if len(self._callers) >= CALLS_KNOWN:
            self._callers.pop(next(iter(self._callers)))
        self._callers[call] = who


def _early(message: str) -> str:
    """What is known before the call's end: a phone that is refused tries again, one that is gone is waited for."""
    if message.startswith("Authentication failed"):
        return "refused: wrong user or password"
    return NO_SOUND if message == "triggering media timeout" else ""
