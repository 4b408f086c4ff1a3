"""The picture taken apart: the figure in front, and the plate behind it with the figure taken away."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import factorized

Picture = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

FAINT = 5  # alpha, 0..255: below it a figure is not seen
RIM_PX = 3  # around the figure, where the picture's own blur mixes them


def background(picture: Picture, matte: Picture, known: BoolArray | None = None) -> Picture:
    """What is behind the figure, [S, S, 3]: the picture's own where it shows, continued where it does not.

    A rim around the figure, in which the two mix, counts as hidden: what is solved for there by the figure's share of
    it is no background that is seen when the figure moves aside, but a dotted line.

    Args:
        picture: the whole picture, RGB [S, S, 3].
        matte: the figure alone, RGBA [S, S, 4], not premultiplied.
        known: [S, S], where the square shows a picture that was cut out by guess; None: everywhere.
    """
    rim = cv2.dilate((matte[..., 3] > FAINT).astype(np.uint8), np.ones((2 * RIM_PX + 1, 2 * RIM_PX + 1), np.uint8))
    shows = rim == 0
    if known is not None:
        shows &= known
    return np.clip(continued(picture.astype(np.float32), shows), 0, 255).round().astype(np.uint8)


def continued(picture: NDArray[np.floating], known: NDArray[np.bool_]) -> FloatArray:
    """Fill what is not `known` [H, W] of a picture [H, W, 3] smoothly from what is.

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


def membrane(picture: NDArray[np.floating], unknown: NDArray[np.bool_], source: NDArray[np.bool_]) -> FloatArray:
    """Fill what is `unknown` [H, W] seamlessly: Laplace's equation with the `source` pixels around it held.

    Neighbours that are neither are no border: the gradient towards them is zero.
    """
    H, W = unknown.shape
    index = -np.ones((H, W), np.int64)
    index[unknown] = np.arange(int(unknown.sum()))
    rows, columns, right = [], [], np.zeros((int(unknown.sum()), picture.shape[2]))
    degree = np.zeros(len(right))
    y, x = np.nonzero(unknown)
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        ny, nx = y + dy, x + dx
        inside = (ny >= 0) & (ny < H) & (nx >= 0) & (nx < W)
        mine, ny, nx = index[y[inside], x[inside]], ny[inside], nx[inside]
        free, held = unknown[ny, nx], source[ny, nx] & ~unknown[ny, nx]
        rows.append(mine[free])
        columns.append(index[ny[free], nx[free]])
        np.add.at(degree, mine[free | held], 1)
        np.add.at(right, mine[held], picture[ny[held], nx[held]])
    links = csr_matrix((np.ones(len(np.concatenate(rows))), (np.concatenate(rows), np.concatenate(columns))))
    links.resize((len(right), len(right)))
    solve = factorized((diags(degree + 1e-9) - links).tocsc())
    filled = picture.astype(np.float32).copy()
    filled[unknown] = np.stack([solve(right[:, k]) for k in range(right.shape[1])], 1)
    return filled


def premultiplied(picture: Picture, plate: Picture, matte: Picture) -> Picture:
    """The figure with premultiplied alpha that over the plate gives the picture: a F = I - (1 - a) B.

    Alpha is raised where no colour F of 0..255 could give the picture, far from the figure not: the plate is right.
    """
    alpha = matte[..., 3:].astype(np.float32) / 255
    below, behind = picture.astype(np.float32), plate.astype(np.float32)
    least = np.maximum(1 - below / np.maximum(behind, 1), (below - behind) / np.maximum(255 - behind, 1)).max(2)
    alpha = np.where(alpha > 0, np.maximum(alpha, np.clip(least, 0, 1)[..., None]), 0)
    colour = np.clip(below - (1 - alpha) * behind, 0, 255)
    return np.concatenate([colour, 255 * alpha], axis=2).round().astype(np.uint8)
