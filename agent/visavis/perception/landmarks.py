"""From a picture to the landmarks of the person in it, by mediapipe's Tasks.

mediapipe works on threads of its own, which take over the niceness of the thread that makes them; so they are made
on one that gave way first, and the frame loop of the avatar goes before them. While they work, the interpreter's lock
is free: a call costs the interpreter about a millisecond.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visavis.media import threads
from visavis.media.errors import InputError, VisavisError
from visavis.perception.hands import hand_up
from visavis.vision.bundles import Bundles, find
from visavis.vision.quiet import libraries_quiet
from visavis_models.serve.follow import compile_kernels
from visavis_models.spec import Landmarks

if TYPE_CHECKING:
    from mediapipe.tasks.python.components.containers.landmark import NormalizedLandmark

logger = logging.getLogger(__name__)

FACES = 10  # people looked at, of whom the nearest counts
KEEP = 1.3  # another face must be so many times as large (in height) to take the place of the one followed
SURVEY_EVERY_MS = 1000  # how often the whole picture is looked at for somebody nearer
FORGET_MS = 3000  # a face that was gone for longer is somebody else's
NEAR = 0.5  # in face heights: a face that moved less from picture to picture is the same
MARGIN = 0.7  # in face heights: so much about a face that is to be followed is shown when the following begins
# A single face is followed from where its landmarks lay, without a search; mediapipe smooths it over time then, and its
# lips would lose part of their way. Pictures that lie so far apart, as they are told to, are not smoothed.
APART_MS = 10_000_000
# Faces are found down to about 100 pixels of 640 (two metres or so from a camera), bodies at half of that. A body
# costs three times what a face does.
POSE_EVERY_MS = 333
# A hand that is up may wave, which three bodies a second do not show: then they are looked for more often, for a while.
POSE_UP_EVERY_MS = 100
POSE_UP_MOST_MS = 4000
REACH = 2.2  # in face heights to either side: where other people's bodies begin
GREY = 128  # what is laid over them
CONFIDENCE = 0.5  # of detection, presence and tracking, 0..1
NOSE = 0  # of a body's points

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float32]


class FaceTracker:
    """Follows the nearest face from picture to picture. Blocking: for a thread, one at a time.

    The followed face is looked for where its landmarks lay, so that a crowd costs no more than one person; the whole
    picture is surveyed once a second, and whenever nobody is followed. Making the first tracker imports mediapipe,
    which takes a second or two: `preload` does that ahead of time.

    Args:
        bundles: the models.
        pose_every_ms: how often a body is looked for; None: never.

    Attributes:
        person: counts up whenever somebody else is followed than before.
    """

    def __init__(self, bundles: Bundles, *, pose_every_ms: int | None = POSE_EVERY_MS) -> None:
        with libraries_quiet(), threads.own_thread("landmarks", threads.LANDMARKS) as maker:
            from visavis.vision.tasks import image

            self._image = image
            self._survey, self._face, self._pose = maker.submit(_make, bundles).result()
        self.person = 0
        self._pose_every_ms = pose_every_ms
        self._last_ms = -1
        self._pose_due_ms = self._survey_due_ms = 0
        self._up_since_ms: int | None = None
        self._body_seen = False
        self._crowd = False
        self._followed: FloatArray | None = None
        self._followed_ms = 0
        self._told_ms = 0

    def see(self, picture: Picture, timestamp_ms: int) -> Landmarks:
        """The landmarks in one picture.

        Args:
            picture: RGB [H, W, 3], upright.
            timestamp_ms: when it was taken; pictures come in the order of their times.

        Returns:
            The face where one is seen, and about three times a second the body where one is seen: that of the face.
            While a hand is up, ten times, for four seconds at most.

        Raises:
            InputError: `picture` is no RGB picture.
        """
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
            raise InputError(f"picture is {picture.dtype} {list(picture.shape)}; give RGB uint8 [H, W, 3]")
        self._last_ms = max(timestamp_ms, self._last_ms + 1)  # Tasks wants rising times
        face = self._find(picture)
        if face is not None:
            self._followed, self._followed_ms = face, self._last_ms
        elif self._last_ms - self._followed_ms > FORGET_MS:
            self._followed = None
        height, width, _ = picture.shape
        body = self._body(picture, face)
        if body is not None:
            self._hurry(hand_up(body, (width, height)))
        return Landmarks(face=face, pose=body, size=(width, height), timestamp_ms=timestamp_ms)

    def close(self) -> None:
        """Free the models and end their threads."""
        self._survey.close()
        self._face.close()
        self._pose.close()

    def _find(self, picture: Picture) -> FloatArray | None:
        """The face to follow."""
        face = self._next(picture) if self._followed is not None else None
        if face is not None and not self._is_followed(face):
            face = None
        if face is not None and self._last_ms < self._survey_due_ms:
            return face
        self._survey_due_ms = self._last_ms + SURVEY_EVERY_MS
        faces = [_scaled(points, picture) for points in self._survey.detect(self._image(picture)).face_landmarks]
        self._crowd = len(faces) > 1
        nearest = max(faces, key=lambda other: _height(other) * (KEEP if self._is_followed(other) else 1), default=face)
        if nearest is None:
            return None
        kept = self._is_followed(nearest)
        if self._followed is None or (len(faces) > 1 and not kept):
            self.person += 1
        return face if kept and face is not None else self._begin(picture, nearest)

    def _next(self, picture: Picture) -> FloatArray | None:
        """The face in the picture that lies where the last one lay; where that lost it, any."""
        self._told_ms += APART_MS
        faces = self._face.detect_for_video(self._image(picture), self._told_ms).face_landmarks
        return _scaled(faces[0], picture) if faces else None

    def _begin(self, picture: Picture, face: FloatArray) -> FloatArray:
        """Follow this face from now on: nobody is shown, and then it alone. Returns it as it is followed."""
        low = np.floor(face[:, :2].min(0) - MARGIN * _height(face)).astype(int).clip(0)
        high = np.ceil(face[:, :2].max(0) + MARGIN * _height(face)).astype(int).clip(0)
        shown = np.full_like(picture, GREY)
        self._next(shown)
        shown[low[1] : high[1], low[0] : high[0]] = picture[low[1] : high[1], low[0] : high[0]]
        begun = self._next(shown)
        return face if begun is None else begun

    def _is_followed(self, face: FloatArray) -> bool:
        """Whether a face is about where the followed one was."""
        if self._followed is None:
            return False
        moved = np.linalg.norm(face[:, :2].mean(0) - self._followed[:, :2].mean(0))
        return bool(moved < NEAR * _height(self._followed))

    def _body(self, picture: Picture, face: FloatArray | None) -> FloatArray | None:
        """The body [33, 4] that belongs to the face, or any where no face is seen; None too when it is not its time."""
        if self._pose_every_ms is None or self._last_ms < self._pose_due_ms:
            return None
        self._pose_due_ms = self._last_ms + self._pose_every_ms
        if face is not None and self._crowd:
            picture = _alone(picture, face)
        with nullcontext() if self._body_seen else libraries_quiet():  # of the first body it complains
            bodies = self._pose.detect_for_video(self._image(picture), self._last_ms).pose_landmarks
        if not bodies:
            return None
        self._body_seen = True
        body = _scaled(bodies[0], picture)
        body = np.concatenate([body, np.array([[p.visibility] for p in bodies[0]], np.float32)], 1)
        if face is not None and np.linalg.norm(body[NOSE, :2] - face[:, :2].mean(0)) > _height(face):
            return None
        return body

    def _hurry(self, up: bool) -> None:
        """After a body whose hand is up or not: when to look for the next."""
        assert self._pose_every_ms is not None
        if not up:
            self._up_since_ms = None
        elif self._up_since_ms is None:
            self._up_since_ms = self._last_ms
        hurried = self._up_since_ms is not None and self._last_ms - self._up_since_ms <= POSE_UP_MOST_MS
        every_ms = min(self._pose_every_ms, POSE_UP_EVERY_MS) if hurried else self._pose_every_ms
        self._pose_due_ms = self._last_ms + every_ms


def preload() -> None:
    """Import and load all that looking at the first person needs: for a process that waits for its first call.

    A tracker is made when there is a camera: that takes a quarter of a second, and 100 MB that a telephone never needs.
    Models that are missing are told then, too.
    """
    compile_kernels()
    try:
        FaceTracker(find()).close()
    except VisavisError as error:
        logger.warning("%s", error)


def _height(face: FloatArray) -> float:
    """Pixels from the top of a face to its chin."""
    return float(np.ptp(face[:, 1]))


def _alone(picture: Picture, face: FloatArray) -> Picture:
    """The picture with grey over all that is further to the side than a person's own arms."""
    middle, reach = float(face[:, 0].mean()), REACH * _height(face)
    out = picture.copy()
    out[:, : max(0, int(middle - reach))] = GREY
    out[:, max(0, int(middle + reach)) :] = GREY
    return out


def _scaled(points: Sequence[NormalizedLandmark], picture: Picture) -> FloatArray:
    """Points of 0..1 of the picture to pixels [N, 3]; depth has the scale of x."""
    height, width, _ = picture.shape
    values = np.fromiter((value for p in points for value in (p.x, p.y, p.z)), np.float32, 3 * len(points))
    return values.reshape(-1, 3) * np.array([width, height, width], np.float32)


def _make(bundles: Bundles):  # type: ignore[no-untyped-def]
    from visavis.vision.tasks import base, vision

    def face(mode: vision.RunningMode, most: int) -> vision.FaceLandmarker:
        options = vision.FaceLandmarkerOptions(
            base_options=base(bundles.face),
            running_mode=mode,
            num_faces=most,
            min_face_detection_confidence=CONFIDENCE,
            min_face_presence_confidence=CONFIDENCE,
        )
        return vision.FaceLandmarker.create_from_options(options)

    pose = vision.PoseLandmarkerOptions(base_options=base(bundles.pose), running_mode=vision.RunningMode.VIDEO)
    survey, followed = face(vision.RunningMode.IMAGE, FACES), face(vision.RunningMode.VIDEO, 1)
    return survey, followed, vision.PoseLandmarker.create_from_options(pose)
