"""Picture files, read with care: what a file claims to be is checked before a pixel of it is decoded."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from visavis.media.errors import InputError

Picture = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "WEBP")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
MOST_PIXELS = 50_000_000
MOST_BYTES = 64 << 20
LEAST_SIDE, MOST_SIDE = 64, 20_000
WORKING_SIDE = 2600  # pixels: larger pictures are made smaller, no portrait shows more


def read_picture(path: Path | str) -> Picture:
    """A picture file as RGB uint8 [H, W, 3], upright as its EXIF says; transparent parts lie on a plain grey.

    Raises:
        InputError: no such file, no PNG, JPEG or WebP, too large or too small by its header, or damaged.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: larger than {MOST_BYTES >> 20} MB; save it smaller")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is our own
            with Image.open(path, formats=FORMATS) as image:
                _check_size(path, image.size)
                return _decoded(image)
    except UnidentifiedImageError:
        raise InputError(f"{path}: not a picture; give a PNG, JPEG or WebP file") from None
    except Image.DecompressionBombError:
        raise InputError(f"{path}: too many pixels; save it with fewer than {MOST_PIXELS // 10**6} million") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except InputError:
        raise  # a ValueError, too
    except (ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise InputError(f"{path}: a damaged picture ({error})") from None


def _check_size(path: Path, size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MOST_PIXELS or max(size) > MOST_SIDE:
        raise InputError(
            f"{path}: {width}x{height} is too many pixels; save it with fewer than {MOST_PIXELS // 10**6} million"
        )
    if min(size) < LEAST_SIDE:
        raise InputError(f"{path}: {width}x{height} is too small for a portrait; the face alone should be 200 pixels")


def _decoded(image: Image.Image) -> Picture:
    image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))  # a large JPEG is decoded smaller at once
    upright = ImageOps.exif_transpose(image)
    if "A" in upright.mode or "transparency" in upright.info:
        layered = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", layered.size, (118, 118, 118, 255)), layered)
    upright = upright.convert("RGB")
    upright.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS)
    return np.array(upright, np.uint8)
