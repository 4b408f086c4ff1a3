"""The history holds the words that were heard: a real voice with its times, cut where the test says."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.types import TimedString
from livekit.agents.voice import io
from livekit.agents.voice.transcription import TranscriptSynchronizer

from visavis.avatar.heard import HeardOutput, heard_text
from visavis.dialogue.hibari_voice import HibariVoice
from visavis.dialogue.tts import HibariTTS
from visavis_models.spec import SPEECH_RATE

TEXT = "I can talk with you, tell the time, do small sums, and say what your camera shows."
SOON_S = 20.0


class Leaf(io.AudioOutput):
    """Plays all it is given, at no pace; a clear cuts it at the position that the test sets."""

    def __init__(self) -> None:
        super().__init__(label="leaf", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=None)
        self.cut_s = 0.0
        self.whole = asyncio.Event()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        first = not self._pending_playback_count
        await super().capture_frame(frame)
        if first:
            self.on_playback_started(created_at=0.0)

    def flush(self) -> None:
        super().flush()
        self.whole.set()

    def clear_buffer(self) -> None:
        while self._pending_playback_count:
            self.on_playback_finished(playback_position=self.cut_s, interrupted=True)


class Captions(io.TextOutput):
    def __init__(self) -> None:
        super().__init__(label="captions", next_in_chain=None)

    async def capture_text(self, text: str) -> None: ...

    def flush(self) -> None: ...


@pytest.fixture(scope="module")
def voice() -> HibariVoice:
    return HibariVoice()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8, 0.95])
async def test_a_reply_that_is_cut_ends_at_the_last_word_heard(voice, share) -> None:
    words = voice.say(TEXT).words
    leaf = Leaf()
    leaf.cut_s = share * words[-1].end
    synchronizer = TranscriptSynchronizer(next_in_chain_audio=leaf, next_in_chain_text=Captions())
    session: AgentSession[None] = AgentSession(
        tts=HibariTTS(voice), vad=None, turn_handling={"turn_detection": "manual"}, use_tts_aligned_transcript=True
    )
    session.output.audio = HeardOutput(synchronizer.audio_output)
    session.output.transcription = synchronizer.text_output
    await session.start(Agent(instructions=""), record=False)
    try:
        speech = session.say(TEXT)
        async with asyncio.timeout(SOON_S):
            await leaf.whole.wait()
            speech.interrupt()
            await speech
        (said,) = [item.text_content for item in session.history.items if item.type == "message"]
        heard = [word.text for word in words if word.end <= leaf.cut_s]
        assert said.split()[: len(heard)] == heard and len(said.split()) <= len(heard) + 1
    finally:
        await session.aclose()
        await synchronizer.aclose()


def test_what_was_heard() -> None:
    words = [TimedString("one ", 0.0, 1.0), TimedString("two ", 1.0, 2.0), TimedString("three ", 2.0, 3.0)]
    assert heard_text(words, 0.5) == ""
    assert heard_text(words, 0.95) == "one "
    assert heard_text(words, 1.7) == "one "
    assert heard_text(words, 9.0) == "one two three "
    assert heard_text([TimedString("one "), *words[1:]], 1.5) == "one "


async def test_a_voice_without_times_leaves_it_to_the_next_in_the_chain() -> None:
    leaf = Leaf()
    output = HeardOutput(leaf)
    finished: list[io.PlaybackFinishedEvent] = []
    output.on("playback_finished", finished.append)
    await output.capture_frame(rtc.AudioFrame(bytes(480), SPEECH_RATE, 1, 240))
    output.flush()
    leaf.on_playback_finished(playback_position=0.0, interrupted=True, synchronized_transcript="one")
    assert [event.synchronized_transcript for event in finished] == ["one"]
    leaf.clear_buffer()
    assert len(finished) == 1
