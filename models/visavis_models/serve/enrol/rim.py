"""The silhouette of an enrolled face: what comes to light behind it as the head turns, and no picture showed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Picture = NDArray[np.uint8]

LINE_PX = 18.0  # how far inside the silhouette a face is surely its own: outside, the background mixes into it
SEAM_PX = 10.0  # from there on outwards the picture gives way to what goes on beyond it
NEAR_CM = 5.0  # skin so near to what the picture hides may belong to the silhouette
ENDS_CM = (
    3.0,
    1.0,
)  # so near to what is hidden the face ends at the silhouette, and so far around; elsewhere it joins the hair
THROAT_LEAST_CM, JOINS_CM = 0.25, 1.2  # where so much throat belongs to the face, it does not end so far around
FARTHEST_CM = 2.8  # how far beyond the silhouette skin goes on at most
RIM_SMOOTH_PX = 5.0  # of the silhouette's distance
TURN_CM = 1.2  # over which the way inwards turns at a corner of the silhouette
SIDEWAYS = (0.75, 0.95)  # share of the way inwards that goes sideways at a cheek, and not up from a jaw
TONE_PX = 21  # of the median that is the tone of skin at the line, without pores, hairs and the tip of a brow
TONE_SOFT_PX = 6.0
GRAIN_PX = 5.0  # pores and hairs are finer than that
GRAIN_CM = 1.4  # how far inside of the line they are taken from, to and fro
GRAIN_MOST = 2.5  # times the grain's median at the line, at most
FEATURE, FEATURE_PX = 3.0, 17  # times that: a brow or a lock, which leaves no grain so far around it
THROAT_CM = (0.5, 1.7)  # so far beyond a jaw skin gives way to the throat
UNDER_PX = 8.0  # so far below the jaw the picture shows the throat
BEHIND_CM = 0.8  # so far a neck goes on behind the face; over the same way again it gives way to what is there
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
        """That of the face which `inner` [S, S] surely shows; its holes, eyes and an open mouth, are none of it."""
        filled = cv2.morphologyEx(inner.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((41, 41), np.uint8))
        contours = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
        cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
        depth = cv2.distanceTransform(filled, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - filled, cv2.DIST_L2, 5)
        broad = cv2.GaussianBlur(depth, (0, 0), TURN_CM * scale)  # no kink at the corners of the jaw
        way = np.stack([cv2.Sobel(broad, cv2.CV_32F, 1, 0), cv2.Sobel(broad, cv2.CV_32F, 0, 1)], -1)
        way = way.astype(np.float32) / (np.linalg.norm(way, axis=2, keepdims=True) + 1e-6)
        return cls(np.asarray(cv2.GaussianBlur(depth, (0, 0), RIM_SMOOTH_PX), np.float32), np.asarray(way, np.float32))


def gone_on(picture: Picture, solid: BoolArray, rim: Rim, ending: NDArray[np.float32], scale: float) -> Picture:
    """The face beyond its silhouette, as a turned head shows it: RGBA [S, S, 4], clear where the picture itself stays.

    Its tone is that of the line `LINE_PX` within the silhouette, next to each place, and its grain that of the skin
    before this line, to and fro. Under the jaw it gives way to the tone of the throat right below.

    Args:
        picture: RGB [S, S, 3]; solid: [S, S], where the figure surely is.
        ending: [S, S], see `Edge`.
    """
    size = len(picture)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    away = np.float32(LINE_PX) - rim.depth  # outwards of the line

    def within(field: NDArray[Any], way: NDArray[np.float32]) -> NDArray[np.float32]:
        u, v = (way + away) * rim.inwards.transpose(2, 0, 1) + np.stack([x, y])
        return np.asarray(cv2.remap(field.astype(np.float32), u, v, cv2.INTER_LINEAR), np.float32)

    tone = cv2.GaussianBlur(cv2.medianBlur(picture, TONE_PX), (0, 0), GRAIN_PX)
    ahead = cv2.GaussianBlur(within(tone, np.zeros_like(away)), (0, 0), TONE_SOFT_PX)
    near, far = (cm * scale for cm in THROAT_CM)
    under = np.full_like(away, -LINE_PX - UNDER_PX)
    sure = within(cv2.erode(solid.astype(np.uint8), np.ones((TONE_PX, TONE_PX), np.uint8)), under)[..., None]
    below = cv2.GaussianBlur(np.concatenate([sure * within(tone, under), sure], 2), (0, 0), TONE_SOFT_PX)
    throat = np.clip((-rim.depth - near) / (far - near), 0, 1) * (1 - rim.sideways) * (rim.inwards[..., 1] < 0)
    throat = cv2.GaussianBlur(throat, (0, 0), TONE_SOFT_PX)[..., None] * below[..., 3:]
    ahead += throat * (below[..., :3] / (below[..., 3:] + 1e-3) - ahead)
    grain = picture - cv2.GaussianBlur(picture.astype(np.float32), (0, 0), GRAIN_PX)
    amount = cv2.medianBlur(np.abs(grain).clip(0, 255).astype(np.uint8), TONE_PX)
    most = GRAIN_MOST * cv2.GaussianBlur(within(amount, np.zeros_like(away)), (0, 0), TONE_SOFT_PX) + 1
    length = GRAIN_CM * scale
    fro = (length - np.abs(np.abs(away) % (2 * length) - length)).astype(np.float32)
    fine = within(grain, fro)
    strong = np.asarray((np.abs(fine) > FEATURE * most).any(2), np.uint8)
    strong = np.asarray(cv2.dilate(strong, np.ones((FEATURE_PX, FEATURE_PX), np.uint8)), np.uint8)
    plain = 1 - cv2.GaussianBlur(strong.astype(np.float32), (0, 0), GRAIN_PX)[..., None]
    skin = ahead + plain * np.clip(fine, -most, most)
    alpha = np.clip(away / SEAM_PX, 0, 1) * np.clip(2 * within(ending, np.full_like(away, -LINE_PX)), 0, 1)
    alpha *= rim.depth > -(FARTHEST_CM * scale + SEAM_PX)
    skin *= alpha[..., None] > 0
    return np.concatenate([skin, 255 * alpha[..., None]], 2).clip(0, 255).round().astype(np.uint8)


@dataclass(frozen=True)
class Edge:
    """What of a face lies at its silhouette.

    Attributes:
        at: bool [N], the vertices that do, seen or hidden.
        ending: float32 [S, S], 1 where the silhouette is the face's end, 0 where it goes over into hair or throat.
        shows: [N, 2], where in the picture, or beyond the silhouette in it, they take their colour as the face moves.
    """

    at: BoolArray
    ending: NDArray[np.float32]
    shows: FloatArray

    @classmethod
    def of(
        cls,
        points: FloatArray,
        seen: BoolArray,
        outline: NDArray[np.int64],
        graph: csr_matrix,
        rim: Rim,
        scale: float,
    ) -> Edge:
        """That of a face; skin that lies a way s along it behind the line `LINE_PX` is shown s outwards of that line.

        Args:
            points: [N, 3], its vertices in the picture; seen: [N], which the picture shows; graph: of its mesh.
            outline: the vertices at its border: where they are seen it joins hair or throat.
        """
        deep = at(rim.depth, points[:, :2])
        hidden = ~seen & (deep < LINE_PX)
        near = NEAR_CM * scale - dijkstra(graph, indices=np.nonzero(hidden)[0], min_only=True)
        edge = hidden | ((near > 0) & (deep < LINE_PX))
        whole = np.nonzero(seen & ~edge)[0]
        way, _, nearest = dijkstra(graph, indices=whole, min_only=True, return_predecessors=True)
        edge &= np.isfinite(way)
        behind = np.maximum(way - np.maximum(deep[nearest] - LINE_PX, 0), 0)
        most = FARTHEST_CM * scale
        outwards = most * np.tanh(behind / most)
        inwards = at(rim.inwards, points[:, :2])
        ending = np.zeros(rim.depth.shape, np.uint8)
        for place in points[edge & (near > (NEAR_CM - ENDS_CM[0]) * scale), :2].round().astype(int).tolist():
            cv2.circle(ending, place, round(ENDS_CM[1] * scale), 1, -1)
        below = cKDTree(points[~seen, :2]).query(points[outline, :2])[0] > THROAT_LEAST_CM * scale
        joins = outline[seen[outline] & below & (at(rim.sideways, points[outline, :2]) == 0)]
        for place in points[joins, :2].round().astype(int).tolist():
            cv2.circle(ending, place, round(JOINS_CM * scale), 0, -1)
        soft = np.asarray(cv2.GaussianBlur(ending.astype(np.float32), (0, 0), ENDS_CM[1] * scale), np.float32)
        share = np.clip(2 * at(soft, points[:, :2] - deep[:, None] * inwards) - 1, 0, 1)
        shows = points[:, :2] + (share * (LINE_PX - outwards - deep))[:, None] * inwards
        return cls(edge, soft, np.where(edge[:, None], shows, points[:, :2]))


def surely(matte: Picture) -> BoolArray:
    """Where the figure is and nothing behind it is mixed in, [S, S]; matte: RGBA [S, S, 4]."""
    return cv2.erode(matte[..., 3], np.ones((SPILL_PX, SPILL_PX), np.uint8)) > SOLID


def beside(place: FloatArray, ring: FloatArray, solid: BoolArray, scale: float) -> FloatArray:
    """What pieces of the face's outline leave behind as it moves, [n, 2]: what is beside them, be it nothing.

    A neck goes on behind the jaw over it.

    Args:
        place: [n, 2], where the pieces are; ring: [R, 2], around the face; solid: [S, S], where the figure surely is.
    """
    x, y = ring.round().astype(int).clip(0, len(solid) - 1).T
    away, figure = np.linalg.norm(place[:, None] - ring, axis=2), solid[y, x]
    nearest = away.argmin(1)
    further = np.where(figure & (ring[:, 1] > place[:, 1:]), away, np.inf)
    neck = further.argmin(1)
    behind = (further.min(1) - away.min(1)) / scale
    share = np.where(figure[nearest], 0, np.clip(2 - behind / BEHIND_CM, 0, 1))[:, None]
    return ring[nearest] + share * (ring[neck] - ring[nearest])
