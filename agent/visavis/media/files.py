"""Sound and picture files, through PyAV: whatever it reads comes in, H264 and AAC in mp4 go out. Knows no LiveKit."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av import Packet
from av.error import FFmpegError
from numpy.typing import NDArray

from visavis_models.errors import InputError
from visavis_models.spec import FPS
from visavis_models.writing import partial_of, written


def read_audio(path: Path | str, rate: int) -> NDArray[np.float32]:
    """Decode the first audio track of a file.

    Args:
        path: any file that FFmpeg reads, sound or video.
        rate: sample rate of the result, Hz.

    Returns:
        float32 [N] in -1..1, mono.

    Raises:
        InputError: no such file, no audio track in it, nothing decodable, or no sample at all.
    """
    blocks = []
    with _opened(path) as container:
        if not container.streams.audio:
            raise InputError(f"{path}: has no sound; give a file with an audio track")
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        try:
            for frame in container.decode(audio=0):
                blocks += [block.to_ndarray()[0] for block in resampler.resample(frame)]
            blocks += [block.to_ndarray()[0] for block in resampler.resample(None)]
        except FFmpegError as error:
            raise InputError(f"{path}: the sound cannot be decoded ({error.strerror})") from error
    if not blocks or not sum(map(len, blocks)):
        raise InputError(f"{path}: holds no sound at all")
    return np.concatenate(blocks).astype(np.float32, copy=False)


def read_pictures(path: Path | str) -> Generator[tuple[float, NDArray[np.uint8]]]:
    """Decode the first video track: (seconds from the file's first picture, RGB uint8 [H, W, 3]), one after the other.

    Raises:
        InputError: no such file, no video track, or nothing decodable; raised before the first picture is given out.
    """
    with _opened(path) as container:
        if not container.streams.video:
            raise InputError(f"{path}: has no picture; give a video file")
        first = None
        try:
            for frame in container.decode(video=0):
                first = frame.time if first is None else first
                rgb = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                # a phone's video says how far to turn it, counter-clockwise, to stand upright
                yield (frame.time or 0.0) - (first or 0.0), np.rot90(rgb, round(frame.rotation / 90))
        except FFmpegError as error:
            raise InputError(f"{path}: the picture cannot be decoded ({error.strerror})") from error
        if first is None:
            raise InputError(f"{path}: holds no picture at all")


def picture_count(path: Path | str) -> int | None:
    """How many pictures a file says that it holds, for progress bars; None where it does not say.

    Raises:
        InputError: no such file.
    """
    with _opened(path) as container:
        return (container.streams.video[0].frames or None) if container.streams.video else None


def _opened(path: Path | str) -> av.container.InputContainer:
    try:
        return av.open(str(path))
    except (FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read ({reason}); give a sound or video file") from error


class VideoWriter:
    """An mp4 in the making: H264 pictures at 25 fps and any number of AAC tracks, all beginning at 0.

    Picture k shows frame k. The file appears under its name only when it is whole: after an error nothing is left.

    Args:
        path: where the mp4 will stand; its folder must exist.
        size: (width, height) of every picture in pixels, both even.
        audio_rates: sample rate in Hz of each audio track.

    Raises:
        InputError: it cannot be written: no such folder, no right to it; later, no room left.
    """

    def __init__(self, path: Path | str, size: tuple[int, int], audio_rates: Sequence[int] = ()) -> None:
        self.path = Path(path)
        self._partial = partial_of(path)
        width, height = size
        assert width % 2 == 0 and height % 2 == 0, f"H264 wants even sizes, not {width}x{height}"
        with written(path):
            self._partial.touch()
        self._container = av.open(str(self._partial), "w", format="mp4")
        self._video = self._container.add_stream("h264", rate=FPS, options={"preset": "veryfast", "crf": "18"})
        self._video.width, self._video.height, self._video.pix_fmt = width, height, "yuv420p"
        self._audio = [self._container.add_stream("aac", rate=rate, layout="mono") for rate in audio_rates]
        self._pictures = 0
        self._samples = [0] * len(self._audio)

    def picture(self, rgb: NDArray[np.uint8]) -> None:
        """Append one picture, RGB uint8 [H, W, 3]."""
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        frame.pts, frame.time_base = self._pictures, Fraction(1, FPS)
        self._pictures += 1
        self._mux(self._video.encode(frame))

    def sound(self, pcm: NDArray[np.float32], track: int = 0) -> None:
        """Append samples to one audio track, float32 [N] in -1..1 at the track's rate."""
        stream = self._audio[track]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm[None], np.float32), format="fltp", layout="mono")
        frame.rate, frame.time_base = stream.rate, Fraction(1, stream.rate)
        frame.pts = self._samples[track]
        self._samples[track] += len(pcm)
        self._mux(stream.encode(frame))

    def close(self) -> None:
        """Finish the file and give it its name.

        Raises:
            InputError: it cannot be written; nothing is left of it.
        """
        try:
            self._mux(self._video.encode(None))
            for stream in self._audio:
                self._mux(stream.encode(None))
            with written(self.path):
                self._container.close()
                self._partial.replace(self.path)
        finally:
            self.discard()

    def discard(self) -> None:
        """Leave nothing behind of a file that has not got its name."""
        with contextlib.suppress(OSError):  # where there is no room its end cannot be written either
            self._container.close()
        self._partial.unlink(missing_ok=True)

    def _mux(self, packets: list[Packet]) -> None:
        with written(self.path):
            self._container.mux(packets)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()
