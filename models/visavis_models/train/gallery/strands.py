"""Single hairs of the face: brows, lashes, stubble; each [K, 3] cm from root to tip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import splev, splprep
from scipy.spatial import cKDTree

from visavis_models.serve.smooth import smoothstep
from visavis_models.train.gallery.figure import LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE, Figure, Samples, scatter
from visavis_models.train.gallery.skin import beard_region

FloatArray = NDArray[np.float64]

LASH_CARDS = (range(25351, 26035), range(26035, 26719))  # the source's lash geometry: person's left, right
FRONT = range(0, 9409)


@dataclass(frozen=True)
class Strands:
    """Hairs of one colour: points [n, K, 3] cm, radius at the root [n] cm."""

    points: FloatArray
    radius: FloatArray


def brows(figure: Figure, front: Samples, rng: np.random.Generator) -> Strands:
    """Along the landmarks of each brow: upright at the inner end, combed outwards along the arch."""
    look = figure.person.brows
    tree = cKDTree(front.points[:, :2])
    hairs, radii = [], []
    for brow in (RIGHT_BROW, LEFT_BROW):
        line = figure.landmarks[brow][:, :2].copy()
        line = line[np.argsort(np.abs(line[:, 0]))]
        line[:, 1] += look.arch * np.array([-0.6, 0.2, 1.0, 0.9, -0.2])
        line = np.vstack([line[0] + (line[0] - line[1]) * 0.12, line])
        line[-1] += (line[-1] - line[-2]) * 0.15
        spline, _ = splprep(line.T, s=0.01, k=3)
        for _ in range(look.count):
            t = rng.beta(1.12, 1.2)
            at = look.reach * t
            centre, tangent = np.array(splev(at, spline)), np.array(splev(at, spline, der=1))
            tangent /= np.linalg.norm(tangent)
            up = np.array([-tangent[1], tangent[0]]) * np.sign(tangent[0] or 1)
            width = look.width * (0.46 * smoothstep(-0.1, 0.22, t) * (1 - t) ** 0.6 + 0.09)
            off = width * np.clip(rng.normal(0, 0.5), -1, 1)
            length = look.length * rng.uniform(0.45, 0.85) * (1 - 0.35 * t)
            lean = np.interp(t, [0, 0.15, 0.5, 1], [78, 46, 24, 10]) - 34 * off / max(width, 0.05) * smoothstep(
                0.05, 0.4, t
            )
            lean = np.radians(lean + rng.normal(0, 8))
            way = tangent * np.cos(lean) + up * np.sin(lean)
            s = np.linspace(0, 1, 6)[:, None]
            hairs.append(centre + up * (off - 0.28) + way * length * s + tangent * 0.14 * s**2)
            radii.append(rng.uniform(0.007, 0.012))
    flat = np.array(hairs)  # [n, 6, 2]
    _, near = tree.query(flat.reshape(-1, 2), k=4)
    depth = front.points[near][:, :, 2].mean(1).reshape(flat.shape[:2])
    normal = front.normals[near].mean(1).reshape(*flat.shape[:2], 3)
    lift = np.array([-0.02, 0.03, 0.055, 0.06, 0.05, 0.035])[None, :, None] * rng.uniform(0.7, 1.3, (len(flat), 1, 1))
    return Strands(np.dstack([flat, depth]) + normal * lift, np.array(radii))


def lashes(figure: Figure, rng: np.random.Generator) -> Strands:
    """Rooted on the lids' edges where the source's lash cards are; bent up, in small clumps."""
    skin = cKDTree(figure.posed[FRONT])
    marks, length = figure.landmarks, figure.person.lashes
    hairs, radii = [], []
    for card, eye in zip(LASH_CARDS, (LEFT_EYE, RIGHT_EYE), strict=True):
        points = figure.posed[card]
        roots = points[skin.query(points)[0] < 0.07 * 1.1]
        ends = marks[eye][[0, 3]]
        side = np.sign(ends[:, 0].mean())
        middle = marks[eye].mean(0)
        level = np.interp(roots[:, 0], np.sort(ends[:, 0]), ends[np.argsort(ends[:, 0]), 1])
        for upper in (True, False):
            edge = roots[(roots[:, 1] > level) == upper]
            if len(edge) < 8:
                continue
            fit = [np.polyfit(edge[:, 0] - middle[0], edge[:, k], 5) for k in (1, 2)]
            low, high = edge[:, 0].min(), edge[:, 0].max()
            count = 190 if upper else 64
            clump = np.sort(rng.uniform(0.03, 0.97, count // 4))
            for _ in range(count):
                q = rng.uniform(0.03, 0.97)
                x = low + q * (high - low) - middle[0]
                root = np.array([x + middle[0], np.polyval(fit[0], x), np.polyval(fit[1], x)])
                outward = x * side
                tip = 0.35 * (clump[np.abs(clump - q).argmin()] - q) * (high - low)
                s = np.linspace(0, 1, 7)[:, None]
                aside = np.array([side * (0.12 + 0.30 * outward) + rng.normal(0, 0.05), 0, 0])
                if upper:
                    size = length * (0.50 + 0.17 * np.clip(outward, -1.2, 1.3)) * rng.uniform(0.78, 1.05)
                    hair = root + size * (s * [0, -0.20, 0.95] + s**2 * [0, 0.72, -0.12] + s * aside)
                else:
                    size = 0.24 * length**0.5 * rng.uniform(0.7, 1.1)
                    hair = root + size * (s * [0, -0.25, 0.8] + s**2 * [0, -0.25, -0.2] + s * aside)
                hairs.append(hair + s**2 * [tip, 0, 0])
                radii.append(rng.uniform(0.010, 0.014) if upper else 0.007)
    return Strands(np.array(hairs), np.array(radii))


def beard(figure: Figure, rng: np.random.Generator) -> Strands:
    """Short hairs over the beard's region, lying down and towards the chin."""
    length = figure.person.beard
    mean = figure.mean[figure.triangles].mean(1)
    region = beard_region(mean)
    lips = figure.landmarks[48:60]
    roots = scatter(figure, 30_000, rng, region)
    keep = np.ones(len(roots.points), bool)
    # the lips themselves stay free
    low, high = lips.min(0), lips.max(0)
    u = (roots.points[:, 0] - lips[:, 0].mean()) / (0.5 * (high[0] - low[0]) + 0.1)
    mouth = lips[[0, 6], 1].mean()
    top = mouth + (high[1] - mouth + 0.10) * np.sqrt(np.clip(1 - u**2, 0, 1))
    bottom = mouth + (low[1] - mouth - 0.06) * np.sqrt(np.clip(1 - u**2, 0, 1))
    inside = (np.abs(u) < 1) & (roots.points[:, 1] < top) & (roots.points[:, 1] > bottom)
    keep &= ~inside & (roots.points[:, 2] > 0)
    P, N, M = roots.points[keep], roots.normals[keep], roots.mean[keep]
    n = len(P)
    down = np.stack(
        [-0.25 * np.sign(P[:, 0]) * smoothstep(6, 2, np.abs(P[:, 0])), np.full(n, -1.0), np.full(n, 0.15)], 1
    )
    lip = (M[:, 1] > -2.9) & (np.abs(M[:, 0]) < 2.9)
    down[lip, 0] = 0.8 * np.sign(P[lip, 0]) * np.clip(np.abs(P[lip, 0]) / 1.2, 0.1, 1)
    down += rng.normal(0, 0.28, (n, 3))
    down -= (down * N).sum(1, keepdims=True) * N
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    size = length * rng.uniform(0.45, 1.1, n) * (0.55 + 0.45 * beard_region(M))
    s = np.linspace(0, 1, 5)[None, :, None]
    bend = size[:, None, None] * (0.55 * s * N[:, None] + down[:, None] * (0.75 * s + 0.2 * s**2))
    return Strands(P[:, None] - 0.02 * N[:, None] + bend, rng.uniform(0.006, 0.010, n))
