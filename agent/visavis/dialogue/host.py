"""The agent in a call: greets, listens, answers, and goes on when one of its parts fails."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable

from livekit import rtc
from livekit.agents import Agent, APIError, APIStatusError, ModelSettings, StopResponse, llm, stt
from livekit.agents.types import FlushSentinel, TimedString

from visavis.dialogue.backchannel import is_backchannel
from visavis.dialogue.gestures import unmarked
from visavis.dialogue.look import Look, refuses_tools
from visavis.dialogue.seen import Seen
from visavis.dialogue.sight import NoSight, Sight
from visavis.dialogue.staging import Placer, Staging
from visavis.dialogue.turn_end import Words
from visavis.dialogue.turn_taking import TurnTaking

logger = logging.getLogger(__name__)

TRANSCRIPTS = (
    stt.SpeechEventType.INTERIM_TRANSCRIPT,
    stt.SpeechEventType.PREFLIGHT_TRANSCRIPT,
    stt.SpeechEventType.FINAL_TRANSCRIPT,
)
APOLOGY = "I am sorry, I can not think straight just now. Please ask me again in a moment."
BROKEN_OFF = "I am sorry, I lost my thread."
LATE_S = 0.4  # the voice is too slow when what was spoken falls behind the clock by so much

Tell = Callable[[str, str], None]  # part, a sentence for a person


async def at_once() -> bool:
    """Nothing to wait for."""
    return True


class Host(Agent):
    """Our agent.

    Args:
        instructions: for the language model.
        notice: said before anything else, and not interruptible; "" for nothing.
        greeting: said first; "" for nothing.
        ready: awaited before the greeting: whether there is still somebody to greet, who hears the avatar's own voice.
        sight: what may be told of the person in every request: of a caller by telephone.
        seen: what the camera showed, whose changes are noted for the language model.
        look: the tool with which the language model looks at the person.
        tell: tells the people in the room of a fault.
        words: is told what the user just said.
        turns: what lips and nods say of whose turn it is.
        hear: takes every frame of the user's voice, for the face that listens.
        staging: what of a reply's text becomes the face's acts.
        answers: whether the user's words, given as text, are to be answered; else they are no part of the talk.
    """

    def __init__(
        self,
        *,
        instructions: str,
        notice: str = "",
        greeting: str = "",
        ready: Callable[[], Awaitable[bool]] = at_once,
        sight: Sight | None = None,
        seen: Seen | None = None,
        look: Look | None = None,
        tell: Tell = lambda part, message: None,
        words: Words | None = None,
        turns: TurnTaking | None = None,
        hear: Callable[[rtc.AudioFrame], None] = lambda frame: None,
        staging: Staging | None = None,
        answers: Callable[[str], bool] = lambda text: True,
    ) -> None:
        super().__init__(instructions=instructions, tools=look.tools() if look else [])
        self._notice = notice
        self._greeting = greeting
        self._ready = ready
        self._sight, self._seen, self._look = sight or NoSight(), seen, look
        self._tell = tell
        self._words, self._turns = words or Words(), turns
        self._held = ""  # a turn that went on after all: its words so far
        self._hear = hear
        self._staging = staging or Staging()
        self._answers = answers

    async def on_enter(self) -> None:
        if not await self._ready():
            return
        if self._notice:
            self.session.say(self._notice, allow_interruptions=False)
        if self._greeting:
            self.session.say(self._greeting)

    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        said = f"{self._held} {new_message.text_content or ''}".strip()
        self._held = ""
        if not self._answers(said):
            raise StopResponse
        if self._turns is not None and await self._turns.goes_on():
            self._held = said
            raise StopResponse
        if said != new_message.text_content:
            new_message.content = [said]

    async def stt_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[stt.SpeechEvent, None]:
        """Recognition, without the listener's "mhm" while the avatar speaks: each would end the sentence."""
        async for event in Agent.default.stt_node(self, self._overheard(audio), model_settings):
            if self._only_says_go_on(event):
                continue
            if event.type in TRANSCRIPTS and event.alternatives:
                self._words.text = event.alternatives[0].text
            yield event

    async def _overheard(self, audio: AsyncIterable[rtc.AudioFrame]) -> AsyncGenerator[rtc.AudioFrame, None]:
        async for frame in audio:
            self._hear(frame)
            yield frame

    def _only_says_go_on(self, event: stt.SpeechEvent) -> bool:
        if event.type not in TRANSCRIPTS or not event.alternatives:
            return False
        speech = self.session.current_speech
        if speech is None or speech.done():
            return False
        heard = event.alternatives[0]
        seconds = heard.end_time - heard.start_time
        nodded = self._turns is not None and self._turns.nods()
        behind_lips = self._turns is not None and self._turns.behind_lips(seconds)
        return is_backchannel(heard.text, seconds, heard.confidence, nodded=nodded, behind_lips=behind_lips)

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[llm.ChatChunk | str | FlushSentinel, None]:
        """The answer; an apology where the language model fails."""
        answered = False
        try:
            async for chunk in self._reply(self._seeing(chat_ctx), tools, model_settings):
                answered = True
                yield chunk
        except APIError as error:
            logger.warning("the language model failed: %s", error)
            self._tell("language", "The language model failed; please ask again.")
            yield f" {BROKEN_OFF}" if answered else APOLOGY

    async def _reply(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[llm.ChatChunk | str | FlushSentinel, None]:
        """The language model's; one that takes no tools is asked again without, and offered none any more."""
        try:
            async for chunk in Agent.default.llm_node(self, chat_ctx, tools, model_settings):
                yield chunk
        except APIStatusError as error:
            if not tools or not refuses_tools(error):
                raise
            logger.warning("the language model takes no tools, so it can not look: %s", error.message)
            await self.update_tools([])
            async for chunk in Agent.default.llm_node(self, chat_ctx, [], model_settings):
                yield chunk

    def _seeing(self, chat_ctx: llm.ChatContext) -> llm.ChatContext:
        """The conversation, with what is known of the person: before their words, never in the history."""
        if "telephone" in self._sight.facts:
            chat_ctx = chat_ctx.copy()
            told = f"What you may tell the caller: {self._sight.describe()}"
            chat_ctx.items.insert(max(0, len(chat_ctx.items) - 1), llm.ChatMessage(role="system", content=[told]))
            return chat_ctx
        if self._seen is not None:
            chat_ctx = self._seen.annotated(chat_ctx)
        return self._look.attached(chat_ctx) if self._look is not None else chat_ctx

    async def tts_node(
        self, text: AsyncIterable[str], model_settings: ModelSettings
    ) -> AsyncGenerator[rtc.AudioFrame, None]:
        """The voice; where it fails the user reads what was not said, where it drags the user is told.

        Its frames carry what the face does beside speaking.
        """
        written: list[str] = []
        pace, placer = VoicePace(), Placer(self._staging)
        try:
            async for frame in Agent.default.tts_node(self, _noted(placer.read(text), written), model_settings):
                if pace.fell_behind(frame.duration):
                    self._tell("voice", "My voice is slower than real time just now, so it comes with pauses.")
                placer.put(frame)
                yield frame
            if (last := placer.last()) is not None:
                yield last
        except APIError as error:
            logger.warning("the voice failed: %s", error)
            async for rest in unmarked(text):
                written.append(rest)
            self._tell("voice", f"My voice failed. I wanted to say: {' '.join(''.join(written).split())}")

    async def transcription_node(
        self, text: AsyncIterable[str | TimedString], model_settings: ModelSettings
    ) -> AsyncGenerator[str | TimedString, None]:
        """What is read and remembered of a reply: what is spoken of it."""
        async for piece in unmarked(text):
            yield piece


class VoicePace:
    """Tells, once in an utterance, that speech comes slower than it is spoken."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: float | None = None
        self._spoken_s = 0.0
        self._told = False

    def fell_behind(self, seconds: float) -> bool:
        """Another frame of `seconds` came; True when this is the first one that came too late."""
        now = self._clock()
        self._began = self._began if self._began is not None else now
        late = now - self._began - self._spoken_s > LATE_S
        self._spoken_s += seconds
        first, self._told = late and not self._told, self._told or late
        return first


async def _noted(text: AsyncIterable[str], written: list[str]) -> AsyncGenerator[str, None]:
    async for piece in text:
        written.append(piece)
        yield piece
