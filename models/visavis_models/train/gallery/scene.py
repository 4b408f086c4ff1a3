"""A person before the camera: skin, eyes, hair and clothes in soft light. Needs `bpy` (see `__main__`)."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.smooth import smoothstep
from visavis_models.train.gallery import clothes, hair, materials, strands, studio
from visavis_models.train.gallery.figure import BALL, IRIS, Angles, Figure, scatter
from visavis_models.train.gallery.skin import Paint, paint

FloatArray = NDArray[np.float64]


def render(figure: Figure, out: Path, quality: studio.Quality, angles: Angles) -> None:
    """Render to an RGBA picture, alpha not premultiplied; angles: by which the head is turned."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    studio.settings(scene, figure, quality)
    rng = np.random.default_rng(figure.person.seed + 1000)
    _skin(figure, quality)
    _insides(figure)
    _eyes(figure)
    _strands(figure, rng)
    _earrings(figure)
    studio.turn_head(figure, angles)
    _clothes(figure)
    _lights(figure)
    studio.camera(scene)
    scene.render.filepath = str(out)
    bpy.ops.render.render(write_still=True)


def _skin(figure: Figure, quality: studio.Quality) -> None:
    """The whole skin, painted; folds of age are modelled into the mesh."""
    material, quads = figure.source.material, figure.source.head.quads
    faces = (material == 0) | ((material == 1) & (quads.max(1) < 11248))
    # what the clothes cover is left out or tucked in, so that it cannot show through
    middle = figure.mean[quads[:, :3]].mean(1)
    faces &= (middle[:, 1] > -12.6) | ((np.abs(middle[:, 0]) < 5.5) & (middle[:, 2] > 0))
    points, fine_quads, uv = studio.fine(figure, faces, figure.posed, quality.subdivisions)
    mean, _, _ = studio.fine(figure, faces, figure.mean, quality.subdivisions)
    points = clothes.tucked(points, clothes.knit(figure.person.clothes, studio.neck_of(figure))[0])
    look: Paint = paint(figure.person, figure.source, mean, uv)
    mesh = studio.mesh("skin", points, fine_quads.tolist())
    if look.relief.any():
        normals = np.zeros(3 * len(points), np.float32)
        mesh.vertices.foreach_get("normal", normals)
        moved = studio.z_up(points) + normals.reshape(-1, 3) * look.relief[:, None]
        mesh.vertices.foreach_set("co", moved.astype(np.float32).ravel())
        mesh.update()
    studio.attribute(mesh, "albedo", "FLOAT_COLOR", np.c_[look.albedo, np.ones(len(points))])
    studio.attribute(mesh, "place", "FLOAT_VECTOR", mean)
    for key in ("lips", "freckles", "shine"):
        studio.attribute(mesh, key, "FLOAT", getattr(look, key))
    studio.link("skin", mesh, materials.skin(figure))


def _insides(figure: Figure) -> None:
    """Mouth, sockets, gums, teeth and the wet line of the lids."""
    material, top = figure.source.material, figure.source.head.quads.max(1)
    parts = {
        "mouth": (
            (material == 1) & (top >= 11248) & (top < 13294),
            materials.simple("mouth", (0.30, 0.07, 0.06), 0.35, 0.5),
        ),
        "socket": ((material == 1) & (top >= 13294), materials.simple("socket", (0.5, 0.2, 0.16), 0.4)),
        "gums": (material == 2, materials.simple("gums", (0.50, 0.16, 0.15), 0.25, 0.6)),
        "teeth": (material == 3, materials.simple("teeth", (0.78, 0.73, 0.62), 0.22, 0.4)),
        "tears": (material == 8, materials.cornea()),
    }
    for name, (faces, look) in parts.items():
        item = studio.link(name, studio.mesh(name, *studio.part(figure, faces, figure.posed)), look)
        modifier = item.modifiers.new("s", "SUBSURF")
        modifier.levels = modifier.render_levels = 1


def eye_picture(figure: Figure, size: int = 1024) -> bpy.types.Image:
    """The ball's front: iris with fibres and a dark rim, pupil, and a white with veins; linear RGB."""
    inner, outer = (np.array(colour) for colour in figure.person.iris)
    yy, xx = np.mgrid[0:size, 0:size]
    X, Y = (xx - size / 2 + 0.5) / (size / 2), (yy - size / 2 + 0.5) / (size / 2)
    r, turn = np.hypot(X, Y), np.arctan2(Y, X)
    rng = np.random.default_rng(figure.person.seed)

    def rays(count: int):
        values = rng.standard_normal(count)
        return np.interp((turn + np.pi) / (2 * np.pi) * count, np.arange(count + 1), np.append(values, values[0]))

    q = r / IRIS
    fibres = 0.5 * rays(180) + 0.35 * rays(90) + 0.3 * rays(420)
    share = np.clip((q - 0.40 - 0.03 * rays(60)) / 0.5, 0, 1)[..., None]
    iris = inner * (1 - share) + outer * share
    iris = iris * (1 + 0.30 * fibres * np.clip(1.3 - q, 0, 1))[..., None]
    iris *= (1 - 0.80 * smoothstep(0.78, 1.02, q))[..., None]
    iris *= (0.55 + 0.45 * smoothstep(0.40, 0.54, q))[..., None]
    white = np.ones((size, size, 3)) * [0.70, 0.66, 0.63]
    vein = cv2.GaussianBlur(rng.standard_normal((size, size)), (0, 0), 9)
    vein = np.exp(-((vein / vein.std() * 5.0) ** 2)) * smoothstep(0.66, 0.98, r)
    white *= 1 - 0.45 * vein[..., None] * [0.03, 0.22, 0.2]
    white *= 1 - smoothstep(0.58, 1.0, r)[..., None] * [0.06, 0.15, 0.16]
    rim = smoothstep(0.955, 1.045, q)[..., None]
    eye = iris * (1 - rim) + white * rim
    eye *= smoothstep(0.41, 0.455, q)[..., None] * 0.988 + 0.006
    picture = bpy.data.images.new("eye", size, size, float_buffer=True)
    picture.colorspace_settings.name = "Linear Rec.709"
    picture.pixels.foreach_set(np.dstack([np.clip(eye, 0, 1), np.ones((size, size))]).astype(np.float32).ravel())
    return picture


def _eyes(figure: Figure) -> None:
    m = studio.Nodes(
        "eye", Roughness=0.3, Subsurface_Weight=0.15, Subsurface_Radius=(1, 0.4, 0.3), Subsurface_Scale=0.1
    )
    co = m.add("ShaderNodeTexCoord").outputs["Object"]
    split = m.add("ShaderNodeSeparateXYZ", {0: co})
    flat = m.add("ShaderNodeCombineXYZ", {0: split.outputs[0], 1: split.outputs[2]})
    at = m.add("ShaderNodeMapping", {0: flat.outputs[0]}, Scale=(0.5, 0.5, 0.5), Location=(0.5, 0.5, 0))
    texture = m.add("ShaderNodeTexImage", {0: at.outputs[0]}, {"image": eye_picture(figure)})
    m.to_shader("Base Color", texture.outputs[0])
    cornea = materials.cornea()
    for centre, radius in zip(*figure.eyeballs(), strict=True):
        for name, scale, material in (("ball", BALL * radius, m.material), ("cornea", radius, cornea)):
            location = studio.z_up(centre).tolist()
            bpy.ops.mesh.primitive_uv_sphere_add(segments=128, ring_count=96, radius=1, location=location)
            ball = bpy.context.object
            ball.scale = (scale,) * 3
            ball.rotation_euler = (0, 0, math.copysign(math.radians(1.6), centre[0]))
            ball.data.materials.append(material)
            bpy.ops.object.shade_smooth()
            for vertex in ball.data.vertices:
                q = math.hypot(vertex.co.x, vertex.co.z)
                if vertex.co.y < 0 and name == "ball" and q < IRIS:  # the iris is a shallow dish
                    vertex.co.y = -math.sqrt(1 - IRIS**2) + 0.08 * (1 - (q / IRIS) ** 2)
                elif vertex.co.y < 0 and name == "cornea" and q < 0.56:
                    vertex.co.y -= 0.085 * (math.cos(q / 0.56 * math.pi) * 0.5 + 0.5)
            ball.visible_shadow = name == "ball"


def _strands(figure: Figure, rng: np.random.Generator) -> None:
    person = figure.person
    front = scatter(figure, 300_000, rng, (figure.mean[figure.triangles][:, :, 2].min(1) > 3).astype(float))
    brow = strands.brows(figure, front, rng)
    look = person.brows
    if look.colour:
        tint = materials.dyed_hair("brow", look.colour, 0.4)
    else:
        tint = materials.hair("brow", look.melanin, look.redness, 0.4, 0.2)
    studio.curves("brows", brow.points, brow.radius, 0.3, tint)
    lash = strands.lashes(figure, rng)
    studio.curves("lashes", lash.points, lash.radius, 0.2, materials.simple("lash", (0.012, 0.008, 0.006), 0.5))
    if person.beard:
        beard = strands.beard(figure, rng)
        studio.curves("beard", beard.points, beard.radius, 0.4, materials.hair("beard", 0.45, 1.0, 0.35, 0.3))
    mane = hair.grow(figure, rng)
    cut = person.hair
    if not cut.colours:
        studio.curves(
            "hair",
            mane.points,
            mane.radius,
            0.4,
            materials.hair("hair", cut.melanin, cut.redness, cut.roughness, cut.spread),
        )
    kinds = rng.integers(0, max(1, len(cut.colours)), len(mane.points))
    for kind, colour in enumerate(cut.colours):
        mine = kinds == kind
        studio.curves(
            f"hair{kind}",
            mane.points[mine],
            mane.radius[mine],
            0.4,
            materials.dyed_hair(f"hair{kind}", colour, cut.roughness),
        )


def _clothes(figure: Figure) -> None:
    look = figure.person.clothes
    points, quads, places = clothes.knit(look, studio.neck_of(figure))
    mesh = studio.mesh("top", points, quads)
    studio.attribute(mesh, "turn", "FLOAT", places[:, 0])
    m = studio.Nodes(
        "cloth", Base_Color=look.colour, Roughness=0.85, Sheen_Weight=0.35, Sheen_Roughness=0.4, Specular_IOR_Level=0.15
    )
    co = m.add("ShaderNodeTexCoord").outputs["Object"]
    rib = m.add(
        "ShaderNodeTexWave", {"Vector": co}, {"wave_type": "BANDS", "bands_direction": "X"},
        Scale=look.rib, Distortion=1.2, Detail=3, Detail_Scale=4,
    )  # fmt: skip
    weave = m.add("ShaderNodeTexNoise", {"Vector": co}, Scale=9.0, Detail=4)
    folds = m.add("ShaderNodeTexNoise", {"Vector": co}, Scale=0.16, Detail=2, Distortion=0.6)
    rough = m.add("ShaderNodeMath", {0: rib.outputs["Fac"], 1: weave.outputs["Fac"]}, {"operation": "ADD"})
    first = m.add("ShaderNodeBump", {"Height": folds.outputs["Fac"]}, Strength=0.55, Distance=2.2)
    bump = m.add(
        "ShaderNodeBump", {"Height": rough.outputs[0], "Normal": first.outputs[0]}, Strength=0.4, Distance=0.10
    )
    m.to_shader("Normal", bump.outputs[0])
    item = studio.link("top", mesh, m.material)
    solid = item.modifiers.new("thick", "SOLIDIFY")
    solid.thickness, solid.offset = 0.40, 1
    smooth = item.modifiers.new("s", "SUBSURF")
    smooth.levels = smooth.render_levels = 2


def _earrings(figure: Figure) -> None:
    kind = figure.person.earrings
    if not kind:
        return
    colour, rough, metal = {"pearl": ((0.80, 0.75, 0.68), 0.18, 0.0), "gold": ((0.90, 0.60, 0.22), 0.22, 1.0)}[kind]
    material = materials.simple(kind, colour, rough, Metallic=metal, Coat_Weight=0.5 if kind == "pearl" else 0.0)
    # the lobe: the lowest skin of each ear
    mean = figure.mean[range(11248)]
    for side in (-1, 1):
        lobe = (mean[:, 0] * side > 7.2) & (mean[:, 1] > -1.6) & (mean[:, 1] < -0.2) & (mean[:, 2] > -1.5)
        at = figure.posed[range(11248)][lobe]
        if not len(at):
            continue
        spot = at[at[:, 2].argmax()] + [0.10 * side, 0.05, 0.15]
        if kind == "pearl":
            bpy.ops.mesh.primitive_uv_sphere_add(
                segments=48, ring_count=32, radius=0.42, location=studio.z_up(spot).tolist()
            )
        else:
            spot = spot + np.array([0.1 * side, -0.95, 0.0])
            bpy.ops.mesh.primitive_torus_add(
                major_radius=0.95, minor_radius=0.10, major_segments=64, minor_segments=24,
                location=studio.z_up(spot).tolist(), rotation=(math.pi / 2, 0, math.radians(35 * side)),
            )  # fmt: skip
        ring = bpy.context.object
        ring.data.materials.append(material)
        bpy.ops.object.shade_smooth()


LAMPS = [  # place, what it shines on, side (cm), watts, colour
    ((36, 42, 56), (0, 2, 6), 34, 150_000, (1, 0.93, 0.85)),
    ((-60, 8, 46), (0, 0, 4), 60, 34_000, (0.84, 0.92, 1)),
    ((-38, 36, -46), (0, 4, 0), 30, 60_000, (0.88, 0.93, 1)),
    ((46, 20, -44), (0, 4, 0), 26, 26_000, (1, 0.91, 0.82)),
    ((16, 24, 62), (0, 3, 8), 9, 26_000, (1, 0.97, 0.94)),
    ((0, -40, 50), (0, 0, 4), 50, 11_000, (1, 0.92, 0.84)),
]


def _lights(figure: Figure) -> None:
    """A key from the picture's upper right, a wide cool fill, two rims from behind, a catch light, a bounce."""
    for place, target, side, watts, colour in LAMPS:
        lamp = bpy.data.lights.new("lamp", "AREA")
        lamp.size, lamp.energy, lamp.color = side, watts, colour
        item = bpy.data.objects.new("lamp", lamp)
        bpy.context.scene.collection.objects.link(item)
        studio.aim(item, np.array(place, float), np.array(target, float))
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs[0].default_value = (0.58, 0.62, 0.68, 1)
    background.inputs[1].default_value = 0.20
