"""From a picture to the landmarks of the person in it, by mediapipe's Tasks.

mediapipe works on threads of its own, which take over the niceness of the thread that makes them; so they are made
on one that gave way first, and the frame loop of the avatar goes before them. While they work, the interpreter's lock
is free: a call costs the interpreter about a millisecond.
"""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from visavis.media.errors import InputError, VisavisError
from visavis.vision.bundles import Bundles, find
from visavis.vision.quiet import libraries_quiet
from visavis_models.spec import Landmarks

logger = logging.getLogger(__name__)

NICENESS = 10  # of mediapipe's threads
FACES = 3  # people looked at, of whom the nearest counts
KEEP = 1.3  # another face must be so many times as large (in height) to take the place of the one followed
# A body is looked for only where no face is seen, and rarely: it costs three times as much. Faces are found down to
# about 100 pixels of 640 (two metres or so from a camera), bodies at half of that.
POSE_EVERY_MS = 1000
CONFIDENCE = 0.5  # of detection, presence and tracking, 0..1


class FaceTracker:
    """Follows the nearest face from picture to picture. Blocking: for a thread, one at a time.

    Making the first one imports mediapipe, which takes a second or two: `preload` does that ahead of time.
    """

    def __init__(self, bundles: Bundles) -> None:
        with libraries_quiet(), ThreadPoolExecutor(1, initializer=_give_way) as maker:
            self._face, self._pose = maker.submit(_make, bundles).result()
        self._last_ms = -1
        self._pose_due_ms = 0
        self._body_seen = False
        self._followed: NDArray[np.float32] | None = None

    def see(self, picture: NDArray[np.uint8], timestamp_ms: int) -> Landmarks:
        """The landmarks in one picture.

        Args:
            picture: RGB [H, W, 3], upright.
            timestamp_ms: when it was taken; pictures come in the order of their times.

        Returns:
            The face where one is seen, else, about once a second, the body where one is seen.

        Raises:
            InputError: `picture` is no RGB picture.
        """
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
            raise InputError(f"picture is {picture.dtype} {list(picture.shape)}; give RGB uint8 [H, W, 3]")
        import mediapipe

        # Tasks wants rising times and reads rows without gaps
        self._last_ms = max(timestamp_ms, self._last_ms + 1)
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
        height, width, _ = picture.shape
        found = self._face.detect_for_video(image, self._last_ms).face_landmarks
        faces = [_scaled([(p.x, p.y, p.z) for p in points], width, height) for points in found]
        self._followed = self._nearest(faces)
        bodies: list = []
        if self._followed is None and self._last_ms >= self._pose_due_ms:
            self._pose_due_ms = self._last_ms + POSE_EVERY_MS
            with nullcontext() if self._body_seen else libraries_quiet():  # of the first body it complains
                bodies = self._pose.detect_for_video(image, self._last_ms).pose_landmarks
            self._body_seen |= bool(bodies)
        body = _scaled([(p.x, p.y, p.z, p.visibility) for p in bodies[0]], width, height) if bodies else None
        return Landmarks(face=self._followed, pose=body, size=(width, height), timestamp_ms=timestamp_ms)

    def close(self) -> None:
        """Free the models and end their threads."""
        self._face.close()
        self._pose.close()

    def _nearest(self, faces: list[NDArray[np.float32]]) -> NDArray[np.float32] | None:
        """The largest face; the one followed so far counts for larger than it is."""
        if not faces:
            return None
        return max(faces, key=lambda face: _height(face) * (KEEP if self._is_followed(face) else 1.0))

    def _is_followed(self, face: NDArray[np.float32]) -> bool:
        if self._followed is None:
            return False
        moved = np.linalg.norm(face[:, :2].mean(0) - self._followed[:, :2].mean(0))
        return bool(moved < 0.5 * _height(self._followed))


def preload() -> None:
    """Import and load all that the first tracker needs: for a process that waits for its first call.

    Models that are missing are told when there is a camera to look at.
    """
    try:
        FaceTracker(find()).close()
    except VisavisError as error:
        logger.warning("%s", error)


def _height(face: NDArray[np.float32]) -> float:
    """Pixels from the top of a face to its chin."""
    return float(np.ptp(face[:, 1]))


def _scaled(points: list[tuple[float, ...]], width: int, height: int) -> NDArray[np.float32]:
    """Points of 0..1 of the picture to pixels; depth has the scale of x; what follows it stays."""
    array = np.asarray(points, np.float32)
    array[:, :3] *= (width, height, width)
    return array


def _give_way() -> None:
    """Raise this thread's niceness; never lower it, which would need a privilege."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


def _make(bundles: Bundles):  # type: ignore[no-untyped-def]
    from mediapipe.tasks.python import BaseOptions, vision

    def base(path: os.PathLike[str]) -> BaseOptions:
        return BaseOptions(model_asset_path=os.fspath(path), delegate=BaseOptions.Delegate.CPU)

    face = vision.FaceLandmarkerOptions(
        base_options=base(bundles.face),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=FACES,
        min_face_detection_confidence=CONFIDENCE,
        min_face_presence_confidence=CONFIDENCE,
        min_tracking_confidence=CONFIDENCE,
    )
    pose = vision.PoseLandmarkerOptions(base_options=base(bundles.pose), running_mode=vision.RunningMode.VIDEO)
    return vision.FaceLandmarker.create_from_options(face), vision.PoseLandmarker.create_from_options(pose)
