"""The default voice as a LiveKit plugin: text streams in, speech and timed words stream out, sentence by sentence."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor

import numpy as np
from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, tts, utils
from livekit.agents.types import TimedString

from visavis.dialogue.hibari_voice import TIMBRES, HibariVoice, Spoken, Timbre
from visavis.dialogue.text import Cutter
from visavis.media import threads
from visavis.media.frames import to_pcm
from visavis_models.spec import SPEECH_RATE

CLAUSE_AFTER_S = 0.08  # text that is no sentence yet after so long lets its first clause go ahead
FRAME_MS = 40


class HibariTTS(tts.TTS):
    """Hibari, offline: 24 kHz mono, one American English voice."""

    def __init__(self, voice: HibariVoice | None = None, timbre: Timbre = TIMBRES["heart"]) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True, aligned_transcript=True),
            sample_rate=SPEECH_RATE,
            num_channels=1,
        )
        self._voice, self._timbre = voice or HibariVoice(), timbre
        self._thread = threads.own_thread("voice", threads.VOICE)

    @property
    def model(self) -> str:
        return "heart"

    @property
    def provider(self) -> str:
        return "hibari"

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return self._synthesize_with_stream(text, conn_options=conn_options)

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> tts.SynthesizeStream:
        return HibariStream(self, self._voice, self._timbre, self._thread, conn_options)

    async def aclose(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


class HibariStream(tts.SynthesizeStream):
    """One utterance of the agent."""

    def __init__(
        self,
        owner: HibariTTS,
        voice: HibariVoice,
        timbre: Timbre,
        thread: Executor,
        conn_options: APIConnectOptions,
    ) -> None:
        super().__init__(tts=owner, conn_options=conn_options)
        self._voice, self._timbre = voice, timbre
        self._thread = thread
        self._spoken_s = 0.0

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid(),
            sample_rate=SPEECH_RATE,
            num_channels=1,
            mime_type="audio/pcm",
            frame_size_ms=FRAME_MS,
            stream=True,
        )
        output_emitter.start_segment(segment_id=utils.shortuuid())
        cutter = Cutter()
        async for text in self._texts(cutter):
            await self._say(text, output_emitter)
        for text in cutter.finish():
            await self._say(text, output_emitter)
        if not self._spoken_s:  # nothing sayable, such as a lone emoji: a moment of silence is no failure
            output_emitter.push(np.zeros(SPEECH_RATE // 10, np.int16).tobytes())

    async def _texts(self, cutter: Cutter):  # type: ignore[no-untyped-def]
        """Sentences as they complete, and the first clause where its sentence keeps us waiting."""
        loop = asyncio.get_running_loop()
        deadline: float | None = None
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    item = await self._input_ch.recv()
            except TimeoutError:
                deadline = None
                if clause := cutter.clause():
                    yield clause
                continue
            except utils.aio.ChanClosed:
                return
            if isinstance(item, self._FlushSentinel):
                continue
            if not self._spoken_s and deadline is None:
                deadline = loop.time() + CLAUSE_AFTER_S
            for sentence in cutter.push(item):
                deadline = None
                yield sentence

    async def _say(self, text: str, output_emitter: tts.AudioEmitter) -> None:
        self._mark_started()
        loop = asyncio.get_running_loop()
        spoken: Spoken = await loop.run_in_executor(self._thread, self._voice.say, text, self._timbre)
        for word in spoken.words:
            output_emitter.push_timed_transcript(
                TimedString(f"{word.text} ", self._spoken_s + word.start, self._spoken_s + word.end)
            )
        output_emitter.push(to_pcm(spoken.pcm).tobytes())
        self._spoken_s += len(spoken.pcm) / SPEECH_RATE
