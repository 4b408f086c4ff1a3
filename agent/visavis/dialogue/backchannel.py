"""Sounds that say "go on", not "stop": while the avatar speaks they are no turn of the user's."""

from __future__ import annotations

import re

_WORDS = frozenset(
    [
        "mhm",
        "mm",
        "mmm",
        "hm",
        "hmm",
        "hmhm",
        "mmhm",
        "mmhmm",
        "mhmm",
        "uh",
        "huh",
        "uhuh",
        "uhhuh",
        "ah",
        "aha",
        "oh",
        "ooh",
        "ha",
        "haha",
        "yeah",
        "yep",
        "yup",
        "yes",
        "ya",
        "okay",
        "ok",
        "right",
        "sure",
        "wow",
        "nice",
        "cool",
        "really",
        "great",
        "i",
        "see",
        "got",
        "it",
    ]
)
_STOPS = frozenset(["stop", "wait", "no", "hold", "enough", "quiet", "sorry", "excuse", "hey", "alex"])
_ASKS = frozenset(["stop", "wait", "hold", "enough", "excuse"])  # of them, what no hum is taken for
LONGEST_S = 1.2  # of a backchannel in words
BEHIND_LIPS_S = 4.0  # of what is heard while the lips are closed; who talks for longer is listened to
MURMUR_S = 0.75  # a murmur without words: recognisers make up words for it, and are unsure of them
MURMUR_CONFIDENCE = 0.75
NODDED_S, NODDED_CONFIDENCE = 1.2, 0.9  # the same with a nod, which says "go on" by itself


def is_backchannel(
    text: str, seconds: float, confidence: float, *, nodded: bool = False, behind_lips: bool = False
) -> bool:
    """Whether `text`, said within `seconds` and recognised with `confidence` (0..1), only says "go on".

    Args:
        nodded: whether whoever said it nodded.
        behind_lips: whether their lips were closed all along: it was a hum, or somebody else in the room. Words that
            ask to stop are heard all the same.
    """
    words = re.findall(r"[a-z]+", text.lower().replace("-", "").replace("'", ""))
    if behind_lips and seconds <= BEHIND_LIPS_S and not _STOPS & set(words):
        return True
    if seconds <= LONGEST_S and words and all(word in _WORDS for word in words):
        return True
    most_s, least = (NODDED_S, NODDED_CONFIDENCE) if nodded else (MURMUR_S, MURMUR_CONFIDENCE)
    return seconds <= most_s and confidence < least and len(words) <= 3 and not _ASKS & set(words)
