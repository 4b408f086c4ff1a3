"""What mediapipe sees in one picture: every face's landmarks, hands, and where the person is."""

from __future__ import annotations

from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.vision.bundles import Bundles
from visavis.vision.quiet import libraries_quiet

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

FACES = 4  # looked for
CONFIDENCE = 0.5
CLOSE_UP = 2.2  # of the face's height: the square around it in which it is looked at again
CLOSE_UP_PX = 512
LOOKS = ((0.0, 0.0, 1.0), (0.03, 0.02, 1.08), (-0.03, 0.02, 0.94), (0.0, -0.03, 1.15), (0.02, 0.0, 0.9))
HANDS, SURELY_HANDS = 4, 0.6  # looked for, and how surely
LOWER = (0.29, 0.1, 0.9)  # of a square around a head: top, left and right of the part where hands meet the face
TILES = 0.6  # of the picture's sides: windows in which small faces are looked for


class StillEye:
    """Looks at single pictures. Importing mediapipe and loading the models takes a second or two."""

    def __init__(self, bundles: Bundles) -> None:
        with libraries_quiet():
            from visavis.vision.tasks import base, image, vision

            self._image = image
            self._face = vision.FaceLandmarker.create_from_options(
                vision.FaceLandmarkerOptions(
                    base_options=base(bundles.face),
                    num_faces=FACES,
                    min_face_detection_confidence=CONFIDENCE,
                    min_face_presence_confidence=CONFIDENCE,
                )
            )
            self._selfie = vision.ImageSegmenter.create_from_options(
                vision.ImageSegmenterOptions(
                    base_options=base(bundles.selfie), output_confidence_masks=True, output_category_mask=False
                )
            )

            self._hand = vision.HandLandmarker.create_from_options(
                vision.HandLandmarkerOptions(
                    base_options=base(bundles.hand),
                    num_hands=HANDS,
                    min_hand_detection_confidence=SURELY_HANDS,
                    min_hand_presence_confidence=SURELY_HANDS,
                )
            )

    def __enter__(self) -> StillEye:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._face.close()
        self._selfie.close()
        self._hand.close()

    def faces(self, picture: Picture) -> list[FloatArray]:
        """The landmarks [478, 3] of each face in a picture RGB [H, W, 3], in its pixels, the largest first."""
        found = self._detect(picture)
        if not found:
            found = [face + corner for window, corner in _windows(picture) for face in self._detect(window)]
        return sorted(_distinct(found), key=height_of, reverse=True)

    def closely(self, picture: Picture, face: FloatArray) -> tuple[FloatArray, float]:
        """A face looked at again in several close-ups: the mean of its landmarks, and how far the looks differ.

        Returns:
            landmarks [478, 3] in the picture's pixels, and the root mean square distance of a landmark from its mean
            in parts of the face's height.
        """
        height, middle = height_of(face), (face[:, :2].max(0) + face[:, :2].min(0)) / 2
        looks = []
        for x, y, zoom in LOOKS:
            side = CLOSE_UP * height * zoom
            corner = middle + np.array([x, y]) * height - side / 2
            scale = CLOSE_UP_PX / side
            matrix = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
            way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            view = cv2.warpAffine(picture, matrix, (CLOSE_UP_PX, CLOSE_UP_PX), flags=way)
            seen = self._detect(np.asarray(view, np.uint8))
            if seen:
                nearest = min(seen, key=lambda other: float(np.abs(other[:, :2].mean(0) - CLOSE_UP_PX / 2).sum()))
                looks.append(nearest / scale + np.r_[corner, 0].astype(np.float32))
        if len(looks) < 2:
            return face, float("inf")
        mean = np.mean(looks, 0)
        away = np.linalg.norm(np.array(looks)[..., :2] - mean[:, :2], axis=-1)
        return mean.astype(np.float32), float(np.sqrt((away**2).mean()) / height)

    def figure(self, picture: Picture) -> FloatArray:
        """How sure it is of a person at each pixel, 0..1 [H, W], of a picture RGB [H, W, 3]."""
        with libraries_quiet():
            masks = self._selfie.segment(self._image(picture)).confidence_masks
        return masks[0].numpy_view().reshape(picture.shape[:2]).copy()

    def hands(self, picture: Picture) -> list[FloatArray]:
        """The landmarks [21, 3] of each hand in a square around a head, RGB [S, S, 3], in its pixels.

        It is looked for in all of it and around the chin, where it may be found twice.
        """
        size = len(picture)
        top, left, right = (round(share * size) for share in LOWER)
        found = []
        for x, y, view in ((0, 0, picture), (left, top, picture[top:, left:right])):
            height, width = view.shape[:2]
            with libraries_quiet():
                seen = self._hand.detect(self._image(view)).hand_landmarks
            scale, corner = np.array([width, height, width], np.float32), np.array([x, y, 0], np.float32)
            found += [np.array([(p.x, p.y, p.z) for p in hand], np.float32) * scale + corner for hand in seen]
        return found

    def _detect(self, picture: Picture) -> list[FloatArray]:
        height, width = picture.shape[:2]
        with libraries_quiet():
            found = self._face.detect(self._image(picture)).face_landmarks
        scale = np.array([width, height, width], np.float32)
        return [np.array([(p.x, p.y, p.z) for p in points], np.float32) * scale for points in found]


def height_of(face: FloatArray) -> float:
    """Pixels from the top of a face's landmarks to their bottom."""
    return float(np.ptp(face[:, 1]))


def _windows(picture: Picture) -> list[tuple[Picture, FloatArray]]:
    """Overlapping windows of a picture, each with its corner (x, y, 0)."""
    H, W = picture.shape[:2]
    h, w = round(TILES * H), round(TILES * W)
    corners = [(x, y) for y in (0, (H - h) // 2, H - h) for x in (0, (W - w) // 2, W - w)]
    return [(picture[y : y + h, x : x + w], np.array([x, y, 0], np.float32)) for x, y in corners]


def _distinct(faces: list[FloatArray]) -> list[FloatArray]:
    """Faces seen twice only once."""
    kept: list[FloatArray] = []
    for face in sorted(faces, key=height_of, reverse=True):
        middle = face[:, :2].mean(0)
        if all(np.linalg.norm(middle - other[:, :2].mean(0)) > 0.5 * height_of(other) for other in kept):
            kept.append(face)
    return kept
