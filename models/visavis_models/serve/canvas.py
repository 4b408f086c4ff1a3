"""`Canvas`: what a stream of frames remembers of the last one, so that only what differs is drawn again.

None of it changes what a frame looks like: a frame drawn from nothing and one drawn upon the last are the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis_models.serve import pixels, raster

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
Picture = NDArray[np.uint8]
Packed = NDArray[np.uint32]  # RGBA, red in the lowest byte
Window = tuple[int, int, int, int]  # x0, y0, width, height in pixels of the frame


@dataclass
class Canvas:
    """One stream's last frame.

    Attributes:
        row: float32 [60], the motion it shows; None before the first one.
        points: float32 [N, 3], where the skin's vertices were; values: [N, 3], what they showed.
        map: float32 [S, S, 4], the places of the picture that each pixel shows, see `raster`.
        base: uint8 [S, S, 4], figure over background before edges, eyes and mouth; RGB and the figure's alpha.
        frame: uint8 [S, S, 4], all of it; packed_base, packed_frame: uint32 [S, S], the same memory, a number a pixel.
        spans: int32 [S, 2], the first and one past the last column of each row that was drawn anew.
        windows: those of both eyes and the mouth.
    """

    points: FloatArray
    values: FloatArray
    map: FloatArray
    base: Picture
    frame: Picture
    spans: IntArray
    row: FloatArray | None = None
    windows: list[Window] = field(default_factory=list)
    packed_base: Packed = field(init=False)
    packed_frame: Packed = field(init=False)

    def __post_init__(self) -> None:
        self.packed_base, self.packed_frame = (whole.view("<u4")[..., 0] for whole in (self.base, self.frame))

    @classmethod
    def empty(cls, size: int, vertices: int) -> Canvas:
        return cls(
            points=np.zeros((vertices, 3), np.float32),
            values=np.zeros((vertices, 3), np.float32),
            map=np.zeros((size, size, 4), np.float32),
            base=np.zeros((size, size, 4), np.uint8),
            frame=np.zeros((size, size, 4), np.uint8),
            spans=np.zeros((size, 2), np.int32),
        )

    @property
    def drawn(self) -> int:
        """How many pixels the last frame drew anew."""
        return int((self.spans[:, 1] - self.spans[:, 0]).sum())

    def find_changes(
        self,
        groups: tuple[IntArray, ...],
        points: FloatArray,
        values: FloatArray,
        windows: list[Window],
        alike: list[bool],
    ) -> list[bool]:
        """Set `spans` to where the next frame differs: bent triangles, and the windows of both frames.

        Args:
            groups: of the meshes, see `raster.find_changes`; points, values: of their vertices in the next frame.
            windows: of the next frame; alike: which of them show the same unless the skin in them has changed.

        Returns:
            which windows have to be drawn.
        """
        size = len(self.spans)
        if self.row is None:
            self.spans[:] = [0, size]
            return [True] * len(windows)
        self.spans[:] = 0
        for part in groups:
            raster.find_changes(part, points, values, self.points, self.values, self.spans, size)
        raster.grow(self.spans, pixels.RUN + 2, size)
        drawn = [False] * len(windows)
        for _ in windows:  # what one window widens may reach into another
            for k, ((x0, y0, w, h), old) in enumerate(zip(windows, self.windows, strict=True)):
                same = alike[k] and (x0, y0, w, h) == old
                if drawn[k] or (same and not raster.crosses(self.spans, x0, y0, x0 + w - 1, y0 + h - 1)):
                    continue
                drawn[k] = True
                for left, top, wide, high in (windows[k], old):
                    raster.widen(self.spans, left, top, left + wide - 1, top + high - 1, size)
        return drawn

    def forget(self) -> None:
        """The next frame is drawn from nothing."""
        self.row = None
