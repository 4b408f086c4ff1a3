"""A portrait from a head that stands on its picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis_models.serve.enrol import mesh
from visavis_models.serve.enrol.eyes import LASH_CM, build_eyes
from visavis_models.serve.enrol.fitted import FittedHead
from visavis_models.serve.enrol.mouth import build_mouth
from visavis_models.serve.enrol.plate import background, premultiplied
from visavis_models.serve.head import Head
from visavis_models.serve.portrait import UNKNOWN, Portrait, Provenance

Picture = NDArray[np.uint8]

PLATE_SIDE = 512  # pixels: what is behind is out of focus
LIP_COLUMNS = 28
LIP_CM = 1.0  # the red of a lip is no higher
LIP_CORNERS = (78, 308)  # mediapipe's landmarks where the lips part
LID_COLUMNS = 20


def build(
    name: str,
    head: Head,
    fit: FittedHead,
    picture: Picture,
    matte: Picture,
    provenance: Provenance = UNKNOWN,
    *,
    lash_cm: float = LASH_CM,
    known: NDArray[np.bool_] | None = None,
) -> Portrait:
    """A portrait from a fitted head and its picture.

    Args:
        picture: RGB [S, S, 3]; matte: the figure alone, RGBA [S, S, 4], not premultiplied.
        lash_cm: how far the upper lashes reach above their roots at most.
        known: [S, S], where a picture that was cut out by guess is seen; None: the matte is exact.
    """
    size = len(picture)
    face = mesh.face_of(head)
    visible = mesh.seen(fit, face, size)
    skin_end = head.faces["neck"].stop
    depth = mesh.surface(fit.points, mesh.front(head.triangles[:skin_end]), size)[0]
    corners = head.landmark(LIP_CORNERS[0]), head.landmark(LIP_CORNERS[1])
    upper, lower = mesh.edge_of(fit, visible, *mesh.lips_of(head, LIP_CM), corners, LIP_COLUMNS)
    skin = mesh.build_skin(head, fit, visible, (upper, lower), depth, picture, matte)
    rows = [mesh.pair(head, f"lids.{side}.edge") for side in ("right", "left")]
    lids = [(mesh.columns_of(one, LID_COLUMNS), mesh.columns_of(other, LID_COLUMNS)) for one, other in rows]
    roots = [mesh.columns_of(mesh.pair(head, f"lids.{side}.lash")[0], LID_COLUMNS) for side in ("right", "left")]

    hole = mesh.surface(fit.points, face, size)[1] < 0
    eyes, clean = build_eyes(fit, picture, hole, lids, roots, lash_cm)
    plate = background(picture, matte, known)
    small = cv2.resize(plate, (PLATE_SIDE, PLATE_SIDE), interpolation=cv2.INTER_AREA)
    return Portrait(
        name=name,
        provenance=provenance,
        size=size,
        scale=fit.scale,
        pivot=fit.pivot.astype(np.float32),
        rest=fit.rest,
        figure=premultiplied(clean, plate, matte),
        plate=np.asarray(small, np.uint8),
        skin=skin,
        mouth=build_mouth(head, fit, upper, lower, picture),
        eyes=eyes,
        marks=fit.marks | {"upper_lip": int(upper[len(upper) // 2]), "lower_lip": int(lower[len(lower) // 2])},
    )
