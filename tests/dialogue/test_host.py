"""The agent with a real session around it: greeting, listening, and parts that fail."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    Agent,
    AgentSession,
    APIConnectionError,
    APIConnectOptions,
    APIStatusError,
    llm,
    stt,
    tts,
)
from livekit.agents.voice import io
from livekit.agents.voice.agent_session import SessionConnectOptions

from visavis.dialogue.host import APOLOGY, LATE_S, Host, VoicePace
from visavis.dialogue.llm import HostLLM
from visavis.dialogue.look import Look
from visavis.dialogue.script import Script
from visavis.dialogue.seen import Seen
from visavis.dialogue.tts import HibariTTS
from visavis.media.marks import directions_of
from visavis_models.spec import SPEECH_RATE

ONCE = APIConnectOptions(max_retry=0)


class Ear(io.AudioOutput):
    """Plays nothing and says that it did."""

    def __init__(self) -> None:
        super().__init__(label="ear", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=SPEECH_RATE)
        self.seconds = self._segment = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self.seconds += frame.duration
        self._segment += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._segment:
            self.on_playback_finished(playback_position=self._segment, interrupted=False)
        self._segment = 0.0

    def clear_buffer(self) -> None:
        self.flush()


class BrokenLLM(llm.LLM):
    def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
        return BrokenStream(self, chat_ctx=chat_ctx, tools=[], conn_options=ONCE)


class BrokenStream(llm.LLMStream):
    async def _run(self) -> None:
        raise APIConnectionError("no such host")


class BrokenTTS(tts.TTS):
    """Speaks for `seconds`, then fails."""

    def __init__(self, seconds: float) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=True), sample_rate=SPEECH_RATE, num_channels=1)
        self.seconds = seconds

    def synthesize(self, text, *, conn_options=ONCE):
        raise NotImplementedError

    def stream(self, *, conn_options=ONCE):
        return BrokenVoice(tts=self, conn_options=ONCE)


class BrokenVoice(tts.SynthesizeStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id="1", sample_rate=SPEECH_RATE, num_channels=1, mime_type="audio/pcm", stream=True
        )
        output_emitter.start_segment(segment_id="1")
        await self._input_ch.recv()
        samples = int(self._tts.seconds * SPEECH_RATE)
        output_emitter.push(np.ones(samples, np.int16).tobytes())
        output_emitter.flush()
        await asyncio.sleep(0.05)
        raise APIConnectionError("the voice is gone")


class Call:
    """A session with one host, without a room."""

    def __init__(self, *, model, voice, **host) -> None:
        self.faults: list[tuple[str, str]] = []
        self.ear = Ear()
        self.session = AgentSession(
            llm=model,
            tts=voice,
            vad=None,
            turn_handling={"turn_detection": "manual"},
            use_tts_aligned_transcript=True,
            conn_options=SessionConnectOptions(llm_conn_options=ONCE, tts_conn_options=ONCE),
        )
        self.session.output.audio = self.ear
        self.host = Host(instructions="You are Alex.", tell=lambda *fault: self.faults.append(fault), **host)

    async def __aenter__(self) -> Call:
        await self.session.start(self.host, record=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.aclose()

    async def ask(self, text: str) -> str:
        """What the agent answers, as its history holds it."""
        await asyncio.wait_for(self.session.generate_reply(user_input=text), 20)
        return self.said()[-1] if self.said() else ""

    def said(self) -> list[str]:
        items = self.session.history.items
        return [item.text_content or "" for item in items if item.type == "message" and item.role == "assistant"]


async def test_it_greets_when_it_is_heard(voice, smollm) -> None:
    heard = asyncio.Event()
    async with Call(model=HostLLM(smollm), voice=HibariTTS(voice), greeting="Hello.", ready=heard.wait) as call:
        spoken = asyncio.Event()
        call.session.on("conversation_item_added", lambda _: spoken.set())
        await asyncio.sleep(0.1)
        assert call.said() == []
        heard.set()
        await asyncio.wait_for(spoken.wait(), 20)
        assert call.said() == ["Hello. "]
        assert call.ear.seconds > 0.3


async def test_it_answers(voice, smollm) -> None:
    async with Call(model=HostLLM(smollm, Script()), voice=HibariTTS(voice)) as call:
        assert (await call.ask("How much is two plus two?")).strip() == "Two plus two is four."
        assert call.faults == []


async def test_a_language_model_that_fails_is_apologised_for(voice) -> None:
    async with Call(model=BrokenLLM(), voice=HibariTTS(voice)) as call:
        assert (await call.ask("Why?")).strip() == APOLOGY
        assert [part for part, _ in call.faults] == ["language"]
        assert (await call.ask("Still there?")).strip() == APOLOGY


@pytest.mark.parametrize("seconds", [0.0, 0.5])
async def test_a_voice_that_fails_is_read_instead(smollm, seconds) -> None:
    async with Call(model=HostLLM(smollm, Script()), voice=BrokenTTS(seconds)) as call:
        await call.ask("How much is two plus two?")
        assert [part for part, _ in call.faults] == ["voice"]
        assert "Two plus two is four." in call.faults[0][1]
        assert call.ear.seconds == pytest.approx(seconds, abs=0.05)
        await call.ask("How much is one plus one?")  # and the call goes on
        assert "One plus one is two." in call.faults[1][1]


class Speech:
    def __init__(self, done: bool) -> None:
        self._done = done

    def done(self) -> bool:
        return self._done


def transcript(text: str, seconds: float, kind=stt.SpeechEventType.FINAL_TRANSCRIPT) -> stt.SpeechEvent:
    return stt.SpeechEvent(kind, alternatives=[stt.SpeechData("en", text, 1.0, 1.0 + seconds, confidence=0.9)])


@pytest.mark.parametrize(
    ("speech", "event", "dropped"),
    [
        (Speech(done=False), transcript("Mm-hmm.", 0.5), True),
        (Speech(done=False), transcript("Yeah.", 0.5, stt.SpeechEventType.PREFLIGHT_TRANSCRIPT), True),
        (Speech(done=False), transcript("Stop, please.", 0.8), False),
        (Speech(done=True), transcript("Yeah.", 0.5), False),
        (None, transcript("Yeah.", 0.5), False),
        (Speech(done=False), stt.SpeechEvent(stt.SpeechEventType.END_OF_SPEECH), False),
    ],
)
async def test_an_mhm_is_no_turn_while_the_avatar_speaks(monkeypatch, speech, event, dropped) -> None:
    async def one_event(*_: object):
        yield event

    class Session:
        current_speech = speech

    monkeypatch.setattr(Agent.default, "stt_node", one_event)
    monkeypatch.setattr(Host, "session", Session())
    heard = [event async for event in Host(instructions="").stt_node(None, None)]
    assert heard == ([] if dropped else [event])


class Sight:
    """What somebody may know of the person."""

    def __init__(self, *facts: str, words: str = "") -> None:
        self.facts, self.words = frozenset(facts), words

    def describe(self) -> str:
        return self.words


def question() -> llm.ChatContext:
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="Hello.")
    return context


async def test_the_language_model_is_told_what_the_camera_shows() -> None:
    seen, context = Seen(Sight("present", "smile")), question()
    seen.change("smile", True)
    seeing = Host(instructions="", seen=seen)._seeing(context)
    assert [(item.role, item.text_content) for item in seeing.items] == [
        ("system", "[sees: the caller smiles]"),
        ("user", "Hello."),
    ]
    assert len(context.items) == 1
    assert Host(instructions="")._seeing(context) is context


async def test_the_language_model_is_told_of_a_telephone() -> None:
    phone = Sight("telephone", words="You call from 123.")
    seeing = Host(instructions="", sight=phone, seen=Seen(phone))._seeing(question())
    assert [item.role for item in seeing.items] == ["system", "user"]
    assert "You call from 123." in seeing.items[0].text_content


class ToollessLLM(llm.LLM):
    """Refuses every request with tools, as Ollama does for many models, and says what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, llm.ChatContext]] = []

    def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
        self.asked.append((len(tools or []), chat_ctx))
        return ToollessStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=ONCE)


class ToollessStream(llm.LLMStream):
    async def _run(self) -> None:
        if self._tools:
            raise APIStatusError("it does not support tools", status_code=400)
        self._event_ch.send_nowait(llm.ChatChunk(id="1", delta=llm.ChoiceDelta(role="assistant", content="Hi there.")))


async def test_a_language_model_without_tools_answers_all_the_same(voice) -> None:
    model = ToollessLLM()
    async with Call(model=model, voice=HibariTTS(voice), look=Look(Sight())) as call:
        assert (await call.ask("Hello.")).strip() == "Hi there."
        await call.ask("Hello again.")
        assert [tools for tools, _ in model.asked] == [1, 0, 0]


class CallingLLM(llm.LLM):
    """Looks before each answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[llm.ChatContext] = []

    def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
        self.asked.append(chat_ctx)
        return CallingStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=ONCE)


class CallingStream(llm.LLMStream):
    async def _run(self) -> None:
        output = next((item.output for item in self._chat_ctx.items if item.type == "function_call_output"), None)
        call = llm.FunctionToolCall(name="look", arguments="{}", call_id="1")
        delta = llm.ChoiceDelta(role="assistant", content=output, tool_calls=[] if output else [call])
        self._event_ch.send_nowait(llm.ChatChunk(id="1", delta=delta))


def pictures(context: llm.ChatContext) -> int:
    """How many images a conversation holds."""
    parts = [part for item in context.items if item.type == "message" for part in item.content]
    return sum(isinstance(part, llm.ImageContent) for part in parts)


@pytest.mark.parametrize("pictured", [False, True])
async def test_the_language_model_looks_and_gets_a_frame_only_where_it_may(voice, pictured) -> None:
    async def snapshot() -> rtc.VideoFrame:
        return rtc.VideoFrame(4, 4, rtc.VideoBufferType.RGB24, bytes(48))

    model, look = CallingLLM(), Look(Sight(words="I can see you."), snapshot if pictured else None)
    async with Call(model=model, voice=HibariTTS(voice), look=look) as call:
        await asyncio.wait_for(call.session.generate_reply(user_input="What do you see?"), 20)
        assert call.said() == ["I can see you. "]
        assert [pictures(asked) for asked in model.asked] == [0, int(pictured)]
        assert pictures(call.session.history) == 0


def test_a_voice_that_drags_is_told_of_once() -> None:
    now = [0.0]
    pace = VoicePace(clock=lambda: now[0])
    assert not pace.fell_behind(0.2)
    now[0] = 0.2 + LATE_S - 0.01
    assert not pace.fell_behind(0.2)
    now[0] += 0.2 + LATE_S
    assert pace.fell_behind(0.2)
    assert not pace.fell_behind(0.2)


class TaggedLLM(llm.LLM):
    """Answers with directions in it, a few letters at a time."""

    text = "[smile] Hello there. [no" + "d] I see it [1] now. [look away]"

    def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
        return TaggedStream(self, chat_ctx=chat_ctx, tools=[], conn_options=ONCE)


class TaggedStream(llm.LLMStream):
    async def _run(self) -> None:
        for at in range(0, len(TaggedLLM.text), 5):
            delta = llm.ChoiceDelta(role="assistant", content=TaggedLLM.text[at : at + 5])
            self._event_ch.send_nowait(llm.ChatChunk(id="1", delta=delta))


class Captions(io.TextOutput):
    def __init__(self) -> None:
        super().__init__(label="captions", next_in_chain=None)
        self.text = ""

    async def capture_text(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


async def test_directions_are_acted_and_neither_spoken_nor_read_nor_remembered(voice) -> None:
    call, spoken = Call(model=TaggedLLM(), voice=HibariTTS(voice)), []
    say = voice.say
    call.session.output.transcription = captions = Captions()
    acted: list[tuple[float, str]] = []
    capture = call.ear.capture_frame

    async def capture_frame(frame: rtc.AudioFrame) -> None:
        acted.extend((call.ear.seconds, item.name) for item in directions_of(frame))
        await capture(frame)

    call.ear.capture_frame = capture_frame
    voice.say = lambda text, *rest: (spoken.append(text), say(text, *rest))[1]
    try:
        async with call:
            answer = await call.ask("Hello?")
    finally:
        del voice.say
    assert " ".join(answer.split()) == "Hello there. I see it 1 now."
    assert " ".join(captions.text.split()) == "Hello there. I see it 1 now."
    assert not any(word in " ".join(spoken).lower() for word in ("smile", "nod", "look"))
    (first, _), (second, _), (third, _) = acted
    assert [name for _, name in acted] == ["smile", "nod", "look away"]
    assert first == 0.0 and 0.3 < second < third and third == pytest.approx(call.ear.seconds, abs=0.05)
