"""Pictures to enrol: a public-domain photograph, and our own face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer

Picture = NDArray[np.uint8]


@pytest.fixture(scope="session")
def astronaut() -> Picture:
    """A photograph of a smiling face, RGB [512, 512, 3], public domain (NASA)."""
    data = pytest.importorskip("skimage.data")
    return np.asarray(data.astronaut(), np.uint8)


@pytest.fixture(scope="session")
def own_face() -> Picture:
    """Alex as a picture, RGB [512, 512, 3]."""
    face = portrait("alex")
    return Renderer(face).render(face.rest[None])[0]


@pytest.fixture
def saved(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Writes a picture to a file: `saved(picture, "me.png")`."""

    def save(picture: Picture, name: str = "me.png") -> Path:
        Image.fromarray(picture).save(tmp_path / name)
        return tmp_path / name

    return save
