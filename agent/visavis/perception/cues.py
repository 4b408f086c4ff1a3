"""What the person before the camera is doing, told from landmarks: plain code, no clock of its own, no I/O.

Every cue has a threshold for coming and a lower one for going, and has to hold for a while, so that it does not
flicker. What is not known is not said: a cue that can not be told now is absent, and so is its opposite.
"""

from __future__ import annotations

import numpy as np

from visavis.perception.latch import Latch, Threshold
from visavis.perception.measures import measure, shoulders_seen
from visavis.perception.names import AWAY, DARK, PRESENT
from visavis.perception.person import Person
from visavis_models.spec import Landmarks

PRESENCE = Threshold(on=0.5, off=0.5, on_after_ms=400, off_after_ms=1500)  # 1 where somebody is seen, else 0
DARKNESS = Threshold(on=243.0, off=237.0, on_after_ms=400, off_after_ms=400)  # 255 minus the mean brightness 0..255
BODY_SURE = 0.6  # visibility of the shoulders, 0..1
BODY_HOLDS_MS = 2500  # a body is looked for about three times a second


class Cues:
    """Reads cues from one camera's landmarks, picture by picture.

    Attributes:
        told: what can be told now, of `names.CUES`, whether it is so or not; all else is unknown.
    """

    def __init__(self) -> None:
        self._presence, self._darkness = Latch(PRESENCE), Latch(DARKNESS)
        self._person, self._number = Person(), 0
        self._body_ms: int | None = None
        self.told: frozenset[str] = frozenset()

    def update(
        self, seen: Landmarks, brightness: float, *, lip_contrast: float | None = None, person: int = 0
    ) -> frozenset[str]:
        """Take in one picture.

        Args:
            seen: its landmarks; times never fall.
            brightness: its mean, 0..255.
            lip_contrast: how far the lips stand off the skin, CIELAB; None: not known.
            person: a number that is another one when somebody else is seen than before.

        Returns:
            What is known to be so now, of `names.CUES`.
        """
        facts = self._look(seen, brightness, lip_contrast, person)
        self.told = frozenset(facts)
        return frozenset(name for name, so in facts.items() if so)

    def _look(self, seen: Landmarks, brightness: float, lip_contrast: float | None, person: int) -> dict[str, bool]:
        now_ms = seen.timestamp_ms
        if self._darkness.update(255.0 - brightness, now_ms) and seen.face is None:
            self._presence.forget()
            self._person = Person()
            return {DARK: True}
        if shoulders_seen(seen) >= BODY_SURE:
            self._body_ms = now_ms
        body = self._body_ms is not None and now_ms - self._body_ms <= BODY_HOLDS_MS
        gone = self._presence.update(float(body or seen.face is not None), now_ms) is False
        if gone or person != self._number:
            self._person, self._number = Person(), person  # with a rest of their own
        if seen.face is not None:
            # in lengths of the picture's longer side, which the sender may change at any time
            self._person.see_face(measure(seen.face / np.float32(max(seen.size))), lip_contrast, now_ms)
        else:
            self._person.miss_face(now_ms)
        self._person.see_body(seen.pose, seen.size, now_ms)
        here = self._presence.state
        return ({} if here is None else {PRESENT: here, AWAY: not here}) | self._person.told()
