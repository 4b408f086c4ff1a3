"""Drawn faces: eyes that are larger than any person's, and a jaw that ends where it is drawn.

mediapipe knows people: of the eyes of a drawn face it marks what a person's would be, and the rest of iris and white is
skin that no lid can close over. What is not skin around its marks tells how far an eye goes. And a head shows some of
its throat below its chin, in one tone with it; a drawing's neck has a flat colour of its own, which a turned jaw would
wear in shreds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from visavis_models.serve.enrol import mesh
from visavis_models.serve.enrol.eyes import Patch, View, find_irises
from visavis_models.serve.enrol.fitted import FittedHead, gaze_of, look_into
from visavis_models.serve.enrol.solve import OVAL, turn_of
from visavis_models.serve.head import Head
from visavis_models.spec import INDEX, ROTATION

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Picture = NDArray[np.uint8]

WIDER, HIGHER = 1.12, 1.5  # times what is marked: an eye so much larger is not a person's
LARGEST = 3.0  # times: what seems larger is no eye
AROUND = (1.3, 1.2)  # half the window in which an eye is looked for, in widths of what is marked: across, up and down
CHEEK = (0.55, 1.0)  # so many widths below the lower lid there is plain skin
SKIN_LAB = (16.0, 7.0)  # what differs from it by less, in CIELAB, is skin; the second where its colour is even
EVEN_LAB = 1.0  # that is where half of it differs by less than that from its median
NEAR = (0.7, 1.0)  # so far around the middle of what is marked, in its widths and heights, the white is looked for
LEAST_PX = 40  # of it
WHITE_SHARE = 0.5  # on the way from skin to the white of the eye: what is white
EDGE_SMOOTH = 0.03  # of an eye's width
THROAT_CM = 0.04  # of throat is shown below a drawn jaw
JAW_CM = (0.0, 1.5)  # from the lips' corners down, over which that begins to hold
REACH = (0.85, 0.95)  # how far around the middle of an eye skin goes with its lids, in widths: across, up and down


@dataclass(frozen=True)
class Opening:
    """One eye as the picture shows it: its iris (x, y, r), columns x [n], and the lids' edges there, y [n] each."""

    iris: FloatArray
    x: FloatArray
    top: FloatArray
    bottom: FloatArray

    @property
    def size(self) -> FloatArray:
        """Width and height [2], pixels."""
        return np.array([np.ptp(self.x), (self.bottom - self.top).max()])

    @property
    def middle(self) -> FloatArray:
        """x and y [2]."""
        return np.array([(self.x[0] + self.x[-1]) / 2, (self.top.min() + self.bottom.max()) / 2])

    def edge(self, line: FloatArray, upper: bool) -> FloatArray:
        """A lid's edge [C, 2], from left to right, brought onto this one: [C, 2]."""
        along = (line[:, 0] - line[0, 0]) / (line[-1, 0] - line[0, 0])
        x = self.x[0] + along * (self.x[-1] - self.x[0])
        return np.stack([x, np.interp(x, self.x, self.top if upper else self.bottom)], 1)


def drawn(head: Head, fit: FittedHead, landmarks: FloatArray, picture: Picture) -> FittedHead:
    """The head with its lids and its jaw where the picture has them, if its eyes are no person's.

    Args:
        landmarks: [478, >= 2] and picture: RGB [S, S, 3], both in the pixels that the head stands in.
    """
    opened = _opened(head, fit, picture)
    return fit if opened is None else replace(opened, points=_ending_at_jaw(head, opened, landmarks))


def _ending_at_jaw(head: Head, fit: FittedHead, landmarks: FloatArray) -> FloatArray:
    """The points of the head [V, 3] with what lies below its jaw as drawn close to it."""
    points, face = fit.points.copy(), fit.points[fit.face, :2]
    oval = np.asarray(landmarks, np.float64)[list(OVAL), :2].astype(np.float32)
    outside = np.array([-cv2.pointPolygonTest(oval, (x, y), True) for x, y in face.tolist()])
    line = np.concatenate([oval, oval[:1]])
    dense = np.concatenate([np.linspace(a, b, 32, endpoint=False) for a, b in pairwise(line)])
    away, nearest = cKDTree(dense).query(face)
    corners = fit.points[np.concatenate(mesh.pair(head, "lips")), 1].mean()
    share = np.clip(((face[:, 1] - corners) / fit.scale - JAW_CM[0]) / (JAW_CM[1] - JAW_CM[0]), 0, 1) * (outside > 0)
    most = THROAT_CM * fit.scale
    kept = most * np.tanh(away / most) / np.maximum(away, 1e-6)
    points[fit.face, :2] += (share * (1 - kept))[:, None] * (dense[nearest] - face)
    return points


def _opened(head: Head, fit: FittedHead, picture: Picture) -> FittedHead | None:
    """The head with its lids around the eyes of the picture, RGB [S, S, 3]; None where these are a person's."""
    edges = [mesh.pair(head, f"lids.{side}.edge") for side in ("right", "left")]
    marked = [Opening(iris, *_marked(fit, *edge)) for iris, edge in zip(fit.iris, edges, strict=True)]
    found = find_openings(picture, marked)
    if found is None:
        return None
    points, modes, (centres, radius) = fit.points.copy(), fit.modes.copy(), (fit.centres.copy(), fit.radius.copy())
    face = points[fit.face]
    graph = mesh.edge_graph(face, mesh.face_of(head))
    eyes = [index for name, index in INDEX.items() if name.startswith("eye")]
    for side, (shown, guess, edge) in enumerate(zip(found, marked, edges, strict=True)):
        grows = shown.size / guess.size
        away = (face[:, :2] - shown.middle) / (np.array(REACH) * max(shown.size[0], 1))
        fixed = np.hypot(*away.T) > 1
        moves = np.zeros((len(face), 3))
        for lid, upper in zip(edge, (True, False), strict=True):
            fixed[lid] = True
            moves[lid] = np.c_[shown.edge(face[lid, :2], upper) - face[lid, :2], np.ones(len(lid))]
        moves = mesh.extended(graph, moves, fixed)
        points[fit.face, :2] += moves[:, :2]
        modes[np.ix_(eyes, range(len(face)), range(2))] *= 1 + moves[:, 2:] * (grows - 1)
        centres[side, :2] = shown.middle
        centres[side, 2] -= (grows[0] - 1) * radius[side]
        radius[side] *= grows[0]
    irises = np.array([shown.iris for shown in found])
    rest = fit.rest.copy()
    look_into(rest, gaze_of(turn_of(rest[ROTATION].astype(np.float64)), centres, radius, irises))
    return replace(fit, points=points, modes=modes, centres=centres, radius=radius, iris=irises, rest=rest)


def _marked(fit: FittedHead, upper: IntArray, lower: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Columns of the eye that the lids [C] each leave open, and the lids' edges there."""
    rows = fit.points[upper, :2], fit.points[lower, :2]
    x = np.arange(np.ceil(rows[0][0, 0]), np.floor(rows[0][-1, 0]) + 1)
    top, bottom = (np.interp(x, *row[np.argsort(row[:, 0])].T) for row in rows)
    return x, top, np.maximum(bottom, top + 1)


def find_openings(picture: Picture, marked: list[Opening]) -> list[Opening] | None:
    """Both eyes of the picture, RGB [S, S, 3], if they are larger than what is marked; None: they are not."""
    views = [_view(picture, eye) for eye in marked]
    if any(view is None for view in views):
        return None
    seen = [view for view in views if view is not None]
    irises = find_irises([view for view, _ in seen])
    found = [_outlined(view, white, iris) for (view, white), iris in zip(seen, irises, strict=True)]
    grows = np.array([eye.size / guess.size for eye, guess in zip(found, marked, strict=True)])
    larger = (grows.mean(0) > (WIDER, HIGHER)).any() and (grows > 0.9).all() and (grows < LARGEST).all()
    return found if larger else None


def _view(picture: Picture, marked: Opening) -> tuple[View, BoolArray] | None:
    """A window around an eye with what is no skin there, and which of that is white; None: nothing is."""
    width, (x, y) = marked.size[0], marked.middle
    half = np.array(AROUND) * width
    size = len(picture)
    x0, y0, x1, y1 = np.clip([x - half[0], y - half[1], x + half[0], y + half[1]], 0, size).round().astype(int).tolist()
    patch = Patch((x0, y0, x1, y1))
    window = patch.cut(picture)
    lab = cv2.cvtColor(window.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float64)
    low, high = (round(marked.bottom.max() + way * width) - y0 for way in CHEEK)
    left, right = round(marked.x[0]) - x0, round(marked.x[-1]) - x0
    cheek = lab[low:high, left:right].reshape(-1, 3)
    skin = np.median(cheek, axis=0)
    mark = np.zeros(window.shape[:2], np.uint8)
    outline = np.concatenate([np.c_[marked.x, marked.top], np.c_[marked.x, marked.bottom][::-1]]) - [x0, y0]
    cv2.fillPoly(mark, [outline.round().astype(np.int32)], 1)
    even = np.median(np.linalg.norm(cheek - skin, axis=1)) < EVEN_LAB
    differs = SKIN_LAB[1] if even else SKIN_LAB[0]
    other = np.linalg.norm(lab - skin, axis=2) > differs
    x, y = patch.grid()
    near = np.hypot(*((np.stack([x, y], -1) - marked.middle) / (NEAR * marked.size)).T).T < 1
    lighter = near & other & (lab[..., 0] > skin[0])
    if lighter.sum() < LEAST_PX:
        return None
    bright = lab[lighter & (lab[..., 0] >= np.percentile(lab[lighter][:, 0], 50))].mean(0)
    way = bright - skin
    share = (lab - skin) @ way / (way @ way)
    white = other & (share > WHITE_SHARE) & (np.linalg.norm(lab - skin - share[..., None] * way, axis=2) < differs)
    count, label = cv2.connectedComponents((other | (mark > 0)).astype(np.uint8), connectivity=4)
    mine = np.bincount(label[mark > 0], minlength=count).argmax()
    shown = cv2.morphologyEx((label == mine).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)) > 0
    white &= shown
    return (View(patch, window.astype(np.float64), shown, marked.iris), white) if white.any() else None


def _outlined(view: View, white: BoolArray, iris: FloatArray) -> Opening:
    """The eye whose white [h, w] and iris (x, y, r) are seen in a view."""
    x, y = view.patch.grid()
    ball = white | (view.shown & (np.hypot(x - iris[0], y - iris[1]) < iris[2]))
    whole = cv2.morphologyEx(ball.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    _, label, stats, _ = cv2.connectedComponentsWithStats(whole)
    mine = label == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()
    columns = np.nonzero(mine.any(0))[0]
    top, bottom = mine.argmax(0)[columns], len(mine) - 1 - mine[::-1].argmax(0)[columns]
    soft = EDGE_SMOOTH * len(columns)
    lines = [
        cv2.GaussianBlur(line[None].astype(np.float64), (0, 0), soft, borderType=cv2.BORDER_REPLICATE)[0]
        + view.patch.box[1]
        for line in (top, bottom)
    ]
    return Opening(iris, columns.astype(np.float64) + view.patch.box[0], lines[0], lines[1])
