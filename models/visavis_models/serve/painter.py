"""`Painter`: draws one face at one size upon a canvas, on one core.

Everything starts from the enrolled picture at `Portrait.rest`. A frame is drawn in four steps: the mesh is bent, turned
and lit; the figure is drawn through it over the background, where anything differs from the last frame; windows
around eyes and mouth are drawn again at `FINE` x `FINE` samples a pixel, with what the lids and lips leave open filled
by eyeballs, teeth and tongue; the windows are averaged into the frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve import pixels, raster, shading
from visavis_models.serve.background import Background
from visavis_models.serve.canvas import Canvas, Window
from visavis_models.serve.portrait import Portrait
from visavis_models.serve.rotation import gaze, rotation
from visavis_models.serve.smooth import smoothstep, step
from visavis_models.serve.stage import CORNER_CM, FADES, ROOT_PX, VIEW_CM, stage
from visavis_models.spec import INDEX, MOTION_NAMES, PLACE, ROTATION, WEIGHTS

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]

FINE = 2  # samples along a pixel in the windows around eyes and mouth
BREATHS = 24  # steps of a breath, less than a tenth of a pixel each: shoulders are not drawn anew in every frame
CLOSES = 0.1  # lips close what the jaw has opened (`mouthClose` up to `jawOpen`), and by so much more at most
FAINT = 1e-3  # weights that differ less from rest are not seen
LID_SHADE = 0.4  # of the light, taken by a closing lid just under its edge
FLUTTER = 1.75  # how far a closing lid swings its lashes: 1 lays them flat at the viewer, 2 turns them over
TONGUE_OPENS = 0.3  # a tongue that is out opens the jaw by so much at least: it lies between the lips, not over them
TONGUE_ARCH = 0.5  # and its tip is lifted by so much halfway, over the lower lip
LINE_CM = 0.055  # half the width of the line that the roots of the lashes make on a closed lid
LINE_CLOSED = (0.04, 0.35)  # as the lid closes by this much of the eye's height, the line is drawn
LASH_CLOSED = (0.05, 0.5)  # as the lid closes by this much, its lashes lose what they had of the white of the eye:
LASH_BRIGHTER = np.float32(25)  # they are no brighter than their ink by more levels than that
WHITE_CLOSED = (0.1, 0.4)  # as the lid closes by this much, the white that the picture shows beyond it is skin
LINE_LOW_CM = 0.12  # how far below the roots it may lie
RIM_CM = 0.04  # half the width of the lower lid's rim
SEAM_CM = (0.03, 0.14)  # as the lips part by this much, the picture's seam between them gives way to the mouth's inside
SKIP_PX = 3  # a triangle so far within a window is drawn there alone: beyond that its pixels soften others
HOLE_PX = 3  # how far beyond its edge vertices an opening may reach
LIGHT_CM = 1.3  # an opening so high lets in all the light
LEAST_LIGHT = 0.74  # what a slit lets in, on what is just behind the lips
ROUND_SHADE = 0.12  # of that light, taken by round lips: they stand out
SHADE_CM, LOWER_SHADE = 0.12, 0.4  # how far the upper lip's shadow reaches, and how dark the lower one's is
ROUND_SEALS = (0.0, 0.4)  # as lips get so round, their ends that stay together are cleaned of the picture's line, too
LOOKS = np.array([name.startswith(("eyeLook", "head")) for name in MOTION_NAMES])  # what moves the eyeballs


@dataclass(frozen=True)
class Pose:
    """Where the head is: turned from rest [3, 3], shifted in pixels [3], drawn so much larger; `row` is its motion.

    `rounded` says how much rounder than at rest its lips are, 0..1.
    """

    row: FloatArray
    turn: FloatArray
    shift: FloatArray
    zoom: float
    rounded: float


@dataclass(frozen=True)
class Lids:
    """One eye's lids in the frame.

    Attributes:
        upper, lower: float32 [C, 2], their edges; lash: [2 C, 2], the lashes' strip.
        closed: 0 as at rest, 1 closed, negative wider; density: of the lashes, see `blend_strip`.
        window: what is drawn again.
    """

    upper: FloatArray
    lower: FloatArray
    lash: FloatArray
    closed: float
    density: float
    window: Window


def held_in(value: float, low: int, high: int) -> int:
    """A number rounded down and held in low..high."""
    return min(max(math.floor(value), low), high)


class Painter:
    """Draws one face at one size. What it keeps is scratch memory and a `Canvas`: one for each stream, in one thread.

    Args:
        portrait: the face; painters of the same one at the same size share what is large.
        size: side of the frames in pixels, one of `SIZES`.
        background: what is behind the figure.

    Attributes:
        plate: uint32 [S, S], the background as it is drawn, of alpha 0, see `pixels.packed`.

    Raises:
        InputError: another size.
    """

    def __init__(self, portrait: Portrait, size: int, background: Background) -> None:
        self._stage = stage(portrait, size)
        self.portrait, self.size = portrait, size
        plate = background.plate(self._stage.plate, size)
        self.plate = pixels.packed(np.concatenate([plate, np.zeros_like(plate[..., :1])], 2))
        N = len(self._stage.base)
        self.canvas = Canvas.empty(size, N)
        self._points, self._values = np.empty((N, 3), np.float32), np.empty((N, 3), np.float32)
        self._bright = portrait.skin.tint.copy()
        last = self._stage.last
        self._sums, self._change = np.empty((last, 3), np.float32), np.empty(last, np.float32)
        self._spare, self._middles = np.empty(last, np.float32), np.empty((last, 3), np.float32)
        self._inner, self._inner_colours = np.empty_like(self._stage.inner_base), portrait.mouth.colours.copy()
        self._tongue_sums, self._tongue_colours = (np.empty((len(self._stage.tongue), 3), np.float32) for _ in range(2))
        columns = len(portrait.mouth.upper)
        self._seam_points, self._seam_values = (
            np.zeros((2 * columns, 3), np.float32),
            np.zeros((2 * columns, 3), np.float32),
        )
        self._seam_values[:, :2] = self._stage.seam_source
        self._near = np.empty_like(self._stage.face_near)
        corners = 3 * len(self._stage.edge)
        self._edge = np.arange(corners, dtype=np.int32).reshape(-1, 3)
        self._edge_points, self._edge_values = np.empty((corners, 3), np.float32), np.empty((corners, 3), np.float32)
        self._scratch: list[FloatArray] = []

    def places(self, row: FloatArray) -> FloatArray:
        """Where a motion row [60] puts the skin's vertices: float32 [N, 3], pixels, overwritten by the next call."""
        self._bend(row)
        return self._points

    def draw(self, row: FloatArray) -> None:
        """Bring the canvas to what a motion row [60] shows."""
        canvas, held = self.canvas, self._stage
        if canvas.row is not None and np.array_equal(row, canvas.row):
            canvas.spans[:] = 0
            return
        pose = self._bend(row)
        lids = [self._lids(side, pose) for side in (0, 1)]
        edges = self._points[held.lips]
        tongue = float(np.clip(row[INDEX["tongueOut"]], 0, 1))
        mouth = self._window(edges, 4 + tongue * 2 * held.cm)
        windows = [lids[0].window, lids[1].window, mouth]
        stays = canvas.row is not None and np.array_equal(row[LOOKS], canvas.row[LOOKS])
        drawn = canvas.find_changes(held.groups, self._points, self._values, windows, [stays, stays, False])

        raster.clear(canvas.map, canvas.spans)
        alone = windows[
            : 3 if tongue <= FAINT else 2
        ]  # a tongue that is out makes the mouth's larger than its triangles
        sides = [(x0 + SKIP_PX, y0 + SKIP_PX, x0 + w - 1 - SKIP_PX, y0 + h - 1 - SKIP_PX) for x0, y0, w, h in alone]
        count = raster.beside(
            held.face_near, held.drawn_near, self._points, np.array(sides, np.int32), self._near
        )  # fmt: skip
        for triangles, flat in ((held.around, True), (held.face_far, False), (self._near[:count], False)):
            raster.draw_mesh(canvas.map, canvas.spans, 0, 0, 1, triangles, self._points, self._values, flat)
        raster.edge_corners(
            held.edge, self._points, held.base, self._values, FADES * held.reach, self._edge_points,
            self._edge_values,
        )  # fmt: skip
        raster.draw_mesh(
            canvas.map, canvas.spans, 0, 0, 1, self._edge, self._edge_points, self._edge_values, False
        )  # fmt: skip
        box = self._face_box()
        pixels.paint(canvas.map, canvas.spans, box, held.figure, held.beyond, self.plate, canvas.packed_base)
        within = np.clip(box, 2, self.size - 2)
        pixels.soften(canvas.map, canvas.spans, within, canvas.packed_base, canvas.packed_frame)
        for side in (0, 1):
            if drawn[side]:
                self._draw_eye(side, pose, lids[side])
        self._draw_mouth(pose, edges, tongue, mouth)
        canvas.row, canvas.windows = row.copy(), windows
        self._points, canvas.points = canvas.points, self._points
        self._values, canvas.values = canvas.values, self._values

    def _bend(self, row: FloatArray) -> Pose:
        """Move the skin to where a motion row [60] puts it, and light it."""
        held, rest, skin = self._stage, self.portrait.rest, self.portrait.skin
        change = _change(row, rest)
        _bent(held.base, held.modes, held.runs, change[skin.channels], self._points)
        round_by = held.rounding.amount(row)
        held.rounding.apply(self._points, round_by)
        turn = rotation(*row[ROTATION].tolist()) @ rotation(*rest[ROTATION].tolist()).T
        shift = (row[PLACE] - rest[PLACE]) * held.cm
        zoom = VIEW_CM / (VIEW_CM - float(np.clip(row[PLACE][2] - rest[PLACE][2], -30, 30)))
        raster.pose(self._points, skin.head, turn, held.pivot, shift, zoom, held.view)
        light, last = held.light, held.last
        shading.normal_sums(self._points, held.face, self._sums)
        shading.sink(self._points, held.face, light.degree, self._sums, self._middles, self._spare)
        deeper = (self._spare / zoom - light.sunk) / light.cm
        shading.relight(self._sums, light.sums, deeper, light.direction, light.level, light.gloss, zoom, self._change)
        shading.smooth(held.face, light.degree, shading.ROUNDS, self._spare, self._change)
        self._bright[:last] = skin.tint[:last] * (1 + light.share * self._change)
        raster.dress(
            self._points, held.base, held.source, held.inset, self._bright, held.reach, held.after, self._values
        )  # fmt: skip
        return Pose(row, turn, shift, zoom, round_by)

    def _window(self, points: FloatArray, margin: float) -> Window:
        """The frame's window around points [n, 2]."""
        x0, y0, x1, y1 = raster.bounds(points)
        last = self.size - 1
        left, top = held_in(x0 - margin, 0, last - 1), held_in(y0 - margin, 0, last - 1)
        right, bottom = held_in(x1 + margin + 1, left + 1, last), held_in(y1 + margin + 1, top + 1, last)
        return left, top, right - left + 1, bottom - top + 1

    def _face_box(self) -> IntArray:
        """The pixels x0, y0, x1, y1 that the face lies within."""
        x0, y0, x1, y1 = raster.bounds(self._points[: self._stage.last])
        return np.array([held_in(v, 0, self.size) for v in (x0 - 2, y0 - 2, x1 + 2, y1 + 2)], np.int32)

    @staticmethod
    def _part(edges: FloatArray, window: Window, margin: float = HOLE_PX) -> FloatArray:
        """The part of a window, as samples x0, y0, x1, y1, within so many pixels of edges [n, >= 2]: of an opening."""
        left, top, w, h = window
        x0, y0, x1, y1 = raster.bounds(edges)
        sides = (x0 - margin - left, y0 - margin - top, x1 + margin + 1 - left, y1 + margin + 1 - top)
        most = (w, h, w, h)
        inside = [min(max(FINE * side, 0), FINE * limit) for side, limit in zip(sides, most, strict=True)]
        return np.array(inside, np.float32)

    def _buffers(self, window: Window) -> tuple[IntArray, list[FloatArray]]:
        """Spans of a whole window, and its scratch: the skin's map, colours, two more maps."""
        _, _, w, h = window
        w, h = w * FINE, h * FINE
        widths = (4, 3, 4, 4)
        if not self._scratch or len(self._scratch[0]) < h * w * widths[0]:
            self._scratch = [np.empty(h * w * width * 5 // 4, np.float32) for width in widths]
        views = [
            whole[: h * w * width].reshape(h, w, width) for whole, width in zip(self._scratch, widths, strict=True)
        ]
        spans = np.zeros((h, 2), np.int32)
        spans[:, 1] = w
        return spans, views

    def _lids(self, side: int, pose: Pose) -> Lids:
        eyes, held = self.portrait.eyes, self._stage
        upper, lower = self._points[eyes.upper[side], :2], self._points[eyes.lower[side], :2]
        C = len(upper)
        strip, closed = np.empty((2 * C, 2), np.float32), np.empty(C, np.float32)
        pixels.lash_strip(
            self._points, eyes.upper[side], eyes.lower[side], eyes.roots[side], held.tips[side], held.lid_gap[side],
            pose.turn, pose.zoom, FLUTTER, ROOT_PX * held.factor, strip, closed,
        )  # fmt: skip
        middle = float(closed[C // 4 : -C // 4].mean())
        density = 1 / max(abs(1 - FLUTTER * min(max(middle, 0.0), 1.0)), 0.3)
        window = self._window(np.concatenate([strip, lower]), 3)
        return Lids(upper, lower, strip, min(max(middle, -1.0), 1.0), density, window)

    def _draw_eye(self, side: int, pose: Pose, lids: Lids) -> None:
        eyes, held, canvas = self.portrait.eyes, self._stage, self.canvas
        x0, y0 = lids.window[:2]
        spans, (skin, colours, spare, _) = self._buffers(lids.window)
        raster.clear(skin, spans)
        pixels.take_window(canvas.base, x0, y0, FINE, colours)
        raster.draw_mesh(skin, spans, x0, y0, FINE, held.eye_faces[side], self._points, self._values, False)

        ball = held.balls[side : side + 1].copy()
        raster.pose(ball, held.inner_head[:1], pose.turn, held.pivot, pose.shift, pose.zoom, held.view)
        (pitch, yaw), (pitch0, yaw0) = gaze(pose.row, side), gaze(self.portrait.rest, side)
        deep = (ball[0, 2] - held.pivot[2] - pose.shift[2]) / pose.zoom + held.pivot[2]
        nearer = pose.zoom * (held.view[2] - held.balls[side, 2]) / (held.view[2] - deep)
        seen = np.array([ball[0, 0], ball[0, 1], eyes.radius[side] * held.factor * nearer], np.float32)
        source = np.array([*(eyes.centres[side, :2] - eyes.origin[side]), eyes.radius[side]], np.float32)
        shade = LID_SHADE * max(lids.closed, 0.0)
        pixels.paint_eye(
            skin, colours, x0, y0, FINE, seen, pose.turn, rotation(pitch - pitch0, yaw - yaw0, 0), source,
            held.sclera[side], held.pupil[side], held.glint[side],
            self._part(np.concatenate([lids.upper, lids.lower]), lids.window), shade,
        )  # fmt: skip
        pixels.paint_window(skin, held.figure, colours)
        hidden = step(*WHITE_CLOSED, lids.closed)
        if hidden > 0:
            scale = 1 / (2 * held.factor)
            whole = np.array([0, 0, skin.shape[1], skin.shape[0]], np.float32)
            pixels.paint_patch(skin, held.lid_skin[side], held.lid_origin[side], scale, hidden, whole, colours)
        cover = spare.reshape(-1)[: skin.shape[0] * skin.shape[1]].reshape(skin.shape[:2])
        moved = step(0.03, 0.2, abs(lids.closed))
        pixels.stroke(
            colours, cover, x0, y0, FINE, lids.lower, RIM_CM * held.cm * pose.zoom, held.rim_ink[side], 0.8 * moved
        )
        line = step(*LINE_CLOSED, lids.closed)
        edge = lids.lash[len(lids.upper) :].copy()
        lower = np.minimum(lids.upper[:, 1], edge[:, 1] + LINE_LOW_CM * held.cm)
        np.maximum(edge[:, 1], lower, out=edge[:, 1])
        pixels.stroke(
            colours, cover, x0, y0, FINE, edge[2:-2], LINE_CM * held.cm * pose.zoom, held.lash_ink[side], 0.85 * line
        )
        brightest = 255 + step(*LASH_CLOSED, lids.closed) * (held.lash_ink[side] + LASH_BRIGHTER - 255)
        pixels.blend_strip(
            colours, x0, y0, FINE, held.lash, lids.lash, held.lash_source[side], held.lashes[side], lids.density,
            brightest,
        )  # fmt: skip
        pixels.put_window(colours, skin, FINE, x0, y0, canvas.frame)

    def _draw_mouth(self, pose: Pose, edges: FloatArray, tongue: float, window: Window) -> None:
        held, canvas = self._stage, self.canvas
        C = len(edges) // 2
        gap = edges[C:, 1] - edges[:C, 1]
        x0, y0 = window[:2]
        spans, (skin, colours, inside, seam) = self._buffers(window)
        hole = self._part(edges, window)
        opening = spans if tongue > FAINT else _within(hole, spans)
        for target, part in ((skin, spans), (inside, opening), (seam, opening)):
            raster.clear(target, part)
        pixels.take_window(canvas.base, x0, y0, FINE, colours)
        raster.draw_mesh(skin, spans, x0, y0, FINE, held.mouth_face, self._points, self._values, False)

        parted = (gap - held.lip_gap) / held.cm
        # corners part after what is beside them, whatever a coarse mesh says
        near = C // 4
        parted[-near:] = np.minimum.accumulate(parted[-near:])
        parted[:near] = np.minimum.accumulate(parted[near - 1 :: -1])[::-1]
        if held.open_mouth:  # the picture's teeth give way to ours all at once: half of either looks like neither
            parted[:] = parted.max()
        self._seam_points[:] = edges
        self._seam_points[:, 1] += held.tuck
        self._seam_values[:, 2] = np.tile(1 - smoothstep(*SEAM_CM, parted), 2)
        raster.draw_mesh(seam, opening, x0, y0, FINE, held.seam, self._seam_points, self._seam_values, True)
        if parted.max() > SEAM_CM[0] or tongue > FAINT:
            self._bend_inside(pose, float(edges[:C, 2].mean()))
            raster.draw_mesh(
                inside, opening, x0, y0, FINE, held.inner_triangles, self._inner, self._inner_colours, False
            )
        open_share = step(0.0, LIGHT_CM, float(gap.max()) / held.cm)
        light = (LEAST_LIGHT + (1 - LEAST_LIGHT) * open_share) * (1 - ROUND_SHADE * pose.rounded)
        pixels.paint_mouth(
            skin, colours, inside, seam, held.figure, hole, light,
            SHADE_CM * held.cm * FINE, LOWER_SHADE * (1 - tongue),
        )  # fmt: skip
        pixels.paint_window(skin, held.figure, colours)
        ends = max(float(parted[end[: len(end) // 2]].max()) for end in held.lip_ends)
        clean = step(*SEAM_CM, max(ends, float(parted.max()) * step(*ROUND_SEALS, pose.rounded)))
        if clean > 0:
            scale, margin = 1 / (2 * held.factor), CORNER_CM[1] * held.cm
            for end in held.lip_ends:
                box = self._part(edges[end], window, margin)
                pixels.paint_patch(skin, held.corners, held.corners_origin, scale, clean, box, colours)
        if tongue > FAINT:
            pixels.paint_before(skin, inside, colours, light)
        pixels.put_window(colours, skin, FINE, x0, y0, canvas.frame)

    def _bend_inside(self, pose: Pose, lips_z: float) -> None:
        """Move what is behind the lips, and light the tongue by its shape and by how far behind the lips it lies."""
        held, mouth = self._stage, self.portrait.mouth
        change = _change(pose.row, self.portrait.rest)
        _bent(held.inner_base, held.inner_modes, held.inner_runs, change[mouth.channels], self._inner)
        raster.pose(self._inner, held.inner_head, pose.turn, held.pivot, pose.shift, pose.zoom, held.view)
        if not len(held.tongue_triangles):
            return
        tongue = self._inner[held.tongue]
        shading.normal_sums(tongue, held.tongue_triangles, self._tongue_sums)
        shading.light_tongue(tongue, self._tongue_sums, lips_z, held.cm, held.tongue_base, self._tongue_colours)
        self._inner_colours[held.tongue] = self._tongue_colours


def _within(hole: FloatArray, spans: IntArray) -> IntArray:
    """The part of spans [h, 2] that is within the samples x0, y0, x1, y1."""
    x0, y0, x1, y1 = (int(side) for side in hole)
    part = np.zeros_like(spans)
    part[y0:y1] = x0, x1
    return part


def _change(row: FloatArray, rest: FloatArray) -> FloatArray:
    """By how much a motion row [60] differs from rest in the weights, [54]: held to what a face can do."""
    weights = np.clip(row[WEIGHTS], 0, 1)
    jaw, close, tongue = INDEX["jawOpen"], INDEX["mouthClose"], weights[INDEX["tongueOut"]]
    weights[jaw] = max(weights[jaw], TONGUE_OPENS * tongue)
    weights[close] = min(weights[close], weights[jaw] + CLOSES, 1 - tongue)
    weights[INDEX["tongueUp"]] = max(weights[INDEX["tongueUp"]], TONGUE_ARCH * 4 * tongue * (1 - tongue))
    change = weights - rest[WEIGHTS]
    change[INDEX["breath"]] = round(float(change[INDEX["breath"]]) * BREATHS) / BREATHS
    return change


def _bent(
    base: FloatArray, modes: FloatArray, runs: tuple[IntArray, IntArray], change: FloatArray, out: FloatArray
) -> None:
    """out [N, 3] = base + the modes [K, 3 N], which have these `runs_of`, by their change [K]."""
    rows = np.nonzero(np.abs(change) > FAINT)[0].astype(np.int32)
    raster.deform(base.reshape(-1), modes, *runs, rows, change[rows], out.reshape(-1))
