"""`Stage`: a portrait made ready for frames of one size; any number of renderers share it."""

from __future__ import annotations

from weakref import WeakValueDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.serve import pixels, raster, shading
from visavis_models.serve.background import resized
from visavis_models.serve.portrait import Portrait
from visavis_models.serve.rounding import Rounding
from visavis_models.spec import INDEX

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
Picture = NDArray[np.uint8]

SIZES = (512, 384, 256)  # pixels; the smaller ones are steps of the degradation ladder
VIEW_CM = 90.0  # from the viewer to the head: what comes nearer grows by it
# From where a turned head is seen. From the 90 cm of the pictures a bow of 11 degrees is tracked as 16, from here
# as 14, and from far away as 11; but there outlines are farther from the truth (docs/portraits.md).
TURNED_CM = 150.0
ROOT_PX = 2.0  # of the picture: how far below their roots the lashes' line reaches
INSET_CM = 0.2  # a vertex that has moved so far shows nothing of the silhouette's rim any more
FADES = 0.5  # of that way, over which the face's edge goes over from the picture to what is beyond; then it slides
LIPS_CM = 0.45  # how far from the lips' edges they are wet
SEAM_CM = 0.14  # half the width of the dark line that closed lips make in the picture
EYE_CM, MOUTH_CM = 2.2, 2.0  # how far around lids and lips, at rest, the face is drawn in their windows
ALONE_CM = 0.4  # so far within that the windows draw it alone: at their triangles' border samples take what lies below
HIDDEN_PX = 0.5  # of the picture: a vertex that takes its colour from farther away is not shown by it
AWAY = -0.7  # a normal's share at the viewer: teeth and gums that face away by 135 degrees are never seen
GLINT = (1.12, 14.0)  # what is brighter than this much of its ring of the iris, and by so many levels, is mirrored
RINGS = 24  # that the iris is cut into
VEIL = (80, 150)  # levels: what is mirrored more faintly is a veil, what more brightly a light
TWINS = 0.7  # an iris is at least so bright, beside the picture of it, where the other one is darker
CORNER_CM = (0.35, 0.3, 0.13)  # how far inwards, outwards, up and down from the mouth's corners their skin is cleaned
CORNER = 6  # columns of the lips' edges that end in either corner
CORNER_SOFT_CM = 0.04  # half the width over which the colours of both lips go over into each other there
CREASE_CM, CREASE = 0.055, (0.28, 0.4, 0.4)  # half the width of the shadow between them, and how dark it is on RGB
WHITE_CM = 0.3  # how far outside of the lids' edges, at rest, the picture may show the white of the eye
WHITE = (0.25, 0.7)  # on the way from skin to the white of the eye: what is still skin, what is white


def strip(columns: int) -> IntArray:
    """Triangles [2 (C - 1), 3], facing the viewer, of a band whose vertices are its C upper, then its C lower ones."""
    k = np.arange(columns - 1, dtype=np.int32)
    # In this order no edge is the half-open one of both triangles that share it: a strip is blended once everywhere.
    one = np.stack([k + 1, k + 1 + columns, k], 1)
    other = np.stack([k + 1 + columns, k + columns, k], 1)
    return np.concatenate([one, other]).astype(np.int32)


class Stage:
    """Everything of a portrait that frames of one size need and none of them changes.

    Args:
        portrait: the face.
        size: side of the frames in pixels, one of `SIZES`.

    Raises:
        InputError: another size.
    """

    def __init__(self, portrait: Portrait, size: int) -> None:
        if size not in SIZES:
            raise InputError(f"size {size}: a frame's side is one of {', '.join(map(str, SIZES))}")
        self.portrait, self.size = portrait, size
        self.factor = size / portrait.size
        figure = resized(portrait.figure, 2 * size)
        self.figure = pixels.packed(figure)
        self.beyond = pixels.packed(laid_over(resized(portrait.skin.beyond, 2 * size), figure))
        self.plate = resized(portrait.plate, size)
        self.cm = portrait.scale * self.factor  # pixels a centimetre
        self.pivot = self.place(portrait.pivot)
        self.view = np.array([(size - 1) / 2, (size - 1) / 2, TURNED_CM * self.cm], np.float32)
        self._load_skin()
        self._load_mouth()
        self._load_eyes()
        self._split_face()
        self.light = self._light()

    def place(self, points: FloatArray) -> FloatArray:
        """Coordinates of the portrait's picture in those of the frame: [..., 2 or 3]."""
        placed = np.array(points, np.float32)
        placed[..., :2] = (placed[..., :2] + 0.5) * self.factor - 0.5
        placed[..., 2:] *= self.factor
        return placed

    def texel(self, points: FloatArray) -> FloatArray:
        """Coordinates of the portrait's picture in those of the figure's texture, [..., 2]."""
        return ((points[..., :2] + 0.5) * (2 * self.factor) - 0.5).astype(np.float32)

    def _load_skin(self) -> None:
        skin = self.portrait.skin
        self.base = np.ascontiguousarray(self.place(skin.points))
        self.modes = np.ascontiguousarray((skin.modes[..., :3] * self.factor).reshape(len(skin.modes), -1), np.float32)
        self.runs = raster.runs_of(self.modes)
        self.last = int(skin.triangles[skin.surround :].max()) + 1  # the face's vertices come first
        self.around = np.ascontiguousarray(skin.triangles[: skin.surround])
        self.face = np.ascontiguousarray(skin.triangles[skin.surround :])
        self.groups = (self.around, raster.groups_of(self.face, self.base))  # those around are large
        self.source, self.inset = self.texel(skin.source), (skin.inset * (2 * self.factor)).astype(np.float32)
        self.reach = INSET_CM * self.cm
        slides = np.asarray(self.inset.any(1), np.bool_)
        self.after = np.where(slides, FADES, 0).astype(np.float32)
        x, y = np.clip(skin.source[: self.last].round().astype(int), 0, self.portrait.size - 1).T
        at_edge = (slides[: self.last] | (skin.beyond[y, x, 3] > 0))[self.face].any(1)
        self.edge, self.inner = (np.ascontiguousarray(self.face[which]) for which in (at_edge, ~at_edge))

    def _face_near(self, places: FloatArray, reach_cm: float) -> IntArray:
        """The triangles within the face with a corner within `reach_cm` of a box around places [n, >= 2], at rest."""
        reach = reach_cm * self.cm
        corners = self.base[self.inner, :2]
        near = (corners > places[:, :2].min(0) - reach) & (corners < places[:, :2].max(0) + reach)
        return np.ascontiguousarray(self.inner[near.all(2).any(1)])

    def _split_face(self) -> None:
        """Which triangles of the face the windows of both eyes and the mouth may draw alone, and which never."""
        eyes = [self._face_near(self.base[lid], EYE_CM - ALONE_CM) for lid in self.portrait.eyes.upper]
        parts = [*eyes, self._face_near(self.base[self.lips], MOUTH_CM - ALONE_CM)]
        unique, back = np.unique(np.concatenate([self.inner, *parts]), axis=0, return_inverse=True)
        every, *mine = np.split(back.ravel(), np.cumsum([len(self.inner), *map(len, parts)])[:-1])
        drawn = np.zeros((len(unique), len(parts)), np.bool_)
        for window, triangles in enumerate(mine):
            drawn[triangles, window] = True
        # Beside the face's edge, which no window draws, samples take what lies below, too.
        drawn[np.isin(unique, self.edge).any(1)] = False
        near = drawn[every].any(1)
        self.face_near, self.face_far = (np.ascontiguousarray(self.inner[which]) for which in (near, ~near))
        self.drawn_near = np.ascontiguousarray(drawn[every][near])

    def _load_mouth(self) -> None:
        mouth = self.portrait.mouth
        self.lips = np.r_[mouth.upper, mouth.lower]
        self.rounding = Rounding.of(self.portrait, self.base, self.cm, self.last)
        self.corners, self.corners_origin = self._corners()
        C = len(mouth.upper)
        ends = np.arange(min(CORNER, C)), np.arange(max(C - CORNER, 0), C)
        self.lip_ends = tuple(np.r_[end, end + C] for end in ends)  # among `lips`, the upper lip's first
        self.inner_base = self.place(mouth.points)
        self.inner_modes = np.ascontiguousarray((mouth.modes * self.factor).reshape(len(mouth.modes), -1), np.float32)
        self.inner_runs = raster.runs_of(self.inner_modes)
        self.inner_head = np.ones(len(mouth.points), np.float32)
        self.mouth_face = self._face_near(self.base[self.lips], MOUTH_CM)
        self.lip_gap = self.base[mouth.lower, 1] - self.base[mouth.upper, 1]
        self.open_mouth = bool(self.lip_gap.max() > 2 * SEAM_CM * self.cm)
        self.seam = strip(len(mouth.upper))
        source = self.portrait.skin.points[self.lips, :2].copy()
        self.inset[: self.last] += self._off_the_seam() * (2 * self.factor)
        self.tuck = np.r_[-np.ones(len(mouth.upper)), np.ones(len(mouth.lower))].astype(np.float32)
        source[:, 1] += self.tuck / self.factor
        self.seam_source = self.texel(source)
        self.tongue, self.tongue_triangles, self.tongue_base = self._find_tongue()
        self.inner_triangles = self._ever_seen()

    def _off_the_seam(self) -> FloatArray:
        """How far the face's vertices move their source off the line between closed lips as they move, [last, 2].

        On the picture the line's darkness lies on both lips; on lips that part it would be drawn along both edges. So
        would the teeth of an open mouth.
        """
        skin, scale = self.portrait.skin, self.portrait.scale
        upper, lower = np.split(skin.points[self.lips, :2], 2)
        source = skin.source[: self.last]
        middle = (upper + lower) / 2
        away = source[:, 1] - np.interp(source[:, 0], middle[:, 0], middle[:, 1])
        outside = np.maximum(middle[0, 0] - source[:, 0], source[:, 0] - middle[-1, 0]) / scale
        band = SEAM_CM * scale * np.clip(0.3 - outside / 0.7, 0.3, 1)  # lips are thin at the corners
        row = np.nonzero(skin.channels == INDEX["jawOpen"])[0]
        down = skin.modes[row[0], : self.last, 1] if len(row) else np.zeros(self.last)
        most = np.maximum(np.interp(source[:, 0], lower[:, 0], down[self.lips[len(lower) :]]), 1e-3)
        below = np.clip(away, -2, 2) + 6 * (down / most - 0.5) > 0
        if self.open_mouth:  # its teeth are mixed into either edge
            edge = np.where(below, *(np.interp(source[:, 0], line[:, 0], line[:, 1]) for line in (lower, upper)))
            away = np.where(below, np.maximum(source[:, 1] - edge, 0), np.minimum(source[:, 1] - edge, 0))
        within = (outside < 2 * SEAM_CM) & (np.abs(away) < 2 * band)
        wanted = np.where(below, 1, -1) * (band + np.abs(away) / 2)
        return np.stack([np.zeros(self.last), np.where(within, wanted - away, 0)], 1).astype(np.float32)

    def _corners(self) -> tuple[pixels.Packed, FloatArray]:
        """The skin around the mouth's corners, as `without_line`: a patch, and where it begins."""
        upper, lower = np.split(self.portrait.skin.points[self.lips, :2], 2)
        line, size = (upper + lower) / 2, self.portrait.size
        reach = 2 * max(CORNER_CM) * self.portrait.scale
        left, top = np.clip(line.min(0) - reach, 0, size - 2).astype(int)
        right, bottom = np.clip(line.max(0) + reach, (left + 2, top + 2), size).astype(int)
        origin = np.array([left, top], np.float32)
        patch = self.portrait.figure[top:bottom, left:right, :3]
        return pixels.packed(without_line(patch, (line - origin).astype(np.float32), self.portrait.scale)), origin

    def _find_tongue(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Vertices of the tongue [n], its triangles among them [t, 3], and its colour unshaded [3]."""
        mouth = self.portrait.mouth
        row = np.nonzero(mouth.channels == INDEX["tongueOut"])[0]
        moves = np.zeros(len(mouth.points), bool)
        if len(row):
            moves = np.abs(mouth.modes[row[0]]).max(1) > 0
        tongue = np.nonzero(moves)[0]
        compact = np.cumsum(moves) - 1
        triangles = compact[mouth.triangles[moves[mouth.triangles].all(1)]]
        colours = mouth.colours[tongue]
        brightest = colours[colours.sum(1) >= np.percentile(colours.sum(1), 98)].mean(0) if len(tongue) else np.ones(3)
        return tongue.astype(np.int32), triangles.astype(np.int32), brightest.astype(np.float32)

    def _ever_seen(self) -> IntArray:
        """The triangles of the mouth's inside that a turned head or an opened jaw may bring to face the viewer."""
        triangles = self.portrait.mouth.triangles
        a, b, c = self.inner_base[triangles].transpose(1, 0, 2)
        away = shading.unit(np.cross(b - a, c - a))[:, 2] < AWAY
        soft = np.isin(triangles, self.tongue).any(1)
        return np.ascontiguousarray(triangles[soft | ~away])

    def _load_eyes(self) -> None:
        eyes = self.portrait.eyes
        opaque = np.full((*eyes.sclera.shape[:3], 1), 255, np.uint8)
        self.sclera = pixels.packed(np.concatenate([eyes.sclera, opaque], 3))
        parts = lifted_glints(eyes.pupil, eyes.centres[:, :2] - eyes.origin, eyes.iris)
        self.pupil = pixels.packed(np.array([pupil for pupil, _ in parts]))
        self.glint = pixels.packed(np.array([glint for _, glint in parts]))
        self.lashes = pixels.packed(eyes.lashes)
        self.balls = self.place(eyes.centres)
        self.lash = strip(eyes.upper.shape[1])
        roots = self.portrait.skin.points[eyes.roots, :2]
        below = roots + np.array([0, ROOT_PX], np.float32)
        self.lash_source = (np.concatenate([roots + eyes.tips, below], 1) - eyes.origin[:, None]).astype(np.float32)
        self.tips = (eyes.tips * self.factor).astype(np.float32)
        self.eye_faces = [self._face_near(self.base[lid], EYE_CM) for lid in eyes.upper]
        self.lid_gap = np.maximum(self.base[eyes.lower, 1] - self.base[eyes.upper, 1], 1)
        self.lash_ink = np.array([dark_ink(eyes.lashes[k]) for k in (0, 1)], np.float32)
        self.rim_ink = np.array([self._below(eyes.lower[k]) for k in (0, 1)], np.float32)
        self.lid_skin, self.lid_origin = zip(*(self._lid_skin(k) for k in (0, 1)), strict=True)

    def _lid_skin(self, side: int) -> tuple[pixels.Packed, FloatArray]:
        """The skin in place of the eye's white around its opening, as `without_white`: a patch, and where it begins."""
        eyes, points = self.portrait.eyes, self.portrait.skin.points
        (x, y), (h, w) = eyes.origin[side], eyes.sclera.shape[1:3]
        lids = np.concatenate([points[eyes.upper[side], :2], points[eyes.lower[side], :2][::-1]]) - eyes.origin[side]
        size = self.portrait.size
        rows, columns = np.clip(np.arange(y, y + h), 0, size - 1), np.clip(np.arange(x, x + w), 0, size - 1)
        patch = self.portrait.figure[rows[:, None], columns, :3]
        skin = without_white(patch, eyes.sclera[side], lids, WHITE_CM * self.portrait.scale)
        rows, columns = (np.flatnonzero(skin[..., 3].any(axis)) for axis in (1, 0))
        if not len(rows):
            return np.zeros((2, 2), np.uint32), np.zeros(2, np.float32)
        top, left = max(rows[0] - 1, 0), max(columns[0] - 1, 0)
        origin = np.array([x + left, y + top], np.float32)
        return pixels.packed(skin[top : rows[-1] + 2, left : columns[-1] + 2]), origin

    def _below(self, lid: IntArray) -> FloatArray:
        """The colour of the skin two millimetres below a lower lid's edge, RGB."""
        at = self.portrait.skin.points[lid, :2] + np.array([0, 0.2 * self.portrait.scale])
        x, y = np.clip(at.round().astype(int), 0, self.portrait.size - 1).T
        return np.asarray(np.median(self.portrait.figure[y, x, :3], axis=0), np.float32)

    def _light(self) -> shading.Light:
        """The light of the picture, for the face's vertices (the first `last` ones)."""
        skin, lips = self.portrait.skin, self.portrait.skin.points[self.lips, :2]
        points, source = skin.points[: self.last], skin.source[: self.last]
        shown = np.abs(points[:, :2] - source).max(1) < HIDDEN_PX
        coarse = resized(self.portrait.figure[..., :3], max(64, self.portrait.size // 4)).astype(np.float32)
        x, y = np.clip((source * (len(coarse) / self.portrait.size)).astype(int), 0, len(coarse) - 1).T
        away = np.linalg.norm(points[:, None, :2] - lips[None], axis=2).min(1) / (LIPS_CM * self.portrait.scale)
        gloss = np.where(shown, np.exp(-(away**2)), 0).astype(np.float32)
        luminance = coarse[y, x] @ np.array([0.299, 0.587, 0.114], np.float32)
        return shading.fit_light(self.base[: self.last], self.face, luminance, shown, gloss, self.cm)


def laid_over(patch: Picture, figure: Picture) -> Picture:
    """A patch, RGBA [S, S, 4] not premultiplied, over the figure [S, S, 4], premultiplied."""
    alpha = patch[..., 3:].astype(np.float32) / 255
    whole = np.concatenate([patch[..., :3], np.full_like(patch[..., 3:], 255)], 2)
    return np.asarray((figure + alpha * (whole - figure.astype(np.float32))).round(), np.uint8)


def dark_ink(lashes: Picture) -> FloatArray:
    """The colour of the darkest lashes, RGB; lashes [h, w, 4], not premultiplied."""
    solid = lashes[lashes[..., 3] > 150][:, :3].astype(np.float32)
    if len(solid) < 8:
        return np.array([52, 34, 28], np.float32)
    return np.asarray(np.percentile(solid, 20, axis=0), np.float32)


def lifted_glints(pupils: Picture, centres: FloatArray, radii: FloatArray) -> list[tuple[Picture, Picture]]:
    """Irises and pupils, and apart from them what is mirrored in them: both RGBA [h, w, 4], see `_lifted`.

    An iris is alike all around, and the other one's twin: what is much brighter than the median of its ring, and than
    that of the other's, is a reflection.

    Args:
        pupils: RGBA [2, h, w, 4], not premultiplied; centres: [2, 2], x, y in them; radii: [2], of the irises, pixels.
    """
    rings = [rings_of(*eye) for eye in zip(pupils, centres, radii, strict=True)]
    tones = np.stack([_tones(pupil, ring) for pupil, ring in zip(pupils, rings, strict=True)])
    plain = np.clip(np.fmin(*tones), TWINS * tones, tones)
    return [_lifted(*eye) for eye in zip(pupils, rings, plain, strict=True)]


def rings_of(pupil: Picture, centre: FloatArray, radius: float) -> IntArray:
    """Which ring around the middle of an iris each pixel of its patch lies in, [h, w]; `RINGS` is outside of it."""
    h, w, _ = pupil.shape
    y, x = np.mgrid[:h, :w]
    solid = pupil[..., 3] > 128
    if solid.any():
        centre = np.array([x[solid].mean(), y[solid].mean()], np.float32)
    ring = np.minimum(np.hypot(x - centre[0], y - centre[1]) / radius * (RINGS - 1), RINGS - 1)
    return np.where(solid, ring, RINGS).astype(np.int32)


def _tones(pupil: Picture, ring: IntArray) -> FloatArray:
    """The median colour of each ring, [RINGS, 3]; not a number where there is nothing of it."""
    mine = [pupil[ring == k][:, :3] for k in range(RINGS)]
    return np.array([np.median(one, axis=0) if len(one) else np.full(3, np.nan) for one in mine], np.float32)


def _lifted(pupil: Picture, ring: IntArray, tones: FloatArray) -> tuple[Picture, Picture]:
    """An iris no brighter than the tones [RINGS, 3] of its rings allow, and the light that was: RGB what is bright of
    it, and as alpha how much the rest is, a veil."""
    limits = np.r_[np.nan_to_num(tones, nan=255.0) * GLINT[0] + GLINT[1], np.full((1, 3), 255.0)]
    colour = pupil[..., :3].astype(np.float32)
    plain = np.minimum(colour, limits[ring])
    more = colour - plain
    burnt = (colour.max(2) >= 250)[..., None]  # there the brightest channel would have been brighter still
    more = np.where(burnt, more.max(2, keepdims=True), (more + more.mean(2, keepdims=True)) / 2)
    low, high = VEIL
    bright = np.clip((more.max(2, keepdims=True) - low) / (high - low), 0, 1)
    veil = ((1 - bright) * more).mean(2, keepdims=True)
    glint = np.concatenate([bright * more, veil], 2).round().astype(np.uint8)
    return np.concatenate([plain.round().astype(np.uint8), pupil[..., 3:]], 2), glint


def without_white(picture: Picture, sclera: Picture, lids: FloatArray, reach: float) -> Picture:
    """The skin around an open eye, where the picture [h, w, 3] shows the eye's white there: RGBA [h, w, 4].

    Lids that are rendered, or fitted to a picture, do not end to the pixel where the picture's do. What shines there is
    told by its share of the way from the skin around, F, to the white S: (P - F) (S - F) / |S - F|^2.

    Args:
        sclera: [h, w, 3], the white, continued under the lids; lids: [n, 2], the opening in the picture.
        reach: pixels around it.
    """
    eye = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(eye, [lids.round().astype(np.int32)], 1)
    away = cv2.distanceTransform(1 - eye, cv2.DIST_L2, 5)
    around = ((away > reach) & (away < 2 * reach)).astype(np.float32)
    weight = cv2.GaussianBlur(around, (0, 0), reach)[..., None] + 1e-6
    skin = cv2.GaussianBlur(picture * around[..., None], (0, 0), reach) / weight
    brighter = sclera - skin
    share = ((picture - skin) * brighter).sum(2) / np.maximum((brighter**2).sum(2), 1)
    low, high = WHITE
    alpha = np.clip((share - low) / (high - low), 0, 1) * (away < reach)
    alpha[[0, -1]], alpha[:, [0, -1]] = 0, 0
    return np.concatenate([skin, 255 * alpha[..., None]], 2).clip(0, 255).round().astype(np.uint8)


def without_line(picture: Picture, line: FloatArray, scale: float) -> Picture:
    """The mouth's corners where the dark line between closed lips ends, often in specks, as skin: RGBA [h, w, 4].

    Either lip has the colour of what is around its part of the corner; a soft shadow remains where they meet.

    Args:
        picture: RGB [h, w, 3]; line: [C, 2], the line in it, from corner to corner; scale: pixels a centimetre.
    """
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    below = (y - np.interp(x, line[:, 0], line[:, 1]).astype(np.float32)) / scale
    within = np.minimum(x - line[0, 0], line[-1, 0] - x) / scale
    inwards, outwards, high = CORNER_CM
    away = np.hypot(below / high, np.where(within < 0, within / outwards, np.maximum(within / inwards - 1, 0)))
    low = np.clip(0.5 + below / (2 * CORNER_SOFT_CM), 0, 1)[..., None]
    skin = np.zeros(picture.shape, np.float32)
    for side, share in ((below < 0, 1 - low), (below >= 0, low)):
        around = ((away > 0.85) & side).astype(np.float32)
        weight = cv2.GaussianBlur(around, (0, 0), high * scale)[..., None] + 1e-6
        skin += share * cv2.GaussianBlur(picture * around[..., None], (0, 0), high * scale) / weight
    crease = np.exp(-((below / CREASE_CM) ** 2)) * np.clip(0.25 + 5 * within, 0, 1)
    skin *= 1 - crease[..., None] * np.array(CREASE, np.float32)
    alpha = np.clip((1 - away) / 0.4, 0, 1)
    alpha[[0, -1]], alpha[:, [0, -1]] = 0, 0
    return np.concatenate([skin, 255 * alpha[..., None]], 2).clip(0, 255).round().astype(np.uint8)


_STAGES: WeakValueDictionary[tuple[int, int], Stage] = WeakValueDictionary()


def stage(portrait: Portrait, size: int) -> Stage:
    """The stage of a portrait at a size: the same one for all who hold it at the same time."""
    found = _STAGES.get((id(portrait), size))
    if found is None or found.portrait is not portrait:
        found = _STAGES[(id(portrait), size)] = Stage(portrait, size)
    return found
