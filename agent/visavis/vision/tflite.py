"""Rewriting of TensorFlow Lite models, so that mediapipe's Tasks accept the models that mediapipe once shipped.

Needed only at set-up: the schema classes live inside mediapipe, whose import takes seconds.
"""

from __future__ import annotations

import flatbuffers
import numpy as np
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata
from mediapipe.tasks.metadata import schema_py_generated as schema
from numpy.typing import NDArray

MESH_POINTS = 468
IRIS_POINTS = 5  # each eye: centre, right, top, left, bottom
FACE_POINTS = MESH_POINTS + 2 * IRIS_POINTS  # 478

# Which mesh point each refined point stands for, in the order in which the attention model gives them out
# (rings from the inside outwards; MediaPipe, Apache-2.0, modules/face_landmark). Each ring: lower arc, then upper.
LIP_POINTS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
    76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408,
    62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407,
)  # fmt: skip
RIGHT_EYE_POINTS = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190,
    226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189,
    35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120, 121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193,
)  # fmt: skip
LEFT_EYE_POINTS = (
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
    359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414,
    446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413,
    265, 353, 276, 283, 282, 295, 372, 340, 346, 347, 348, 349, 350, 357, 465, 383, 300, 293, 334, 296, 336, 285, 417,
)  # fmt: skip
RIGHT_LID, LEFT_LID = 159, 386  # middle of the upper lids: the irises lend their depth from there


def normalized(model: bytes, mean: float, std: float) -> bytes:
    """The model with a note for Tasks: its picture input wants (value - mean) / std of the values 0..255."""
    options = metadata.NormalizationOptionsT()
    options.mean, options.std = [mean], [std]
    unit = metadata.ProcessUnitT()
    unit.optionsType, unit.options = metadata.ProcessUnitOptions.NormalizationOptions, options
    content = metadata.ContentT()
    content.contentPropertiesType = metadata.ContentProperties.ImageProperties
    content.contentProperties = metadata.ImagePropertiesT()
    content.contentProperties.colorSpace = metadata.ColorSpaceType.RGB
    picture = metadata.TensorMetadataT()
    picture.name, picture.content, picture.processUnits = "image", content, [unit]
    graph = metadata.SubGraphMetadataT()
    graph.inputTensorMetadata = [picture]
    note = metadata.ModelMetadataT()
    note.subgraphMetadata = [graph]

    tree = _read(model)
    entry = schema.MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", _add_buffer(tree, _packed(note, b"M001"))
    tree.metadata = [*(tree.metadata or []), entry]
    return _packed(tree, b"TFL3")


def with_one_landmark_output(model: bytes) -> bytes:
    """The attention model with outputs as Tasks expects them: 478 points of x, y, z, and the score of a face.

    The attention model gives out the mesh, then x and y of lips, eyes and irises once more, refined. Two operations at
    its end put them together: all outputs side by side, and of these the best value for each coordinate. Depth is
    always the mesh's.

    Args:
        model: `face_landmark_with_attention.tflite`: outputs mesh [468 * 3], lips [80 * 2], the person's right and
            left eye [71 * 2] each, right and left iris [5 * 2] each, and the score [1].
    """
    tree = _read(model)
    graph = tree.subgraphs[0]
    *parts, score = graph.outputs
    values = _coordinate_sources()
    side_by_side = _add_tensor(tree, "refined", (1, 1, 1, sum(_width(graph, part) for part in parts)))
    sources = _add_tensor(tree, "sources", values.shape, values)
    points = _add_tensor(tree, "face_landmarks", (1, 1, 1, len(values)))
    together = schema.ConcatenationOptionsT()
    together.axis = 3
    _add_operator(tree, schema.BuiltinOperator.CONCATENATION, parts, side_by_side, together)
    pick = schema.GatherOptionsT()
    pick.axis = 3
    _add_operator(tree, schema.BuiltinOperator.GATHER, [side_by_side, sources], points, pick)
    graph.outputs = [points, score]
    return _packed(tree, b"TFL3")


def _coordinate_sources() -> NDArray[np.int32]:
    """Where each of the 478 * 3 coordinates lies among the attention model's outputs laid side by side, [1434]."""
    source = np.empty((FACE_POINTS, 3), np.int32)
    source[:MESH_POINTS] = np.arange(MESH_POINTS * 3).reshape(MESH_POINTS, 3)
    source[MESH_POINTS : MESH_POINTS + IRIS_POINTS, 2] = source[RIGHT_LID, 2]
    source[MESH_POINTS + IRIS_POINTS :, 2] = source[LEFT_LID, 2]
    start = MESH_POINTS * 3
    right_iris = tuple(range(MESH_POINTS, MESH_POINTS + IRIS_POINTS))
    left_iris = tuple(range(MESH_POINTS + IRIS_POINTS, FACE_POINTS))
    for points in (LIP_POINTS, RIGHT_EYE_POINTS, LEFT_EYE_POINTS, right_iris, left_iris):
        source[points, :2] = start + np.arange(2 * len(points)).reshape(-1, 2)
        start += 2 * len(points)
    return source.reshape(-1)


def _read(model: bytes) -> schema.ModelT:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))


def _packed(tree: schema.ModelT | metadata.ModelMetadataT, identifier: bytes) -> bytes:
    builder = flatbuffers.Builder(0)
    builder.Finish(tree.Pack(builder), file_identifier=identifier)
    return bytes(builder.Output())


def _width(graph: schema.SubGraphT, tensor: int) -> int:
    return int(graph.tensors[tensor].shape[-1])


def _add_buffer(tree: schema.ModelT, data: bytes) -> int:
    buffer = schema.BufferT()
    if data:
        buffer.data = np.frombuffer(data, np.uint8)
    tree.buffers.append(buffer)
    return len(tree.buffers) - 1


def _add_tensor(tree: schema.ModelT, name: str, shape: tuple[int, ...], values: NDArray[np.int32] | None = None) -> int:
    """A tensor of float32, or a constant one of int32."""
    tensor = schema.TensorT()
    tensor.name, tensor.shape = name, list(shape)
    tensor.type = schema.TensorType.FLOAT32 if values is None else schema.TensorType.INT32
    tensor.buffer = _add_buffer(tree, b"" if values is None else values.tobytes())
    tensors = tree.subgraphs[0].tensors
    tensors.append(tensor)
    return len(tensors) - 1


def _add_operator(tree: schema.ModelT, code: int, inputs: list[int], output: int, options: object) -> None:
    kind = schema.OperatorCodeT()
    kind.builtinCode, kind.deprecatedBuiltinCode, kind.version = code, code, 1
    tree.operatorCodes.append(kind)
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = len(tree.operatorCodes) - 1, inputs, [output]
    operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
    operator.builtinOptions = options
    tree.subgraphs[0].operators.append(operator)
