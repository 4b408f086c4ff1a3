"""`rtc` frames to arrays and back: the one place that knows both."""

from __future__ import annotations

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from visavis.media.resample import FloatArray, Resampler
from visavis_models.serve.colour import to_i420
from visavis_models.spec import MODEL_RATE, ROOM_RATE

Pcm = NDArray[np.int16]
FULL_SCALE = 32768.0


def mono(frame: rtc.AudioFrame) -> FloatArray:
    """The mean of a frame's channels, float32 [n] in -1..1, in memory of its own."""
    samples = np.frombuffer(frame.data, np.int16).reshape(-1, frame.num_channels)
    return samples.mean(axis=1, dtype=np.float32) / np.float32(FULL_SCALE)


def to_pcm(samples: FloatArray) -> Pcm:
    """float32 in -1..1 (clipped) to 16-bit."""
    return np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def to_float(pcm: Pcm) -> FloatArray:
    """16-bit to float32 in -1..1."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def to_rgb(frame: rtc.VideoFrame) -> NDArray[np.uint8]:
    """A frame of any kind as an RGB picture uint8 [H, W, 3], read only."""
    if frame.type != rtc.VideoBufferType.RGB24:
        frame = frame.convert(rtc.VideoBufferType.RGB24)
    return np.frombuffer(frame.data, np.uint8).reshape(frame.height, frame.width, 3)


def within(frame: rtc.VideoFrame, long_side: int) -> rtc.VideoFrame:
    """The frame, or where a side of it is longer than `long_side` pixels a smaller one: the mean of whole blocks.

    Planes are made smaller before anything else is done with them, so that 4K costs little more than what is left.
    """
    step = -(-max(frame.width, frame.height) // long_side)
    if step == 1:
        return frame
    import cv2

    if frame.type != rtc.VideoBufferType.I420:
        frame = frame.convert(rtc.VideoBufferType.I420)
    width, height = frame.width // (2 * step), frame.height // (2 * step)  # of the small chroma planes
    planes = []
    for k, double in enumerate((2, 1, 1)):
        plane = np.frombuffer(frame.get_plane(k) or b"", np.uint8).reshape(-1, -(-frame.width * double // 2))
        part = plane[: height * double * step, : width * double * step]
        planes.append(cv2.resize(part, (width * double, height * double), interpolation=cv2.INTER_AREA).ravel())
    return rtc.VideoFrame(2 * width, 2 * height, rtc.VideoBufferType.I420, np.concatenate(planes).tobytes())


def audio_frame(pcm: Pcm, rate: int = ROOM_RATE) -> rtc.AudioFrame:
    """Mono 16-bit samples as a frame."""
    return rtc.AudioFrame(pcm.tobytes(), rate, 1, len(pcm))


def video_frame(picture: NDArray[np.uint8]) -> rtc.VideoFrame:
    """A picture as an I420 frame: RGB uint8 [H, W, 3], or the planes of I420 as they are, uint8 [H * 3 / 2, W].

    RGB gets a buffer of its own; planes are handed on and must not be written to again.
    """
    if picture.ndim == 2:
        height, width = picture.shape[0] * 2 // 3, picture.shape[1]
        return rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, picture.reshape(-1).data)
    height, width, _ = picture.shape
    return rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, to_i420(picture).data)


def compile_kernels() -> None:
    """Compile what this floor runs on, or load it compiled: afterwards the first frame costs what every frame does."""
    video_frame(np.zeros((2, 2, 3), np.uint8))
    Resampler(ROOM_RATE, MODEL_RATE).push(np.zeros(ROOM_RATE // 100, np.float32))
