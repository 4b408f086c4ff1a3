"""The cues by name."""

from __future__ import annotations

PRESENT, AWAY = "present", "away"
DARK = "dark"
LOOKING, LOOKING_AWAY = "looking", "looking_away"
SPEAKING = "speaking"  # moving lips
SMILE, FROWN, SURPRISE, YAWN = "smile", "frown", "surprise", "yawn"
EYES_CLOSED = "eyes_closed"
NOD, SHAKE, TILT = "nod", "shake", "tilt"
LEANING_IN = "leaning_in"
HAND_RAISED, WAVE = "hand_raised", "wave"

CUES = (
    PRESENT, AWAY, DARK, LOOKING, LOOKING_AWAY, SPEAKING, SMILE, FROWN, SURPRISE, YAWN, EYES_CLOSED, NOD, SHAKE, TILT,
    LEANING_IN, HAND_RAISED, WAVE,
)  # fmt: skip
