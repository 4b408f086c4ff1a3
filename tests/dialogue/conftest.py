"""The real models, loaded once for all tests of the dialogue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt

from visavis.dialogue.hibari_voice import HibariVoice
from visavis.dialogue.moonshine import Moonshine
from visavis.dialogue.smollm import SmolLM
from visavis_models.spec import MODEL_RATE, SPEECH_RATE

QUESTIONS = Path(__file__).parents[3] / "shared/data/speech/questions"


@pytest.fixture(scope="session")
def voice() -> HibariVoice:
    return HibariVoice()


@pytest.fixture(scope="session")
def moonshine() -> Moonshine:
    return Moonshine.load()


@pytest.fixture(scope="session")
def smollm() -> SmolLM:
    return SmolLM()


@pytest.fixture(scope="session")
def speech(voice):
    """Text to what a microphone hears of it: int16 [N] at 16 kHz, with half a second of near silence around."""

    def speak(text: str) -> np.ndarray:
        pcm = (voice.say(text).pcm * 32767).astype(np.int16)
        resampler = rtc.AudioResampler(SPEECH_RATE, MODEL_RATE)
        frames = [*resampler.push(rtc.AudioFrame(pcm.tobytes(), SPEECH_RATE, 1, len(pcm))), *resampler.flush()]
        sound = np.concatenate([np.frombuffer(frame.data, np.int16) for frame in frames])
        hush = np.random.default_rng(0).integers(-3, 4, MODEL_RATE // 2).astype(np.int16)
        return np.concatenate([hush, sound, hush])

    return speak


def in_frames(pcm: np.ndarray) -> list[rtc.AudioFrame]:
    """Frames of 20 ms of int16 [N] at 16 kHz."""
    size = MODEL_RATE // 50
    pieces = [pcm[k : k + size] for k in range(0, len(pcm) - size + 1, size)]
    return [rtc.AudioFrame(piece.tobytes(), MODEL_RATE, 1, size) for piece in pieces]


@pytest.fixture(scope="session")
def frames():
    return in_frames


@pytest.fixture(scope="session")
def listen():
    """What a recogniser makes of a microphone; without `flush` nobody asks for the end of the turn."""

    async def events(recogniser: stt.STT, pcm: np.ndarray, *, flush: bool = True) -> list[stt.SpeechEvent]:
        async with recogniser.stream() as stream:
            for frame in in_frames(pcm):
                stream.push_frame(frame)
            if flush:
                stream.end_input()
            else:
                stream._input_ch.close()
            return [event async for event in stream]

    return events


@pytest.fixture(scope="session")
def question():
    """A recorded question by its name; skips without the recordings."""

    def read(name: str) -> np.ndarray:
        from visavis.media.files import read_audio

        path = QUESTIONS / f"{name}.wav"
        if not path.exists():
            pytest.skip(f"{path} is not here")
        hush = np.zeros(MODEL_RATE // 2, np.float32)
        return (np.concatenate([hush, read_audio(path, MODEL_RATE), hush]) * 32767).astype(np.int16)

    return read
