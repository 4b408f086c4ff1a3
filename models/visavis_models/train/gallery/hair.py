"""Hair of the head as strands: each style is a field of directions and lengths over the mean head's scalp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from visavis_models.serve.smooth import smoothstep
from visavis_models.train.gallery.figure import Figure, Samples, scatter
from visavis_models.train.gallery.skin import ear, hairline
from visavis_models.train.gallery.strands import Strands

FloatArray = NDArray[np.float64]
Field = Callable[[FloatArray], FloatArray]  # of places on the mean head [n, 3]
Grown = tuple[FloatArray, FloatArray]  # strands [n, K, 3] cm from root to tip, and their roots on the mean head [n, 3]


@dataclass(frozen=True)
class Scalp:
    """Where hair may root, and the whole skin that it may not enter."""

    roots: Samples
    guide: Samples
    tree: cKDTree
    skin: Samples
    skin_tree: cKDTree


def _unit(v: FloatArray) -> FloatArray:
    return v / (np.linalg.norm(v, axis=-1, keepdims=True) + 1e-9)


def scalp(figure: Figure, count: int, rng: np.random.Generator, soft: float = 0.5) -> Scalp:
    """Roots of even density above the hairline, where they thin out over some `soft` cm and in small tufts."""
    mean = figure.mean[figure.triangles].mean(1)
    free = ~ear(mean) & (mean[:, 1] > -7)
    roots = scatter(figure, 2 * count, rng, ((hairline(mean) > -1.2) & free).astype(float))
    ragged = hairline(roots.mean) + 0.22 * _noise_angle(4.0 * roots.mean, 0.3)
    keep = np.flatnonzero(ragged > rng.normal(0.25, soft, len(roots.mean)))[:count]
    roots = Samples(roots.points[keep], roots.normals[keep], roots.mean[keep])
    guide = scatter(figure, 60_000, rng, ((hairline(mean) > -2.5) & free).astype(float))
    skin = scatter(figure, 80_000, rng)
    return Scalp(roots, guide, cKDTree(guide.points), skin, cKDTree(skin.points))


def pushed_out(strands: FloatArray, ground: Scalp, gap: float = 0.03) -> FloatArray:
    """No point but the root lies deeper than `gap` above the skin."""
    n, K, _ = strands.shape
    flat = strands.reshape(-1, 3)
    far, near = ground.skin_tree.query(flat, distance_upper_bound=1.0)  # farther away there is nothing to push out of
    lifted, at = flat.copy(), near[np.isfinite(far)]
    close = np.isfinite(far)
    height = ((flat[close] - ground.skin.points[at]) * ground.skin.normals[at]).sum(1)
    lifted[close] += ground.skin.normals[at] * np.maximum(0, gap - height)[:, None]
    lifted = lifted.reshape(n, K, 3)
    lifted[:, 0] = ground.roots.points - ground.roots.normals * 0.03
    return lifted


def flow(ground: Scalp, chosen: NDArray[np.int64], comb: Field, length: FloatArray, height: FloatArray, points: int):
    """Strands that rise to `height` cm over the scalp and run along `comb`; [n, points, 3]."""
    P0, N0, M0 = ground.roots.points[chosen], ground.roots.normals[chosen], ground.roots.mean[chosen]
    out = np.zeros((len(P0), points, 3))
    out[:, 0] = place = P0.copy()
    step = length[:, None] / (points - 1)
    way = comb(M0)
    ahead = _unit(0.8 * N0 + 0.55 * _unit(way - (way * N0).sum(1, keepdims=True) * N0))
    for k in range(1, points):
        _, near = ground.tree.query(place, k=5)
        base, normal = ground.guide.points[near].mean(1), _unit(ground.guide.normals[near].mean(1))
        mean = ground.guide.mean[near].mean(1)
        over = ((place - base) * normal).sum(1)
        target = height * np.sin(np.pi * min(0.62, 0.9 * k / (points - 1) + 0.08))
        way = comb(mean)
        along = _unit(way - (way * normal).sum(1, keepdims=True) * normal)
        wanted = _unit(along + normal * np.clip(0.9 * (target - over), -1.1, 1.3)[:, None])
        ahead = _unit(0.55 * ahead + 0.45 * wanted)
        place = place + ahead * step
        out[:, k] = place
    return out


def locks(
    strands: FloatArray,
    roots: FloatArray,
    guides: FloatArray,
    at: FloatArray,
    pull: float,
    side: FloatArray | None,
    rng,
):
    """Draw strands [n, K, 3] towards the nearest of the guides, more at the tips; across a parting they stay apart."""
    n, K, _ = strands.shape
    tree = cKDTree(at)
    _, near = tree.query(roots, k=2)
    pick = near[:, 0]
    if side is not None:
        mine = side[:n]
        theirs = side[n:]
        pick = np.where(theirs[near[:, 0]] == mine, near[:, 0], np.where(theirs[near[:, 1]] == mine, near[:, 1], -1))
    s = np.linspace(0, 1, K)[None, :, None]
    offset = (roots - at[np.maximum(pick, 0)])[:, None] * (1 - 0.72 * s)
    share = pull * s**0.8 * np.clip(1.15 - 0.25 * rng.random((n, 1, 1)), 0, 1) * (pick >= 0)[:, None, None]
    return strands + (guides[np.maximum(pick, 0)] + offset - strands) * share, pick


def _noise_angle(mean: FloatArray, phase: float) -> FloatArray:
    """A slow wave over the scalp, [n] about -1..1."""
    a = mean @ np.array([0.55, 0.21, 0.43]) + phase
    b = mean @ np.array([-0.31, 0.17, 0.71]) + 2.1 * phase
    return 0.6 * np.sin(a) + 0.6 * np.sin(1.7 * b + 0.6 * np.sin(a))


def short(figure: Figure, rng: np.random.Generator, style: str) -> Grown:
    """Short cuts: "swept" back from the forehead, "tousled" to one side."""
    tousled = style == "tousled"
    ground = scalp(figure, figure.person.hair.strands, rng)
    P, M = ground.roots.points, ground.roots.mean

    def comb(mean: FloatArray) -> FloatArray:
        x, y, z = mean.T
        top = smoothstep(7.5, 11.5, y) * smoothstep(7.4, 6.0, np.abs(x) - 0.6 * smoothstep(3, 10, z))
        turn = _noise_angle(mean, 0.7) * (0.9 if tousled else 0.25)
        ahead = (0.75, 0.05) if tousled else (0.35, -1.0)
        over = np.stack([ahead[0] + 0 * x, 0.2 + 0 * x, ahead[1] + 0 * x], 1)
        cos, sin = np.cos(turn), np.sin(turn)
        over = np.stack([cos * over[:, 0] + sin * over[:, 2], over[:, 1], cos * over[:, 2] - sin * over[:, 0]], 1)
        down = np.stack([0.05 * np.sign(x), -1 + 0 * x, -0.55 * smoothstep(-5, 5, z)], 1)
        return top[:, None] * over + (1 - top)[:, None] * down

    x, y, z = M.T
    top = smoothstep(7.0, 11.0, y) * smoothstep(7.6, 6.2, np.abs(x))
    front = smoothstep(1, 8, z) * top
    edge = smoothstep(-0.8, 1.8, hairline(M))
    if tousled:
        length = (1.1 + 0.7 * smoothstep(0, 7, y) + 3.6 * top + 0.9 * front) * (0.45 + 0.55 * edge)
        height = (0.45 + 1.5 * top + 0.75 * front) * (0.4 + 0.6 * edge)
    else:
        length = (0.75 + 0.8 * smoothstep(1, 8, y) + 2.5 * top + 1.2 * front) * (0.35 + 0.65 * edge)
        height = (0.32 + 1.1 * top + 0.75 * front) * (0.4 + 0.6 * edge)
    K = 14
    everyone = np.arange(len(P))
    strands = flow(ground, everyone, comb, length, height, K)
    pick = rng.choice(len(P), 1500 if tousled else 1300, replace=False)
    amount = (0.30 if tousled else 0.12) * (0.25 + top[pick])
    guides = (
        strands[pick]
        + (np.linspace(0, 1, K) ** 1.5)[None, :, None] * rng.normal(0, 1, (len(pick), 1, 3)) * amount[:, None, None]
    )
    strands, mine = locks(strands, P, guides, P[pick], 0.82 if tousled else 0.76, None, rng)
    s = np.linspace(0, 1, K)[None, :, None]
    wave = 0.13 * tousled * s * top[:, None, None]
    phase = rng.uniform(0, 2 * np.pi, (len(pick), 1, 3))[mine]
    strands = strands + wave * np.sin(8 * s + phase)
    fly = rng.random(len(P)) < 0.04
    strands += s**2 * rng.normal(0, 1, (len(P), 1, 3)) * np.where(fly, 0.35, 0.06)[:, None, None]
    strands += np.cumsum(rng.normal(0, 0.008, strands.shape), 1)
    return pushed_out(strands, ground), M


def coils(figure: Figure, rng: np.random.Generator) -> Grown:
    """Short tight curls: ringlets around axes that stand up from the scalp and lean over."""
    ground = scalp(figure, figure.person.hair.strands, rng, 0.2)
    P, N, M = ground.roots.points, ground.roots.normals, ground.roots.mean
    count, K = 2600, 44
    pick = rng.choice(len(P), count, replace=False)
    _, mine = cKDTree(P[pick]).query(P)
    y = M[pick, 1]
    top = smoothstep(4.0, 11.0, y)
    size = (1.5 + 2.7 * top) * rng.uniform(0.8, 1.15, count) * (0.45 + 0.55 * smoothstep(-0.3, 1.8, hairline(M[pick])))
    s = np.linspace(0, 1, K)
    lean = _unit(rng.normal(0, 1, (count, 3)) * [1, 0.5, 1] + [0, -0.75, 0.25])
    axis = P[pick][:, None] + size[:, None, None] * (
        N[pick][:, None] * (s - 0.38 * s**2)[None, :, None] + lean[:, None] * (0.30 * s**2)[None, :, None]
    )
    first = _unit(np.cross(N[pick], rng.normal(0, 1, (count, 3))))
    second = np.cross(N[pick], first)
    radius = rng.uniform(0.16, 0.27, count)
    turns = size * rng.uniform(0.95, 1.35, count)
    phase = rng.uniform(0, 2 * np.pi, count)
    sense = rng.choice([-1.0, 1.0], count)
    # every hair of a ringlet turns around its axis with a little phase of its own
    own = rng.normal(0, 0.45, len(P))
    thick = rng.uniform(0.75, 1.15, len(P))
    angle = sense[mine, None] * 2 * np.pi * turns[mine, None] * s + (phase[mine] + own)[:, None]
    open_up = np.minimum(1, s / 0.25)[None, :] * (radius[mine] * thick)[:, None]
    coil = (np.cos(angle) * open_up)[..., None] * first[mine][:, None] + (np.sin(angle) * open_up)[..., None] * second[
        mine
    ][:, None]
    gather = np.clip(1 - s / 0.35, 0.12, 1)[None, :, None]
    strands = axis[mine] + coil + (P - P[pick][mine])[:, None] * gather
    strands += np.cumsum(rng.normal(0, 0.010, strands.shape), 1)
    fly = rng.random(len(P)) < 0.05
    strands += (s**2)[None, :, None] * rng.normal(0, 0.35, (len(P), 1, 3)) * fly[:, None, None]
    return pushed_out(strands, ground), M


PART = 2.6  # cm to the person's left of the middle


def bob(figure: Figure, rng: np.random.Generator) -> Grown:
    """A bob to the jaw with a side parting: over the head to both sides, then down, the ends turned in."""
    ground = scalp(figure, figure.person.hair.strands, rng)
    P, N, M = ground.roots.points, ground.roots.normals, ground.roots.mean
    marks = figure.landmarks
    scale = (marks[27, 1] - marks[8, 1]) / 11.3  # of this face by the mean one
    middle = np.array([0.0, marks[27, 1] + 0.6, -0.6])
    axes = np.array([8.75, 10.6 * scale, 10.3]) * [np.abs(P[:, 0]).max() / 8.0, 1, 1]
    ends = marks[8, 1] + 0.9  # the height of the jaw
    n, K = len(P), 30
    side = np.where(M[:, 0] > PART + rng.normal(0, 0.08, n), 1.0, -1.0)
    layer = rng.uniform(0, 1, n) ** 1.3 * 0.55 + 0.75 * smoothstep(2, 12, M[:, 1])  # the top lies outermost
    strands = np.zeros((n, K, 3))
    strands[:, 0] = place = P.copy()
    drop = np.maximum(P[:, 1] - ends, 0.5)
    total = drop * 0.95 + 2.0 + 0.75 * np.abs(P[:, 0] - side * 9) * smoothstep(6, 12, M[:, 1])
    total *= rng.uniform(0.90, 1.0, n)
    step = (total / (K - 1))[:, None]
    ahead = _unit(N + 0.4 * side[:, None] * [1, 0, 0])
    for k in range(1, K):
        q = place - middle
        below = q[:, 1] < 0  # under the widest place the hair hangs like a wall
        q = np.where(below[:, None], q * [1, 0, 1], q)
        reach = np.sqrt(((q / axes) ** 2).sum(1))
        normal = _unit(q / axes**2)
        radius = np.linalg.norm(q, axis=1)
        over = radius - radius / np.maximum(reach, 1e-6)
        front = smoothstep(-1, 7, place[:, 2])
        fall = np.stack([0 * side, np.full(n, -1.0), -0.05 - 0.10 * front], 1)
        sweep = np.stack([side, np.full(n, -0.2), -0.42 * front - 0.1 + 0.25 * smoothstep(0, -6, place[:, 2])], 1)
        flat = smoothstep(0.35, 0.8, normal[:, 1])[:, None]
        way = flat * sweep + (1 - flat) * fall
        inward = smoothstep(2.2, -0.6, place[:, 1] - ends)[:, None] * (-normal) * 0.75
        way = way - (way * normal).sum(1, keepdims=True) * normal
        way = _unit(way) + normal * np.clip(1.1 * (layer - over), -0.9, 0.9)[:, None] + inward
        ahead = _unit(0.5 * ahead + 0.5 * _unit(way))
        place = place + ahead * step
        # the face stays free: hair that hangs before the ears is held outside the cheeks
        cheek = np.interp(
            place[:, 1],
            [marks[8, 1] - 2, marks[48, 1], marks[36, 1], marks[17, 1], marks[17, 1] + 3.5],
            [6.6, 7.3, 7.4, 6.7, 0.0],
        )
        wanted = np.maximum(np.abs(place[:, 0]), cheek) * np.where(
            np.abs(place[:, 0]) > 0.5, np.sign(place[:, 0]), side
        )
        hold = smoothstep(2.5, 5.0, place[:, 2])
        place[:, 0] += (wanted - place[:, 0]) * hold * 0.5
        strands[:, k] = place
    pick = rng.choice(n, 1000, replace=False)
    guides = strands[pick] + (np.linspace(0, 1, K) ** 1.2)[None, :, None] * rng.normal(0, 0.16, (len(pick), 1, 3)) * [
        1,
        0.5,
        1,
    ]
    strands, mine = locks(strands, P, guides, P[pick], 0.62, np.r_[side, side[pick]], rng)
    s = np.linspace(0, 1, K)[None, :, None]
    phase = np.where(mine >= 0, rng.uniform(0, 6.3, 1000)[np.maximum(mine, 0)], 0)[:, None]
    strands[..., 2] += 0.10 * s[..., 0] * np.sin(7 * s[..., 0] + phase)
    strands[..., 0] += 0.08 * s[..., 0] * np.sin(6 * s[..., 0] + 1.7 * phase)
    fly = rng.random(n) < 0.03
    strands += s**2 * rng.normal(0, 1, (n, 1, 3)) * np.where(fly, 0.45, 0.05)[:, None, None]
    strands += np.cumsum(rng.normal(0, 0.006, strands.shape), 1)
    strands = pushed_out(strands, ground, 0.05)
    # none before the face, none longer than the cut
    cheek = np.interp(
        strands[..., 1],
        [marks[8, 1] - 2, marks[48, 1], marks[36, 1], marks[17, 1], marks[17, 1] + 3.5],
        [5.6, 6.4, 6.5, 5.6, 0.0],
    )
    before = (strands[..., 2] > 3.0) & (np.abs(strands[..., 0]) < cheek) & (strands[..., 1] < marks[17, 1] + 3.4)
    long = (strands[..., 1] < ends - 1.0) | ((strands[..., 1] < ends + 2.0) & (strands[..., 2] > 5.0))
    kept = ~(before | long).any(1)
    return strands[kept], M[kept]


def grow(figure: Figure, rng: np.random.Generator) -> Strands:
    """The person's hair, finer at the hairline."""
    look = figure.person.hair
    if look.style == "coils":
        points, roots = coils(figure, rng)
    elif look.style == "bob":
        points, roots = bob(figure, rng)
    else:
        points, roots = short(figure, rng, look.style)
    fine = 0.5 + 0.5 * smoothstep(-0.3, 1.8, hairline(roots))
    return Strands(points, look.radius * fine * rng.uniform(0.75, 1.15, len(points)))
