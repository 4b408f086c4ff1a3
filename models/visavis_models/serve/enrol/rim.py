"""The silhouette of an enrolled face: what comes to light behind it as the head turns, and no picture showed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from visavis_models.serve.enrol.fitted import FittedHead

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Picture = NDArray[np.uint8]

INSET_PX = 8.0  # how wide a rim of the silhouette has the background mixed into it, or is only guessed
RIM_SMOOTH_PX = 5.0  # of the silhouette's distance
TURN_CM = 1.2  # over which the way inwards turns at a corner of the silhouette
SIDEWAYS = (0.75, 0.95)  # share of the way inwards that goes sideways at a cheek, and not up from a jaw
MIRROR_CM = (0.4, 1.4)  # skin behind the silhouette repeats so much of what is before it, more where that is plain
OTHER = 45.0  # levels by which what is no plain skin differs from that at the silhouette
GRAIN_PX = 2.0  # pores and hairs are less
COARSE_PX = 4  # between the places that are looked at for plain skin
SPILL_PX = 9  # width of the square that must all be solid: what is behind spills over a silhouette
SOLID = 250  # alpha, 0..255, of what surely belongs to the figure


def at(field: NDArray[np.floating], places: FloatArray) -> FloatArray:
    """A field [S, S] or [S, S, C] at places [n, 2], bilinear: [n] or [n, C]."""
    u, v = places.astype(np.float32).T[..., None]
    return cv2.remap(field, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[:, 0].astype(np.float64)


@dataclass(frozen=True)
class Rim:
    """The face's silhouette: `depth` [S, S], pixels inside of it (negative: outside), and the way inwards [S, S, 2]."""

    depth: NDArray[np.float32]
    inwards: NDArray[np.float32]

    @property
    def sideways(self) -> NDArray[np.float32]:
        """0..1, [S, S]: whether the silhouette is a cheek's, and not the jaw's or the forehead's."""
        low, high = SIDEWAYS
        return np.clip((np.abs(self.inwards[..., 0]) - low) / (high - low), 0, 1)

    @classmethod
    def of(cls, inner: BoolArray, scale: float) -> Rim:
        """That of the face which `inner` [S, S] surely shows; its holes, such as an open mouth, are none of it."""
        filled = cv2.morphologyEx(inner.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((41, 41), np.uint8))
        depth = cv2.distanceTransform(filled, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - filled, cv2.DIST_L2, 5)
        broad = cv2.GaussianBlur(depth, (0, 0), TURN_CM * scale)  # no kink at the corners of the jaw
        way = np.stack([cv2.Sobel(broad, cv2.CV_32F, 1, 0), cv2.Sobel(broad, cv2.CV_32F, 0, 1)], -1)
        way = way.astype(np.float32) / (np.linalg.norm(way, axis=2, keepdims=True) + 1e-6)
        return cls(np.asarray(cv2.GaussianBlur(depth, (0, 0), RIM_SMOOTH_PX), np.float32), np.asarray(way, np.float32))


def plain(picture: Picture, rim: Rim, most: float) -> NDArray[np.float32]:
    """How far inwards of the line `INSET_PX` within the silhouette skin is as on it, next to each place [S, S], pixels.

    That is up to the tip of a brow, a corner of the eye or the border of a beard, at most `most`.
    """
    size = len(picture)
    y, x = np.mgrid[:size:COARSE_PX, :size:COARSE_PX].astype(np.float32)
    soft = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), GRAIN_PX)
    depth, inwards = rim.depth[::COARSE_PX, ::COARSE_PX], rim.inwards[::COARSE_PX, ::COARSE_PX]

    def within(way: float) -> NDArray[np.float32]:
        u, v = (np.float32(INSET_PX + way) - depth) * inwards.transpose(2, 0, 1) + np.stack([x, y])
        return np.asarray(cv2.remap(soft, u, v, cv2.INTER_LINEAR), np.float32)

    first, length, going = within(0), np.zeros(y.shape, np.float32), np.ones(y.shape, bool)
    for way in np.arange(GRAIN_PX, most + GRAIN_PX, GRAIN_PX):
        going &= np.linalg.norm(within(way + GRAIN_PX) - first, axis=2) < OTHER
        length[going] = min(way, most)
    side = 2 * int(most / COARSE_PX / 2) + 1
    least = cv2.erode(length, np.ones((side, side), np.uint8))
    soft_steps = cv2.GaussianBlur(least, (0, 0), side / 4)
    return np.asarray(cv2.resize(soft_steps, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def turned_in(
    fit: FittedHead, source: FloatArray, seen: BoolArray, graph: csr_matrix, rim: Rim, picture: Picture
) -> FloatArray:
    """How far the source of what lies at the silhouette or behind it moves inwards [N, 2]: a turned cheek shows more of
    itself, and nothing of what is behind.

    At the sides, skin that comes to light at a way s behind the line `INSET_PX` within the silhouette is the picture's
    about as far before that line, mirrored at it: it has pores and hairs as its neighbour has, and the less is
    stretched the farther the skin there is plain. Along the jaw, which the throat follows, it is that line's.

    Args:
        source: [N, 2], where each vertex takes its colour at rest; seen: [N], which the picture shows.
        graph: of the face's mesh; picture: RGB [S, S, 3].
    """
    points = fit.points[fit.face, :2]
    deep = at(rim.depth, source)
    line = np.maximum(INSET_PX - deep, 0)[:, None] * at(rim.inwards, source)
    whole = np.nonzero(seen & (deep >= INSET_PX))[0]
    way, _, nearest = dijkstra(graph, indices=whole, min_only=True, return_predecessors=True)
    behind = np.maximum(way - np.maximum(deep[nearest] - INSET_PX, 0), 0)
    least, longest = (cm * fit.scale for cm in MIRROR_CM)
    most = np.maximum(at(plain(picture, rim, longest), points), least)
    reach = INSET_PX + most * (1 - np.exp(-behind / most))
    mirrored = points + (reach - at(rim.depth, points))[:, None] * at(rim.inwards, points)
    share = at(rim.sideways, points)
    share[(deep >= INSET_PX) | ~np.isfinite(way)] = 0
    return line + share[:, None] * (mirrored - source - line)


def surely(matte: Picture) -> BoolArray:
    """Where the figure is and nothing behind it is mixed in, [S, S]; matte: RGBA [S, S, 4]."""
    return cv2.erode(matte[..., 3], np.ones((SPILL_PX, SPILL_PX), np.uint8)) > SOLID


def goes_on(
    place: FloatArray, cheek: FloatArray, ring: FloatArray, solid: BoolArray, rim: Rim
) -> tuple[FloatArray, FloatArray]:
    """What hidden pieces of the outline show as they come to light, and how far their source moves, [n, 2] each.

    Such a piece is its own place at rest; as it comes to light, it takes on what is beside the face: hair, ears and
    neck, or the cheek itself where there is nothing but background. At a cheek what is beside it has vertices of its
    own for that, and the face goes on as a cheek.

    Args:
        place, cheek: [n, 2], where the pieces are, and what a cheek's would show; ring: [R, 2], around the face.
        solid: [S, S], where the figure surely is.
    """
    beside = ring[cKDTree(ring).query(place)[1]]
    there = at(solid.astype(np.float32), beside) > 0.5
    beside = np.where(there[:, None], beside, cheek)
    return beside, beside + at(rim.sideways, place)[:, None] * (cheek - beside) - place
