"""The motion of the person before the camera, as it goes: landmarks in, `Motion` at 25 fps out. No clock, no threads.

It is what `visavis track` does, picture by picture: the first seconds tell the person's build, and then the pose and
the weights are fitted (`visavis_models.serve.follow`). Pictures come at any rate and unevenly; rows stand on a grid of
40 ms of the camera's clock, between two pictures on the straight line from one to the other. What a person's calm face
shows of every weight is taken for zero, and where they usually hold their head for the head's place.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.fit import K
from visavis_models.serve.follow import GAZE, SLOW, Follower, Person, at_rest
from visavis_models.spec import FPS, FRAME_MS, N_MOTION, ROTATION, WEIGHTS, Landmarks, Motion

FloatArray = NDArray[np.float32]

KEPT_FRAMES = FPS  # of the past, 1 s
LOST_MS = 500  # a face that was not seen for longer is lost; until then its last motion is held
LONG_SIDE_PX = 640.0  # to which landmarks are scaled: a sender may change a picture's size at any time

# A person's build is told from so many milliseconds of seen face, and again from more.
TOLD_AT_MS = (1500, 6000, 20_000)
TOLD_EVERY_MS = 150  # one picture in so many is kept for that
TOLD_MOST = 120  # pictures; the oldest go
TOLD_LEAST = 6

REST_TURN_RAD = 0.4  # a camera beside the screen, or below it

# Time constants in ms of what is smoothed, as `follow` smooths it, but by the past alone.
SLOW_MS, GAZE_MS, HEAD_MS = 80.0, 40.0, 40.0
HEAD = list(range(WEIGHTS.stop, N_MOTION))

# Confidence is 1 at the first figure, 0 at the second: the fit's distance from the landmarks in face heights, the
# turn of the head in rad, the height of the face in pixels of 640.
MISFIT = (0.02, 0.06)
TURNED_RAD = (0.6, 1.0)
SMALL_PX = (60.0, 30.0)


@dataclass(frozen=True)
class SeenMotion:
    """What somebody was seen to do until now.

    Attributes:
        motion: [1..25, 60], newest last; breath and tongue cannot be seen and are 0.
        confidence: float32 [T], 0..1, of each row; it fades while the face is not seen.
        until_ms: when the newest row was, on the camera's clock.
    """

    motion: Motion
    confidence: FloatArray
    until_ms: int


@dataclass(frozen=True)
class Row:
    """One picture's motion [60] with its time and confidence."""

    values: NDArray[np.float64]
    at_ms: int
    confidence: float


class Grid:
    """The last second of rows, one for each 40 ms of the camera's clock."""

    def __init__(self) -> None:
        self._rows: deque[tuple[int, FloatArray, float]] = deque(maxlen=KEPT_FRAMES)

    def begin(self, row: Row) -> None:
        """Forget all; the first row of the grid is that of this picture, wherever it lies between two places."""
        self._rows.clear()
        self.join(Row(row.values, row.at_ms // FRAME_MS * FRAME_MS - 1, row.confidence), row)

    def join(self, before: Row, after: Row) -> None:
        """Rows after one picture's time until another's, between the two."""
        for at_ms in range((before.at_ms // FRAME_MS + 1) * FRAME_MS, after.at_ms + 1, FRAME_MS):
            share = (at_ms - before.at_ms) / (after.at_ms - before.at_ms)
            values = (1 - share) * before.values + share * after.values
            sure = (1 - share) * before.confidence + share * after.confidence
            self._rows.append((at_ms, values.astype(np.float32), sure))

    def copy(self) -> Grid:
        other = Grid()
        other._rows.extend(self._rows)
        return other

    def seen(self) -> SeenMotion:
        """All rows; there is one at least."""
        times, rows, sure = zip(*self._rows, strict=True)
        return SeenMotion(Motion(np.stack(rows)), np.array(sure, np.float32), times[-1])


class UserMotion:
    """Motion of one person, picture by picture; somebody else needs another one."""

    def __init__(self) -> None:
        self._pictures: deque[FloatArray] = deque(maxlen=TOLD_MOST)
        self._kept_ms = self._seen_ms = 0
        self._known_ms = 0  # for how long the face was seen
        self._tellings = 0
        self._follower: Follower | None = None
        self._rest = np.zeros(N_MOTION)
        self._last: Row | None = None
        self._grid = Grid()

    def see(self, seen: Landmarks) -> SeenMotion | None:
        """Take in one picture; what is known after it, None while nothing is.

        Args:
            seen: its landmarks; times rise.
        """
        now_ms = seen.timestamp_ms
        if seen.face is None:
            return self._miss(now_ms)
        face = seen.face * np.float32(LONG_SIDE_PX / max(seen.size))
        self._keep(face, now_ms)
        if self._follower is None:
            return None
        row = self._row(face, now_ms)
        if self._last is None or now_ms - self._last.at_ms > LOST_MS:
            self._grid.begin(row)
        else:
            self._grid.join(self._last, row)
        self._last = row
        return self._grid.seen()

    def untold(self) -> FloatArray | None:
        """Pictures [T, 478, 3] from which the person's build has to be told now, by `Person.of`; None: not now."""
        due = self._tellings < len(TOLD_AT_MS) and self._known_ms >= TOLD_AT_MS[self._tellings]
        if not due or len(self._pictures) < TOLD_LEAST:
            return None
        self._tellings += 1
        return np.stack(self._pictures)

    def told(self, person: Person) -> None:
        """The person's build is known."""
        self._follower = Follower(person)
        self._rest = rest_of(person.motion)

    def _keep(self, face: FloatArray, now_ms: int) -> None:
        self._known_ms += min(now_ms - self._seen_ms, LOST_MS) if self._seen_ms else 0
        self._seen_ms = now_ms
        if now_ms - self._kept_ms >= TOLD_EVERY_MS or not self._pictures:
            self._pictures.append(face)
            self._kept_ms = now_ms

    def _row(self, face: FloatArray, now_ms: int) -> Row:
        assert self._follower is not None
        fitted = self._follower.row(face)
        values = from_rest(fitted.astype(np.float64), self._rest)
        if self._last is not None:
            passed_ms = now_ms - self._last.at_ms
            for channels, constant_ms in ((SLOW, SLOW_MS), (GAZE, GAZE_MS), (HEAD, HEAD_MS)):
                share = np.exp(-passed_ms / constant_ms)
                values[channels] += share * (self._last.values[channels] - values[channels])
        sure = (
            _between(self._follower.misfit(face), MISFIT)
            * _between(float(np.abs(fitted[ROTATION][:2]).max()), TURNED_RAD)
            * _between(float(np.ptp(face[:, 1])), SMALL_PX)
        )
        return Row(values, now_ms, sure)

    def _miss(self, now_ms: int) -> SeenMotion | None:
        """No face in the picture: the last motion is held for a while, less and less surely."""
        if self._last is None:
            return None
        gone_ms = now_ms - self._last.at_ms
        if gone_ms > LOST_MS:
            self._last = None
            return None
        held = self._grid.copy()  # a face that comes back is joined to where it was last seen
        held.join(self._last, Row(self._last.values, now_ms, self._last.confidence * (1 - gone_ms / LOST_MS)))
        return held.seen()


def rest_of(calm: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much of a calm face's motion [60] is the person's rest, within what faces at rest look like."""
    rest = np.zeros(N_MOTION)
    rest[:K] = at_rest(calm[:K].astype(np.float64))
    rest[ROTATION] = np.clip(calm[ROTATION], -REST_TURN_RAD, REST_TURN_RAD)
    return rest


def from_rest(row: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """A fitted row [60] with rest as its zero; a weight of 1 stays 1."""
    out = row - rest
    out[WEIGHTS] = np.clip(out[WEIGHTS] / (1 - rest[WEIGHTS]), 0, 1)
    return out


def _between(value: float, bounds: tuple[float, float]) -> float:
    """1 at the first of two bounds and beyond, 0 at the second."""
    sure, unsure = bounds
    return float(np.clip((value - unsure) / (sure - unsure), 0, 1))
