"""Round lips: what the face space's modes lack where pucker or funnel meet an opening.

Modes add up, so a puckered mouth that opens stays as wide as it was: a pointed slit. The ring muscle around a person's
mouth (orbicularis oris) holds the lips together on both sides of a small round opening, and draws the corners in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from visavis_models.serve.portrait import Portrait
from visavis_models.serve.raster import JIT
from visavis_models.serve.smooth import smoothstep
from visavis_models.spec import INDEX

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]

ABOVE_CM, BELOW_CM, BESIDE_CM = 1.3, 1.5, 1.6  # how far from the lips' edges skin goes with them
TOUCH_CM = 0.15  # the edges of lips that touch lie no farther apart
ROUND = [INDEX["mouthPucker"], INDEX["mouthFunnel"]]
WIDE = [INDEX["mouthStretchLeft"], INDEX["mouthStretchRight"]]  # a tracked mouth's may be on with its pucker
PURSED = (0.22, 0.85)  # less is what any mouth does that speaks
WHOLLY = np.float32(0.4)  # from so much rounding on, the opening is an ellipse; more makes it narrower
WIDE_CM, GROWS = np.float32(0.9), np.float32(0.85)  # the narrowest one: so wide, and wider by so much of its height
PARTED_CM, YAWN_CM = np.float32(0.3), np.float32(3)  # lips parted by this much open round; a centimetre below that, too
PRESSED_CM = np.float32(0.06)  # beside the opening lips lie upon each other by so much
DRAWN_CM = np.float32(0.3)  # a corner is drawn in by so much
FLAT = np.float32(0.4)  # by so much narrower than the mouth, an opening's ends lie as high as its middle
REST = np.float32(0.6)  # of the opening's width, within which the line between the lips is as high as its middle
ZERO, ONE, TWO, THREE, HALF = (np.float32(number) for number in (0, 1, 2, 3, 0.5))


@dataclass(frozen=True)
class Rounding:
    """How the skin around a portrait's mouth, n vertices, goes with the lips' edges.

    Attributes:
        edges: int32 [2, C], vertices of the upper and of the lower edge, see `portrait.Mouth`.
        touch: float32 [C], pixels between the edges where the lips touch.
        at: float32 [C], where the edges' vertices lie from corner to corner, -1..1.
        vertices: int32 [n].
        column: float32 [n], where along the edges they lie, 0..C - 1.
        low: float32 [n], 0 for those that go with the upper lip, 1 with the lower one.
        share: float32 [n], how far they go with the edges; drawn: float32 [n], -1..1, how far aside with the corners.
        cm: pixels a centimetre.
        at_rest: how far the picture's own lips are pursed, 0..1.
    """

    edges: IntArray
    touch: FloatArray
    at: FloatArray
    vertices: IntArray
    column: FloatArray
    low: FloatArray
    share: FloatArray
    drawn: FloatArray
    cm: float
    at_rest: float

    @classmethod
    def of(cls, portrait: Portrait, base: FloatArray, cm: float, last: int) -> Rounding:
        """What rounds the lips of a portrait, whose skin lies at base [N, 3] at rest; its first `last` are the face."""
        skin, edges = portrait.skin, np.stack([portrait.mouth.upper, portrait.mouth.lower])
        x, y = base[:last, 0], base[:last, 1]
        along = np.maximum.accumulate(base[edges, 0].mean(0))
        upper, lower = (np.interp(x, along, base[edge, 1]) for edge in edges)
        row = np.nonzero(skin.channels == INDEX["jawOpen"])[0]
        down = skin.modes[row[0], :last, 1] if len(row) else np.zeros(last)
        least, most = (np.interp(x, along, down[edge]) for edge in edges)
        beyond = np.maximum((upper - y) / ABOVE_CM, (y - lower) / BELOW_CM) / cm
        beside = np.maximum(along[0] - x, x - along[-1]) / (BESIDE_CM * cm)
        share = smoothstep(1, 0, np.hypot(np.maximum(beyond, 0), np.maximum(beside, 0)))
        open_by = np.tensordot(portrait.rest[skin.channels], skin.modes[:, edges, 1], 1)  # lips touch at zero motion
        touch = np.diff(skin.points[edges, 1] - open_by, axis=0)[0] * (cm / portrait.scale)
        at = 2 * (along - along[0]) / max(along[-1] - along[0], 1) - 1
        mine = np.nonzero(share > 0)[0]
        held = {
            "touch": np.clip(touch, 0, TOUCH_CM * cm),
            "at": at,
            "column": np.interp(x, along, np.arange(len(along)))[mine],
            "low": np.clip((down - least) / np.maximum(most - least, 1e-3), 0, 1)[mine],
            "share": share[mine],
            "drawn": (share * np.interp(x, along, at))[mine],
        }
        single = {name: values.astype(np.float32) for name, values in held.items()}
        return cls(edges, vertices=mine.astype(np.int32), cm=cm, at_rest=pursed(portrait.rest), **single)

    def amount(self, row: FloatArray) -> float:
        """How much rounder a motion row [60] has the lips than the picture's own, 0..1."""
        return max(pursed(row) - self.at_rest, 0.0)

    def apply(self, points: FloatArray, rounded: float) -> None:
        """Round the lips of the bent mesh points [N, 3], upright, in place; rounded: 0..1, how narrow they are."""
        if rounded > 0:
            round_lips(
                points, self.edges, self.touch, self.at, self.vertices, self.column, self.low, self.share, self.drawn,
                self.cm, rounded,
            )  # fmt: skip


def pursed(row: FloatArray) -> float:
    """How far pucker and funnel of a motion row [60] prevail over stretch: 0 up to the first of `PURSED`, then to 1."""
    weights, (low, high) = np.clip(row, 0, 1), PURSED
    return float(eased((weights[ROUND].sum() - weights[WIDE].mean() - low) / (high - low)))


@njit(inline="always", **JIT)
def eased(x: np.float32) -> np.float32:  # pragma: no cover
    """x^2 (3 - 2x) of x held in 0..1."""
    t = min(max(np.float32(x), ZERO), ONE)
    return t * t * (THREE - TWO * t)


@njit(inline="always", **JIT)
def between(row: FloatArray, column: np.float32) -> np.float32:  # pragma: no cover
    """A row [C] at a column 0..C - 1, linearly."""
    k = min(int(column), len(row) - 2)
    return row[k] + (column - np.float32(k)) * (row[k + 1] - row[k])


@njit(**JIT)
def round_lips(
    points: FloatArray,
    edges: IntArray,
    touch: FloatArray,
    at: FloatArray,
    vertices: IntArray,
    column: FloatArray,
    low: FloatArray,
    share: FloatArray,
    drawn: FloatArray,
    cm: float,
    rounded: float,
) -> None:  # pragma: no cover
    """Make the opening between the lips' edges an ellipse around the line halfway between them, see `Rounding`.

    At s = -1..1 from corner to corner lips that part by h at most come to be apart by h sqrt(1 - (s / w)^2), and touch
    beyond w; that line is straightened between both ends of the opening.
    """
    C, scale, narrow = edges.shape[1], np.float32(cm), np.float32(rounded)
    gap, middle = np.empty(C, np.float32), np.empty(C, np.float32)
    for k in range(C):
        upper, lower = points[edges[0, k], 1], points[edges[1, k], 1]
        gap[k], middle[k] = max(lower - upper - touch[k], ZERO), (upper + lower) * HALF
    high = gap.max()
    opened = eased(min(high / (PARTED_CM * scale), YAWN_CM - high / scale))
    amount = opened * eased(narrow / WHOLLY)
    if amount <= ZERO:
        return
    across = max(points[edges[0, C - 1], 0] - points[edges[0, 0], 0], ONE)
    wide = ONE - narrow * max(ONE - (WIDE_CM * scale + GROWS * high) / across, ZERO)
    flat = min((ONE - wide) / FLAT, ONE)
    up, down = np.zeros(C, np.float32), np.zeros(C, np.float32)  # how far each edge has to go
    highest, lowest = middle.copy(), middle.copy()  # where it is then
    for k in range(1, C - 1):
        away = at[k] / wide
        apart = high * np.sqrt(max(ONE - away * away, ZERO)) - PRESSED_CM * scale * eased((away - ONE) / FLAT)
        corner = middle[0] + (middle[C - 1] - middle[0]) * (at[k] + ONE) * HALF
        level = corner + (middle[C // 2] - corner) * eased((ONE - abs(at[k])) / (ONE - REST * wide))
        shift, grown = flat * (level - middle[k]), (apart - gap[k]) * HALF
        up[k], down[k] = amount * (shift - grown), amount * (shift + grown)
        highest[k], lowest[k] = middle[k] + shift - apart * HALF, middle[k] + shift + apart * HALF
    inwards = -DRAWN_CM * scale * narrow * opened
    for i in range(len(vertices)):
        v, mine = vertices[i], column[i]
        points[v, 0] += inwards * drawn[i]
        above, below = between(up, mine), between(down, mine)
        y = points[v, 1] + share[i] * (above + low[i] * (below - above))
        if ZERO < mine < np.float32(C - 1):  # no vertex of a lip reaches into the opening, whichever its edge is
            if low[i] < HALF:
                y -= amount * max(y - between(highest, mine), ZERO)
            else:
                y += amount * max(between(lowest, mine) - y, ZERO)
        points[v, 1] = y
