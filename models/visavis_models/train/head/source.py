"""The source of our head, ICT-FaceKit as it comes: every vertex, every mode, and what each vertex belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.head import PARTS
from visavis_models.serve.rotation import GAZE_DOWN, GAZE_IN, GAZE_OUT, GAZE_UP, rotation
from visavis_models.spec import INDEX, WEIGHTS
from visavis_models.train.portrait.head import FACE, GUMS, SKIN, SOCKET, TEETH, load_head

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ORBIT = range(13294, 14062)  # the lids' inside
SCLERA = (range(23021, 23791), range(21451, 22221))  # the person's right eye first; the cornea is part of it
IRIS = (range(23791, 24591), range(22221, 23021))
LASHES = range(25351, 26719)
LANDMARK_ERROR_PX = 7.0  # landmarks that sit worse than that on the head are left out


@dataclass(frozen=True)
class Source:
    """ICT-FaceKit in our face space.

    Attributes:
        points: [N, 3] cm; triangles: [T, 3]; uv: [N, 2], v up.
        quads: [F, 4], -1 pads triangles.
        identity: [100, N, 3] cm at one standard deviation.
        expression: [54, N, 3] cm at weight 1, the first 54 channels of the face space, the eyeballs unmoved.
        part: [N], index into `PARTS`, -1 for what is left out.
        landmark_index, landmark_vertex: [L], mediapipe's landmarks and the vertices under them.
    """

    points: FloatArray
    triangles: IntArray
    uv: FloatArray
    quads: IntArray
    identity: FloatArray
    expression: FloatArray
    part: IntArray
    landmark_index: IntArray
    landmark_vertex: IntArray


def load_source(folder: Path) -> Source:
    """Read `ict_face.npz` and `mediapipe478_to_ict.npz` in a folder."""
    head = load_head(folder / "ict_face.npz")
    with np.load(folder / "ict_face.npz", allow_pickle=False) as data:
        identity = data["identity_q"] * data["identity_scale"][:, None, None].astype(np.float64)
        uv = _vertex_uv(data["faces"], data["faces_uv"], data["uv"])
    with np.load(folder / "mediapipe478_to_ict.npz", allow_pickle=False) as data:
        sure = np.nonzero(data["error_px"][:468] < LANDMARK_ERROR_PX)[0]
        landmarks, under = sure.astype(np.int64), data["vertex"][sure].astype(np.int64)
    triangles = head.triangles(range(len(head.vertices)))
    part = _parts(len(head.vertices), head.tongue, head.modes[INDEX["jawOpen"]])
    expression = np.zeros((WEIGHTS.stop, *head.vertices.shape))
    expression[: len(head.modes)] = head.modes
    expression[INDEX["tongueOut"]], expression[INDEX["tongueUp"]] = tongue_modes(head.vertices, head.tongue)
    kept = (part[triangles] >= 0).all(1)
    return Source(head.vertices, triangles[kept], uv, head.quads, identity, expression, part, landmarks, under)


def tongue_modes(points: FloatArray, tongue: BoolArray) -> tuple[FloatArray, FloatArray]:
    """`tongueOut` and `tongueUp` [N, 3] cm: the tongue slides over the lower lip, or its tip rises to the teeth."""
    front = points[tongue, 2].max()
    reach = np.where(tongue, np.clip(1 - (front - points[:, 2]) / 4.0, 0, 1), 0.0)
    out, up = np.zeros_like(points), np.zeros_like(points)
    # Forward over teeth and lip, where the tip spreads and droops; together with tongueUp it stays between the teeth.
    out[:, 0] = 0.45 * reach**2 * (points[:, 0] - points[tongue, 0].mean())
    out[:, 1] = 0.8 * np.sin(0.75 * np.pi * reach) - 1.7 * reach**4
    out[:, 2] = 4.0 * np.sqrt(reach)
    up[:, 1], up[:, 2] = 1.35 * reach**1.5, 0.45 * reach
    return out, up


def gaze_modes(ball: FloatArray, centre: FloatArray, side: int) -> dict[str, FloatArray]:
    """What the four gaze channels of one eye (0: the person's right) do to its vertices [B, 3]: a turn at weight 1."""
    name, outward = ("Right", -1.0) if side == 0 else ("Left", 1.0)
    away = ball - centre
    turns = {
        f"eyeLookDown{name}": (GAZE_DOWN, 0.0),
        f"eyeLookUp{name}": (-GAZE_UP, 0.0),
        f"eyeLookOut{name}": (0.0, outward * GAZE_OUT),
        f"eyeLookIn{name}": (0.0, -outward * GAZE_IN),
    }
    return {key: away @ rotation(pitch, yaw, 0.0).T.astype(np.float64) - away for key, (pitch, yaw) in turns.items()}


def _parts(count: int, tongue: BoolArray, jaw_open: FloatArray) -> IntArray:
    """The part of each vertex; gums and teeth that follow the jaw are the lower ones."""
    part = np.full(count, -1)
    lower = np.linalg.norm(jaw_open, axis=1) > 0.3
    whole = {"face": FACE, "neck": SKIN[len(FACE) :], "socket": SOCKET, "orbit": ORBIT, "lashes": LASHES}
    whole |= {"right_sclera": SCLERA[0], "right_iris": IRIS[0], "left_sclera": SCLERA[1], "left_iris": IRIS[1]}
    for name, vertices in whole.items():
        part[vertices] = PARTS.index(name)
    gums, teeth = np.zeros(count, bool), np.zeros(count, bool)
    gums[GUMS], teeth[TEETH] = True, True
    for name, mask in {
        "upper_gums": gums & ~lower & ~tongue,
        "lower_gums": gums & lower & ~tongue,
        "tongue": tongue,
        "upper_teeth": teeth & ~lower,
        "lower_teeth": teeth & lower,
    }.items():
        part[mask] = PARTS.index(name)
    return part


def _vertex_uv(faces: IntArray, faces_uv: IntArray, uv: FloatArray) -> FloatArray:
    """One texture coordinate a vertex, that of its first face: on a seam the other side's is lost."""
    out = np.zeros((int(faces.max()) + 1, 2))
    real = faces >= 0
    out[faces[real][::-1]] = uv[faces_uv[real][::-1]]
    return out
