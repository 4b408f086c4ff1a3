"""The picture taken apart: the figure in front, and the plate behind it with the figure taken away."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

SURE = 0.5  # below this alpha the background shows well enough to be solved for


def background(picture: Picture, matte: Picture) -> Picture:
    """What is behind the figure, [S, S, 3]: solved for where it shows, continued where it does not.

    I = a F + (1 - a) B, so B = (I - a F) / (1 - a).

    Args:
        picture: the whole picture, RGB [S, S, 3].
        matte: the figure alone, RGBA [S, S, 4], not premultiplied.
    """
    alpha = matte[..., 3:].astype(np.float32) / 255
    solved = (picture - alpha * matte[..., :3]) / np.maximum(1 - alpha, 1 - SURE)
    return np.clip(continued(solved, alpha[..., 0] < SURE), 0, 255).round().astype(np.uint8)


def continued(picture: NDArray[np.floating], known: NDArray[np.bool_]) -> FloatArray:
    """Fill what is not `known` [H, W] of a picture [H, W, C] smoothly from what is.

    Means of ever coarser levels are taken of what is known and laid under it (pull-push, Gortler et al. 1996).
    """
    H, W = known.shape
    colour = picture.astype(np.float32)
    if known.all():
        return colour
    weight = known.astype(np.float32)
    if min(H, W) <= 2:
        mean = (colour * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1.0)
        return np.where(known[..., None], colour, mean).astype(np.float32)
    half = ((W + 1) // 2, (H + 1) // 2)
    share = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    sums = cv2.resize(colour * weight[..., None], half, interpolation=cv2.INTER_AREA)
    below = continued(sums / np.maximum(share, 1e-6)[..., None], share > 1e-3)
    filled = cv2.GaussianBlur(cv2.resize(below, (W, H), interpolation=cv2.INTER_LINEAR), (0, 0), 1.2)
    return np.where(known[..., None], colour, filled).astype(np.float32)


def premultiplied(picture: Picture, plate: Picture, matte: Picture) -> Picture:
    """The figure with premultiplied alpha such that drawing it over the plate gives the picture: a F = I - (1 - a) B."""
    alpha = matte[..., 3:].astype(np.float32) / 255
    colour = np.clip(picture - (1 - alpha) * plate, 0, 255)
    return np.concatenate([colour.round().astype(np.uint8), matte[..., 3:]], axis=2)
