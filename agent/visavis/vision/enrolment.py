"""From a picture file to an `.avatar` file, or to one clear sentence why there is none."""

from __future__ import annotations

import datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visavis.media import cache
from visavis.media.errors import InputError
from visavis.vision.bundles import find
from visavis.vision.pictures import read_picture
from visavis.vision.still import StillEye, height_of
from visavis_models.serve.enrol import NoPortraitError, enrol
from visavis_models.serve.portrait import Portrait, Provenance

Picture = NDArray[np.uint8]

LEAST_FACE_PX = 90  # from the top of the forehead to the chin
ANOTHER = 0.4  # of the face's height: smaller ones in the background do not count
STEADY = 0.013  # of the face's height: looks that differ by more see no face they could trust


def enrol_file(path: Path, out: Path, *, name: str = "", consent: str = "") -> Portrait:
    """Enrol a picture file and write the `.avatar` file `out`.

    Args:
        name: what to call the face; "": the file's name.
        consent: who says that the person agreed, in words of the one who enrols.

    Raises:
        InputError: the file is no picture, or no portrait can be made of it; says why.
        AssetError: the models that see faces are not set up.
    """
    provenance = Provenance(
        source=path.name,
        sha256=cache.sha256_of(path) if path.is_file() else "",
        made_by=f"visavis {version('visavis')}",
        made_at=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        consent=consent,
    )
    try:
        made = enrol_picture(read_picture(path), name or path.stem, provenance)
    except NoPortraitError as error:
        raise InputError(f"{path}: {error}") from None
    made.save(out)
    return made


def enrol_picture(picture: Picture, name: str, provenance: Provenance) -> Portrait:
    """A portrait of the one face in a picture, RGB [H, W, 3].

    Raises:
        NoPortraitError: none can be made of it.
        AssetError: the models that see faces are not set up.
    """
    with StillEye(find()) as eye:
        landmarks = the_face(eye, picture)
        return enrol(picture, landmarks, eye.figure, eye.hands, name=name, provenance=provenance)


def the_face(eye: StillEye, picture: Picture) -> NDArray[np.float32]:
    """The landmarks [478, 3] of the one face that counts.

    Raises:
        NoPortraitError: there is none, there are several, or it is too small.
    """
    faces = eye.faces(picture)
    if not faces:
        raise NoPortraitError("no face is seen in it; give a picture of one face, looking at the camera")
    others = [face for face in faces[1:] if height_of(face) > ANOTHER * height_of(faces[0])]
    if others:
        raise NoPortraitError(f"{len(others) + 1} faces are seen in it; cut out the one you mean")
    height = height_of(faces[0])
    if height < LEAST_FACE_PX:
        raise NoPortraitError(
            f"the face is too small: {height:.0f} pixels high; give a picture where it has {LEAST_FACE_PX} or more"
        )
    landmarks, spread = eye.closely(picture, faces[0])
    if spread > STEADY:
        raise NoPortraitError("the face cannot be made out well enough; is it covered, very dark or blurred?")
    return landmarks
