"""What the person before the camera is doing, told from landmarks: plain code, no clock of its own, no I/O.

Every cue has a threshold for coming and a lower one for going, and has to hold for a while, so that it does not
flicker. What is not known is not said: a cue that can not be told now is absent, and so is its opposite.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from visavis.perception.measures import FaceMeasures, measure, shoulders_seen
from visavis_models.spec import Landmarks

PRESENT, AWAY = "present", "away"
SMILE = "smile"
SPEAKING = "speaking"
LOOKING, LOOKING_AWAY = "looking", "looking_away"
DARK = "dark"
CUES = (PRESENT, AWAY, SMILE, SPEAKING, LOOKING, LOOKING_AWAY, DARK)


@dataclass(frozen=True)
class Threshold:
    """When a cue comes and goes.

    Attributes:
        on: it may come at this value or above.
        off: it may go below this value; not above `on`.
        on_after_ms: for so long the value has to hold before the cue comes.
        off_after_ms: the same before it goes.
    """

    on: float
    off: float
    on_after_ms: int
    off_after_ms: int


PRESENCE = Threshold(on=0.5, off=0.5, on_after_ms=400, off_after_ms=1500)  # 1 where somebody is seen, else 0
DARKNESS = Threshold(on=243.0, off=237.0, on_after_ms=400, off_after_ms=400)  # 255 minus the mean brightness 0..255
SMILING = Threshold(on=0.6, off=0.35, on_after_ms=500, off_after_ms=400)  # `smile_score`
LIPS = Threshold(on=0.03, off=0.015, on_after_ms=300, off_after_ms=800)  # spread of the mouth's opening, eye distances
TURNED = Threshold(on=1.0, off=0.75, on_after_ms=700, off_after_ms=400)  # 1 at the angles below

TURNED_YAW_DEG = 28.0  # from rest: beyond it a person looks past the screen
TURNED_PITCH_DEG = 22.0
BODY_SURE = 0.6  # visibility of the shoulders, 0..1
BODY_HOLDS_MS = 2500  # a body is looked for about once a second
FACE_HOLDS_MS = 1000  # a face lost for longer is unknown
LIPS_WINDOW_MS = 1000
LIPS_MIN_PICTURES = 4

# The person's rest is the median of the first seconds, kept within what faces at rest look like: someone who joins
# with a smile still smiles. Seen at rest in eight clips of one speaker and in four portraits: 0.45-0.60, -0.02-0.01.
REST_MS = 2500
REST_WIDTH = (0.44, 0.61)  # eye distances
REST_LIFT = (-0.025, 0.015)
REST_YAW_DEG = (-20.0, 20.0)  # a camera beside the screen
REST_PITCH_DEG = (-20.0, 25.0)
SMILE_WIDTH = 0.12  # by so much a clear smile widens the mouth, eye distances
SMILE_LIFT = 0.05  # and raises its corners


@dataclass(frozen=True)
class Rest:
    """The person's face at rest: the measures of that name."""

    mouth_width: float
    corner_lift: float
    yaw_deg: float
    pitch_deg: float

    @classmethod
    def of(cls, faces: list[FaceMeasures]) -> Rest:
        """The median of `faces`, each measure within its plausible range."""
        return cls(
            float(np.clip(np.median([face.mouth_width for face in faces]), *REST_WIDTH)),
            float(np.clip(np.median([face.corner_lift for face in faces]), *REST_LIFT)),
            float(np.clip(np.median([face.yaw_deg for face in faces]), *REST_YAW_DEG)),
            float(np.clip(np.median([face.pitch_deg for face in faces]), *REST_PITCH_DEG)),
        )


def smile_score(face: FaceMeasures, rest: Rest) -> float:
    """0 at rest, about 1 at a clear smile: the mean of the mouth's widening and of the lift of its corners."""
    widening = (face.mouth_width - rest.mouth_width) / SMILE_WIDTH
    lift = (face.corner_lift - rest.corner_lift) / SMILE_LIFT
    return (widening + lift) / 2


def turn_score(face: FaceMeasures, rest: Rest) -> float:
    """How far the head is turned from rest; 1 where it begins to look past the screen."""
    yaw = abs(face.yaw_deg - rest.yaw_deg) / TURNED_YAW_DEG
    pitch = abs(face.pitch_deg - rest.pitch_deg) / TURNED_PITCH_DEG
    return max(yaw, pitch)


class Latch:
    """One cue's memory: on, off, or not known."""

    def __init__(self, threshold: Threshold) -> None:
        self.threshold = threshold
        self.state: bool | None = None
        self._since_ms: int | None = None

    def update(self, value: float, now_ms: int) -> bool | None:
        """Take in a value; the state after it."""
        want = value >= (self.threshold.off if self.state else self.threshold.on)
        if want is self.state:
            self._since_ms = None
            return self.state
        if self._since_ms is None:
            self._since_ms = now_ms
        if now_ms - self._since_ms >= (self.threshold.on_after_ms if want else self.threshold.off_after_ms):
            self.state, self._since_ms = want, None
        return self.state

    def forget(self) -> None:
        """Not known any more."""
        self.state, self._since_ms = None, None


class Person:
    """What is known of one person: their rest, and what their face does."""

    def __init__(self) -> None:
        self.smile, self.lips, self.turned = Latch(SMILING), Latch(LIPS), Latch(TURNED)
        self.rest: Rest | None = None
        self._resting: list[FaceMeasures] = []
        self._first_ms: int | None = None
        self._last_ms = 0
        self._openings: deque[tuple[int, float]] = deque()

    def see_face(self, face: FaceMeasures, now_ms: int) -> None:
        """Take in their face as it is now."""
        self._last_ms = now_ms
        self._openings.append((now_ms, face.mouth_open))
        while now_ms - self._openings[0][0] > LIPS_WINDOW_MS:
            self._openings.popleft()
        if len(self._openings) >= LIPS_MIN_PICTURES:
            self.lips.update(float(np.std([opening for _, opening in self._openings])), now_ms)
        if self.rest is None:
            self._calibrate(face, now_ms)
        else:
            self.smile.update(smile_score(face, self.rest), now_ms)
            self.turned.update(turn_score(face, self.rest), now_ms)

    def miss_face(self, now_ms: int) -> None:
        """Their face is not seen; after a while nothing is known of it."""
        if now_ms - self._last_ms > FACE_HOLDS_MS:
            self._openings.clear()
            for latch in (self.smile, self.lips, self.turned):
                latch.forget()

    def _calibrate(self, face: FaceMeasures, now_ms: int) -> None:
        self._first_ms = now_ms if self._first_ms is None else self._first_ms
        self._resting.append(face)
        if now_ms - self._first_ms >= REST_MS:
            self.rest = Rest.of(self._resting)


class Cues:
    """Reads cues from one camera's landmarks, picture by picture."""

    def __init__(self) -> None:
        self._presence, self._darkness = Latch(PRESENCE), Latch(DARKNESS)
        self._person = Person()
        self._body_ms: int | None = None

    def update(self, seen: Landmarks, brightness: float) -> frozenset[str]:
        """Take in one picture.

        Args:
            seen: its landmarks; times never fall.
            brightness: its mean, 0..255.

        Returns:
            What is known to be so now, of `CUES`.
        """
        now_ms = seen.timestamp_ms
        if self._darkness.update(255.0 - brightness, now_ms) and seen.face is None:
            self._presence.forget()
            self._person = Person()
            return frozenset({DARK})
        if shoulders_seen(seen) >= BODY_SURE:
            self._body_ms = now_ms
        body = self._body_ms is not None and now_ms - self._body_ms <= BODY_HOLDS_MS
        if self._presence.update(float(body or seen.face is not None), now_ms) is False:
            self._person = Person()  # the next one has a rest of their own
        if seen.face is not None:
            self._person.see_face(measure(seen.face), now_ms)
        else:
            self._person.miss_face(now_ms)
        return self._known()

    def _known(self) -> frozenset[str]:
        person = self._person
        named = (
            (self._presence.state, PRESENT, AWAY),
            (person.turned.state, LOOKING_AWAY, LOOKING),
            (person.smile.state, SMILE, None),
            (person.lips.state, SPEAKING, None),
        )
        names = {on if state else off for state, on, off in named if state is not None}
        return frozenset(name for name in names if name is not None)
