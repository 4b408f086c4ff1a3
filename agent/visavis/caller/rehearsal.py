"""A talk without a room: real voice activity, recognition, turn detector, host and voice, in real time.

The user is a script: sound for the microphone, and beside it how far the lips are apart and where they look. What a
camera would tell of them comes to the rules of turn taking at its rate and with its delay. So the same talk is held
with and without a picture, and on a machine that could not draw a face beside it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from livekit import rtc
from livekit.agents.voice import io
from numpy.typing import NDArray

from visavis.dialogue.lips import CLOSE, JAW
from visavis.dialogue.turn_taking import TurnTaking
from visavis.media.frames import to_pcm
from visavis_models.spec import MODEL_RATE, N_MOTION, Motion

STEP_S = 0.02
STEP = round(MODEL_RATE * STEP_S)  # samples
VOICED = 0.02  # amplitude
HUSH = 3  # amplitude of a quiet room, of 32768

CAMERA_FPS = 15.0
SEEN_AFTER_S = 0.12  # from the lips to the rules: camera, network, landmarks
AWAY_AFTER_S, BACK_AFTER_S = 0.7, 0.4  # from a glance to its cue, and back

SPEAKING = 0.3  # how far the lips are apart in the loudest vowel
PARTED = 0.15  # while somebody is about to speak
PARTED_BEFORE_S = 0.35  # speakers open their lips so long before their first sound
CLOSING_S = 0.12  # and close them within so much of the last


@dataclass(frozen=True)
class Part:
    """A stretch of a user's turn.

    Attributes:
        pcm: int16 [N] at 16 kHz, whole steps of 20 ms.
        lips: how far they are apart in each step, float32 [N / 320].
        looks: whether they look at the screen.
    """

    pcm: NDArray[np.int16]
    lips: NDArray[np.float32]
    looks: bool = True


def speech(pcm: NDArray[np.float32], *, own: bool = True) -> Part:
    """Speech, float32 [N] at 16 kHz, without the silence around it.

    Args:
        own: their lips move with it; not where they hum, or somebody else speaks.
    """
    voiced = np.flatnonzero(np.abs(pcm) > VOICED)
    pcm = pcm[voiced[0] : voiced[-1] + 1] if len(voiced) else pcm[:0]
    steps = -(-len(pcm) // STEP)
    padded = np.pad(pcm, (0, steps * STEP - len(pcm)))
    level = np.sqrt(np.mean(padded.reshape(steps, STEP) ** 2, axis=1))
    smooth = np.convolve(level / max(float(level.max()), 1e-6), np.ones(3) / 3, "same")
    lips = (SPEAKING * np.sqrt(smooth) if own else np.zeros(steps)).astype(np.float32)
    return Part(to_pcm(padded), lips)


def pause(seconds: float, *, lips: float = 0.0, looks: bool = True, then: Part | None = None) -> Part:
    """Silence; the lips are so far apart, and open before they speak on in `then`."""
    steps = round(seconds / STEP_S)
    apart = np.full(steps, lips, np.float32)
    apart[: round(CLOSING_S / STEP_S)] = np.maximum(apart[: round(CLOSING_S / STEP_S)], PARTED / 2)
    if then is not None and then.lips.any():
        apart[-round(PARTED_BEFORE_S / STEP_S) :] = PARTED
    return Part(np.zeros(steps * STEP, np.int16), apart, looks)


class Microphone(io.AudioInput):
    """The user's: silence, and the parts that are said. Paced by the clock.

    Attributes:
        lips, looks: of each step, with its moment (monotonic seconds), newest last.
        said_at: when the last sample of the last part left.
    """

    def __init__(self) -> None:
        super().__init__(label="rehearsal", source=None)
        self.lips: deque[tuple[float, float, bool]] = deque(maxlen=200)
        self.silent = asyncio.Event()
        self.silent.set()
        self._parts: deque[tuple[NDArray[np.int16], float, bool]] = deque()
        self._rng = np.random.default_rng(0)
        self._due_s = 0.0
        self._looks = True

    def say(self, parts: list[Part]) -> None:
        """From the next step on."""
        self.silent.clear()
        for part in parts:
            blocks = part.pcm.reshape(-1, STEP)
            self._parts += [(block, float(apart), part.looks) for block, apart in zip(blocks, part.lips, strict=True)]

    async def __anext__(self) -> rtc.AudioFrame:
        now = time.monotonic()
        self._due_s = max(self._due_s + STEP_S, now - 0.2)  # what is late is caught up with
        await asyncio.sleep(max(self._due_s - now, 0.0))
        block, apart, looks = self._parts.popleft() if self._parts else (np.zeros(STEP, np.int16), 0.0, True)
        self.lips.append((time.monotonic(), apart, looks))
        if not self._parts:
            self.silent.set()
        hush = self._rng.integers(-HUSH, HUSH + 1, STEP).astype(np.int16)
        return rtc.AudioFrame((block // 2 + hush).astype(np.int16).tobytes(), MODEL_RATE, 1, STEP)


@dataclass(frozen=True)
class Played:
    """A reply that is over: how much of it was played, and whether it was cut."""

    seconds: float
    cut: bool


class Loudspeaker(io.AudioOutput):
    """Plays in real time into nothing.

    Attributes:
        sounding: each 20 ms in which the avatar's voice was heard, monotonic seconds.
        stops: when it was paused or cleared while it sounded.
        replies: those that are over.
    """

    def __init__(self) -> None:
        super().__init__(label="rehearsal", capabilities=io.AudioOutputCapabilities(pause=True))
        self.sounding: list[float] = []
        self.stops: list[float] = []
        self.replies: list[Played] = []
        self._queued_s = self._played_s = 0.0
        self._whole = self._paused = self._open = False

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self._open = True
        self._queued_s += frame.duration

    def flush(self) -> None:
        super().flush()
        self._whole = True

    def clear_buffer(self) -> None:
        if self._pending_playback_count:
            self._stop()
            self._over(cut=True)

    def pause(self) -> None:
        super().pause()
        if not self._paused:
            self._stop()
        self._paused = True

    def resume(self) -> None:
        super().resume()
        self._paused = False

    @property
    def playing(self) -> bool:
        """Whether a reply is under way."""
        return self._open

    @property
    def heard_s(self) -> float:
        """How much of the reply under way was heard."""
        return self._played_s

    def _stop(self) -> None:
        if self._played_s and not self._paused:
            self.stops.append(time.monotonic())

    def _over(self, *, cut: bool) -> None:
        played_s, self._queued_s, self._played_s = self._played_s, 0.0, 0.0
        self._whole = self._open = False
        self.replies.append(Played(played_s, cut))
        self.on_playback_finished(playback_position=played_s, interrupted=cut)

    async def run(self) -> None:
        """Play until cancelled."""
        due_s = time.monotonic()
        while True:
            due_s = max(due_s + STEP_S, time.monotonic() - 0.2)
            await asyncio.sleep(max(due_s - time.monotonic(), 0.0))
            if self._paused or not self._open:
                continue
            if self._played_s < self._queued_s:
                if not self._played_s:
                    self.on_playback_started(created_at=time.time())
                self._played_s = min(self._played_s + STEP_S, self._queued_s)
                self.sounding.append(time.monotonic())
            elif self._whole:
                self._over(cut=False)


@dataclass
class Eyes:
    """What a camera would tell of the user: the cues of gaze as a `Sight`, the lips for the rules of turn taking."""

    microphone: Microphone
    turns: TurnTaking | None = None
    facts: set[str] = field(default_factory=lambda: {"present", "looking"})

    def describe(self) -> str:
        return ""

    async def run(self) -> None:
        """Watch until cancelled."""
        changed_s = time.monotonic()
        while True:
            await asyncio.sleep(1 / CAMERA_FPS)
            now = time.monotonic()
            seen = [entry for entry in self.microphone.lips if entry[0] <= now - SEEN_AFTER_S]
            if not seen:
                continue
            _, apart, looks = seen[-1]
            if looks == ("looking" in self.facts):
                changed_s = now
            elif now - changed_s >= (BACK_AFTER_S if looks else AWAY_AFTER_S):
                self.facts = {"present", "looking" if looks else "looking_away"}
            if self.turns is not None:
                self.turns.see(face(apart), 1.0)


def face(apart: float) -> Motion:
    """The motion of a face with its lips so far apart."""
    values = np.zeros((1, N_MOTION), np.float32)
    values[0, JAW], values[0, CLOSE] = 0.05 + apart, 0.05
    return Motion(values)
