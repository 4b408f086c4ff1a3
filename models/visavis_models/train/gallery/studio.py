"""The studio: Blender as a module, and what every picture of the gallery needs of it. Needs `bpy` (see `__main__`)."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import mathutils
import numpy as np
from numpy.typing import NDArray

from visavis_models.train.gallery.figure import Angles, Figure, turned
from visavis_models.train.portrait.alex import DISTANCE, RISE, TARGET
from visavis_models.train.portrait.head import SKIN

FloatArray = NDArray[np.float64]


LOW = np.array([0.0, -1e3, 0.0])  # a chin so low that everything turns with the head


@dataclass(frozen=True)
class Quality:
    """Side in pixels, samples a pixel, subdivisions of the skin, threads."""

    size: int = 1024
    samples: int = 96
    subdivisions: int = 3
    threads: int = 2


def z_up(points: FloatArray) -> FloatArray:
    """From y up to Blender's z up."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1)


def y_up(points: FloatArray) -> FloatArray:
    """Inverse of `z_up`."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)


class Nodes:
    """A material with a Principled shader, and a short way to add nodes to it."""

    def __init__(self, name: str, **inputs) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.shader = self.tree.nodes["Principled BSDF"]
        self.set(self.shader, **inputs)

    def set(self, node, **inputs) -> None:
        for key, value in inputs.items():
            socket = node.inputs[key.replace("_", " ")]
            socket.default_value = (*value, 1) if socket.type == "RGBA" and len(value) == 3 else value

    def add(self, kind: str, links: dict | None = None, attributes: dict | None = None, **inputs):
        node = self.tree.nodes.new(kind)
        for key, value in (attributes or {}).items():
            setattr(node, key, value)
        self.set(node, **inputs)
        for key, source in (links or {}).items():
            self.tree.links.new(source, node.inputs[key])
        return node

    def to_shader(self, key: str, source) -> None:
        self.tree.links.new(source, self.shader.inputs[key])

    def ends_in(self, shader) -> bpy.types.Material:
        """The material, with another shader's output in place of the Principled one's."""
        output = next(node for node in self.tree.nodes if node.type == "OUTPUT_MATERIAL")
        self.tree.links.new(shader.outputs[0], output.inputs[0])
        return self.material

    def maths(self, operation: str, a, b=0.0):
        """A number from two, each a value or another node's output."""
        node = self.add("ShaderNodeMath", attributes={"operation": operation})
        for socket, value in zip(node.inputs, (a, b), strict=False):
            if isinstance(value, (int, float)):
                socket.default_value = value
            else:
                self.tree.links.new(value, socket)
        return node.outputs[0]


def settings(scene, figure: Figure, quality: Quality) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = quality.samples
    scene.cycles.use_denoising = True
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.adaptive_threshold = 0.015
    scene.cycles.max_bounces = 10
    scene.cycles.transparent_max_bounces = 16
    scene.render.threads_mode = "FIXED"
    scene.render.threads = quality.threads
    scene.render.resolution_x = scene.render.resolution_y = quality.size
    scene.render.film_transparent = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = figure.person.exposure


def camera(scene) -> None:
    camera = bpy.data.cameras.new("camera")
    camera.lens, camera.sensor_width = 85, 36
    item = bpy.data.objects.new("camera", camera)
    scene.collection.objects.link(item)
    scene.camera = item
    aim(item, TARGET + DISTANCE * np.array([0.0, RISE, 1.0]), TARGET)


def aim(item: bpy.types.Object, place: FloatArray, target: FloatArray) -> None:
    item.location = z_up(place).tolist()
    ahead = mathutils.Vector(z_up(target).tolist()) - item.location
    item.rotation_euler = ahead.to_track_quat("-Z", "Y").to_euler()


def link(name: str, data, *materials) -> bpy.types.Object:
    item = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(item)
    for material in materials:
        data.materials.append(material)
    return item


def mesh(name: str, points: FloatArray, faces: list, uv: FloatArray | None = None) -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(z_up(points).tolist(), [], faces)
    if uv is not None:
        mesh.uv_layers.new(name="UV").data.foreach_set("uv", uv.astype(np.float32).ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    mesh.update()
    return mesh


def attribute(mesh: bpy.types.Mesh, name: str, kind: str, values: FloatArray) -> None:
    slot = {"FLOAT_COLOR": "color", "FLOAT_VECTOR": "vector", "FLOAT": "value"}[kind]
    mesh.attributes.new(name, kind, "POINT").data.foreach_set(slot, values.astype(np.float32).ravel())


def part(figure: Figure, faces: NDArray[np.bool_], points: FloatArray) -> tuple[FloatArray, list, FloatArray]:
    """The vertices and faces of a part of the head, and its texture places by corner."""
    quads, places = figure.source.head.quads[faces], figure.source.quads_uv[faces]
    used = np.unique(quads[quads >= 0])
    new = np.full(len(points), -1)
    new[used] = np.arange(len(used))
    return points[used], [[int(new[v]) for v in quad if v >= 0] for quad in quads], figure.source.uv[places[quads >= 0]]


def fine(figure: Figure, faces: NDArray[np.bool_], points: FloatArray, levels: int):
    """Subdivide a part with the given vertices: fine points [n, 3], faces, texture place by vertex [n, 2]."""
    item = link("coarse", mesh("coarse", *part(figure, faces, points)))
    modifier = item.modifiers.new("s", "SUBSURF")
    modifier.levels = modifier.render_levels = levels
    fine = item.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    n = len(fine.vertices)
    flat = np.zeros(3 * n, np.float32)
    fine.vertices.foreach_get("co", flat)
    xyz = flat.reshape(-1, 3).astype(float)
    corners, places = np.zeros(len(fine.loops), np.int32), np.zeros(2 * len(fine.loops), np.float32)
    fine.loops.foreach_get("vertex_index", corners)
    fine.uv_layers[0].data.foreach_get("uv", places)
    uv = np.zeros((n, 2))
    uv[corners] = places.reshape(-1, 2)
    quads = corners.reshape(-1, 4)
    bpy.data.objects.remove(item)
    return np.stack([xyz[:, 0], xyz[:, 2], -xyz[:, 1]], 1), quads, uv


def curves(name: str, points: FloatArray, radius: FloatArray, taper: float, material) -> None:
    """Strands [n, K, 3] that thin out to `taper` of their radius [n]."""
    n, K, _ = points.shape
    data = bpy.data.hair_curves.new(name)
    data.add_curves([K] * n)
    data.position_data.foreach_set("vector", z_up(points).astype(np.float32).ravel())
    slot = data.attributes.get("radius") or data.attributes.new("radius", "FLOAT", "POINT")
    slot.data.foreach_set("value", (radius[:, None] * np.linspace(1, taper, K)).astype(np.float32).ravel())
    link(name, data, material)


def turn_head(figure: Figure, angles: Angles) -> None:
    """Turn the head of what is in the scene, see `figure.turned`; hair, and what has a place of its own, go whole."""
    bpy.context.view_layer.update()
    *axes, origin = z_up(turned(y_up(np.eye(4, 3)), LOW, angles))
    whole = mathutils.Matrix(np.r_[np.c_[np.transpose(axes - origin), origin], [[0, 0, 0, 1]]])
    for item in bpy.context.scene.collection.all_objects:
        if item.name.startswith("hair") or item.matrix_world != mathutils.Matrix.Identity(4):
            item.matrix_world = whole @ item.matrix_world
            continue
        strands = item.type == "CURVES"
        slot, key = (item.data.position_data, "vector") if strands else (item.data.vertices, "co")
        flat = np.empty(3 * len(slot), np.float32)
        slot.foreach_get(key, flat)
        points = turned(y_up(flat.reshape(-1, 3).astype(np.float64)), figure.landmarks[8], angles)
        slot.foreach_set(key, z_up(points).astype(np.float32).ravel())
        if not strands:
            item.data.update()


def neck_of(figure: Figure) -> tuple[float, float]:
    """By what factor this neck is wider, and by how many cm it is higher, than the mean one."""
    skin = slice(SKIN.start, SKIN.stop)
    band = np.abs(figure.mean[skin, 1] + 9.5) < 0.8
    posed, mean = figure.posed[skin][band], figure.mean[skin][band]
    return float(np.abs(posed[:, 0]).max() / np.abs(mean[:, 0]).max()), float((posed - mean)[:, 1].mean())
