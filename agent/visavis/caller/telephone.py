"""A call by a real telephone: it speaks and hears, and a silent observer in the room reads captions and events along.

What is measured is measured at the telephone, on the sound that it sent and heard. The observer takes the agent's
voice only to know when a reply is over, and none of the picture: a telephone has none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.caller.activity import levels
from visavis.caller.conversation import DEFAULT_PATIENCE, Conversation, Patience
from visavis.caller.ear import Ear
from visavis.caller.session import Connection
from visavis.caller.speech import Plan
from visavis.caller.take import BLOCK, Said, Take, now_s
from visavis.media.frames import to_float, to_pcm
from visavis.media.resample import FloatArray, Resampler
from visavis_models.spec import ROOM_RATE

PULSE_S = 0.02
BLOCK_S = BLOCK / ROOM_RATE
ALIGN_S = 1.0  # a line is looked for so far from where it was asked for
STEP_S = 0.005


class Phone(Protocol):
    """A telephone, as a conversation sees it."""

    @property
    def rate(self) -> int:
        """Samples a second of what it is given to say, Hz."""

    async def say(self, sound: NDArray[np.float32]) -> float:
        """Speak from now on; when, in seconds of `time.time`."""

    def heard(self) -> tuple[NDArray[np.float32], int]:
        """What it heard: samples and their rate, Hz."""

    def said(self) -> tuple[NDArray[np.float32], int]:
        """What it sent, likewise."""


class Mouth:
    """The telephone's microphone, as a conversation sees it."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def say(self, said: Said) -> None:
        sound = at_rate(to_float(said.line.pcm), ROOM_RATE, self._phone.rate)
        at_s = await self._phone.say(sound) - time.time() + now_s()
        blocks = -(-len(said.line.pcm) // BLOCK)
        said.leaves.extend(at_s + k * BLOCK_S for k in range(blocks))

    async def pulse(self) -> None:
        await asyncio.sleep(PULSE_S)


async def hold_phone_call(
    url: str,
    token: str,
    plan: Plan,
    take: Take,
    phone: Phone,
    *,
    notice: Callable[[str], None] = lambda _: None,
    patience: Patience = DEFAULT_PATIENCE,
) -> None:
    """Follow the plan on a telephone whose call is established; `take` has what was told and said, and no sound yet.

    Args:
        url, token: of the room that the telephone is in, for a hidden observer.

    Raises:
        InputError, ServerError, RoomError: as `hold_call`.
    """
    async with Connection(url, token, audio_only=True) as connection:
        ear = Ear(connection.room, take, None)
        try:
            await Conversation(plan, take, connection, Mouth(phone), ear, notice, patience).run()
        finally:
            take.ended_s = now_s()
            await ear.aclose()


def by_the_phone(take: Take, phone: Phone, established_s: float) -> None:
    """Put into the take how it was at the telephone: its own sound in both directions, from the moment of the answer.

    Both recordings of the telephone begin with the call, within some 50 ms.

    Args:
        established_s: when the call was, on the caller's clock.
    """
    heard, said = (_pcm(*recording) for recording in (phone.heard(), phone.said()))
    blocks = [heard[k : k + BLOCK] for k in range(0, len(heard), BLOCK)]
    take.heard[:] = [(established_s + (k + 1) * BLOCK_S, block) for k, block in enumerate(blocks)]
    take.said[:] = [_aligned(line, said, established_s) for line in take.said]
    take.envelopes.clear()  # they would tell of the picture's skew
    take.ended_s = max(take.ended_s, established_s + len(heard) / ROOM_RATE)
    take.remarks.append("a telephone has no picture: nothing of video, skew and lips was measured")


def _aligned(line: Said, sent: NDArray[np.int16], established_s: float) -> Said:
    """The line where it is in what was sent, near to where it was asked for."""
    shape, track = levels(line.line.pcm, ROOM_RATE), levels(sent, ROOM_RATE)
    asked = round((line.leaves[0] - established_s) / STEP_S) if line.leaves else 0
    reach = round(ALIGN_S / STEP_S)
    begins = [at for at in range(max(asked - reach, 0), asked + reach) if at + len(shape) <= len(track)]
    if not line.leaves or not begins:
        return line
    shape = np.maximum(shape, -60)
    best = max(begins, key=lambda at: -float(np.abs(np.maximum(track[at : at + len(shape)], -60) - shape).mean()))
    began_s = established_s + best * STEP_S
    return replace(line, leaves=[began_s + k * BLOCK_S for k in range(len(line.leaves))])


def _pcm(sound: NDArray[np.float32], rate: int) -> NDArray[np.int16]:
    return to_pcm(at_rate(sound, rate, ROOM_RATE))


def at_rate(sound: FloatArray, rate: int, wanted: int) -> FloatArray:
    """A whole sound at another rate."""
    resampler = Resampler(rate, wanted)
    return np.concatenate([resampler.push(sound.astype(np.float32)), resampler.flush()])
