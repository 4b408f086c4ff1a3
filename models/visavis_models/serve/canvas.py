"""`Canvas`: what a stream of frames remembers of the last one, so that only what differs is drawn again.

None of it changes what a frame looks like: a frame drawn from nothing and one drawn upon the last are the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve import raster

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
Picture = NDArray[np.uint8]
Window = tuple[int, int, int, int]  # x0, y0, width, height in pixels of the frame


@dataclass
class Canvas:
    """One stream's last frame.

    Attributes:
        row: float32 [60], the motion it shows; None before the first one.
        points: float32 [N, 3], where the skin's vertices were; values: [N, 3], what they showed.
        map: float32 [S, S, 4], the places of the picture that each pixel shows, see `raster`.
        base: uint8 [S, S, 4], figure over background before edges, eyes and mouth; RGB and the figure's alpha.
        frame: uint8 [S, S, 4], all of it.
        planes: uint8 [S * 3 / 2, S], the frame as I420 where that is asked for.
        spans: int32 [S, 2], the first and one past the last column of each row that was drawn anew.
        windows: those of eyes and mouth.
    """

    points: FloatArray
    values: FloatArray
    map: FloatArray
    base: Picture
    frame: Picture
    planes: Picture
    spans: IntArray
    row: FloatArray | None = None
    windows: list[Window] = field(default_factory=list)

    @classmethod
    def empty(cls, size: int, vertices: int) -> Canvas:
        return cls(
            points=np.zeros((vertices, 3), np.float32),
            values=np.zeros((vertices, 3), np.float32),
            map=np.zeros((size, size, 4), np.float32),
            base=np.zeros((size, size, 4), np.uint8),
            frame=np.zeros((size, size, 4), np.uint8),
            planes=np.zeros((size * 3 // 2, size), np.uint8),
            spans=np.zeros((size, 2), np.int32),
        )

    @property
    def drawn(self) -> int:
        """How many pixels the last frame drew anew."""
        return int((self.spans[:, 1] - self.spans[:, 0]).sum())

    def find_changes(
        self, triangles: tuple[IntArray, ...], points: FloatArray, values: FloatArray, windows: list[Window]
    ) -> None:
        """Set `spans` to where the next frame differs: bent triangles, and the windows of both frames."""
        size = len(self.spans)
        if self.row is None:
            self.spans[:] = [0, size]
            return
        self.spans[:] = 0
        for part in triangles:
            raster.find_changes(part, points, values, self.points, self.values, self.spans, size)
        for x0, y0, w, h in (*windows, *self.windows):
            raster.widen(self.spans, x0, y0, x0 + w - 1, y0 + h - 1, size)
        raster.grow(self.spans, 2, size)

    def forget(self) -> None:
        """The next frame is drawn from nothing."""
        self.row = None
