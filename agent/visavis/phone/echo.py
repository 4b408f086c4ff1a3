"""Takes the agent's own voice out of what a telephone sends: a line without an echo canceller gives it back.

A browser cancels its loudspeaker's echo itself. On the telephone network a gateway may let pass what a hybrid or a
handset reflects (ITU-T G.131 and G.168), and a recogniser takes it for the caller's words. The canceller is WebRTC's
(AEC3), in LiveKit's SDK; it finds the delay by itself. On a line without an echo it would take a caller who speaks over
the agent for one, and silence them, so beyond the agent's first second it is listened to only where an echo was found.
Where the echo is loud, was coded twice and jumps with the jitter of two networks, much of it is left over whenever the
canceller learns anew: what is as good as the agent's voice alone is silenced there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from livekit import rtc

from visavis.media.frames import audio_frame
from visavis.media.tape import Pcm
from visavis_models.spec import ROOM_RATE

PIECE_S = 0.01  # the canceller takes nothing else
REFERENCE = round(ROOM_RATE * PIECE_S)
FINDER_RATE = 8000  # Hz: a telephone carries no more
HEARD_S, NOW_S = 0.6, 0.3  # what is compared to find an echo, and to tell whether it is all there is just now
LATEST_S = 0.7  # how late an echo may be
EVERY_S = 0.05
PROVING_S = 1.2  # of the agent's voice, in which an echo has come back if there is one
ALIKE = 0.6  # correlation with the agent's voice from which the line is heard to give it back
QUIET = 30.0  # of int16, RMS: below it nothing is compared


class EchoFinder:
    """Whether what comes in is the agent's own voice, late: the highest normalised correlation over the delays.

    Attributes:
        found: an echo was heard; a line that has one keeps it.
        alone: what was heard last is an echo, and nobody else is as loud.
        unsure: too little of the agent's voice went out to tell.
    """

    def __init__(self) -> None:
        self.found = self.alone = False
        self._proving = round(PROVING_S * FINDER_RATE)
        self._voice = np.zeros(round((HEARD_S + LATEST_S) * FINDER_RATE), np.float32)
        self._heard = np.zeros(round(HEARD_S * FINDER_RATE), np.float32)
        self._new = 0

    @property
    def unsure(self) -> bool:
        return self._proving > 0

    def hear(self, voice: Pcm, heard: Pcm) -> None:
        """Take in as much of the agent's voice, at 48 kHz, as of what was heard meanwhile, at any rate."""
        count = len(voice) * FINDER_RATE // ROOM_RATE
        for kept, pcm in ((self._voice, voice), (self._heard, heard)):
            kept[:-count] = kept[count:].copy()
            kept[-count:] = pcm.reshape(count, -1).mean(1)
        self._new += count
        if float(np.mean(np.square(voice, dtype=np.float32))) > QUIET**2:
            self._proving -= count
        if self._new >= EVERY_S * FINDER_RATE:
            self._new = 0
            self.found = self.found or self._alike(HEARD_S) > ALIKE
            self.alone = self.found and self._alike(NOW_S) > ALIKE

    def _alike(self, seconds: float) -> float:
        """Correlation of the last `seconds` that were heard with the agent's voice of up to `LATEST_S` before."""
        n = round(seconds * FINDER_RATE)
        # the difference of neighbours: pitch counts for less, and what rumbles for nothing
        voice, heard = np.diff(self._voice[-n - round(LATEST_S * FINDER_RATE) :]), np.diff(self._heard[-n:])
        n = len(heard)
        energy = float(heard @ heard)
        sums = np.concatenate([[0.0], np.cumsum(voice.astype(np.float64) ** 2)])
        energies = sums[n:] - sums[:-n]
        least = n * QUIET**2
        if energy < least or energies.max() < least:
            return 0.0
        size = 1 << (len(voice) - 1).bit_length()  # of a circle: what wraps around lies beyond the delays that are read
        products = np.fft.irfft(np.fft.rfft(voice, size) * np.conj(np.fft.rfft(heard, size)), size)[: len(energies)]
        return float((np.abs(products) / np.sqrt(energy * np.maximum(energies, least))).max())


class EchoCanceller(rtc.FrameProcessor[rtc.AudioFrame]):
    """For the frames of one telephone.

    Args:
        leaving: the next so many samples of the agent's voice, int16 at 48 kHz, as they leave.
    """

    def __init__(self, leaving: Callable[[int], Pcm]) -> None:
        self._leaving = leaving
        self._canceller = rtc.AudioProcessingModule(echo_cancellation=True)
        self._finder = EchoFinder()
        self._enabled = True

    @property
    def enabled(self) -> bool:
        return self._enabled

    @enabled.setter
    def enabled(self, value: bool) -> None:
        self._enabled = value

    def _process(self, frame: rtc.AudioFrame) -> rtc.AudioFrame:
        """A frame, mono, without the echo if there is one; what is left over of whole pieces of 10 ms stays."""
        if not self._enabled:
            return frame
        size = round(frame.sample_rate * PIECE_S) * 2  # bytes
        sound = bytes(frame.data)
        whole = len(sound) // size * size
        pieces = [self._clean(sound[at : at + size], frame.sample_rate) for at in range(0, whole, size)]
        clean = b"".join([*pieces, sound[whole:]])
        return rtc.AudioFrame(clean, frame.sample_rate, 1, len(clean) // 2)

    def _clean(self, sound: bytes, rate: int) -> bytes:
        voice = self._leaving(REFERENCE)
        self._finder.hear(voice, np.frombuffer(sound, np.int16))
        self._canceller.process_reverse_stream(audio_frame(voice))
        piece = rtc.AudioFrame(sound, rate, 1, len(sound) // 2)
        self._canceller.process_stream(piece)
        if self._finder.alone:
            return bytes(len(sound))
        return bytes(piece.data) if self._finder.found or self._finder.unsure else sound

    def _close(self) -> None:
        pass
