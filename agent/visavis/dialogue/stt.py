"""Local recognition as a LiveKit plugin: any recogniser of whole utterances becomes a streaming STT.

The stream cuts utterances itself. While the user speaks it looks now and then (interim transcripts, at a bounded share
of one core); at every short pause it looks at once and gives a preflight transcript, on which the agent starts to
prepare its reply; and when the agent asks for the end of the turn (`flush`), the final transcript is that preflight, at
no cost. Everything that computes runs on one thread that gives way to the frame loop.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectOptions,
    LanguageCode,
    NotGivenOr,
    stt,
    utils,
)
from livekit.local_inference import VAD
from numpy.typing import NDArray

from visavis.dialogue.hum import HUM, is_hum
from visavis.dialogue.moonshine import Moonshine
from visavis.dialogue.segmenter import WINDOW, Cue, Pace, Segmenter
from visavis.dialogue.transcript import Transcript
from visavis.media import threads
from visavis.media.frames import mono, to_float
from visavis_models.spec import MODEL_RATE

FloatArray = NDArray[np.float32]
LANGUAGE = LanguageCode("en")


class Recogniser(Protocol):
    """Words of a whole utterance."""

    name: str
    provider: str

    def transcribe(self, pcm: FloatArray) -> Transcript:
        """Recognise float32 [N] mono at 16 kHz; called from one thread at a time."""


class LocalSTT(stt.STT):
    """A recogniser on this machine, with interim, preflight and final transcripts."""

    def __init__(self, recogniser: Recogniser, *, pace: Pace | None = None) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=True, manual_flush=True, aligned_transcript="chunk"
            )
        )
        self._recogniser = recogniser
        self._pace = pace or Pace()
        self._thread = threads.own_thread("recognition", threads.RECOGNITION)

    @property
    def model(self) -> str:
        return self._recogniser.name

    @property
    def provider(self) -> str:
        return self._recogniser.provider

    async def _recognize_impl(
        self,
        buffer: utils.AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        pcm = samples(utils.merge_frames(buffer))
        loop = asyncio.get_running_loop()
        transcript = await loop.run_in_executor(self._thread, self._recogniser.transcribe, pcm)
        return stt.SpeechEvent(
            stt.SpeechEventType.FINAL_TRANSCRIPT,
            alternatives=[
                stt.SpeechData(
                    LANGUAGE, transcript.text, end_time=len(pcm) / MODEL_RATE, confidence=transcript.confidence
                )
            ],
        )

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> LocalStream:
        return LocalStream(self, Ear(self._recogniser, self._pace), self._thread, conn_options)

    async def aclose(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


class MoonshineSTT(LocalSTT):
    """The default: Moonshine tiny-en, offline."""

    def __init__(self, model: Moonshine | None = None, *, pace: Pace | None = None) -> None:
        super().__init__(model or Moonshine.load(), pace=pace)


@dataclass(frozen=True)
class Heard:
    """What a stretch of sound brought: the kind of event and, for a transcript, its words and when they were said."""

    kind: stt.SpeechEventType
    transcript: Transcript | None = None
    start: float = 0.0
    end: float = 0.0


class Ear:
    """Sound in, events out, synchronously: runs on the recognition thread."""

    def __init__(self, recogniser: Recogniser, pace: Pace) -> None:
        self._recogniser = recogniser
        self._segmenter = Segmenter(pace)
        self._vad = VAD()
        self._rest = np.zeros(0, np.int16)
        self._latest: Transcript | None = None  # of the utterance as far as it was voiced, else None

    def hear(self, pcm: NDArray[np.int16]) -> list[Heard]:
        """Take int16 [N] at 16 kHz."""
        self._rest = np.concatenate([self._rest, pcm])
        heard: list[Heard] = []
        while len(self._rest) >= WINDOW:
            window, self._rest = self._rest[:WINDOW], self._rest[WINDOW:]
            heard += self._judge(window)
        return heard

    def finish(self) -> list[Heard]:
        """The turn is over: the final transcript, and the end of speech."""
        if not self._segmenter.speaking:
            return []
        final = self._look(stt.SpeechEventType.FINAL_TRANSCRIPT)
        self._segmenter.finish()
        self._latest = None
        return [final, Heard(stt.SpeechEventType.END_OF_SPEECH, end=final.end)]

    def _judge(self, window: NDArray[np.int16]) -> list[Heard]:
        end = self._segmenter.end
        cue = self._segmenter.push(to_float(window), self._vad.predict(window))
        if self._segmenter.end != end:
            self._latest = None  # more was said since
        if cue is Cue.BEGAN:
            return [Heard(stt.SpeechEventType.START_OF_SPEECH, start=self._segmenter.start)]
        if cue is Cue.INTERIM:
            return [self._look(stt.SpeechEventType.INTERIM_TRANSCRIPT)]
        if cue is Cue.PAUSED:
            return [self._look(stt.SpeechEventType.PREFLIGHT_TRANSCRIPT)]
        return self.finish() if cue is Cue.ENDED else []

    def _look(self, kind: stt.SpeechEventType) -> Heard:
        transcript = self._latest
        if transcript is None:
            began = time.thread_time()
            utterance = self._segmenter.utterance()
            transcript = Transcript(HUM, 1.0) if is_hum(utterance) else self._recogniser.transcribe(utterance)
            self._segmenter.looked(time.thread_time() - began)
            self._latest = transcript
        return Heard(kind, transcript, self._segmenter.start, self._segmenter.end)


class LocalStream(stt.RecognizeStream):
    """Frames of any rate in, speech events out."""

    def __init__(self, owner: LocalSTT, ear: Ear, thread: Executor, conn_options: APIConnectOptions) -> None:
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=MODEL_RATE)
        self._ear = ear
        self._thread = thread

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        async for item in self._input_ch:
            if isinstance(item, self._FlushSentinel):
                heard = await loop.run_in_executor(self._thread, self._ear.finish)
            else:
                pcm = np.frombuffer(item.data, np.int16)
                heard = await loop.run_in_executor(self._thread, self._ear.hear, pcm)
            for one in heard:
                if one.transcript is None or one.transcript.text or one.kind is stt.SpeechEventType.FINAL_TRANSCRIPT:
                    self._event_ch.send_nowait(self._event(one))

    def _event(self, heard: Heard) -> stt.SpeechEvent:
        if heard.transcript is None:
            return stt.SpeechEvent(heard.kind)
        return stt.SpeechEvent(
            heard.kind,
            alternatives=[
                stt.SpeechData(
                    LANGUAGE,
                    heard.transcript.text,
                    start_time=self.start_time_offset + heard.start,
                    end_time=self.start_time_offset + heard.end,
                    confidence=heard.transcript.confidence,
                )
            ],
        )


def samples(frame: rtc.AudioFrame) -> FloatArray:
    """Float32 [N] mono at 16 kHz of a frame of any rate and number of channels."""
    if frame.sample_rate != MODEL_RATE:
        resampler = rtc.AudioResampler(frame.sample_rate, MODEL_RATE, num_channels=frame.num_channels)
        frame = rtc.combine_audio_frames([*resampler.push(frame), *resampler.flush()])
    return mono(frame)
