"""`Renderer`: motion rows to pictures of one face, at the quality that there is time for."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.serve import colour, pixels
from visavis_models.serve.background import Background
from visavis_models.serve.canvas import Canvas
from visavis_models.serve.painter import Painter
from visavis_models.serve.portrait import Portrait, portrait
from visavis_models.serve.quality import HalfRate, Quality, steps_of
from visavis_models.serve.stage import SIZES
from visavis_models.spec import INDEX, N_MOTION

FloatArray = NDArray[np.float32]
Picture = NDArray[np.uint8]
Output = Literal["rgb", "rgba", "i420"]


class Renderer:
    """Draws one face at one size. What it keeps is scratch memory and canvases: one for each stream, in one thread.

    Args:
        portrait: the face; renderers of the same one at the same size share what is large.
        size: side of the frames in pixels, one of `SIZES`.
        background: what is behind the figure; None: what was behind it in its picture.
        output: "rgb" [B, S, S, 3], "rgba" [B, S, S, 4] with straight alpha (255 where the background is not
            transparent), or "i420" [B, S * 3 / 2, S] in BT.601, limited range.
        ladder: hold ready what the steps below `Quality.FULL` need, about 20 MB of a frame of 512 pixels.

    Attributes:
        steps: the qualities that it can be set to, best first.

    Raises:
        InputError: another size or output, or a transparent background where no alpha is put out.
    """

    def __init__(
        self,
        portrait: Portrait,
        size: int = 512,
        *,
        background: Background | None = None,
        output: Output = "rgb",
        ladder: bool = False,
    ) -> None:
        if output not in get_args(Output):
            raise InputError(f"output {output}: give one of {', '.join(get_args(Output))}")
        background = background or Background()
        self.transparent = background.kind == "transparent"
        if self.transparent and output != "rgba":
            raise InputError(f"background transparent: {output} holds no alpha; draw rgba, or give another background")
        self.portrait, self.size, self.output = portrait, size, output
        self.steps = steps_of(size) if ladder else (Quality.FULL,)
        self._painters: dict[int, Painter] = {}
        for side in {step.side(size) for step in self.steps}:
            self._painters[side] = Painter(portrait, side, background)
        self._quality = Quality.FULL
        self._painter = self._painters[size]
        self._half_rate = HalfRate()
        self._scaled = np.zeros((size, size, 4) if len(self._painters) > 1 else (0, 0, 4), np.uint8)
        self._planes = np.zeros((size * 3 // 2, size) if output == "i420" else (0, 0), np.uint8)
        self._spans = np.zeros((size, 2), np.int32)

    @property
    def canvas(self) -> Canvas:
        """What the last frame was drawn upon: smaller than the frame on the lower steps."""
        return self._painter.canvas

    @property
    def quality(self) -> Quality:
        """How well the next frame is drawn; it may be set between any two frames, to one of `steps`.

        Raises:
            InputError: set to another.
        """
        return self._quality

    @quality.setter
    def quality(self, quality: Quality) -> None:
        if quality not in self.steps:
            have = ", ".join(step.value for step in self.steps)
            raise InputError(f"quality {quality.value}: this renderer has {have}; make it with ladder=True")
        painter = self._painters[quality.side(self.size)]
        if painter is not self._painter:
            painter.canvas.forget()
            self._painter = painter
        self._quality = quality

    def render(self, motion: FloatArray, out: Picture | None = None) -> Picture:
        """Draw frames.

        Args:
            motion: float32 [B, 60], rows of the face space; weights are held in 0..1.
            out: uint8 to draw into, C-contiguous, of the shape that `output` says; None: new memory.

        Returns:
            `out`.

        Raises:
            InputError: another shape, or values that are not finite.
        """
        if motion.ndim != 2 or motion.shape[1] != N_MOTION or not np.isfinite(motion).all():
            raise InputError(f"motion is {motion.shape}: give finite float32 [frames, {N_MOTION}]")
        S = self.size
        shape = (len(motion), *{"rgb": (S, S, 3), "rgba": (S, S, 4), "i420": (S * 3 // 2, S)}[self.output])
        if out is None:
            out = np.empty(shape, np.uint8)
        if out.shape != shape or out.dtype != np.uint8 or not out.flags.c_contiguous:
            raise InputError(f"out is {out.dtype}{out.shape}: give contiguous uint8 {shape}")
        for row, frame in zip(np.asarray(motion, np.float32), out, strict=True):
            self._put_out(self._draw(row), frame)
        return out

    def landmarks(self, motion: FloatArray) -> dict[str, FloatArray]:
        """Where the named vertices of the face are drawn: name -> float32 [B, 2], pixels of the frame."""
        found: dict[str, list[FloatArray]] = {name: [] for name in self.portrait.marks}
        for row in motion:
            points = self._painters[self.size].places(np.asarray(row, np.float32))
            for name, vertex in self.portrait.marks.items():
                found[name].append(points[vertex, :2].copy())
        return {name: np.array(places, np.float32) for name, places in found.items()}

    def _draw(self, row: FloatArray) -> Picture:
        """Draw what a motion row [60] shows; the frame, RGBA [S, S, 4] over the background, alpha the figure's."""
        painter, canvas = self._painter, self._painter.canvas
        painter.draw(row if self._quality is Quality.FULL else self._half_rate.of(row))
        if painter.size == self.size:
            frame, self._spans[:] = canvas.frame, canvas.spans
        else:
            frame = self._scaled
            plate = self._painters[self.size].plate
            pixels.scale_up(canvas.packed_frame, canvas.spans, plate, frame.view("<u4")[..., 0], self._spans)
        if self.output == "i420":
            colour.fill_i420(frame.view("<u4")[..., 0], self._spans, self._planes.reshape(-1))
        return frame

    def _put_out(self, frame: Picture, out: Picture) -> None:
        if self.output == "rgb":
            colour.fill_rgb(frame, out)
        elif self.output == "i420":
            out[:] = self._planes
        elif self.transparent:
            colour.fill_straight(frame, out)
        else:
            out[:] = frame
            out[..., 3] = 255


def compile_kernels() -> None:
    """Draw frames of the default face, one upon the other, so that every kernel is compiled and cached; for set-up."""
    face = portrait("alex")
    motion = np.zeros((4, N_MOTION), np.float32)
    motion[0, INDEX["tongueOut"]] = 1
    motion[1:, INDEX["jawOpen"]] = 0.3, 0.4, 0.4
    motion[2, INDEX["mouthPucker"]] = 0.6
    motion[3, [INDEX["headYaw"], INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]] = 0.1, 0.6, 0.6
    for output in get_args(Output):
        background = Background("transparent" if output == "rgba" else "own")
        renderer = Renderer(face, sorted(SIZES)[1], background=background, output=output, ladder=True)
        for step in renderer.steps:
            renderer.quality = step
            renderer.render(motion)
