"""`Portrait`: everything the renderer needs of one face, made once at enrolment and kept in one `.avatar` file.

An `.avatar` is an `.npz` of plain arrays, read without pickle. What it may hold is written down in `_LAYOUT`; every
array's header is checked against it before a byte of its data is read, so that a hostile file can cost neither
memory nor time. Pictures are kept as differences between neighbouring pixels, which compress better.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from visavis_models.errors import AssetError, InputError
from visavis_models.spec import DAMAGED, N_MOTION, WEIGHTS
from visavis_models.writing import whole

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
Picture = NDArray[np.uint8]

VERSION = 3
SUFFIX = ".avatar"
ASSETS = Path(__file__).resolve().parent.parent / "assets"
LIMIT = 4096  # no side of a picture, and no count of eyes, channels or columns, is larger
MAX_VERTICES = 40_000
MAX_TEXT = 2000  # characters of one text
MAX_BYTES = 64 << 20  # of one array, unpacked


@dataclass(frozen=True)
class Skin:
    """The mesh that carries the picture: the face, and around it hair, neck and shoulders.

    Attributes:
        points: float32 [N, 3], x and y in pixels of the picture (y down, pixel centres are whole numbers), z in pixels
            at the viewer, 0 where `Portrait.scale` holds; as in the picture, that is at `Portrait.rest`.
        source: float32 [N, 2], where in the picture each vertex takes its colour. It is the vertex's own place, except
            where the picture does not show it (inside of the lips, back of the lids).
        inset: float32 [N, 2], by how much the source moves as a vertex moves: what is hidden behind the silhouette goes
            on beyond it.
        tint: float32 [N], a factor on the colour of vertices that the picture does not show.
        head: float32 [N], how much of the head's motion a vertex takes part in, 0..1.
        triangles: int32 [T, 3], clockwise in the picture where they face the viewer.
        surround: how many of the triangles, the first ones, are hair, neck and shoulders: drawn behind the face.
        channels: int32 [K], columns of a motion row.
        modes: float32 [K, N, 4], x, y, z in pixels and relative brightness per unit of each channel.
        beyond: uint8 [size, size, 4], the face going on beyond its silhouette in the picture, where it has alpha (not
            premultiplied): what a face that has moved shows at its edges in place of the picture.
    """

    points: FloatArray
    source: FloatArray
    inset: FloatArray
    tint: FloatArray
    head: FloatArray
    triangles: IntArray
    surround: int
    channels: IntArray
    modes: FloatArray
    beyond: Picture


@dataclass(frozen=True)
class Mouth:
    """What the lips open upon: teeth, gums, tongue and lining.

    Attributes:
        points: float32 [M, 3] as in `Skin`.
        colours: float32 [M, 3], RGB 0..255 under full light.
        triangles: int32 [T, 3] as in `Skin`.
        channels: int32 [K]; modes: float32 [K, M, 3] pixels per unit.
        upper: int32 [C], vertices of the skin along the edge of the upper lip, from the picture's left to its right.
        lower: int32 [C], the same of the lower lip, at about the same columns.
    """

    points: FloatArray
    colours: FloatArray
    triangles: IntArray
    channels: IntArray
    modes: FloatArray
    upper: IntArray
    lower: IntArray


@dataclass(frozen=True)
class Eyes:
    """Two eyeballs with their lids; index 0 is the person's right eye (the picture's left), 1 the left one.

    Attributes:
        centres: float32 [2, 3], of the balls, as in `Skin.points`.
        radius: float32 [2] pixels; iris: float32 [2], radius of the iris as seen, pixels.
        origin: int32 [2, 2], x and y of the first pixel of the patches in the picture.
        sclera: uint8 [2, h, w, 3], the white with the iris taken away, continued under the lids.
        pupil: uint8 [2, h, w, 4], iris and pupil, whole, with alpha (not premultiplied).
        lashes: uint8 [2, h, w, 4], the upper lashes with alpha (not premultiplied).
        upper, lower: int32 [2, C], vertices of the skin along the lids' edges from the picture's left to its right.
        roots: int32 [2, C], where the upper lashes grow, likewise.
        tips: float32 [2, C, 2], from there to the tips of the lashes, pixels.
    """

    centres: FloatArray
    radius: FloatArray
    iris: FloatArray
    origin: IntArray
    sclera: Picture
    pupil: Picture
    lashes: Picture
    upper: IntArray
    lower: IntArray
    roots: IntArray
    tips: FloatArray


@dataclass(frozen=True)
class Provenance:
    """Where a portrait comes from; every text may be empty, which means unknown.

    Attributes:
        source: name of the picture file; sha256: its checksum, hexadecimal.
        made_by: program and version; made_at: date and time, ISO 8601, UTC.
        consent: who says that the person shown agreed, in words of the one who enrolled.
    """

    source: str = ""
    sha256: str = ""
    made_by: str = ""
    made_at: str = ""
    consent: str = ""


UNKNOWN = Provenance()


@dataclass(frozen=True)
class Portrait:
    """One face, ready to be drawn.

    Attributes:
        name: what to call it.
        size: side of the square picture in pixels; all coordinates count its pixels.
        scale: pixels per centimetre at the head.
        pivot: float32 [3], what the head turns about.
        rest: float32 [60], the motion of the enrolled picture itself: drawing it gives the picture back.
        figure: uint8 [size, size, 4], head and shoulders, alpha premultiplied, without upper lashes.
        plate: uint8 [h, h, 3], what is behind them.
        marks: named vertices of the skin, such as "nose" or "chin".
        provenance: where it comes from, and who agreed.
    """

    name: str
    size: int
    scale: float
    pivot: FloatArray
    rest: FloatArray
    figure: Picture
    plate: Picture
    skin: Skin
    mouth: Mouth
    eyes: Eyes
    marks: dict[str, int]
    provenance: Provenance = UNKNOWN

    def save(self, path: Path | str) -> None:
        """Write an `.avatar` file, whole or not at all.

        Raises:
            InputError: the file cannot be written.
        """
        arrays: dict[str, NDArray[Any]] = {
            "version": np.array(VERSION, np.int32),
            "name": np.array(self.name),
            "size": np.array(self.size, np.int32),
            "scale": np.array(self.scale, np.float32),
            "pivot": self.pivot,
            "rest": self.rest,
            "figure": _differences(self.figure),
            "plate": _differences(self.plate),
            "mark_names": np.array(list(self.marks)),
            "mark_vertices": np.array(list(self.marks.values()), np.int32),
        }
        arrays |= {f"provenance.{field.name}": _text(self.provenance, field.name) for field in fields(Provenance)}
        for part in ("skin", "mouth", "eyes"):
            held = getattr(self, part)
            arrays |= {f"{part}.{field.name}": np.asarray(getattr(held, field.name)) for field in fields(held)}
        arrays["skin.beyond"] = _differences(arrays["skin.beyond"])
        for key in ("skin.modes", "mouth.modes"):
            arrays[key] = arrays[key].astype(np.float16)
        with whole(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **cast(dict[str, Any], arrays))

    @classmethod
    def load(cls, path: Path | str) -> Portrait:
        """Read what `save` wrote.

        Raises:
            InputError: no such file, not an `.avatar`, of another version, damaged, or larger than any portrait is.
        """
        path = Path(path)
        try:
            with path.open("rb") as file, zipfile.ZipFile(file) as archive:
                arrays = {key: _read(archive, key) for key in _LAYOUT}
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
        except DAMAGED as error:
            raise InputError(
                f"{path}: not a portrait of version {VERSION} ({error}); enrol the picture again"
            ) from error
        try:
            return _assembled(arrays)
        except ValueError as error:
            raise InputError(f"{path}: a damaged portrait ({error}); enrol the picture again") from error


# Each array's kind (numpy's letter) and the most each axis may hold; `_check` holds the exact sizes against each other.
_N, _L = MAX_VERTICES, LIMIT
_LAYOUT: dict[str, tuple[str, tuple[int, ...]]] = {
    "version": ("i", ()),
    "name": ("U", ()),
    "size": ("i", ()),
    "scale": ("f", ()),
    "pivot": ("f", (3,)),
    "rest": ("f", (N_MOTION,)),
    "figure": ("u", (_L, _L, 4)),
    "plate": ("u", (_L, _L, 3)),
    **{f"provenance.{field.name}": ("U", ()) for field in fields(Provenance)},
    "mark_names": ("U", (_L,)),
    "mark_vertices": ("i", (_L,)),
    "skin.points": ("f", (_N, 3)),
    "skin.source": ("f", (_N, 2)),
    "skin.inset": ("f", (_N, 2)),
    "skin.tint": ("f", (_N,)),
    "skin.head": ("f", (_N,)),
    "skin.triangles": ("i", (3 * _N, 3)),
    "skin.surround": ("i", ()),
    "skin.channels": ("i", (N_MOTION,)),
    "skin.modes": ("f", (N_MOTION, _N, 4)),
    "skin.beyond": ("u", (_L, _L, 4)),
    "mouth.points": ("f", (_N, 3)),
    "mouth.colours": ("f", (_N, 3)),
    "mouth.triangles": ("i", (3 * _N, 3)),
    "mouth.channels": ("i", (N_MOTION,)),
    "mouth.modes": ("f", (N_MOTION, _N, 3)),
    "mouth.upper": ("i", (_L,)),
    "mouth.lower": ("i", (_L,)),
    "eyes.centres": ("f", (2, 3)),
    "eyes.radius": ("f", (2,)),
    "eyes.iris": ("f", (2,)),
    "eyes.origin": ("i", (2, 2)),
    "eyes.sclera": ("u", (2, _L, _L, 3)),
    "eyes.pupil": ("u", (2, _L, _L, 4)),
    "eyes.lashes": ("u", (2, _L, _L, 4)),
    "eyes.upper": ("i", (2, _L)),
    "eyes.lower": ("i", (2, _L)),
    "eyes.roots": ("i", (2, _L)),
    "eyes.tips": ("f", (2, _L, 2)),
}


def _read(archive: zipfile.ZipFile, key: str) -> NDArray[Any]:
    """One array, its header checked against the layout before its data is unpacked; ValueError, KeyError."""
    kind, most = _LAYOUT[key]
    with archive.open(f"{key}.npy") as file:
        version = npy.read_magic(file)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = header(file)
    if dtype.kind != kind or len(shape) != len(most) or any(n > limit for n, limit in zip(shape, most, strict=True)):
        raise ValueError(f"{key} is {dtype}{shape}")
    most_bytes = 64 * MAX_TEXT if kind == "U" else MAX_BYTES
    if int(np.prod(shape, dtype=np.int64)) * dtype.itemsize > most_bytes:
        raise ValueError(f"{key} is too large: {dtype}{shape}")
    with archive.open(f"{key}.npy") as file:
        return npy.read_array(file, allow_pickle=False)


def _text(provenance: Provenance, name: str) -> NDArray[Any]:
    """One text as an array, cut where it is too long."""
    return np.array(str(getattr(provenance, name))[:MAX_TEXT])


def _differences(picture: Picture) -> Picture:
    """Each pixel less its left neighbour, modulo 256: [H, W, C] -> [H, W, C]."""
    return np.concatenate([picture[:, :1], np.diff(picture, axis=1)], axis=1)


def _sums(differences: Picture) -> Picture:
    """Inverse of `_differences`."""
    return np.cumsum(differences, axis=1, dtype=np.uint8)


def _part(kind: type, prefix: str, arrays: dict[str, NDArray[Any]]) -> Any:
    values: dict[str, Any] = {}
    for field in fields(kind):
        array = arrays[f"{prefix}.{field.name}"]
        if array.dtype.kind == "f":
            array = np.asarray(array, np.float32, order="C")
            if not np.isfinite(array).all():
                raise ValueError(f"{prefix}.{field.name} holds values that are not finite numbers")
        if array.dtype.kind == "i":
            array = np.asarray(array, np.int32, order="C")
        values[field.name] = int(array) if array.ndim == 0 else array
    return kind(**values)


def _assembled(arrays: dict[str, NDArray[Any]]) -> Portrait:
    """The portrait of these arrays, their sizes and indices checked against each other; ValueError."""
    if int(arrays["version"]) != VERSION:
        raise ValueError(f"version {int(arrays['version'])}")
    arrays = arrays | {"skin.beyond": _sums(arrays["skin.beyond"])}
    names, vertices = arrays["mark_names"].tolist(), arrays["mark_vertices"].tolist()
    held = Portrait(
        name=str(arrays["name"]),
        size=int(arrays["size"]),
        scale=float(arrays["scale"]),
        pivot=np.asarray(arrays["pivot"], np.float32),
        rest=np.asarray(arrays["rest"], np.float32),
        figure=_sums(arrays["figure"]),
        plate=_sums(arrays["plate"]),
        skin=_part(Skin, "skin", arrays),
        mouth=_part(Mouth, "mouth", arrays),
        eyes=_part(Eyes, "eyes", arrays),
        marks=dict(zip(names, vertices, strict=True)),
        provenance=Provenance(*(str(arrays[f"provenance.{field.name}"]) for field in fields(Provenance))),
    )
    _check(held)
    return held


def _check(held: Portrait) -> None:
    """Every size and every index, so that no kernel can read past an array; ValueError."""
    skin, mouth, eyes = held.skin, held.mouth, held.eyes
    N, M, K, J = len(skin.points), len(mouth.points), len(skin.channels), len(mouth.channels)
    C, columns = len(mouth.upper), eyes.upper.shape[1]
    height, width = eyes.sclera.shape[1:3]
    shapes: dict[str, tuple[NDArray[Any], tuple[int, ...]]] = {
        "pivot": (held.pivot, (3,)),
        "rest": (held.rest, (N_MOTION,)),
        "figure": (held.figure, (held.size, held.size, 4)),
        "plate": (held.plate, (len(held.plate), len(held.plate), 3)),
        "skin.points": (skin.points, (N, 3)),
        "skin.source": (skin.source, (N, 2)),
        "skin.inset": (skin.inset, (N, 2)),
        "skin.tint": (skin.tint, (N,)),
        "skin.head": (skin.head, (N,)),
        "skin.triangles": (skin.triangles, (len(skin.triangles), 3)),
        "skin.modes": (skin.modes, (K, N, 4)),
        "skin.beyond": (skin.beyond, (held.size, held.size, 4)),
        "mouth.points": (mouth.points, (M, 3)),
        "mouth.colours": (mouth.colours, (M, 3)),
        "mouth.triangles": (mouth.triangles, (len(mouth.triangles), 3)),
        "mouth.modes": (mouth.modes, (J, M, 3)),
        "mouth.lower": (mouth.lower, (C,)),
        "eyes.centres": (eyes.centres, (2, 3)),
        "eyes.radius": (eyes.radius, (2,)),
        "eyes.iris": (eyes.iris, (2,)),
        "eyes.origin": (eyes.origin, (2, 2)),
        "eyes.sclera": (eyes.sclera, (2, height, width, 3)),
        "eyes.pupil": (eyes.pupil, (2, height, width, 4)),
        "eyes.lashes": (eyes.lashes, (2, height, width, 4)),
        "eyes.lower": (eyes.lower, (2, columns)),
        "eyes.roots": (eyes.roots, (2, columns)),
        "eyes.tips": (eyes.tips, (2, columns, 2)),
    }
    for key, (array, shape) in shapes.items():
        if array.shape != shape:
            raise ValueError(f"{key} is {array.shape}, not {shape}")
    indices = {
        "skin.triangles": (skin.triangles, N),
        "mouth.triangles": (mouth.triangles, M),
        "mouth.upper": (mouth.upper, N),
        "mouth.lower": (mouth.lower, N),
        "eyes.upper": (eyes.upper, N),
        "eyes.lower": (eyes.lower, N),
        "eyes.roots": (eyes.roots, N),
        "skin.channels": (skin.channels, WEIGHTS.stop),
        "mouth.channels": (mouth.channels, WEIGHTS.stop),
        "skin.surround": (np.array([skin.surround]), len(skin.triangles) + 1),
        "mark_vertices": (np.array([*held.marks.values(), 0]), N),
    }
    for key, (index, count) in indices.items():
        if index.size == 0 or index.min() < 0 or index.max() >= count:
            raise ValueError(f"{key} points outside its array")
    if min(C, columns, height, width) < 2 or held.size < 64 or not held.scale > 0:
        raise ValueError("sizes out of range")


@lru_cache(maxsize=8)
def _shipped(name: str) -> Portrait:
    path = ASSETS / f"{name}{SUFFIX}"
    try:
        return Portrait.load(path)
    except InputError as error:
        raise AssetError(f"{error}; install the package again") from error


def shipped_names() -> list[str]:
    """The faces that come with the package."""
    return sorted(path.stem for path in ASSETS.glob(f"*{SUFFIX}"))


def portrait(name_or_path: str | Path) -> Portrait:
    """A portrait by the name of a shipped face ("alex") or by the path of an `.avatar` file.

    Raises:
        InputError: neither of them.
    """
    if str(name_or_path) in shipped_names():
        return _shipped(str(name_or_path))
    path = Path(name_or_path)
    if path.suffix == SUFFIX:
        return Portrait.load(path)
    raise InputError(
        f"{name_or_path}: neither a shipped face ({', '.join(shipped_names())}) nor an {SUFFIX} file; "
        "give one of the two"
    )
