"""The drawn character: flat colours, two tones of light, lines of ink; nothing in it shines or scatters.

Tone is computed in the shader: light from the upper right and openness (ambient occlusion), cut off sharply. Neck and
ears are in the head's shade: no outline is drawn around a face that is going to turn, since it belongs to one view.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import splev, splprep

from visavis_models.serve.smooth import smoothstep
from visavis_models.train.gallery import clothes, hair, strands, studio
from visavis_models.train.gallery.figure import BALL, DRAWN_IRIS, JAW, LANDMARKS, LIPS_INNER, Angles, Figure, scatter
from visavis_models.train.gallery.skin import ear, hairline, lip_mask
from visavis_models.train.gallery.studio import Nodes, Quality

FloatArray = NDArray[np.float64]

LIGHT = (0.45, -0.66, 0.60)  # towards the light, Blender's axes
INK = (0.016, 0.008, 0.020)
UNDER_CM = 0.3  # how far below the jaw's landmarks its underside begins
SHADE = np.array([0.66, 0.50, 0.66])  # what a tone in the shade keeps of its colour


def render(figure: Figure, out: Path, quality: Quality, angles: Angles) -> None:
    """Render to an RGBA picture, alpha not premultiplied; angles: by which the head is turned."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    stage = bpy.context.scene
    studio.settings(stage, figure, quality)
    stage.view_settings.view_transform, stage.view_settings.look = "Standard", "None"
    stage.cycles.use_denoising = False
    rng = np.random.default_rng(figure.person.seed)
    _skin(figure, quality)
    _eyes(figure)
    _features(figure, rng)
    _hair(figure, rng)
    studio.turn_head(figure, angles)
    _top(figure)
    studio.camera(stage)
    stage.render.filepath = str(out)
    bpy.ops.render.render(write_still=True)


def _toon(name: str, colour, attribute: str | None = None) -> bpy.types.Material:
    """Two tones of one colour (or of a vertex attribute)."""
    m = Nodes(name)

    def dot(direction):
        way = np.array(direction) / np.linalg.norm(direction)
        node = m.add("ShaderNodeVectorMath", {0: normal}, {"operation": "DOT_PRODUCT"})
        node.inputs[1].default_value = way.tolist()
        return node.outputs["Value"]

    def step(value, low: float, high: float):
        kind = {"interpolation_type": "SMOOTHSTEP"}
        return m.add("ShaderNodeMapRange", {"Value": value}, kind, From_Min=low, From_Max=high).outputs["Result"]

    def mix(share, a, b):
        node = m.add("ShaderNodeMix", attributes={"data_type": "RGBA"})
        m.tree.links.new(share, node.inputs[0])
        for socket, value in ((node.inputs[6], a), (node.inputs[7], b)):
            if isinstance(value, tuple):
                socket.default_value = (*value, 1)
            else:
                m.tree.links.new(value, socket)
        return node.outputs[2]

    normal = m.add("ShaderNodeNewGeometry").outputs["Normal"]
    open_sky = m.add("ShaderNodeAmbientOcclusion", attributes={"samples": 8}, Distance=5.0).outputs["AO"]
    lit = m.maths("ADD", m.maths("MULTIPLY", dot(LIGHT), 0.62), m.maths("MULTIPLY", open_sky, 0.66))
    tone = step(lit, 0.53, 0.59)
    if attribute:
        shaded = m.add("ShaderNodeAttribute", attributes={"attribute_name": "shaded"}).outputs["Fac"]
        tone = m.maths("MULTIPLY", tone, m.maths("SUBTRACT", 1.0, shaded))
        base = m.add("ShaderNodeAttribute", attributes={"attribute_name": attribute}).outputs["Color"]
        dim = m.add("ShaderNodeMix", {6: base}, {"data_type": "RGBA", "blend_type": "MULTIPLY"})
        dim.inputs[0].default_value = 1.0
        dim.inputs[7].default_value = (*SHADE, 1)
        shade = dim.outputs[2]
    else:
        base, shade = tuple(colour), tuple(np.array(colour) * SHADE)
    result = mix(tone, shade, base)
    light = m.add("ShaderNodeEmission", {0: result})
    return m.ends_in(light)


def _flat(name: str, colour) -> bpy.types.Material:
    m = Nodes(name)
    light = m.add("ShaderNodeEmission")
    light.inputs[0].default_value = (*colour, 1)
    return m.ends_in(light)


def shaded(figure: Figure, mean: FloatArray) -> NDArray[np.bool_]:
    """Which places of the mean head [n, 3] are in the head's own shade: ears, and what is below the jaw."""
    jaw = figure.mean[LANDMARKS[JAW]]
    line = np.interp(mean[:, 0], jaw[:, 0], jaw[:, 1])
    return ear(mean) | (mean[:, 1] < line - UNDER_CM)


def _skin(figure: Figure, quality: Quality) -> None:
    person, source = figure.person, figure.source
    material, quads = source.material, source.head.quads
    faces = (material == 0) | ((material == 1) & (quads.max(1) < 11248))
    middle = figure.mean[quads[:, :3]].mean(1)
    faces &= (middle[:, 1] > -12.6) | ((np.abs(middle[:, 0]) < 5.5) & (middle[:, 2] > 0))
    points, fine, uv = studio.fine(figure, faces, figure.posed, quality.subdivisions)
    mean, _, _ = studio.fine(figure, faces, figure.mean, quality.subdivisions)
    both = np.abs(mean) * [1, 0, 0] + mean * [0, 1, 1]
    albedo = np.tile(np.array(person.skin.base), (len(points), 1))

    def spot(centre, radius: float, squeeze=(1, 1, 1)):
        q = (both - centre) * squeeze
        return np.exp(-(q**2).sum(1) / (2 * radius**2))[:, None]

    blush = person.skin.blush * (spot((4.7, -0.1, 8.5), 1.25, (0.9, 1.25, 0.6)) + 0.5 * spot((0, 0.2, 12.8), 0.9))
    albedo += (np.array([0.86, 0.30, 0.26]) - albedo) * np.clip(0.55 * blush, 0, 1)
    lips = smoothstep(0.35, 0.65, lip_mask(source, uv))[:, None]
    albedo += (np.array(person.skin.lips) - albedo) * lips
    locks = (smoothstep(0.15, 0.35, hairline(mean, drawn=True)) * ~ear(mean))[:, None]
    albedo += (np.array(person.hair.colours[0]) * 0.55 - albedo) * locks
    mesh = studio.mesh("skin", points, fine.tolist())
    studio.attribute(mesh, "albedo", "FLOAT_COLOR", np.c_[albedo, np.ones(len(points))])
    studio.attribute(mesh, "shaded", "FLOAT", shaded(figure, mean).astype(float))
    studio.link("skin", mesh, _toon("skin", None, attribute="albedo"))
    inside = (material == 1) & (quads.max(1) >= 11248)
    studio.link(
        "inside", studio.mesh("inside", *studio.part(figure, inside, figure.posed)), _flat("dark", (0.10, 0.02, 0.03))
    )


def _eye_picture(figure: Figure, size: int = 1024) -> bpy.types.Image:
    """A drawn eye: white, rim of ink, iris from dark above to light below, large pupil, two highlights; linear RGB."""
    deep, light = (np.array(colour) for colour in figure.person.iris)
    yy, xx = np.mgrid[0:size, 0:size]
    X, Y = (xx - size / 2 + 0.5) / (size / 2), (yy - size / 2 + 0.5) / (size / 2)  # rows rise upwards
    r = np.hypot(X, Y)

    def disc(x: float, y: float, radius: float, soft: float = 0.012):
        return smoothstep(radius + soft, radius - soft, np.hypot(X - x, Y - y))[..., None]

    share = smoothstep(0.35, -0.5, Y)[..., None]
    iris = deep * (1 - share) + light * share
    iris = iris + (light * 1.5 - iris) * 0.7 * disc(0, -0.30, 0.24, 0.12)
    eye = np.ones((size, size, 3)) * [0.90, 0.89, 0.93]
    eye += (np.array(INK) * 1.5 - eye) * smoothstep(DRAWN_IRIS + 0.012, DRAWN_IRIS - 0.012, r)[..., None]
    eye += (iris - eye) * smoothstep(DRAWN_IRIS - 0.05, DRAWN_IRIS - 0.08, r)[..., None]
    eye += (np.array(INK) - eye) * disc(0, 0, 0.27)
    eye += (1 - eye) * disc(0.20, 0.22, 0.125)
    eye += (1 - eye) * 0.9 * disc(-0.20, -0.24, 0.065)
    picture = bpy.data.images.new("eye", size, size, float_buffer=True)
    picture.colorspace_settings.name = "Linear Rec.709"
    picture.pixels.foreach_set(np.dstack([np.clip(eye, 0, 1), np.ones((size, size))]).astype(np.float32).ravel())
    return picture


def _eyes(figure: Figure) -> None:
    m = Nodes("eye")
    co = m.add("ShaderNodeTexCoord").outputs["Object"]
    split = m.add("ShaderNodeSeparateXYZ", {0: co})
    flat = m.add("ShaderNodeCombineXYZ", {0: split.outputs[0], 1: split.outputs[2]})
    at = m.add("ShaderNodeMapping", {0: flat.outputs[0]}, Scale=(0.5, 0.5, 0.5), Location=(0.5, 0.5, 0))
    texture = m.add("ShaderNodeTexImage", {0: at.outputs[0]}, {"image": _eye_picture(figure)})
    # the lid's shadow
    sky = m.add("ShaderNodeAmbientOcclusion", attributes={"samples": 8}, Distance=0.8).outputs["AO"]
    shade = m.add("ShaderNodeMapRange", {"Value": sky}, From_Min=0.25, From_Max=0.55, To_Min=0.55, To_Max=1.0)
    light = m.add("ShaderNodeEmission", {0: texture.outputs[0], 1: shade.outputs[0]})
    m.ends_in(light)
    for centre, radius in zip(*figure.eyeballs(), strict=True):
        bpy.ops.mesh.primitive_uv_sphere_add(
            segments=96, ring_count=64, radius=1, location=studio.z_up(centre).tolist()
        )
        ball = bpy.context.object
        ball.scale = (BALL * radius,) * 3
        ball.data.materials.append(m.material)
        bpy.ops.object.shade_smooth()


def _features(figure: Figure, rng: np.random.Generator) -> None:
    """Brows, lid lines and the line between the lips, in ink."""
    ink = _flat("line", INK)
    front = scatter(figure, 300_000, rng, (figure.mean[figure.triangles][:, :, 2].min(1) > 3).astype(float))
    brow = strands.brows(figure, front, rng)
    studio.curves(
        "brows",
        brow.points,
        brow.radius * 3.6,
        0.4,
        _flat("brow", tuple(np.array(figure.person.hair.colours[0]) * 0.30)),
    )
    lash = strands.lashes(figure, rng)
    studio.curves("lashes", lash.points, lash.radius * 1.9, 0.3, ink)
    marks = figure.landmarks[LIPS_INNER]
    corners = figure.landmarks[[48, 54]]
    line = np.vstack(
        [
            corners[0] * 0.5 + marks[0] * 0.5,
            0.5 * (marks[[1, 2, 3]] + marks[[7, 6, 5]]),
            corners[1] * 0.5 + marks[4] * 0.5,
        ]
    )
    spline, _ = splprep(line.T, s=0, k=3)
    seam = np.stack(splev(np.linspace(0, 1, 24), spline), 1) + np.array([0, 0, 0.05])
    width = 0.02 + 0.035 * np.sin(np.linspace(0, np.pi, 24))
    studio.curves("mouth", seam[None], np.ones(1), 1.0, ink)
    data = bpy.data.objects["mouth"].data
    data.attributes["radius"].data.foreach_set("value", width.astype(np.float32))


def _tube(path: FloatArray, radius: FloatArray, flat: FloatArray, around: int = 12) -> tuple[FloatArray, list]:
    """A lock: rings about a path [K, 3], half as thick along `flat` [3] as across it."""
    K = len(path)
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    across = np.cross(ahead, flat)
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
    thin = np.cross(across, ahead)
    turn = np.linspace(0, 2 * np.pi, around, endpoint=False)
    rings = path[:, None] + radius[:, None, None] * (
        np.cos(turn)[None, :, None] * across[:, None] + 0.55 * np.sin(turn)[None, :, None] * thin[:, None]
    )
    quads = [
        [k * around + a, k * around + (a + 1) % around, (k + 1) * around + (a + 1) % around, (k + 1) * around + a]
        for k in range(K - 1)
        for a in range(around)
    ]
    return rings.reshape(-1, 3), quads


def _hair(figure: Figure, rng: np.random.Generator) -> None:
    """Few thick locks swept to one side, each a tapering tube."""
    ground = hair.scalp(figure, 6000, rng, 0.05)
    P, M, N = ground.roots.points, ground.roots.mean, ground.roots.normals
    # spread evenly: each next root is the one farthest from those chosen
    chosen = [int(M[:, 1].argmax())]
    away = np.linalg.norm(P - P[chosen[0]], axis=1)
    for _ in range(110):
        chosen.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(P - P[chosen[-1]], axis=1))
    pick = np.array(chosen)
    _, y, z = M[pick].T
    top = smoothstep(6.5, 10.5, y)
    front = smoothstep(2, 8, z) * top

    def comb(mean: FloatArray) -> FloatArray:
        x, y, z = mean.T
        top = smoothstep(7.0, 11.0, y)
        over = np.stack([-0.9 + 0 * x, 0.1 + 0 * x, 0.25 + 0.2 * np.sin(1.3 * x)], 1)
        down = np.stack([0.10 * np.sign(x), -1 + 0 * x, -0.30 * smoothstep(-5, 6, z)], 1)
        return top[:, None] * over + (1 - top)[:, None] * down

    length = (2.2 + 4.6 * top + 0.8 * front) * rng.uniform(0.85, 1.15, len(pick))
    height = 0.55 + 1.3 * top + 0.5 * front
    K = 16
    paths = hair.flow(ground, pick, comb, length, height, K)
    s = np.linspace(0, 1, K)
    points, quads, count = [], [], 0
    for path, normal, t in zip(paths, N[pick], top, strict=True):
        radius = (0.95 + 0.60 * t) * (0.55 + 0.6 * np.sin(np.pi * np.minimum(1, s * 1.25)) ** 0.8) * (
            1 - s**2.6
        ) + 0.012
        rings, faces = _tube(path - 0.25 * normal, radius, normal)
        points.append(rings)
        quads += [[v + count for v in face] for face in faces]
        count += len(rings)
    item = studio.link(
        "hair",
        studio.mesh("hair", np.concatenate(points), quads),
        _toon("hair", figure.person.hair.colours[0]),
    )
    smooth = item.modifiers.new("s", "SUBSURF")
    smooth.levels = smooth.render_levels = 1


def _top(figure: Figure) -> None:
    points, quads, _ = clothes.knit(figure.person.clothes, studio.neck_of(figure))
    item = studio.link("top", studio.mesh("top", points, quads), _toon("top", figure.person.clothes.colour))
    solid = item.modifiers.new("thick", "SOLIDIFY")
    solid.thickness, solid.offset = 0.40, 1
    smooth = item.modifiers.new("s", "SUBSURF")
    smooth.levels = smooth.render_levels = 2
