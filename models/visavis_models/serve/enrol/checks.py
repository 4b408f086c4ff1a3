"""Pictures of which no portrait can be made: each kind with its sentence."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.serve.enrol.solve import CHIN, FOREHEAD, Solved
from visavis_models.spec import INDEX, channels

FloatArray = NDArray[np.floating]

YAW, PITCH, ROLL = (math.radians(angle) for angle in (28, 24, 32))  # beyond that, half of the face is guessed
CHEEKS = (234, 454)
EYES = (((33, 133, 159, 145), "right"), ((263, 362, 386, 374), "left"))
LIPS, SKIN = (61, 291, 0, 17), (50, 280, 117, 346, 151)
FLAT = 0.07  # of the skin's brightness: what varies by less shows no eye, and no lips
REMEDY = "give a picture without anything before the face"
SHUT = 0.75  # eyeBlink of the less closed eye


class NoPortraitError(InputError):
    """Why a picture makes no portrait: a sentence to stand after the picture's name."""


def check_place(landmarks: FloatArray, shape: tuple[int, ...]) -> None:
    """The whole face lies in a picture of shape (H, W, 3).

    Raises:
        NoPortraitError: it does not.
    """
    H, W = shape[:2]
    edge = landmarks[[FOREHEAD, CHIN, *CHEEKS], :2]
    height = float(np.hypot(*(edge[1] - edge[0])))
    slack = 0.04 * height
    low, high = edge.min(0), edge.max(0)
    if low[0] < -slack or low[1] < -slack or high[0] > W - 1 + slack or high[1] > H - 1 + slack:
        raise NoPortraitError("the face is cut off by the picture's border; give a picture that shows all of it")


def check_uncovered(picture: NDArray[np.uint8], landmarks: FloatArray) -> None:
    """Eyes and mouth are seen in a picture, RGB [H, W, 3]: nothing even lies where they should be.

    Raises:
        NoPortraitError: they are not.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    rows, columns = np.clip(landmarks[list(SKIN), 1::-1].round().astype(int), 0, np.array(grey.shape) - 1).T
    bright = max(float(np.median(grey[rows, columns])), 20.0)
    for corners, side in EYES:
        if _variation(grey, landmarks[list(corners), :2]) < FLAT * bright:
            raise NoPortraitError(
                f"the person's {side} eye is covered; give a picture without anything before the face"
            )
    if _variation(grey, landmarks[list(LIPS), :2]) < FLAT * bright:
        raise NoPortraitError(f"the mouth is covered; {REMEDY}")


def _variation(grey: NDArray[np.float32], corners: FloatArray) -> float:
    """The brightness' deviation in the box around some landmarks [n, 2]."""
    low = np.clip(np.floor(corners.min(0)).astype(int), 0, None)
    high = np.ceil(corners.max(0)).astype(int) + 1
    window = grey[low[1] : high[1], low[0] : high[0]]
    return float(window.std()) if window.size else 0.0


def check_pose(solved: Solved) -> None:
    """The face looks towards the camera with open eyes.

    Raises:
        NoPortraitError: it does not.
    """
    pitch, yaw, roll = solved.rest[[INDEX["headPitch"], INDEX["headYaw"], INDEX["headRoll"]]].tolist()
    if abs(yaw) > YAW:
        raise NoPortraitError(
            f"the face is turned aside by {abs(math.degrees(yaw)):.0f} degrees; give one that looks at the camera"
        )
    if abs(pitch) > PITCH:
        way = "down" if pitch > 0 else "up"
        raise NoPortraitError(
            f"the face looks {way} by {abs(math.degrees(pitch)):.0f} degrees; give one that looks at the camera"
        )
    if abs(roll) > ROLL:
        raise NoPortraitError(f"the head is tilted by {abs(math.degrees(roll)):.0f} degrees; turn the picture upright")
    if solved.rest[channels("eyeBlinkLeft", "eyeBlinkRight")].min() > SHUT:
        raise NoPortraitError("the eyes are closed; give a picture with open eyes")
