"""From a picture with its landmarks to a portrait."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol.build import build
from visavis_models.serve.enrol.checks import check_place, check_pose, check_uncovered
from visavis_models.serve.enrol.cover import check_bare
from visavis_models.serve.enrol.drawn import drawn
from visavis_models.serve.enrol.fitted import stand
from visavis_models.serve.enrol.framing import SIZE, framing
from visavis_models.serve.enrol.lips import settled
from visavis_models.serve.enrol.matte import cut_out
from visavis_models.serve.enrol.solve import SMILES, solve
from visavis_models.serve.head import Head
from visavis_models.serve.portrait import UNKNOWN, Portrait, Provenance

Picture = NDArray[np.uint8]


def enrol(
    picture: Picture,
    landmarks: NDArray[np.floating],
    segment: Callable[[Picture], NDArray[np.float32]],
    hands: Callable[[Picture], list[NDArray[np.float32]]],
    *,
    name: str,
    provenance: Provenance = UNKNOWN,
) -> Portrait:
    """A portrait from one picture.

    Args:
        picture: RGB [H, W, 3], upright.
        landmarks: [478, 3], mediapipe's, in pixels of the picture.
        segment: from an RGB picture [S, S, 3] to how sure it is of a person, 0..1, float32 of any size.
        hands: from an RGB picture [S, S, 3] to the landmarks [21, 3] of each hand in it, in its pixels.
        name: what to call the face; provenance: where the picture comes from.

    Raises:
        NoPortraitError: no portrait can be made of it; says why.
    """
    check_place(landmarks, picture.shape)
    check_uncovered(picture, landmarks)
    head = Head.load()
    solved = solve(head, landmarks.astype(np.float64), SMILES)
    check_pose(solved)
    frame = framing(solved, picture.shape)
    cut, known = frame.cut(picture)
    placed = frame.place(landmarks.astype(np.float64))
    fit = stand(head, frame.solved(solved), placed)
    check_bare(head, fit, cut, hands(cut))
    mask = cv2.resize(segment(cut), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    matte = cut_out(cut, np.clip(mask, 0, 1), known)
    fit = drawn(head, settled(head, fit, placed, cut), placed, cut)
    return build(name, head, fit, cut, matte, provenance, known=known)
