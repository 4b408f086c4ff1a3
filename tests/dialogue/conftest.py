"""The real models, loaded once for all tests of the dialogue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from livekit import rtc

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
