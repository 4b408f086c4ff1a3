"""`Renderer`: motion rows to pictures of one face, on one core.

Everything starts from the enrolled picture at `Portrait.rest`. A frame is drawn in four steps: the mesh is bent and
turned; the figure is drawn through it over the fixed plate; windows around eyes and mouth are drawn again at `FINE` x
`FINE` samples a pixel, with what the lids and lips leave open filled by eyeballs, teeth and tongue; the windows are
averaged into the frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.serve import pixels, raster
from visavis_models.serve.portrait import Portrait, portrait
from visavis_models.serve.rotation import gaze, rotation
from visavis_models.spec import INDEX, N_MOTION, PLACE, ROTATION, WEIGHTS

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
Picture = NDArray[np.uint8]

SIZES = (512, 384, 256)  # pixels; the smaller ones are steps of the degradation ladder
FINE = 2  # samples along a pixel in the windows around eyes and mouth
VIEW_CM = 90.0  # from the viewer to the head: what comes nearer grows by it
FAINT = 1e-3  # weights that differ less from rest are not seen
LID_SHADE = 0.4  # of the light, taken by a closing lid just under its edge
FLUTTER = 1.75  # how far a closing lid swings its lashes: 1 lays them flat at the viewer, 2 turns them over
SEAM_CM = (0.03, 0.14)  # as the lips part by this much, the picture's seam between them gives way to the mouth's inside
ROOT_PX = 2.0  # of the picture: how far below their roots the lashes' line reaches
INSET_CM = 0.2  # a vertex that has moved so far shows nothing of the silhouette's rim any more
TORN = 8192  # pixels along torn edges that are softened at most
HOLE_PX = 3  # how far beyond its edge vertices an opening may reach
LIGHT_CM = 1.7  # an opening so high lets in all the light


def smoothstep(low: float, high: float, x: FloatArray) -> FloatArray:
    """0 up to `low`, 1 from `high` on, t^2 (3 - 2t) between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def resized(picture: Picture, side: int) -> Picture:
    """A square picture [S, S, C] at another size: each pixel the mean over its area (S -> side <= S), else linear."""
    size = len(picture)
    if size == side:
        return np.ascontiguousarray(picture)
    edges = np.arange(side + 1) * (size / side)
    if side > size:
        at = np.clip((np.arange(side) + 0.5) * (size / side) - 0.5, 0, size - 1)
        share = np.maximum(1 - np.abs(at[:, None] - np.arange(size)), 0)
    else:
        share = np.maximum(
            np.minimum(edges[1:, None], np.arange(1, size + 1)) - np.maximum(edges[:-1, None], np.arange(size)), 0
        )
    share = (share / share.sum(1, keepdims=True)).astype(np.float32)
    rows = np.tensordot(share, picture.astype(np.float32), 1)
    both = np.tensordot(share, rows.transpose(1, 0, 2), 1).transpose(1, 0, 2)
    return np.ascontiguousarray((both + 0.5).astype(np.uint8))


def strip(columns: int) -> IntArray:
    """Triangles [2 (C - 1), 3], facing the viewer, of a band whose vertices are its C upper, then its C lower ones."""
    k = np.arange(columns - 1, dtype=np.int32)
    # In this order no edge is the half-open one of both triangles that share it: a strip is blended once everywhere.
    one = np.stack([k + 1, k + 1 + columns, k], 1)
    other = np.stack([k + 1 + columns, k + columns, k], 1)
    return np.concatenate([one, other]).astype(np.int32)


class Renderer:
    """Draws one face at one size. It holds scratch memory only: one for each stream, in one thread at a time.

    Args:
        portrait: the face.
        size: side of the frames in pixels, one of `SIZES`.

    Raises:
        InputError: another size.
    """

    def __init__(self, portrait: Portrait, size: int = 512) -> None:
        if size not in SIZES:
            raise InputError(f"size {size}: a frame's side is one of {', '.join(map(str, SIZES))}")
        self.portrait, self.size = portrait, size
        self._factor = size / portrait.size
        self._figure = pixels.packed(resized(portrait.figure, 2 * size))
        self._plate = resized(portrait.plate, size)
        self._cm = portrait.scale * self._factor  # pixels a centimetre
        self._pivot = self._place(portrait.pivot)
        self._load_skin()
        self._load_mouth()
        self._load_eyes()
        self._map = np.empty((size, size, 4), np.float32)
        self._torn, self._mixed = np.empty((TORN, 2), np.int32), np.empty((TORN, 3), np.uint8)
        samples = (size * FINE) ** 2 // 2
        self._scratch = [np.empty(samples * width, np.float32) for width in (4, 3, 4, 4)]

    def render(self, motion: FloatArray, out: Picture | None = None) -> Picture:
        """Draw frames.

        Args:
            motion: float32 [B, 60], rows of the face space; weights are held in 0..1.
            out: uint8 [B, size, size, 3] to draw into, C-contiguous; None: new memory.

        Returns:
            RGB uint8 [B, size, size, 3].

        Raises:
            InputError: another shape, or values that are not finite.
        """
        if motion.ndim != 2 or motion.shape[1] != N_MOTION or not np.isfinite(motion).all():
            raise InputError(f"motion is {motion.shape}: give finite float32 [frames, {N_MOTION}]")
        B, shape = len(motion), (len(motion), self.size, self.size, 3)
        if out is None:
            out = np.empty(shape, np.uint8)
        if out.shape != shape or out.dtype != np.uint8 or not out.flags.c_contiguous:
            raise InputError(f"out is {out.dtype}{out.shape}: give contiguous uint8 {shape}")
        for b in range(B):
            self._draw(np.asarray(motion[b], np.float32), out[b])
        return out

    def landmarks(self, motion: FloatArray) -> dict[str, FloatArray]:
        """Where the named vertices of the face are drawn: name -> float32 [B, 2], pixels of the frame."""
        found: dict[str, list[FloatArray]] = {name: [] for name in self.portrait.marks}
        for row in motion:
            self._bend(np.asarray(row, np.float32))
            for name, vertex in self.portrait.marks.items():
                found[name].append(self._points[vertex, :2].copy())
        return {name: np.array(places, np.float32) for name, places in found.items()}

    def _place(self, points: FloatArray) -> FloatArray:
        """Coordinates of the portrait's picture in those of the frame: [..., 2 or 3]."""
        placed = np.array(points, np.float32)
        placed[..., :2] = (placed[..., :2] + 0.5) * self._factor - 0.5
        placed[..., 2:] *= self._factor
        return placed

    def _texel(self, points: FloatArray) -> FloatArray:
        """Coordinates of the portrait's picture in those of the figure's texture, [..., 2]."""
        return ((points[..., :2] + 0.5) * (2 * self._factor) - 0.5).astype(np.float32)

    def _load_skin(self) -> None:
        skin = self.portrait.skin
        N = len(skin.points)
        self._base = np.zeros((N, 4), np.float32)
        self._base[:, :3] = self._place(skin.points)
        scale = np.array([self._factor] * 3 + [1], np.float32)
        self._modes = np.ascontiguousarray((skin.modes * scale).reshape(len(skin.modes), -1))
        self._points = np.empty((N, 4), np.float32)
        self._values = np.empty((N, 3), np.float32)
        self._source, self._inset = self._texel(skin.source), (skin.inset * (2 * self._factor)).astype(np.float32)
        self._reach = INSET_CM * self._cm
        self._last = int(skin.triangles[skin.surround :].max()) + 1  # the face's vertices come first
        self._around = np.ascontiguousarray(skin.triangles[: skin.surround])
        self._face = np.ascontiguousarray(skin.triangles[skin.surround :])

    def _face_near(self, places: FloatArray, reach_cm: float) -> IntArray:
        """The triangles of the face that have a corner within `reach_cm` of a box around places [n, >= 2], at rest."""
        reach = reach_cm * self._cm
        corners = self._base[self._face, :2]
        near = (corners > places[:, :2].min(0) - reach) & (corners < places[:, :2].max(0) + reach)
        return np.ascontiguousarray(self._face[near.all(2).any(1)])

    def _load_mouth(self) -> None:
        mouth = self.portrait.mouth
        self._inner_base = self._place(mouth.points)
        self._inner_modes = np.ascontiguousarray((mouth.modes * self._factor).reshape(len(mouth.modes), -1))
        self._inner = np.empty_like(self._inner_base)
        self._inner_head = np.ones(len(mouth.points), np.float32)
        places = self._base[:, :2]
        self._mouth_face = self._face_near(places[np.r_[mouth.upper, mouth.lower]], 2.0)
        self._lip_gap = places[mouth.lower, 1] - places[mouth.upper, 1]
        self._seam = strip(len(mouth.upper))
        self._seam_points = np.zeros((2 * len(mouth.upper), 4), np.float32)
        self._seam_values = np.zeros((2 * len(mouth.upper), 3), np.float32)
        source = self.portrait.skin.points[np.r_[mouth.upper, mouth.lower], :2].copy()
        self._tuck = np.r_[-np.ones(len(mouth.upper)), np.ones(len(mouth.lower))].astype(np.float32)
        source[:, 1] += self._tuck / self._factor
        self._seam_values[:, :2] = self._texel(source)

    def _load_eyes(self) -> None:
        eyes = self.portrait.eyes
        C = eyes.upper.shape[1]
        opaque = np.full((*eyes.sclera.shape[:3], 1), 255, np.uint8)
        self._sclera = pixels.packed(np.concatenate([eyes.sclera, opaque], 3))
        self._pupil, self._lashes = pixels.packed(eyes.pupil), pixels.packed(eyes.lashes)
        self._balls = self._place(eyes.centres)
        self._lash = strip(C)
        roots = self.portrait.skin.points[eyes.roots, :2]
        below = roots + np.array([0, ROOT_PX], np.float32)
        self._lash_source = (np.concatenate([roots + eyes.tips, below], 1) - eyes.origin[:, None]).astype(np.float32)
        self._lash_points = np.zeros((2, 2 * C, 2), np.float32)
        self._tips = (eyes.tips * self._factor).astype(np.float32)
        self._eye_faces = [self._face_near(self._base[lid], 2.2) for lid in eyes.upper]
        places = self._base[:, 1]
        self._lid_gap = np.maximum(places[eyes.lower] - places[eyes.upper], 1)

    def _draw(self, row: FloatArray, out: Picture) -> None:
        turn, shift, zoom = self._bend(row)
        raster.clear(self._map)
        raster.draw_mesh(self._map, 0, 0, 1, self._around, self._points, self._values, True)
        raster.draw_mesh(self._map, 0, 0, 1, self._face, self._points, self._values, False)
        pixels.paint(self._map, self._figure, self._plate, out)
        pixels.soften(self._map, self._face_box(), self._torn, self._mixed, out)
        for side in (0, 1):
            self._draw_eye(side, row, turn, shift, zoom, out)
        self._draw_mouth(row, turn, shift, zoom, out)

    def _bend(self, row: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        """Move the skin to where a motion row [60] puts it; the head's turn from rest, shift in pixels, and zoom."""
        rest = self.portrait.rest
        change = np.clip(row[WEIGHTS], 0, 1) - rest[WEIGHTS]
        self._bent(self._base, self._modes, change[self.portrait.skin.channels], self._points)
        turn = rotation(*row[ROTATION].tolist()) @ rotation(*rest[ROTATION].tolist()).T
        shift = (row[PLACE] - rest[PLACE]) * self._cm
        zoom = VIEW_CM / (VIEW_CM - float(np.clip(row[PLACE][2] - rest[PLACE][2], -30, 30)))
        raster.pose(self._points, self.portrait.skin.head, turn, self._pivot, shift, zoom)
        raster.dress(
            self._points, self._base, self._source, self._inset, self.portrait.skin.tint, self._reach, self._values
        )
        return turn, shift, zoom

    @staticmethod
    def _bent(base: FloatArray, modes: FloatArray, change: FloatArray, out: FloatArray) -> None:
        rows = np.nonzero(np.abs(change) > FAINT)[0].astype(np.int32)
        raster.deform(base.reshape(-1), modes, rows, change[rows], out.reshape(-1))

    def _window(self, points: FloatArray, margin: float) -> tuple[int, int, int, int]:
        """First pixel and size (x0, y0, w, h) of the frame's window around points [n, 2]."""
        low = np.clip(np.floor(points.min(0) - margin), 0, self.size - 2).astype(int)
        high = np.clip(np.ceil(points.max(0) + margin), low + 1, self.size - 1).astype(int)
        w, h = high - low + 1
        return int(low[0]), int(low[1]), int(w), int(min(h, len(self._scratch[1]) // (3 * FINE * FINE * w)))

    def _face_box(self) -> IntArray:
        """The pixels x0, y0, x1, y1 that the face lies within, one inside of the frame's border."""
        face = self._points[: self._last, :2]
        return np.clip(np.r_[face.min(0) - 2, face.max(0) + 2], 1, self.size - 2).astype(np.int32)

    @staticmethod
    def _hole(edges: FloatArray, x0: int, y0: int, window: FloatArray) -> FloatArray:
        """The part of a window, as samples x0, y0, x1, y1, that an opening with these edges [n, 2] lies in."""
        low, high = (edges.min(0) - HOLE_PX - [x0, y0]) * FINE, (edges.max(0) + HOLE_PX + 1 - [x0, y0]) * FINE
        h, w = window.shape[:2]
        return np.clip(np.r_[low, high], 0, [w, h, w, h]).astype(np.float32)

    def _buffers(self, w: int, h: int) -> list[FloatArray]:
        """Scratch of a window of w x h pixels: the skin's map, colours, two more maps; the maps cleared."""
        samples = h * w * FINE * FINE
        views = [
            whole[: samples * width].reshape(h * FINE, w * FINE, width)
            for whole, width in zip(self._scratch, (4, 3, 4, 4), strict=True)
        ]
        for k in (0, 2, 3):
            raster.clear(views[k])
        return views

    def _draw_eye(
        self, side: int, row: FloatArray, turn: FloatArray, shift: FloatArray, zoom: float, out: Picture
    ) -> None:
        eyes = self.portrait.eyes
        upper, lower = self._points[eyes.upper[side], :2], self._points[eyes.lower[side], :2]
        closed = 1 - (lower[:, 1] - upper[:, 1]) / self._lid_gap[side]
        C = len(upper)
        lash = self._lash_points[side]
        flat = self._tips[side] * np.stack([np.ones(C), 1 - FLUTTER * np.clip(closed, 0, 1)], 1)
        roots = self._points[eyes.roots[side], :2]
        density = 1 / max(abs(1 - FLUTTER * float(np.clip(np.median(closed), 0, 1))), 0.3)
        lash[:C] = roots + flat @ (np.array([[1, -1], [-1, 1]]) * turn[:2, :2]).T * zoom
        lash[C:] = roots + np.array([0, ROOT_PX * self._factor])
        x0, y0, w, h = self._window(np.concatenate([lash, lower]), 3)
        skin, colour, *_ = self._buffers(w, h)
        pixels.take_window(out, x0, y0, FINE, colour)
        raster.draw_mesh(skin, x0, y0, FINE, self._eye_faces[side], self._points, self._values, False)

        ball = self._balls[side : side + 1].copy()
        raster.pose(ball, self._inner_head[:1], turn, self._pivot, shift, zoom)
        (pitch, yaw), (pitch0, yaw0) = gaze(row, side), gaze(self.portrait.rest, side)
        seen = np.array([ball[0, 0], ball[0, 1], eyes.radius[side] * self._factor * zoom], np.float32)
        source = np.array([*(eyes.centres[side, :2] - eyes.origin[side]), eyes.radius[side]], np.float32)
        shade = LID_SHADE * float(np.clip(closed[C // 4 : -C // 4].mean(), 0, 1))
        pixels.paint_eye(
            skin, colour, x0, y0, FINE, seen, turn, rotation(pitch - pitch0, yaw - yaw0, 0), source,
            self._sclera[side], self._pupil[side], self._hole(np.concatenate([upper, lower]), x0, y0, skin), shade,
        )  # fmt: skip
        pixels.paint_window(skin, self._figure, colour)
        pixels.blend_strip(colour, x0, y0, FINE, self._lash, lash, self._lash_source[side], self._lashes[side], density)
        pixels.put_window(colour, FINE, x0, y0, out)

    def _draw_mouth(self, row: FloatArray, turn: FloatArray, shift: FloatArray, zoom: float, out: Picture) -> None:
        mouth = self.portrait.mouth
        C = len(mouth.upper)
        edges = self._points[np.r_[mouth.upper, mouth.lower]]
        gap = edges[C:, 1] - edges[:C, 1]
        tongue = float(np.clip(row[INDEX["tongueOut"]], 0, 1))
        x0, y0, w, h = self._window(edges[:, :2], 4 + tongue * 2 * self._cm)
        skin, colour, inside, seam = self._buffers(w, h)
        pixels.take_window(out, x0, y0, FINE, colour)
        raster.draw_mesh(skin, x0, y0, FINE, self._mouth_face, self._points, self._values, False)

        parted = (gap - self._lip_gap) / self._cm
        self._seam_points[:, :3] = edges[:, :3]
        self._seam_points[:, 1] += self._tuck
        self._seam_values[:, 2] = np.tile(1 - smoothstep(*SEAM_CM, parted), 2)
        raster.draw_mesh(seam, x0, y0, FINE, self._seam, self._seam_points, self._seam_values, True)
        if parted.max() > SEAM_CM[0] or tongue > FAINT:
            change = np.clip(row[WEIGHTS], 0, 1) - self.portrait.rest[WEIGHTS]
            self._bent(self._inner_base, self._inner_modes, change[mouth.channels], self._inner)
            raster.pose(self._inner, self._inner_head, turn, self._pivot, shift, zoom)
            raster.draw_mesh(inside, x0, y0, FINE, mouth.triangles, self._inner, mouth.colours, False)
        light = 0.42 + 0.58 * float(smoothstep(0.0, LIGHT_CM, gap / self._cm).max())
        hole = self._hole(edges[:, :2], x0, y0, skin)
        pixels.paint_mouth(
            skin, colour, inside, seam, self._figure, hole, light, 0.16 * self._cm * FINE, 0.4 * (1 - tongue)
        )
        pixels.paint_window(skin, self._figure, colour)
        if tongue > FAINT:
            pixels.paint_before(skin, inside, colour, light)
        pixels.put_window(colour, FINE, x0, y0, out)


def compile_kernels() -> None:
    """Draw one frame of the default face, tongue out, so that every kernel is compiled and cached; for set-up."""
    face = portrait("alex")
    motion = np.zeros((1, N_MOTION), np.float32)
    motion[0, INDEX["tongueOut"]] = 1
    Renderer(face).render(motion)
