"""Takes the agent's own voice out of what a telephone sends: a line without an echo canceller gives it back.

A browser cancels its loudspeaker's echo itself. On the telephone network a gateway may let pass what a hybrid or a
handset reflects (ITU-T G.131 and G.168), and a recogniser takes it for the caller's words. The canceller is WebRTC's
(AEC3), in LiveKit's SDK; it finds the delay by itself.
"""

from __future__ import annotations

from collections.abc import Callable

from livekit import rtc

from visavis.media.frames import audio_frame
from visavis.media.tape import Pcm
from visavis_models.spec import ROOM_RATE

PIECE_S = 0.01  # the canceller takes nothing else
REFERENCE = round(ROOM_RATE * PIECE_S)


class EchoCanceller(rtc.FrameProcessor[rtc.AudioFrame]):
    """For the frames of one telephone.

    Args:
        leaving: the next so many samples of the agent's voice, int16 at 48 kHz, as they leave.
    """

    def __init__(self, leaving: Callable[[int], Pcm]) -> None:
        self._leaving = leaving
        self._canceller = rtc.AudioProcessingModule(echo_cancellation=True)
        self._enabled = True

    @property
    def enabled(self) -> bool:
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._enabled = value

    def _process(self, frame: rtc.AudioFrame) -> rtc.AudioFrame:
        """A frame, mono, without the echo; what is left over of whole pieces of 10 ms stays as it is."""
        if not self._enabled:
            return frame
        size = round(frame.sample_rate * PIECE_S) * 2  # bytes
        sound = bytes(frame.data)
        whole = len(sound) // size * size
        pieces = [self._clean(sound[at : at + size], frame.sample_rate) for at in range(0, whole, size)]
        clean = b"".join([*pieces, sound[whole:]])
        return rtc.AudioFrame(clean, frame.sample_rate, 1, len(clean) // 2)

    def _clean(self, sound: bytes, rate: int) -> bytes:
        self._canceller.process_reverse_stream(audio_frame(self._leaving(REFERENCE)))
        piece = rtc.AudioFrame(sound, rate, 1, len(sound) // 2)
        self._canceller.process_stream(piece)
        return bytes(piece.data)

    def _close(self) -> None:
        pass
