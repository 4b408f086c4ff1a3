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

from visavis_models.serve import raster
from visavis_models.serve.enrol.brows import knit_brows
from visavis_models.serve.enrol.fitted import FittedHead
from visavis_models.serve.enrol.lids import closing_lids, lowered_lids
from visavis_models.serve.enrol.rim import Edge, Rim, beside, gone_on, surely
from visavis_models.serve.head import Head
from visavis_models.serve.portrait import Skin
from visavis_models.serve.shading import flatness
from visavis_models.serve.smooth import smoothstep
from visavis_models.spec import INDEX, MOTION_NAMES, ROTATION, WEIGHTS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Picture = NDArray[np.uint8]

STEP = 24  # pixels between the vertices around the face
NOSTRILS_CM = (1.25, 2.0, 3.6)  # how far from the nose's tip they reach to the side, up and down, and back
RING_PX = 3  # how far outside the silhouette the picture is surely not the face's
MARGIN = 24  # pixels that the mesh reaches beyond the picture, so that no border shows when the shoulders rise
HAIR_CM = (8.0, 9.0)  # so far within the figure's outline hair is thickest, and how thick it is there
HAIR_ABOVE_CM = (0.5, 3.0)  # so far above the eyes there is hair beside the face, and no ear
NECK_CM = (6.2, 0.7)  # below the chin, along a line that leans: there the shoulders stay, and the head turns whole
NECK_LEANS = 0.25  # by how much a neck is higher a centimetre farther back
LIGHT_ROUNDS = 8  # of smoothing
LIGHT_SHARE = 0.6  # of what the normals foretell: skin scatters light, and the picture has shadows already
DARKER, BRIGHTER = -0.25, 0.12  # limits of what one channel does to the light
LIPS_LEAST = 0.06  # of the mouth's weights: a picture with less has its mouth closed
LIPS_MOST_CM = 0.8  # what lips are brought together at most
LIPS_REACH_CM = (0.9, 1.3)  # how far above and below the lips the skin goes with them
DRAWN_PX = 5  # by so much nearer to its silhouette a face in flat colour is surely its own
FAINT_PX = 0.18  # displacements below this are dropped


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
    corners = points[triangles].reshape(-1, 3).astype(np.float32)
    owner = np.repeat(np.arange(len(triangles), dtype=np.float32), 3)
    target = np.empty((size, size, 4), np.float32)
    spans = np.tile(np.array([0, size], np.int32), (size, 1))
    raster.clear(target, spans)
    each = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    raster.draw_mesh(target, spans, 0, 0, 1, each, corners, np.repeat(owner[:, None], 3, 1), False)
    covered = target[..., 0] != raster.BARE
    return np.where(covered, target[..., 3], -np.inf).astype(np.float64), np.where(
        covered, np.rint(target[..., 0]), -1
    ).astype(np.int64)


def seen(fit: FittedHead, triangles: IntArray, size: int) -> Visible:
    """Which of the face's vertices the picture shows, and what stands for those that it does not.

    Every corner of a triangle that wins a pixel counts as seen: drawn through the mesh at rest, the picture is itself.
    """
    points = fit.points[fit.face]
    owner = surface(points * 2, triangles, 2 * size)[1]
    vertex = np.zeros(len(points), bool)
    vertex[triangles[np.unique(owner[owner >= 0])]] = True
    way, _, nearest = dijkstra(
        edge_graph(points, triangles), indices=np.nonzero(vertex)[0], min_only=True, return_predecessors=True
    )
    return Visible(vertex, nearest.astype(np.int64), np.where(np.isfinite(way), way, 0.0), (owner >= 0)[::2, ::2])


def front(triangles: NDArray[np.integer]) -> IntArray:
    """The head's triangles [T, 3], clockwise as seen by the viewer of a picture (y down)."""
    return triangles[:, [0, 2, 1]].astype(np.int64)


def face_of(head: Head) -> IntArray:
    """The triangles of the face [T, 3], clockwise as seen."""
    faces = head.faces["face"]
    return front(head.triangles[faces.start : faces.stop])


def pair(head: Head, name: str) -> tuple[IntArray, IntArray]:
    """A line around an opening as (upper, lower) vertices from left to right, such as "lips" or "lids.left.edge"."""
    upper, lower = (head.paths[f"{name}.{half}"].astype(np.int64) for half in ("upper", "lower"))
    return upper, lower


def columns_of(row: IntArray, columns: int) -> IntArray:
    """So many vertices of a row, evenly."""
    return row[np.linspace(0, len(row) - 1, columns).round().astype(int)]


def silhouette(covered: BoolArray) -> FloatArray:
    """Points [R, 2] along the border of what the face covers of the picture, just outside of it."""
    grown = cv2.dilate(covered.astype(np.uint8), np.ones((2 * RING_PX + 1, 2 * RING_PX + 1), np.uint8))
    contours = cv2.findContours(grown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return max(contours, key=len)[:: STEP // 2, 0].astype(np.float64)


def _depth_in(polygon: FloatArray, points: FloatArray) -> FloatArray:
    """How far inside a polygon points lie, negative outside, [N] pixels."""
    outline = polygon.astype(np.float32)
    return np.array([cv2.pointPolygonTest(outline, (float(x), float(y)), True) for x, y in points])


def surround(fit: FittedHead, outline: IntArray, ring: FloatArray, matte: Picture) -> tuple[FloatArray, IntArray]:
    """Vertices [G, 2] around the face, and triangles over (face's vertices, these) where the figure is.

    The first of the vertices are those of the silhouette's ring that lie outside of the face's outline.
    """
    size = len(matte)
    steps = np.r_[-MARGIN, np.linspace(0, size - 1, round(size / STEP) + 1), size - 1 + MARGIN]
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    polygon = fit.points[outline, :2]
    clear = cKDTree(ring).query(grid)[0] > 0.5 * STEP
    grid = grid[(_depth_in(polygon, grid) < -0.35 * STEP) & clear]
    grid = np.concatenate([ring[_depth_in(polygon, ring) < -1], grid])
    points = np.concatenate([fit.points[outline, :2], grid])
    triangles = Delaunay(points).simplices
    middle = points[triangles].mean(1)
    outside = _depth_in(polygon, middle) < 0
    near = cv2.dilate(matte[..., 3], np.ones((2 * STEP + 1, 2 * STEP + 1), np.uint8)) > 0
    pixel = np.clip(middle.round().astype(int), 0, size - 1)
    triangles = triangles[outside & near[pixel[:, 1], pixel[:, 0]]]
    index = np.r_[outline, fit.face.stop + np.arange(len(grid))]
    return grid, _clockwise(index[triangles], np.concatenate([fit.points[fit.face, :2], grid]))


def _clockwise(triangles: IntArray, points: FloatArray) -> IntArray:
    """Turn the triangles so that they all face the viewer (y down)."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    return np.where((area > 0)[:, None], triangles, triangles[:, [0, 2, 1]])


def extended(graph: csr_matrix, values: FloatArray, fixed: BoolArray) -> FloatArray:
    """Continue values [N, C] from the fixed vertices to the others.

    Minimises sum over edges |x_i - x_j|^2 / length.
    """
    weight = graph.copy()
    weight.data = 1.0 / weight.data
    degree = np.asarray(weight.sum(1)).ravel() + 1e-9
    laplacian = diags(np.ones(len(degree))) - diags(1 / degree) @ weight
    system = laplacian.tocsc()
    free = np.nonzero(~fixed)[0]
    solve = factorized((system[free][:, free] + 1e-9 * diags(np.ones(len(free)))).tocsc())
    out = values.copy()
    right = -system[free][:, np.nonzero(fixed)[0]] @ values[fixed]
    for column in range(values.shape[1]):
        out[free, column] = solve(np.asarray(right[:, column]).ravel())
    return out


def brightness_modes(fit: FittedHead, picture: Picture, visible: Visible) -> FloatArray:
    """How each channel changes the light on each vertex of the face, [54, N].

    The light is fitted to the picture: luminance L = a + b . n over the skin (first-order spherical harmonics); then
    a channel that turns the normal by dn changes the brightness by b . dn / L.
    """
    points = fit.points[fit.face]
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 3)
    pixel = np.clip(points[:, :2].round().astype(int), 0, len(grey) - 1)
    luminance, normals = grey[pixel[:, 1], pixel[:, 0]].astype(np.float64), fit.normals[fit.face]
    skin = visible.vertex & (luminance > np.median(luminance[visible.vertex]) * 0.6)
    design = np.c_[np.ones(len(normals)), normals]
    light = np.linalg.lstsq(design[skin], luminance[skin], rcond=None)[0]
    lit = np.maximum(design @ light, 0.35 * light[0])
    change = LIGHT_SHARE * np.einsum("kni,i->kn", fit.normals_moved[:, fit.face] - normals, light[1:]) / lit
    return np.clip(np.where(visible.vertex, change, 0), DARKER, BRIGHTER)


def smoothed(graph: csr_matrix, values: FloatArray, rounds: int) -> FloatArray:
    """Each vertex halfway to the mean of its neighbours, `rounds` times; values [N, C]."""
    links = (graph > 0).astype(np.float64)
    mean = diags(1 / np.maximum(np.asarray(links.sum(1)).ravel(), 1)) @ links
    for _ in range(rounds):
        values = 0.5 * values + 0.5 * (mean @ values)
    return values


def along_skin(
    graph: csr_matrix, points: FloatArray, loops: tuple[IntArray, IntArray]
) -> tuple[FloatArray, FloatArray]:
    """The shortest ways along the skin from each vertex to an opening's upper and lower half, [N] each, pixels.

    The corners belong to both halves and are left out.
    """
    ends = points[np.r_[loops[0], loops[1]], 0]
    middle, reach = (ends.min() + ends.max()) / 2, 0.44 * np.ptp(ends)
    inner = [half[np.abs(points[half, 0] - middle) < reach] for half in loops]
    upper, lower = (dijkstra(graph, indices=half, min_only=True) for half in inner)
    return upper, lower


def hidden_source(
    head: Head, fit: FittedHead, visible: Visible, graph: csr_matrix, flat: float
) -> tuple[FloatArray, FloatArray]:
    """Where hidden vertices of the face take their colour [N, 2], and how dark they are [N].

    The inside of a lip is mirrored from the lip's outside; a nostril repeats the nearest vertex that is seen, and gets
    dark inside. Everything else, such as the fold under a chin, goes over from what is seen on one side to the other.

    Args:
        flat: 0..1, how flat the skin's colour is: a drawn nose has no holes.
    """
    points = fit.points[fit.face, :2]
    source = points[visible.nearest]
    upper, lower = pair(head, "lips")
    mouth = points[np.r_[upper, lower]]
    centre, width = mouth.mean(0), np.ptp(mouth[:, 0])
    height = np.ptp(mouth[:, 1])
    lips = (np.abs(source[:, 0] - centre[0]) < 0.55 * width) & (np.abs(source[:, 1] - centre[1]) < 0.9 * height)
    inside = lips & ~visible.vertex
    to_upper, to_lower = along_skin(graph, points, (upper, lower))
    up = np.where(to_upper < to_lower, -1.0, 1.0)
    edge = np.minimum(visible.way, 0.45 * height)
    source[inside, 1] += (up * (1.5 + 0.7 * edge))[inside]
    tint = np.ones(len(points))
    tint[inside] = (0.62 + 0.38 * np.exp(-visible.way / (0.16 * height)))[inside]
    nose = fit.points[fit.marks["nose"]]
    from_nose = np.abs(fit.points[fit.face] - nose) / fit.scale
    nostril = ~visible.vertex & (from_nose < NOSTRILS_CM).all(1)
    fold = ~visible.vertex & ~lips & ~nostril & (visible.way > 0)
    source[fold] = extended(graph, points, visible.vertex)[fold]
    dark = np.maximum(np.exp(-visible.way / (0.25 * fit.scale)), 0.2)
    tint[nostril] = (dark + flat * (1 - dark))[nostril]
    return source, tint


def head_weights(fit: FittedHead, points: FloatArray) -> FloatArray:
    """How much each of points [N, 3] turns with the head, [N]: the head whole, the shoulders not at all.

    The neck twists between two planes that rise from under the chin to the nape.
    """
    chin = fit.points[fit.marks["chin"]]
    roll = -float(fit.rest[ROTATION][2])  # the neck leans with the head
    x, y, z = (points - chin).T / fit.scale
    below = np.sin(roll) * x + np.cos(roll) * y - NECK_LEANS * z
    return smoothstep(*NECK_CM, below)


def lips_of(head: Head, reach_cm: float) -> tuple[BoolArray, BoolArray]:
    """Which of the face's vertices belong to the upper lip's side, and which lie within a reach of the mouth, [N] each.

    Ways along the skin of the head at rest tell, in whatever way a picture holds its mouth.
    """
    points = head.points[: head.vertices["face"].stop].astype(np.float64)
    to_upper, to_lower = along_skin(edge_graph(points, face_of(head)), points, pair(head, "lips"))
    line = points[np.concatenate(pair(head, "lips.inner"))]
    front = points[:, 2] > line[:, 2].min() - 1.0
    return to_upper < to_lower, (cKDTree(line[:, :2]).query(points[:, :2])[0] < reach_cm) & front


def edge_of(
    fit: FittedHead,
    visible: Visible,
    above: BoolArray,
    near: BoolArray,
    corners: tuple[int, int],
    columns: int,
) -> tuple[IntArray, IntArray]:
    """The edges that are seen of an opening, as vertices of the face from left to right: (upper [C], lower [C]).

    The mesh goes on behind the edge; of each column the lowest seen vertex of the upper part is its edge, and the
    highest of the lower part. Both begin and end at the opening's `corners`.

    Args:
        above: bool [N], the upper part; near: bool [N], what may be the edge.
    """
    points = fit.points[fit.face]
    left, right = points[list(corners), 0]
    at = np.linspace(left, right, columns + 2)[2:-2]  # right beside a corner the parts are hard to tell
    reach = 0.75 * (at[1] - at[0])
    found = []
    for part, sign in ((above, 1.0), (~above, -1.0)):
        mine = np.nonzero(visible.vertex & near & part)[0]
        x, y = points[mine, 0], points[mine, 1]
        between = [extreme(mine, x, sign * y, place, reach) for place in at]
        found.append(np.array([corners[0], *between, corners[1]]))
    return found[0], found[1]


def extreme(vertices: IntArray, x: FloatArray, value: FloatArray, at: float, reach: float) -> int:
    """Of the vertices within `reach` of a column, or else the nearest one, that of the largest value."""
    near = np.abs(x - at) <= max(reach, np.abs(x - at).min() + 1e-6)
    return int(vertices[near][value[near].argmax()])


def breath_mode(fit: FittedHead, points: FloatArray, head: FloatArray) -> FloatArray:
    """Breathing in, [N, 3]: the shoulders rise by 1.5 mm and widen a little, the head rises with them by a third."""
    scale, centre = fit.scale, fit.pivot[0]
    side = np.clip((points[:, 0] - centre) / (16 * scale), -1, 1)
    rise = (0.9 + 0.6 * side**2) * (1 - head) + 0.45 * head
    return np.stack([0.6 * side * (1 - head), -rise, np.zeros(len(points))], 1) * (0.1 * scale)


def closing_lips(fit: FittedHead, modes: FloatArray, graph: csr_matrix, lips: tuple[IntArray, IntArray]) -> None:
    """Correct the channels that the picture holds the mouth open with, in place, so that without them the lips meet.

    Args:
        modes: [54, N, 3] of the face; graph: its mesh; lips: the (upper, lower) edges [C] that the picture shows.
    """
    points, upper, lower = fit.points[fit.face], *lips
    weights = fit.rest[WEIGHTS].astype(np.float64) * [
        name.startswith(("jaw", "mouth")) for name in MOTION_NAMES[WEIGHTS]
    ]
    if (weights**2).sum() < LIPS_LEAST**2:
        return
    neutral = points - np.tensordot(fit.rest[WEIGHTS].astype(np.float64), modes, 1)
    order = np.argsort(neutral[lower, 0])
    below = np.interp(neutral[upper, 0], neutral[lower, 0][order], neutral[lower, 1][order])
    gap = np.clip(below - neutral[upper, 1], -LIPS_MOST_CM * fit.scale, LIPS_MOST_CM * fit.scale)
    gap = np.convolve(np.pad(gap, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    across = np.argsort(points[upper, 0])
    wanted = np.interp(points[:, 0], points[upper, 0][across], gap[across], left=0.0, right=0.0)
    to_upper, to_lower = along_skin(graph, points, lips)
    reach = np.array(LIPS_REACH_CM) * fit.scale
    is_upper = to_upper < to_lower
    share = np.where(
        is_upper, 0.5 * np.exp(-((to_upper / reach[0]) ** 2)), -0.5 * np.exp(-((to_lower / reach[1]) ** 2))
    )
    # What parts the lips is taken back by as much of itself, and a smile stays one.
    parts = np.abs(np.median(modes[:, lower, 1] - modes[:, upper, 1], axis=1)) + FAINT_PX
    modes[:, :, 1] -= (weights * parts / (weights**2 * parts).sum())[:, None] * (share * wanted)


def build_skin(
    head: Head,
    fit: FittedHead,
    visible: Visible,
    lips: tuple[IntArray, IntArray],
    depth: FloatArray,
    picture: Picture,
    matte: Picture,
) -> Skin:
    """The whole mesh with its modes; `lips`: the edges of the lips that the picture shows."""
    face_triangles, outline, N = face_of(head), head.paths["outline"].astype(np.int64), fit.face.stop
    ring = silhouette(visible.covered)
    grid, around = surround(fit, outline, ring, matte)
    flat = fit.points[fit.face]
    points = np.concatenate([flat, np.c_[grid, _depth_around(depth, fit, grid, matte)]])
    graph = edge_graph(points, np.concatenate([face_triangles, around]))
    weights = head_weights(fit, points)

    skin_graph = edge_graph(flat, face_triangles)
    modes = fit.modes[:, fit.face].copy()
    edges = tuple(pair(head, f"lids.{side}.edge") for side in ("right", "left"))
    closing_lids(fit, modes, edges)
    lowered_lids(fit, modes, edges)
    knit_brows(head, fit, modes, edges)
    closing_lips(fit, modes, skin_graph, lips)
    light = smoothed(skin_graph, brightness_modes(fit, picture, visible).T, LIGHT_ROUNDS).T
    whole = np.zeros((len(modes), len(points), 4))
    whole[:, :N, :3], whole[:, :N, 3] = modes, light
    fixed = np.arange(len(points)) < N
    still = (weights < 0.02) & ~fixed
    flow = whole[..., :2].transpose(1, 0, 2).reshape(len(points), -1)
    spread = extended(graph, flow, fixed | still).reshape(len(points), len(modes), 2).transpose(1, 0, 2)
    whole[:, N:, :2] = (spread * _fade_away(points, fit, outline)[None, :, None])[:, N:]
    whole[INDEX["breath"], :, :3] = breath_mode(fit, points, weights)
    whole[np.abs(whole) < [FAINT_PX, FAINT_PX, FAINT_PX, 0.004]] = 0

    solid = surely(matte)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    x, y = np.clip(flat[visible.vertex, :2].round().astype(int), 0, len(grey) - 1).T
    even = flatness(grey[y, x].astype(np.float32))
    source, tint = hidden_source(head, fit, visible, skin_graph, even)
    beside_px = 2 * round(DRAWN_PX * even) + 1
    shown = cv2.dilate((visible.covered & solid).astype(np.uint8), np.ones((beside_px, beside_px), np.uint8))
    rim = Rim.of(shown > 0, fit.scale)
    edge = Edge.of(flat, visible.vertex, outline, skin_graph, rim, fit.scale)
    apart = outline[edge.at[outline]]
    place = flat[apart, :2]
    left = beside(place, ring, solid, fit.scale)
    source[apart] = place
    inset = np.where(edge.at[:, None], edge.shows - source, 0)
    own = np.arange(len(points))
    own[apart] = len(points) + np.arange(len(apart))  # what is around the face has vertices of its own there
    every = np.r_[np.arange(len(points)), apart]
    channels = np.nonzero(np.abs(whole).max((1, 2)) > 0)[0]
    return Skin(
        points=points[every].astype(np.float32),
        source=np.concatenate([source, np.clip(grid, 0, len(matte) - 1), place]).astype(np.float32),
        inset=np.concatenate([inset, np.zeros_like(grid), left - place]).astype(np.float32),
        tint=np.concatenate([tint, np.ones(len(grid) + len(apart))]).astype(np.float32),
        head=weights[every].astype(np.float32),
        triangles=np.concatenate([own[around], face_triangles]).astype(np.int32),
        surround=len(around),
        channels=channels.astype(np.int32),
        modes=whole[channels][:, every].astype(np.float32),
        beyond=gone_on(picture, solid, rim, edge.ending, fit.scale),
    )


def _fade_away(points: FloatArray, fit: FittedHead, outline: IntArray) -> FloatArray:
    """1 at the face's outline, falling to 0 with the distance from it, [N]: what is far does not follow the skin."""
    away = cKDTree(fit.points[outline, :2]).query(points[:, :2])[0] / fit.scale
    return np.exp(-((away / 2.6) ** 2))


def _depth_around(depth: FloatArray, fit: FittedHead, grid: FloatArray, matte: Picture) -> FloatArray:
    """z of the vertices around the face [G]: the head's where there is one, the ears' plane elsewhere.

    Above the eyes hair rises from its outline as a parabola, so gently that it folds over itself at no turn up to 20
    degrees.
    """
    plane = fit.pivot[2] + 1.5 * fit.scale
    filled = np.where(np.isfinite(depth), np.maximum(depth, plane - 2 * fit.scale), plane)
    inside = cv2.distanceTransform((matte[..., 3] > 127).astype(np.uint8), cv2.DIST_L2, 5)
    flat = 1 - np.clip(inside / (HAIR_CM[0] * fit.scale), 0, 1)
    y = np.arange(len(matte))[:, None]
    above = ((fit.centres[:, 1].mean() - y) / fit.scale - HAIR_ABOVE_CM[0]) / (HAIR_ABOVE_CM[1] - HAIR_ABOVE_CM[0])
    hair = plane + np.clip(above, 0, 1) * HAIR_CM[1] * fit.scale * (1 - flat**2)
    soft = cv2.GaussianBlur(np.maximum(filled, hair).astype(np.float32), (0, 0), 0.6 * fit.scale)
    pixel = np.clip(grid.round().astype(int), 0, len(depth) - 1)
    return soft[pixel[:, 1], pixel[:, 0]].astype(np.float64)
