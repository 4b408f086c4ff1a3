"""Compiled kernels that light a bent mesh anew, and what they need to know of the picture's light.

The light is fitted once to the picture: luminance L = a + b . n over the skin (first-order spherical harmonics, as in
Ramamoorthi and Hanrahan 2001); a vertex whose normal turns from n0 to n
changes its brightness by b . (n - n0) / L. Folds that open or deepen change how much of the sky a vertex sees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from visavis_models.serve.raster import JIT

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]

DARKEST, BRIGHTEST = np.float32(-0.34), np.float32(0.15)  # limits of the change
STRETCH = np.float32(0.08)  # brightness a doubling of the skin's area brings: stretched skin is pale
CREASE = np.float32(3.5)  # darkness a centimetre of sinking below the neighbours brings
GLOSS = np.float32(0.22)  # brightness of the mirrored light on wet lips where it is strongest
SHINE = 14  # exponent of that light's falling off
MIRROR = np.array([0.0, -0.34, 0.94], np.float32)  # normal that mirrors the light at the viewer: from a little above
ROUNDS = 2  # of smoothing
FLAT_LEVELS = 4  # levels of brightness that count as one, to tell flat colour by:
FLAT = (0.15, 0.4)  # photographs have up to 0.08 of the skin in the commonest one, drawings in flat colour 0.5 to 0.8
TONGUE_LIGHT = np.array([0.12, -0.42, 0.9], np.float32)  # where the tongue's light comes from
TONGUE_AMBIENT = np.float32(0.55)  # of its light comes from everywhere
TONGUE_FADE = np.float32(0.14)  # how fast the light falls with the depth behind the lips, 1/cm
TONGUE_END, TONGUE_DUSK = np.float32(3.3), np.float32(1.8)  # so far behind its tip no light is left, and fades over, cm
TONGUE_FRONT = np.float32(0.4)  # so far behind the lips it is still fully lit, cm
TONGUE_SHINE = np.float32(110)  # mirrored light of a wet tongue, levels


@dataclass(frozen=True)
class Light:
    """How a face was lit when its picture was taken.

    Attributes:
        direction: float32 [3], b above: x right, y down, z at the viewer, in levels of luminance.
        level: float32 [N], L above at each vertex at rest, never near zero.
        sums: float32 [N, 3], normals at rest, as long as twice the area around the vertex.
        sunk: float32 [N], how far each vertex lies behind its neighbours at rest, see `sink`.
        cm: pixels a centimetre.
        share: float32 [N], how much of a change a vertex shows: 0 where the picture hides it and towards the border.
        gloss: float32 [N], how wet the skin is, 0..1.
        degree: float32 [N], triangles around a vertex.
    """

    direction: FloatArray
    level: FloatArray
    sums: FloatArray
    sunk: FloatArray
    share: FloatArray
    gloss: FloatArray
    degree: FloatArray
    cm: float


@njit(**JIT)
def normal_sums(points: FloatArray, triangles: IntArray, out: FloatArray) -> None:  # pragma: no cover
    """out [N, 3]: over the triangles around each vertex the sum of their normals, twice as long as their area."""
    out[:] = 0
    for t in range(len(triangles)):
        a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for k in (a, b, c):
            out[k, 0] += nx
            out[k, 1] += ny
            out[k, 2] += nz


@njit(**JIT)
def sink(
    points: FloatArray, triangles: IntArray, degree: FloatArray, sums: FloatArray, scratch: FloatArray, out: FloatArray
) -> None:  # pragma: no cover
    """out [N]: how far each vertex lies behind the middle of the triangles around it, along its normal, in pixels.

    Args:
        points: [>= N, 3]; sums: [N, 3], its `normal_sums`; scratch: [N, 3].
    """
    scratch[:] = 0
    for t in range(len(triangles)):
        a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
        for k in range(3):
            middle = (points[a, k] + points[b, k] + points[c, k]) * np.float32(1 / 3)
            scratch[a, k] += middle
            scratch[b, k] += middle
            scratch[c, k] += middle
    for i in range(len(out)):
        out[i] = 0
        if degree[i] > 0:
            length = np.sqrt(sums[i, 0] ** 2 + sums[i, 1] ** 2 + sums[i, 2] ** 2) + np.float32(1e-9)
            for k in range(3):
                out[i] += (scratch[i, k] / degree[i] - points[i, k]) * sums[i, k] / length


@njit(inline="always", **JIT)
def shine(x: float, y: float, z: float) -> float:  # pragma: no cover
    """The mirrored light of a unit normal."""
    return max(x * MIRROR[0] + y * MIRROR[1] + z * MIRROR[2], np.float32(0)) ** SHINE


@njit(**JIT)
def relight(
    sums: FloatArray,
    rest: FloatArray,
    deeper: FloatArray,
    direction: FloatArray,
    level: FloatArray,
    gloss: FloatArray,
    zoom: float,
    change: FloatArray,
) -> None:  # pragma: no cover
    """change [N]: by what share each vertex is brighter than at rest; the arguments are those of `Light`.

    Args:
        sums: [N, 3], `normal_sums` now; deeper: [N], how much further it has sunk, cm; zoom: how much larger the face
            is drawn than at rest.
    """
    for i in range(len(change)):
        now = np.sqrt(sums[i, 0] ** 2 + sums[i, 1] ** 2 + sums[i, 2] ** 2) + np.float32(1e-9)
        then = np.sqrt(rest[i, 0] ** 2 + rest[i, 1] ** 2 + rest[i, 2] ** 2) + np.float32(1e-9)
        x, y, z = sums[i, 0] / now, sums[i, 1] / now, sums[i, 2] / now
        x0, y0, z0 = rest[i, 0] / then, rest[i, 1] / then, rest[i, 2] / then
        turned = direction[0] * (x - x0) + direction[1] * (y - y0) + direction[2] * (z - z0)
        wider = min(max(now / (then * zoom * zoom) - 1, np.float32(-0.6)), np.float32(0.6))
        all_in = turned / level[i] + STRETCH * wider - CREASE * deeper[i]
        all_in = min(max(all_in, DARKEST), BRIGHTEST)
        if gloss[i] > 0:
            all_in += GLOSS * gloss[i] * (shine(x, y, z) - shine(x0, y0, z0))
        change[i] = all_in


@njit(**JIT)
def smooth(
    triangles: IntArray, degree: FloatArray, rounds: int, scratch: FloatArray, values: FloatArray
) -> None:  # pragma: no cover
    """Each of values [N] becomes the mean of the triangles' means around it, `rounds` times; scratch [N]."""
    for _ in range(rounds):
        scratch[:] = 0
        for t in range(len(triangles)):
            a, b, c = np.uint32(triangles[t, 0]), np.uint32(triangles[t, 1]), np.uint32(triangles[t, 2])
            mean = (values[a] + values[b] + values[c]) * np.float32(1 / 3)
            scratch[a] += mean
            scratch[b] += mean
            scratch[c] += mean
        for i in range(len(values)):
            if degree[i] > 0:
                values[i] = scratch[i] / degree[i]


@njit(**JIT)
def light_tongue(
    points: FloatArray, sums: FloatArray, lips_z: float, cm: float, base: FloatArray, colours: FloatArray
) -> None:  # pragma: no cover
    """colours [N, 3], RGB, of a tongue's vertices by its shape, and how far behind the lips and its tip they lie.

    Args:
        points: [N, 3]; sums: [N, 3], its `normal_sums`; lips_z: depth of the lips; cm: pixels a centimetre.
        base: [3], the tongue's colour.
    """
    tip = points[:, 2].max()
    for i in range(len(points)):
        length = np.sqrt(sums[i, 0] ** 2 + sums[i, 1] ** 2 + sums[i, 2] ** 2) + np.float32(1e-9)
        x, y, z = sums[i, 0] / length, sums[i, 1] / length, sums[i, 2] / length
        behind = (tip - points[i, 2]) / np.float32(cm)
        dusk = min(max((TONGUE_END - behind) / TONGUE_DUSK, np.float32(0)), np.float32(1))
        depth = max((np.float32(lips_z) - points[i, 2]) / np.float32(cm) - TONGUE_FRONT, np.float32(0))
        fade = np.exp(-TONGUE_FADE * depth) * dusk
        above = x * TONGUE_LIGHT[0] + y * TONGUE_LIGHT[1] + z * TONGUE_LIGHT[2]
        facing = TONGUE_AMBIENT + (np.float32(1) - TONGUE_AMBIENT) * min(max(above, np.float32(0)), np.float32(1))
        mirrored = TONGUE_SHINE * max(x * MIRROR[0] + y * MIRROR[1] + z * MIRROR[2], np.float32(0)) ** 24
        for k in range(3):
            colours[i, k] = base[k] * facing * fade + mirrored * fade * fade


def unit(sums: FloatArray) -> FloatArray:
    """Vectors [N, 3] of length 1."""
    return np.asarray(sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9), np.float32)


def fit_light(
    points: FloatArray,
    triangles: IntArray,
    luminance: FloatArray,
    shown: NDArray[np.bool_],
    gloss: FloatArray,
    cm: float,
) -> Light:
    """The light of a picture from its face.

    Args:
        points: [N, >= 3], the face's vertices at rest, y down; triangles: [T, 3], clockwise at the viewer.
        luminance: [N], 0..255, of the picture at each vertex; shown: bool [N], where it shows the vertex.
        gloss: [N] and cm: see `Light`.
    """
    N = len(points)
    sums = np.zeros((N, 3), np.float32)
    normal_sums(points, triangles, sums)
    degree = np.bincount(triangles.ravel(), minlength=N).astype(np.float32)
    normals = unit(sums)
    skin = shown & (normals[:, 2] > 0.2) & (degree > 0)
    typical = float(np.median(luminance[skin])) if skin.any() else 0.0
    skin &= luminance > 0.6 * typical
    design = np.c_[np.ones(N), normals]
    fitted = np.linalg.lstsq(design[skin], luminance[skin], rcond=None)[0] if skin.sum() > 100 else np.zeros(4)
    ambient, direction = max(float(fitted[0]), 20.0), fitted[1:].astype(np.float32)
    direction *= min(1.0, ambient / (float(np.linalg.norm(direction)) + 1e-6))
    level = np.maximum(design @ np.r_[ambient, direction], 0.35 * ambient + 0.2 * luminance)
    share = (1 - flatness(luminance[skin])) * _inside(triangles, N) * shown
    sunk = np.zeros(N, np.float32)
    sink(points, triangles, degree, sums, np.empty((N, 3), np.float32), sunk)
    return Light(direction, level.astype(np.float32), sums, sunk, share.astype(np.float32), gloss, degree, cm)


def flatness(luminance: FloatArray) -> float:
    """0 for skin [n] under light, 1 for skin in one flat colour, as it is drawn: no light is to be changed on that."""
    if not len(luminance):
        return 0.0
    most = np.bincount((luminance / FLAT_LEVELS).astype(int)).max() / len(luminance)
    low, high = FLAT
    return float(np.clip((most - low) / (high - low), 0, 1))


def _inside(triangles: IntArray, count: int, rings: int = 8) -> FloatArray:
    """0 at the borders of the mesh, 1 from `rings` edges inside of them on, [count]."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    owner, uses = np.unique(edges, axis=0, return_counts=True)
    away = np.full(count, rings, np.float32)
    away[owner[uses == 1].ravel()] = 0
    for ring in range(1, rings):
        near = (away[edges] == ring - 1).any(1)
        reached = edges[near].ravel()
        away[reached] = np.minimum(away[reached], ring)
    return np.asarray(away / rings, np.float32)
