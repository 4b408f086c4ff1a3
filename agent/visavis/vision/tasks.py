"""mediapipe's Tasks, imported without what they plot with; that takes a second or two, so import it late."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from visavis.vision.quiet import without_plots

with without_plots():
    import mediapipe
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python import vision as vision


def base(path: os.PathLike[str]) -> BaseOptions:
    """A task's model, on the processor."""
    return BaseOptions(model_asset_path=os.fspath(path), delegate=BaseOptions.Delegate.CPU)


def image(picture: NDArray[np.uint8]) -> mediapipe.Image:
    """A picture RGB [H, W, 3] as Tasks take it: they read rows without gaps."""
    return mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
