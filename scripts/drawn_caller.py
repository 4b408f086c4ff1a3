"""Somebody before a camera, drawn: a portrait, and an arm where one is raised."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIZE, FRAME = 384, (480, 640)  # pixels of the drawn face, and (height, width) of the camera's picture around it
ROOM = 96  # grey of the wall
LEFT = 90  # of the face in the picture, so that there is room for the arm
NOISE, JPEG = 4.0, 70  # standard deviation of a pixel, of 255; quality of the compression
GRAIN = (
    np.random.default_rng(0).normal(0, NOISE, (FRAME[0] + 64, FRAME[1] + 64, 3)).astype(np.int16)
)  # of a camera, of 255
SHOULDER, ELBOW = np.array([430.0, 400.0]), np.array([515.0, 470.0])  # of the arm, in pixels
FOREARM, PALM = 170.0, 34.0  # lengths: elbow to wrist, wrist to the palm's middle
FINGERS = ((-0.32, 50.0), (-0.1, 60.0), (0.1, 57.0), (0.3, 46.0))  # angle to the forearm in rad, length
THUMB = (-1.0, 42.0)
CHEEK, SLEEVE = (slice(144, 220), slice(154, 230)), (-12, 58)  # where the face shows skin, and cloth

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]


def filmed(face: Picture, noise: NDArray[np.floating]) -> Picture:
    """A drawn face [S, S, 3] in the middle of a camera's picture [480, 640, 3], noisy and compressed.

    Args:
        noise: added to each pixel, such that it broadcasts.
    """
    size, picture = len(face), np.full((*FRAME, 3), ROOM, np.uint8)
    picture[-size:, (FRAME[1] - size) // 2 :][:, :size] = face
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, JPEG])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def before_a_camera(face: Picture | None, rng: np.random.Generator, arm_rad: float | None = None) -> Picture:
    """A camera's picture [480, 640, 3] of a drawn face [384, 384, 3]; of an empty room where there is none.

    Args:
        arm_rad: how far the raised forearm leans outwards; None for a hanging one, which is not seen.
    """
    picture: Picture = np.full((*FRAME, 3), ROOM, np.uint8)
    if face is not None:
        picture[-SIZE:, LEFT : LEFT + SIZE] = face
        if arm_rad is not None:
            skin = np.median(face[CHEEK].reshape(-1, 3), 0)
            raise_arm(picture, arm_rad, _colour(skin), _colour(face[SLEEVE]))
    dy, dx = rng.integers(0, GRAIN.shape[0] - FRAME[0]), rng.integers(0, GRAIN.shape[1] - FRAME[1])
    grain = GRAIN[dy : dy + FRAME[0], dx : dx + FRAME[1]]
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def raise_arm(picture: Picture, lean_rad: float, skin: Colour, sleeve: Colour) -> None:
    """Draw sleeve, forearm and open hand into the picture; mediapipe's pose finds its wrist within some 20 pixels."""
    along, across = _direction(lean_rad), _direction(lean_rad + np.pi / 2)
    wrist = ELBOW + FOREARM * along
    palm = wrist + PALM * along
    cv2.line(picture, _point(SHOULDER), _point(ELBOW), sleeve, 78, cv2.LINE_AA)
    _limb(picture, ELBOW, ELBOW + 70 * along, across, (36, 31), sleeve)
    _limb(picture, ELBOW + 66 * along, wrist, across, (25, 17), skin)
    cv2.ellipse(picture, _point(palm), (27, 38), float(np.degrees(lean_rad)), 0, 360, skin, -1, cv2.LINE_AA)
    for k, (spread_rad, length) in enumerate(FINGERS):
        root = palm + 18 * along + (12 * k - 18) * across
        cv2.line(
            picture, _point(root), _point(root + length * _direction(lean_rad + spread_rad)), skin, 13, cv2.LINE_AA
        )
    root, (spread_rad, length) = palm - 20 * across, THUMB
    cv2.line(picture, _point(root), _point(root + length * _direction(lean_rad + spread_rad)), skin, 14, cv2.LINE_AA)


def _limb(
    picture: Picture, begin: np.ndarray, end: np.ndarray, across: np.ndarray, halves: tuple[int, int], colour: Colour
) -> None:
    first, last = halves[0] * across, halves[1] * across
    corners = np.rint([begin + first, begin - first, end - last, end + last]).astype(np.int32)
    cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)


def _direction(lean_rad: float) -> np.ndarray:
    """Up in the picture, leaning to its right."""
    return np.array([np.sin(lean_rad), -np.cos(lean_rad)])


def _point(place: np.ndarray) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))


def _colour(rgb: np.ndarray) -> Colour:
    red, green, blue = (int(value) for value in rgb)
    return red, green, blue
