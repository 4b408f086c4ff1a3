"""What is behind the figure: the picture's own background, a plain colour, a blur, another picture, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError

Picture = NDArray[np.uint8]
Kind = Literal["own", "plain", "blur", "image", "transparent"]

BLUR_SHARE = 0.035  # of the frame's side: standard deviation of `blur`
MAX_FILE_BYTES = 64 << 20
WAYS = "own, plain:#203040, blur, transparent or the path of a picture"


@dataclass(frozen=True)
class Background:
    """What a portrait is drawn over.

    Attributes:
        kind: "own" keeps the enrolled picture's, "blur" takes it further out of focus, "transparent" is alpha 0.
        colour: RGB of "plain".
        image: RGB uint8 [H, W, 3] of "image"; it covers the frame, its middle shown.
    """

    kind: Kind = "own"
    colour: tuple[int, int, int] = (0, 0, 0)
    image: Picture | None = None

    @classmethod
    def parse(cls, text: str) -> Background:
        """Read what a user writes: `own`, `plain:#203040`, `blur`, `transparent`, or the path of a picture.

        Raises:
            InputError: none of these.
        """
        word, _, rest = text.partition(":")
        if text in ("own", "blur", "transparent"):
            return cls(text)  # type: ignore[arg-type]
        if word == "plain":
            return cls("plain", colour=_colour(text, rest))
        return cls("image", image=_read(text))

    @classmethod
    def of_video(cls, text: str) -> Background:
        """`parse`, for where no alpha can be held.

        Raises:
            InputError: "transparent", or no background at all.
        """
        background = cls.parse(text)
        if background.kind == "transparent":
            raise InputError(
                "background transparent: a video holds no alpha; give own, plain:#203040, blur or a picture "
                "(frames with alpha come from Renderer(..., output='rgba'))"
            )
        return background

    def plate(self, own: Picture, size: int) -> Picture:
        """The background as it is drawn, RGB [size, size, 3]; `own` is the picture's at that size."""
        if self.kind == "own":
            return own
        if self.kind == "blur":
            return blurred(own, BLUR_SHARE * size)
        if self.image is not None:
            return covering(self.image, size)
        return np.full((size, size, 3), self.colour, np.uint8)


def _colour(text: str, digits: str) -> tuple[int, int, int]:
    digits = digits.removeprefix("#")
    try:
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        raise InputError(f"background {text}: write a colour as six hexadecimal digits, plain:#203040") from None
    return red, green, blue


def _read(text: str) -> Picture:
    """A picture from a file, RGB [H, W, 3]; InputError."""
    path = Path(text)
    try:
        large = path.stat().st_size > MAX_FILE_BYTES
        data = b"" if large else path.read_bytes()
    except OSError as error:
        raise InputError(f"background {text}: cannot be read ({error.strerror}); give {WAYS}") from error
    if large:
        raise InputError(f"background {text}: larger than {MAX_FILE_BYTES >> 20} MB; give a smaller picture")
    import cv2  # only who gives a picture waits for it

    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise InputError(f"background {text}: is no picture; give a PNG, JPEG or WebP file")
    return np.ascontiguousarray(picture[..., ::-1], np.uint8)


def blurred(picture: Picture, deviation: float) -> Picture:
    """A square picture [S, S, 3] under a Gaussian of so many pixels, its borders held."""
    at = np.arange(len(picture))
    weights = np.exp(-0.5 * ((at[:, None] - at) / deviation) ** 2)
    share = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return separable(picture, share, share)


def covering(picture: Picture, side: int) -> Picture:
    """The middle of a picture [H, W, C] of any shape as a square [side, side, C]."""
    H, W, _ = picture.shape
    square = min(H, W)
    top, left = (H - square) // 2, (W - square) // 2
    return resized(picture[top : top + square, left : left + square], side)


def resized(picture: Picture, side: int) -> Picture:
    """A square picture [S, S, C] at another size: each pixel the mean over its area (S -> side <= S), else linear."""
    size = len(picture)
    if size == side:
        return np.ascontiguousarray(picture)
    edges = np.arange(side + 1) * (size / side)
    if side > size:
        at = np.clip((np.arange(side) + 0.5) * (size / side) - 0.5, 0, size - 1)
        share = np.maximum(1 - np.abs(at[:, None] - np.arange(size)), 0)
    else:
        share = np.maximum(
            np.minimum(edges[1:, None], np.arange(1, size + 1)) - np.maximum(edges[:-1, None], np.arange(size)), 0
        )
    share = (share / share.sum(1, keepdims=True)).astype(np.float32)
    return separable(picture, share, share)


def separable(picture: Picture, down: NDArray[np.float32], across: NDArray[np.float32]) -> Picture:
    """Rows of a picture [H, W, C] weighed by `down` [h, H], columns by `across` [w, W]: [h, w, C], rounded."""
    rows = np.tensordot(down, picture.astype(np.float32), 1)
    both = np.tensordot(across, rows.transpose(1, 0, 2), 1).transpose(1, 0, 2)
    return np.ascontiguousarray(np.clip(both + 0.5, 0, 255).astype(np.uint8))
