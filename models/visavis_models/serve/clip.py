"""A clip's motion: its face followed picture by picture, drawn, looked at again, and set right.

mediapipe reads a mouth, a brow or a turned head of a drawn face much as of a filmed one, and neither as the skin of the
head moves on which a fit has their landmarks. So the motion that was found is drawn as that very person, and what
mediapipe sees then, beside what it saw in the clip, is the fit's error as the clip's own camera would show it
(analysis by synthesis). One step of the same fit takes it off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.fit import FACE_LANDMARKS, K, Pose, depth_up, fit_frame
from visavis_models.serve.follow import GAZE, PITCH_SEEN, SLOW, Follower, Person
from visavis_models.serve.regressor import Regressor, features
from visavis_models.spec import ARKIT_NAMES, FPS, INDEX, N_MOTION, PLACE, ROTATION, WEIGHTS, Motion

FloatArray = NDArray[np.float64]

# Widths of smoothing in frames of a clip, to either side alike, so that nothing lags; lids, mouth and the face's place
# beside its depth stay as they are.
SLOW_FRAMES, TURN_FRAMES, GAZE_FRAMES = 2, 4, 1
ERROR_PICTURES = 1  # the same, in seen pictures, of what a drawn face shows too much
# Of brows and of the head's turn a part of what is seen is taken, about half in two drawings: a portrait of one picture
# does not turn, and does not lower its brows, quite as the person does, and with the whole of it known motion was found
# less well. What of the turn is the same in all pictures is no motion, but how the calm face and the portrait are taken
# to be held: of that all.
TOLD_SHARE = 0.35
BROWS = [INDEX[name] for name in ARKIT_NAMES if name.startswith("brow")]
GAZE_WAYS = [
    (INDEX[f"eyeLook{way}{side}"], INDEX[f"eyeLook{back}{side}"])
    for way, back in (("Up", "Down"), ("In", "Out"))
    for side in ("Left", "Right")
]


@dataclass(frozen=True)
class Clip:
    """A clip of one person, followed picture by picture.

    Attributes:
        follower: of the person in it; gaze: that of their calm face, weights [52], which rows do not hold; 0 is ahead.
        landmarks: [T, 478, 3] pixels, nan where no face was seen.
        rows: motion [T, 60], nan likewise; poses: [T] of the head, None likewise.
    """

    follower: Follower
    gaze: FloatArray
    landmarks: FloatArray
    rows: FloatArray
    poses: list[Pose | None]

    @classmethod
    def of(cls, landmarks: NDArray[np.floating]) -> Clip:
        """From landmarks [T, 478, 3] in pixels, nan where no face was seen, but not everywhere."""
        pictures = np.asarray(landmarks, np.float64)
        person = Person.of(pictures)
        follower = Follower(person)
        rows = np.full((len(pictures), N_MOTION), np.nan)
        poses: list[Pose | None] = [None] * len(pictures)
        for k in np.nonzero(np.isfinite(pictures[:, 0, 0]))[0]:
            rows[k] = follower.row(pictures[k])
            poses[k] = pose = follower.state.pose
            rows[k, PLACE] = person.face_at(pose) - person.face_beside(rows[k : k + 1, ROTATION])[0]
        gaze = person.gaze()
        return cls(follower, np.zeros(K) if gaze is None else gaze, pictures, rows, poses)

    @property
    def looking(self) -> FloatArray:
        """The rows with the person's gaze, [T, 60]: what they look like when they are drawn."""
        rows = self.rows.copy()
        add_gaze(rows, self.gaze)
        return rows

    def motion(self, times: FloatArray, seconds: float) -> Motion:
        """At 25 fps; where no face was seen the last motion is held, before the first the first.

        A head's turn is told with more noise than where its face is, so it is smoothed about the face.

        Args:
            times: [T] s, rising from 0; seconds: the clip's length.
        """
        values = at_frame_rate(self.rows, times, max(1, int(np.ceil(seconds * FPS - 1e-6))))
        values = self._turned(values, smoothed(values[:, ROTATION], TURN_FRAMES))
        for channels, width in ((SLOW, SLOW_FRAMES), ([INDEX["headZ"]], SLOW_FRAMES), (GAZE, GAZE_FRAMES)):
            values[:, channels] = smoothed(values[:, channels], width)
        values[:, WEIGHTS] = np.clip(values[:, WEIGHTS], 0, 1)
        add_gaze(values, self.gaze)
        return Motion(values.astype(np.float32))

    def set_right(self, drawn: NDArray[np.floating], share: float = 1.0) -> Clip:
        """The clip with its rows corrected by the sight of their drawing.

        Args:
            drawn: [T, 478, 3], landmarks of the drawn `looking` rows in pixels of the clip (`laid`); nan: none seen.
            share: how much of the correction is made; of what is the same in all pictures all is.
        """
        seen = [k for k, pose in enumerate(self.poses) if pose is not None and np.isfinite(drawn[k, 0, 0])]
        if not seen:
            return self
        errors = np.stack([self._error(k, drawn[k]) for k in seen])
        errors = smoothed(errors.reshape(len(seen), -1), ERROR_PICTURES).reshape(errors.shape)
        before, rows = self.rows[seen], self.rows.copy()
        after = np.stack([self._corrected(k, drawn[k], error) for k, error in zip(seen, errors, strict=True)])
        turns = after[:, ROTATION] - before[:, ROTATION]
        constant = turns.mean(0)
        after = self._turned(after, before[:, ROTATION] + constant + TOLD_SHARE * (turns - constant))
        change = after - before
        rows[seen] += change.mean(0) + share * (change - change.mean(0))
        rows[:, WEIGHTS] = np.clip(rows[:, WEIGHTS], 0, 1)
        return replace(self, rows=rows)

    def _beside(self, k: int) -> FloatArray:
        """The weights [52] of a row beside those of rest."""
        return np.asarray(self.rows[k, :K] - self.follower.rest)

    def _error(self, k: int, drawn: FloatArray) -> FloatArray:
        """By how much a row is to be seen otherwise, in pixels of its landmarks [L, 3]: its head less its drawing."""
        shape, pose = self.follower.shape, self.poses[k]
        assert pose is not None
        return pose.project(shape.at(self._beside(k))) - depth_up(drawn)[shape.landmarks]

    def _corrected(self, k: int, drawn: FloatArray, error: FloatArray) -> FloatArray:
        """A row [60] less what its drawing, of which `drawn` are the landmarks, shows too much."""
        follower, person, row, pose = self.follower, self.follower.person, self.rows[k].copy(), self.poses[k]
        assert pose is not None
        before, wanted = self._beside(k), depth_up(self.landmarks[k])[follower.shape.landmarks] + error
        after, weights = fit_frame(follower.shape, wanted, pose, before, follower.prior)
        step, turn = weights - before, (np.array(after.angles()) - pose.angles()) / (PITCH_SEEN, 1, 1)
        step[GAZE] = 0.0
        if person.features is not None:
            regressor = Regressor.load()
            wanted_by, shown = (regressor(features(face) - person.features) for face in (self.landmarks[k], drawn))
            for name, value in wanted_by.brows.items():
                step[INDEX[name]] = value - shown.brows[name]
            for name, value in wanted_by.others.items():
                step[INDEX[name]] = (step[INDEX[name]] + value - shown.others[name]) / 2
            turn = wanted_by.turn - shown.turn
        step[BROWS] *= TOLD_SHARE
        row[:K] = np.clip(row[:K] + step, 0, 1)
        row[PLACE] += person.face_at(after) - person.face_at(pose)
        return self._turned(row[None], row[None, ROTATION] + turn)[0]

    def _turned(self, rows: FloatArray, angles: FloatArray) -> FloatArray:
        """Rows [T, 60] with rotations [T, 3], their faces where they are."""
        beside, rows = self.follower.person.face_beside, rows.copy()
        rows[:, PLACE] += beside(rows[:, ROTATION]) - beside(angles)
        rows[:, ROTATION] = angles
        return rows


def laid(landmarks: NDArray[np.floating], here: NDArray[np.floating], there: NDArray[np.floating]) -> FloatArray:
    """Landmarks [T, 478, 3] of one picture in pixels of another, in which the face `here` [478, 3] is `there`.

    The pictures differ by place, size and roll, which least squares over the face's landmarks tell.
    """
    (x, at), (y, to) = ((_plane(face[:FACE_LANDMARKS]), _plane(face[:FACE_LANDMARKS]).mean()) for face in (here, there))
    across = np.vdot(x - at, y - to) / np.vdot(x - at, x - at)
    moved = (_plane(landmarks) - at) * across + to
    return np.stack([moved.real, moved.imag, abs(across) * np.asarray(landmarks, np.float64)[..., 2]], -1)


def _plane(landmarks: NDArray[np.floating]) -> NDArray[np.complex128]:
    """x + iy of landmarks [.., 3]."""
    return np.asarray(landmarks[..., 0] + 1j * landmarks[..., 1], np.complex128)


def add_gaze(values: FloatArray, gaze: FloatArray) -> None:
    """Turn the eyes of rows [T, 60] further by the gaze of weights [52], in place; opposite channels cancel."""
    for way, back in GAZE_WAYS:
        turned = values[:, way] - values[:, back] + gaze[way] - gaze[back]
        values[:, way], values[:, back] = np.clip(turned, 0, 1), np.clip(-turned, 0, 1)


def at_frame_rate(rows: FloatArray, times: FloatArray, frames: int) -> FloatArray:
    """Rows [T, 60] at `times` s -> [frames, 60] at 25 fps: between two seen pictures linear, elsewhere held."""
    seen = np.isfinite(rows[:, 0])
    out = np.empty((frames, rows.shape[1]))
    last = rows[seen][0]
    for k in range(frames):
        t = k / FPS + 1e-6
        after = int(np.searchsorted(times, t))  # the first picture that is later
        before = after - 1
        if before >= 0 and seen[before]:
            last = rows[before]
            if after < len(times) and seen[after]:
                share = (t - times[before]) / (times[after] - times[before])
                last = (1 - share) * rows[before] + share * rows[after] if share > 1e-3 else rows[before]
        out[k] = last
    return out


def smoothed(values: FloatArray, width: int) -> FloatArray:
    """Each row the value at its place of a parabola fitted to itself and `width` rows either side; [T, C].

    Savitzky and Golay, Anal. Chem. 36, 1964; keeps peaks, and lags by nothing.
    """
    x = np.arange(-width, width + 1)
    design = np.stack([np.ones(len(x)), x**2], 1)
    kernel = np.linalg.pinv(design)[0] if width > 1 else np.array([0.25, 0.5, 0.25])
    padded = np.pad(values, ((width, width), (0, 0)), mode="edge")
    return sum(weight * padded[k : k + len(values)] for k, weight in enumerate(kernel))
