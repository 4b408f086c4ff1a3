"""From a fitted head to the mesh that carries the picture: the face, and around it hair, neck and shoulders."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import factorized
from scipy.spatial import Delaunay, cKDTree

from visavis_models.serve.portrait import Skin
from visavis_models.spec import INDEX
from visavis_models.train.portrait.fitted import FittedHead, Openings
from visavis_models.train.portrait.head import FACE, Head

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Picture = NDArray[np.uint8]

STEP = 24  # pixels between the vertices around the face
NOSTRILS_CM = (1.25, 2.0, 3.6)  # how far from the nose's tip they reach to the side, up and down, and back
INSET_PX = 6.0  # how wide a rim of the silhouette has the background mixed into it
RING_PX = 3  # how far outside the silhouette the picture is surely not the face's
MARGIN = 24  # pixels that the mesh reaches beyond the picture, so that no border shows when the shoulders rise
LIGHT_ROUNDS = 8  # of smoothing
LIGHT_SHARE = 0.6  # of what the normals foretell: skin scatters light, and the picture has shadows already
DARKER, BRIGHTER = -0.25, 0.12  # limits of what one channel does to the light
OVERLAP_PX = 1.0  # by which closed lids overlap
LID_RING, LASH_RING = 2, 4  # edges of the mesh from the eye's border to the lid's inner edge, and to its lashes
LID_COLUMNS = 20
FAINT_PX = 0.02  # displacements below this are dropped


@dataclass(frozen=True)
class Visible:
    """What the picture shows of the face.

    Attributes:
        vertex: bool [N], vertices that are seen.
        nearest: [N], for each vertex the seen one that is the shortest way along the skin from it.
        way: [N], that way in pixels, 0 for what is seen.
        covered: [S, S], the pixels on which the face is seen.
    """

    vertex: BoolArray
    nearest: IntArray
    way: FloatArray
    covered: BoolArray


def edge_graph(points: FloatArray, triangles: IntArray) -> csr_matrix:
    """The mesh as a graph [N, N] whose edges weigh their length in pixels."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1) + 1e-3
    graph = csr_matrix((length, (edges[:, 0], edges[:, 1])), (len(points), len(points)))
    return graph + graph.T


def surface(points: FloatArray, triangles: IntArray, size: int) -> tuple[FloatArray, IntArray]:
    """What is nearest at every pixel: z [size, size] (-inf: nothing) and the triangle [size, size] (-1: nothing).

    Triangles that face away are not seen.
    """
    depth, owner = np.full((size, size), -np.inf), np.full((size, size), -1)
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    for t in np.nonzero(area > 1e-6)[0]:
        corners = np.stack([a[t], b[t], c[t]])
        low = np.maximum(np.ceil(corners[:, :2].min(0)), 0).astype(int)
        high = np.minimum(np.floor(corners[:, :2].max(0)), size - 1).astype(int)
        if (low > high).any():
            continue
        y, x = np.mgrid[low[1] : high[1] + 1, low[0] : high[0] + 1]
        u = ((x - a[t, 0]) * (c[t, 1] - a[t, 1]) - (c[t, 0] - a[t, 0]) * (y - a[t, 1])) / area[t]
        v = ((b[t, 0] - a[t, 0]) * (y - a[t, 1]) - (x - a[t, 0]) * (b[t, 1] - a[t, 1])) / area[t]
        z = a[t, 2] + u * (b[t, 2] - a[t, 2]) + v * (c[t, 2] - a[t, 2])
        window = (slice(low[1], high[1] + 1), slice(low[0], high[0] + 1))
        wins = (u >= 0) & (v >= 0) & (u + v <= 1) & (z >= depth[window])
        depth[window][wins], owner[window][wins] = z[wins], t
    return depth, owner


def seen(fit: FittedHead, triangles: IntArray, size: int) -> Visible:
    """Which of the face's vertices the picture shows, and what stands for those that it does not.

    Every corner of a triangle that wins a pixel counts as seen: drawn through the mesh at rest, the picture is itself.
    """
    points = fit.points[FACE]
    owner = surface(points * 2, triangles, 2 * size)[1]
    vertex = np.zeros(len(points), bool)
    vertex[triangles[np.unique(owner[owner >= 0])]] = True
    way, _, nearest = dijkstra(
        edge_graph(points, triangles), indices=np.nonzero(vertex)[0], min_only=True, return_predecessors=True
    )
    return Visible(vertex, nearest.astype(np.int64), np.where(np.isfinite(way), way, 0.0), (owner >= 0)[::2, ::2])


def front(head: Head, vertices: range) -> IntArray:
    """The head's triangles [T, 3], clockwise as seen by the viewer of a picture (y down)."""
    return head.triangles(vertices)[:, [0, 2, 1]]


def silhouette(covered: BoolArray) -> FloatArray:
    """Points [R, 2] along the border of what the face covers of the picture, just outside of it."""
    grown = cv2.dilate(covered.astype(np.uint8), np.ones((2 * RING_PX + 1, 2 * RING_PX + 1), np.uint8))
    contours = cv2.findContours(grown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return max(contours, key=len)[:: STEP // 2, 0].astype(np.float64)


def surround(fit: FittedHead, outline: IntArray, ring: FloatArray, matte: Picture) -> tuple[FloatArray, IntArray]:
    """Vertices [G, 2] around the face, and triangles over (face's vertices, these) where the figure is.

    The first of the vertices are those of the silhouette's ring that lie outside of the face's outline.
    """
    size = len(matte)
    steps = np.r_[-MARGIN, np.linspace(0, size - 1, round(size / STEP) + 1), size - 1 + MARGIN]
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    polygon = fit.points[outline, :2].astype(np.float32)
    inside = np.array([cv2.pointPolygonTest(polygon, (float(x), float(y)), True) for x, y in grid])
    clear = cKDTree(ring).query(grid)[0] > 0.5 * STEP
    grid = grid[(inside < -0.35 * STEP) & clear]
    beyond = np.array([cv2.pointPolygonTest(polygon, (float(x), float(y)), True) < -1 for x, y in ring])
    grid = np.concatenate([ring[beyond], grid])
    points = np.concatenate([fit.points[outline, :2], grid])
    triangles = Delaunay(points).simplices
    middle = points[triangles].mean(1)
    outside = np.array([cv2.pointPolygonTest(polygon, (float(x), float(y)), False) < 0 for x, y in middle])
    near = cv2.dilate(matte[..., 3], np.ones((2 * STEP + 1, 2 * STEP + 1), np.uint8)) > 0
    pixel = np.clip(middle.round().astype(int), 0, size - 1)
    triangles = triangles[outside & near[pixel[:, 1], pixel[:, 0]]]
    index = np.r_[outline, len(FACE) + np.arange(len(grid))]
    return grid, _clockwise(index[triangles], np.concatenate([fit.points[FACE, :2], grid]))


def _clockwise(triangles: IntArray, points: FloatArray) -> IntArray:
    """Turn the triangles so that they all face the viewer (y down)."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    return np.where((area > 0)[:, None], triangles, triangles[:, [0, 2, 1]])


def extended(graph: csr_matrix, values: FloatArray, fixed: BoolArray, power: int) -> FloatArray:
    """Continue values [N, C] from the fixed vertices to the others.

    Minimises sum over edges |x_i - x_j|^2 / length (power 1: harmonic), or the squared Laplacian (power 2: no kink).
    """
    weight = graph.copy()
    weight.data = 1.0 / weight.data
    degree = np.asarray(weight.sum(1)).ravel() + 1e-9
    laplacian = diags(np.ones(len(degree))) - diags(1 / degree) @ weight
    system = (laplacian.T @ laplacian if power == 2 else laplacian).tocsc()
    free = np.nonzero(~fixed)[0]
    solve = factorized((system[free][:, free] + 1e-9 * diags(np.ones(len(free)))).tocsc())
    out = values.copy()
    right = -system[free][:, np.nonzero(fixed)[0]] @ values[fixed]
    for column in range(values.shape[1]):
        out[free, column] = solve(np.asarray(right[:, column]).ravel())
    return out


def brightness_modes(fit: FittedHead, picture: Picture, visible: Visible) -> FloatArray:
    """How each channel changes the light on each vertex of the face, [52, N].

    The light is fitted to the picture: luminance L = a + b . n over the skin (first-order spherical harmonics); then
    a channel that turns the normal by dn changes the brightness by b . dn / L.
    """
    points = fit.points[FACE]
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 3)
    pixel = np.clip(points[:, :2].round().astype(int), 0, len(grey) - 1)
    luminance, normals = grey[pixel[:, 1], pixel[:, 0]].astype(np.float64), fit.normals[FACE]
    skin = visible.vertex & (luminance > np.median(luminance[visible.vertex]) * 0.6)
    design = np.c_[np.ones(len(normals)), normals]
    light = np.linalg.lstsq(design[skin], luminance[skin], rcond=None)[0]
    lit = np.maximum(design @ light, 0.35 * light[0])
    change = LIGHT_SHARE * np.einsum("kni,i->kn", fit.normals_moved[:, FACE] - normals, light[1:]) / lit
    return np.clip(np.where(visible.vertex, change, 0), DARKER, BRIGHTER)


def smoothed(graph: csr_matrix, values: FloatArray, rounds: int) -> FloatArray:
    """Each vertex halfway to the mean of its neighbours, `rounds` times; values [N, C]."""
    links = (graph > 0).astype(np.float64)
    mean = diags(1 / np.maximum(np.asarray(links.sum(1)).ravel(), 1)) @ links
    for _ in range(rounds):
        values = 0.5 * values + 0.5 * (mean @ values)
    return values


def along_skin(graph: csr_matrix, loops: tuple[IntArray, IntArray]) -> tuple[FloatArray, FloatArray]:
    """The shortest ways along the skin from each vertex to an opening's upper and lower half, [N] each, pixels."""
    upper, lower = (dijkstra(graph, indices=half[2:-2], min_only=True) for half in loops)
    return upper, lower


def hidden_source(
    fit: FittedHead, visible: Visible, holes: Openings, graph: csr_matrix
) -> tuple[FloatArray, FloatArray]:
    """Where hidden vertices of the face take their colour [N, 2], and how dark they are [N].

    The inside of a lip is mirrored from the lip's outside; everything else repeats the nearest vertex that is seen, and
    it gets dark inside of the nostrils.
    """
    points = fit.points[FACE, :2]
    source = points[visible.nearest]
    upper, lower = holes.lips
    mouth = points[np.r_[upper, lower]]
    centre, width = mouth.mean(0), np.ptp(mouth[:, 0])
    height = np.ptp(mouth[:, 1])
    lips = (np.abs(source[:, 0] - centre[0]) < 0.55 * width) & (np.abs(source[:, 1] - centre[1]) < 0.9 * height)
    inside = lips & ~visible.vertex
    to_upper, to_lower = along_skin(graph, holes.lips)
    up = np.where(to_upper < to_lower, -1.0, 1.0)
    edge = np.minimum(visible.way, 0.45 * height)
    source[inside, 1] += (up * (1.5 + 0.7 * edge))[inside]
    tint = np.ones(len(points))
    tint[inside] = (0.62 + 0.38 * np.exp(-visible.way / (0.16 * height)))[inside]
    nose = fit.points[marks(fit)["nose"]]
    from_nose = np.abs(fit.points[FACE] - nose) / fit.scale
    nostril = ~visible.vertex & (from_nose < NOSTRILS_CM).all(1)
    tint[nostril] = np.maximum(np.exp(-visible.way / (0.25 * fit.scale)), 0.2)[nostril]
    return source, tint


def rim_inset(source: FloatArray, covered: BoolArray) -> FloatArray:
    """How far to move inwards [N, 2] what lies on the silhouette: a turned cheek must not show background."""
    away = cv2.distanceTransform(covered.astype(np.uint8), cv2.DIST_L2, 5)
    soft = cv2.GaussianBlur(away, (0, 0), 2)
    down, across = np.gradient(soft)
    pixel = np.clip(source.round().astype(int), 0, len(away) - 1)
    at = (pixel[:, 1], pixel[:, 0])
    inwards = np.stack([across[at], down[at]], 1)
    inwards /= np.linalg.norm(inwards, axis=1, keepdims=True) + 1e-6
    filled = cv2.morphologyEx(covered.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((41, 41), np.uint8))
    edge = cv2.distanceTransform(filled, cv2.DIST_L2, 5)[at]
    return inwards * np.clip(INSET_PX - edge, 0, INSET_PX)[:, None]


def head_weights(fit: FittedHead, points: FloatArray, graph: csr_matrix) -> FloatArray:
    """How much each vertex turns with the head, [N]: the head whole, the shoulders not at all, the neck in between."""
    face = fit.points[FACE]
    named = marks(fit)
    chin = named["chin"]
    height = np.hypot(*(face[chin] - face[named["forehead"]])[:2])
    x = (points[:, 0] - face[chin, 0]) / height
    y = (points[:, 1] - face[chin, 1]) / height
    turns = y < -0.02 - np.minimum(3.2 * x**2, 0.35)
    stays = y > 0.15 - 2.2 * np.clip(np.abs(x), 0, 0.26) ** 2
    weights = np.where(turns, 1.0, 0.0)[:, None]
    return np.clip(extended(graph, weights, turns | stays, 2)[:, 0], 0, 1)


def marks(fit: FittedHead) -> dict[str, int]:
    """Named vertices of the face."""
    face = fit.points[FACE]
    middle = np.abs(face[:, 0] - fit.pivot[0]) < 0.25 * fit.scale
    rows = np.nonzero(middle)[0]
    nose = int(rows[face[rows, 2].argmax()])
    below = rows[(face[rows, 1] > face[nose, 1] + 4.5 * fit.scale) & (face[rows, 2] > face[nose, 2] - 4 * fit.scale)]
    chin = int(below[face[below, 1].argmax()])
    return {"nose": nose, "chin": chin, "forehead": int(rows[face[rows, 1].argmin()])}


def edge_of(
    fit: FittedHead, visible: Visible, graph: csr_matrix, loops: tuple[IntArray, IntArray], columns: int
) -> tuple[IntArray, IntArray]:
    """The edges that are seen of an opening, as vertices of the face from left to right: (upper [C], lower [C]).

    The mesh goes on behind the edge; of each column the lowest seen vertex of the upper part is its edge, and the
    highest of the lower part.
    """
    points = fit.points[FACE]
    to = along_skin(graph, loops)
    ends = points[np.r_[loops[0], loops[1]], 0]
    near = np.minimum(*to) < 0.6 * np.ptp(ends)
    found = []
    for half, sign in ((0, 1.0), (1, -1.0)):
        mine = np.nonzero(visible.vertex & near & (to[half] <= to[1 - half]))[0]
        x, y = points[mine, 0], points[mine, 1]
        inner = (x > ends.min()) & (x < ends.max())
        mine, x, y = mine[inner], x[inner], y[inner]
        at = np.linspace(x.min(), x.max(), columns)
        reach = 0.75 * (at[1] - at[0])
        found.append(np.array([_extreme(mine, x, sign * y, place, reach) for place in at]))
    return found[0], found[1]


def ring_of(
    fit: FittedHead, graph: csr_matrix, loops: tuple[IntArray, IntArray], ring: int, columns: int
) -> tuple[IntArray, IntArray]:
    """The vertices that lie `ring` edges away from an opening's border, from left to right: (upper [C], lower [C])."""
    points = fit.points[FACE]
    away = dijkstra(graph, indices=np.unique(np.r_[loops[0], loops[1]]), min_only=True, unweighted=True)
    to_upper, to_lower = along_skin(graph, loops)
    found = []
    for mine in (to_upper <= to_lower, to_lower < to_upper):
        row = np.nonzero(mine & (away == ring))[0]
        row = row[np.argsort(points[row, 0])]
        found.append(row[np.linspace(0, len(row) - 1, columns).round().astype(int)])
    return found[0], found[1]


def _extreme(vertices: IntArray, x: FloatArray, value: FloatArray, at: float, reach: float) -> int:
    """Of the vertices within `reach` of a column, or else the nearest one, that of the largest value."""
    near = np.abs(x - at) <= max(reach, np.abs(x - at).min() + 1e-6)
    return int(vertices[near][value[near].argmax()])


def breath_mode(fit: FittedHead, points: FloatArray, head: FloatArray) -> FloatArray:
    """Breathing in, [N, 3]: the shoulders rise by 1.5 mm and widen a little, the head rises with them by a third."""
    scale, centre = fit.scale, fit.pivot[0]
    side = np.clip((points[:, 0] - centre) / (16 * scale), -1, 1)
    rise = (0.9 + 0.6 * side**2) * (1 - head) + 0.45 * head
    return np.stack([0.6 * side * (1 - head), -rise, np.zeros(len(points))], 1) * (0.1 * scale)


def closing_lids(fit: FittedHead, modes: FloatArray, lids: tuple[tuple[IntArray, IntArray], ...]) -> None:
    """Correct the blinks in place so that the lids just meet: `modes` [52, N, 3] of the face, `lids` their edges.

    Along each column the upper lid's way is scaled such that its edge ends on the lower lid's.
    """
    points = fit.points[FACE]
    neutral = points - np.tensordot(fit.rest[:52].astype(np.float64), modes, 1)
    for (upper, lower), name in zip(lids, ("eyeBlinkRight", "eyeBlinkLeft"), strict=True):
        mode = modes[INDEX[name]]
        moved = neutral + mode
        bottom = np.interp(moved[upper, 0], moved[lower, 0], moved[lower, 1])
        ratio = (bottom + OVERLAP_PX - neutral[upper, 1]) / np.maximum(mode[upper, 1], 0.3 * mode[upper, 1].max())
        ratio = np.convolve(np.pad(np.clip(ratio, 0.8, 1.3), 2, mode="edge"), np.ones(5) / 5, mode="valid")
        down = mode[:, 1] > 0
        mode[down, 1] *= np.interp(points[down, 0], points[upper, 0], ratio)


def build_skin(
    head: Head, fit: FittedHead, holes: Openings, visible: Visible, depth: FloatArray, picture: Picture, matte: Picture
) -> Skin:
    """The whole mesh with its modes."""
    face_triangles = front(head, FACE)
    ring = silhouette(visible.covered)
    grid, around = surround(fit, holes.outline, ring, matte)
    flat = fit.points[FACE]
    points = np.concatenate([flat, np.c_[grid, _depth_around(depth, fit, grid)]])
    graph = edge_graph(points, np.concatenate([face_triangles, around]))
    weights = head_weights(fit, points, graph)

    skin_graph = edge_graph(flat, face_triangles)
    modes = fit.modes[:, FACE].copy()
    lids = tuple(ring_of(fit, skin_graph, pair, LID_RING, LID_COLUMNS) for pair in holes.lids)
    closing_lids(fit, modes, lids)
    light = smoothed(skin_graph, brightness_modes(fit, picture, visible).T, LIGHT_ROUNDS).T
    whole = np.zeros((len(modes) + 2, len(points), 4))
    whole[: len(modes), : len(FACE), :3] = modes
    whole[: len(modes), : len(FACE), 3] = light
    fixed = np.arange(len(points)) < len(FACE)
    still = weights < 0.02
    still[: len(FACE)] = False
    flow = whole[: len(modes), :, :2].transpose(1, 0, 2).reshape(len(points), -1)
    spread = extended(graph, flow, fixed | still, 1).reshape(len(points), len(modes), 2).transpose(1, 0, 2)
    fade = _fade_away(points, fit, holes)
    whole[: len(modes), len(FACE) :, :2] = (spread * fade[None, :, None])[:, len(FACE) :]
    whole[INDEX["breath"], :, :3] = breath_mode(fit, points, weights)
    whole[np.abs(whole) < [FAINT_PX, FAINT_PX, FAINT_PX, 0.004]] = 0

    source, tint = hidden_source(fit, visible, holes, skin_graph)
    inset = rim_inset(source, visible.covered)
    # A hidden piece of the outline is its own place at rest, and as it comes to light takes on what is beside the face:
    # hair and ears, or the cheek itself where there is nothing but background.
    rim = holes.outline[~visible.vertex[holes.outline]]
    beside = ring[cKDTree(ring).query(flat[rim, :2])[1]]
    solid = matte[beside[:, 1].astype(int), beside[:, 0].astype(int), 3] > 250
    shown = np.where(solid[:, None], beside, source[rim] + inset[rim])
    source[rim] = flat[rim, :2]
    inset[rim] = shown - source[rim]
    size = len(matte)
    channels = np.nonzero(np.abs(whole).max((1, 2)) > 0)[0]
    skin = Skin(
        points=points.astype(np.float32),
        source=np.concatenate([source, np.clip(grid, 0, size - 1)]).astype(np.float32),
        inset=np.concatenate([inset, np.zeros_like(grid)]).astype(np.float32),
        tint=np.concatenate([tint, np.ones(len(grid))]).astype(np.float32),
        head=weights.astype(np.float32),
        triangles=np.concatenate([around, face_triangles]).astype(np.int32),
        surround=len(around),
        channels=channels.astype(np.int32),
        modes=whole[channels].astype(np.float32),
    )
    return skin


def _fade_away(points: FloatArray, fit: FittedHead, holes: Openings) -> FloatArray:
    """1 at the face's outline, falling to 0 with the distance from it, [N]: what is far does not follow the skin."""
    away = cKDTree(fit.points[holes.outline, :2]).query(points[:, :2])[0] / fit.scale
    return np.exp(-((away / 2.6) ** 2))


def _depth_around(depth: FloatArray, fit: FittedHead, grid: FloatArray) -> FloatArray:
    """z of the vertices around the face [G]: the head's where there is one, the ears' plane elsewhere."""
    plane = fit.pivot[2] + 1.5 * fit.scale
    filled = np.where(np.isfinite(depth), np.maximum(depth, plane - 2 * fit.scale), plane).astype(np.float32)
    soft = cv2.GaussianBlur(filled, (0, 0), 0.6 * fit.scale)
    pixel = np.clip(grid.round().astype(int), 0, len(depth) - 1)
    return soft[pixel[:, 1], pixel[:, 0]].astype(np.float64)
