"""What is known of one person before the camera: their rest, their life, and what their face and hands do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from visavis.perception import names
from visavis.perception.alive import Alive
from visavis.perception.hands import Hands
from visavis.perception.latch import Latch, Threshold
from visavis.perception.measures import FaceMeasures
from visavis.perception.rest import (
    REST_MS,
    Rest,
    closure_score,
    frown_score,
    nearness,
    smile_score,
    surprise_score,
    tilt_deg,
    turn_score,
    turned_aside,
)
from visavis.perception.swings import Swings

FACE_HOLDS_MS = 1000  # a face lost for longer is unknown
LIPS_WINDOW_MS = 1000
LIPS_MIN_PICTURES = 4
LIPS_SWINGS = 2  # lips that open and stay open do not speak
LIPS_LEAST, LIPS_MOST = 0.06, 1.0  # of one swing of the mouth's opening, eye distances
LIPS_LONGEST_MS, LIPS_GAP_MS = 600, 300  # of one swing; pictures further apart tell nothing

LIPS = Threshold(on=0.02, off=0.01, on_after_ms=100, off_after_ms=800)  # spread of the opening, eye distances
TURNED = Threshold(on=1.0, off=0.75, on_after_ms=700, off_after_ms=400)  # `turn_score`
COVERED = Threshold(on=-3.5, off=-5.0, on_after_ms=600, off_after_ms=600)  # minus `lip_contrast`, CIELAB

NOD_DEG = (4.0, 35.0)  # least and most of a swing of the head up or down
SHAKE_DEG = (6.0, 60.0)  # and to the sides
HEAD_SWINGS = 3  # in a row
HEAD_LONGEST_MS = 600  # of one swing
HEAD_GAP_MS = 240  # pictures further apart do not show a nod
SWINGING = Threshold(on=HEAD_SWINGS, off=HEAD_SWINGS, on_after_ms=0, off_after_ms=800)  # swings in a row

# Of a face beside its rest: the score, and when it comes and goes.
Score = Callable[[FaceMeasures, Rest], float]
SCORED: Mapping[str, tuple[Score, Threshold]] = MappingProxyType(
    {
        names.SMILE: (smile_score, Threshold(on=0.6, off=0.35, on_after_ms=500, off_after_ms=400)),
        names.FROWN: (frown_score, Threshold(on=0.55, off=0.3, on_after_ms=700, off_after_ms=500)),
        names.SURPRISE: (surprise_score, Threshold(on=0.6, off=0.35, on_after_ms=250, off_after_ms=500)),
        names.YAWN: (
            lambda face, _: face.mouth_open,
            Threshold(on=0.225, off=0.16, on_after_ms=1200, off_after_ms=400),  # eye distances
        ),
        names.EYES_CLOSED: (closure_score, Threshold(on=0.65, off=0.5, on_after_ms=700, off_after_ms=200)),
        names.TILT: (tilt_deg, Threshold(on=14.0, off=10.0, on_after_ms=600, off_after_ms=400)),  # degrees
        names.LEANING_IN: (nearness, Threshold(on=1.15, off=1.08, on_after_ms=700, off_after_ms=700)),  # times
    }
)
OF_MOUTH = frozenset({names.SMILE, names.FROWN, names.YAWN, names.SPEAKING})
FACING = frozenset({names.SMILE, names.FROWN, names.SURPRISE, names.EYES_CLOSED})  # not told of a face turned away


class Person:
    """One person, picture by picture; somebody else needs another one."""

    def __init__(self) -> None:
        self.rest: Rest | None = None
        self.hands = Hands()
        self._alive = Alive()
        self._lips, self._turned, self._covered = Latch(LIPS), Latch(TURNED), Latch(COVERED)
        self._scored = {name: Latch(threshold) for name, (_, threshold) in SCORED.items()}
        self._nod, self._shake = Latch(SWINGING), Latch(SWINGING)
        self._pitch = Swings(*NOD_DEG, HEAD_LONGEST_MS, HEAD_GAP_MS)
        self._yaw = Swings(*SHAKE_DEG, HEAD_LONGEST_MS, HEAD_GAP_MS)
        self._resting: list[FaceMeasures] = []
        self._first_ms: int | None = None
        self._last_ms = 0
        self._openings: deque[tuple[int, float]] = deque()
        self._syllables = Swings(LIPS_LEAST, LIPS_MOST, LIPS_LONGEST_MS, LIPS_GAP_MS)

    def see_face(self, face: FaceMeasures, lip_contrast: float | None, now_ms: int) -> None:
        """Take in their face as it is now, and how far the lips stand off the skin (None: not known)."""
        self._last_ms = now_ms
        self._alive.update(face, now_ms)
        if lip_contrast is not None:
            self._covered.update(-lip_contrast, now_ms)
        self._speak(face, now_ms)
        self._swing(face, now_ms)
        if self.rest is None:
            self._calibrate(face, now_ms)
            return
        self._turned.update(turn_score(face, self.rest), now_ms)
        for name, (score, _) in SCORED.items():
            if name in FACING and self._turned.state:
                self._scored[name].forget()
            else:
                self._scored[name].update(score(face, self.rest), now_ms)

    def miss_face(self, now_ms: int) -> None:
        """Their face is not seen; after a while nothing is known of it."""
        if now_ms - self._last_ms > FACE_HOLDS_MS:
            self._openings.clear()
            self._alive.forget()
            for swings in (self._pitch, self._yaw, self._syllables):
                swings.forget()
            for latch in (self._lips, self._turned, self._covered, self._nod, self._shake, *self._scored.values()):
                latch.forget()

    def see_body(self, body: NDArray[np.float32] | None, size: tuple[int, int], now_ms: int) -> None:
        """Take in their body [33, 4]; None where none was found or looked for."""
        if body is None:
            self.hands.miss_body(now_ms)
        else:
            self.hands.see_body(body, size, now_ms)

    def told(self) -> dict[str, bool]:
        """What can be told now, and whether it is so."""
        states = {name: latch.state for name, latch in self._scored.items()}
        states |= {names.SPEAKING: self._lips.state, names.NOD: self._nod.state, names.SHAKE: self._shake.state}
        if self._covered.state:
            states |= dict.fromkeys(OF_MOUTH)
        if not self._alive.state:
            states = dict.fromkeys(states)
        if self._alive.state is not False:
            turned = self._turned.state
            states |= {names.LOOKING_AWAY: turned, names.LOOKING: None if turned is None else not turned}
        states |= {names.HAND_RAISED: self.hands.raised.state, names.WAVE: self.hands.wave.state}
        return {name: state for name, state in states.items() if state is not None}

    def _speak(self, face: FaceMeasures, now_ms: int) -> None:
        self._openings.append((now_ms, face.mouth_open))
        while now_ms - self._openings[0][0] > LIPS_WINDOW_MS:
            self._openings.popleft()
        swung = self._syllables.update(face.mouth_open, now_ms) >= LIPS_SWINGS
        if len(self._openings) >= LIPS_MIN_PICTURES:
            spread = float(np.std([opening for _, opening in self._openings]))
            self._lips.update(spread if swung or self._lips.state else 0.0, now_ms)

    def _swing(self, face: FaceMeasures, now_ms: int) -> None:
        up_down, aside = self._pitch.update(face.pitch_deg, now_ms), self._yaw.update(face.yaw_deg, now_ms)
        if self.rest is not None and turned_aside(face, self.rest):
            self._pitch.forget()  # what it does on its way there is no nod
        nods = self._pitch.width >= self._yaw.width
        self._nod.update(up_down if nods else 0, now_ms)
        self._shake.update(0 if nods else aside, now_ms)

    def _calibrate(self, face: FaceMeasures, now_ms: int) -> None:
        self._first_ms = now_ms if self._first_ms is None else self._first_ms
        self._resting.append(face)
        if now_ms - self._first_ms >= REST_MS:
            self.rest = Rest.of(self._resting)
