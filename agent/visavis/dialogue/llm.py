"""The default language model as a LiveKit plugin: the scripted host, and SmolLM2 for what it does not know.

The small model calls no tools; the script calls those that it knows words for, and reads out what a tool returns.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Executor
from typing import Any

from livekit.agents import (
    DEFAULT_API_CONNECT_OPTIONS,
    NOT_GIVEN,
    APIConnectionError,
    APIConnectOptions,
    NotGivenOr,
    llm,
    utils,
)

from visavis.dialogue.actions import Action, action
from visavis.dialogue.script import Script
from visavis.dialogue.smollm import Message, Sentences, SmolLM
from visavis.media import threads
from visavis.media.errors import ProviderError

TURNS = 4  # messages of the past that the model is shown
SILENCE = "I am not sure about that one. Ask me something else."


class HostLLM(llm.LLM):
    """Scripted answers first (where there is a script), the small model for the rest."""

    def __init__(self, model: SmolLM | None = None, script: Script | None = None) -> None:
        super().__init__()
        self._model = model or SmolLM()
        self._script = script
        self._thread = threads.own_thread("language", threads.LANGUAGE)

    @property
    def model(self) -> str:
        return self._model.name

    @property
    def provider(self) -> str:
        return "visavis" if self._script else "smollm"

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        return HostStream(self, self._model, self._script, self._thread, chat_ctx, tools or [], conn_options)

    async def aclose(self) -> None:
        await super().aclose()
        self._thread.shutdown(wait=False, cancel_futures=True)


class HostStream(llm.LLMStream):
    """One answer."""

    def __init__(
        self,
        owner: HostLLM,
        model: SmolLM,
        script: Script | None,
        thread: Executor,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
    ) -> None:
        super().__init__(owner, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)
        self._names = {tool.info.name for tool in tools if isinstance(tool, llm.FunctionTool)}
        self._model = model
        self._script = script
        self._thread = thread
        self._id = utils.shortuuid()
        self._cancelled = False
        self._sent = False

    async def _run(self) -> None:
        last = self._chat_ctx.items[-1] if self._chat_ctx.items else None
        if isinstance(last, llm.FunctionCallOutput):
            self._send(last.output)
            return
        history = talk(self._chat_ctx)
        if not history or history[-1]["role"] != "user":
            return
        said = [message["content"] for message in history if message["role"] == "assistant"]
        wanted = action(history[-1]["content"], self._names) if self._script else None
        if wanted:
            self._call(wanted)
            return
        answer = self._script.answer(history[-1]["content"], said) if self._script else None
        if answer:
            self._send(answer)
        else:
            await self._ask(history[-TURNS:])

    async def _ask(self, history: list[Message]) -> None:
        """Stream the model's sentences, each as soon as it is whole."""
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | None] = asyncio.Queue()  # bounded by the length of an answer
        sentences = Sentences()

        def take(text: str) -> bool:
            loop.call_soon_threadsafe(pieces.put_nowait, text)
            return not (self._cancelled or sentences.full)

        def run() -> None:
            try:
                if not self._cancelled:
                    self._model.answer(history, take)
            finally:
                loop.call_soon_threadsafe(pieces.put_nowait, None)

        done = loop.run_in_executor(self._thread, run)
        try:
            while (piece := await pieces.get()) is not None:
                self._send(*sentences.push(piece))
            await done
        except (RuntimeError, ProviderError) as error:
            raise APIConnectionError(f"the language model failed: {error}") from error
        finally:
            self._cancelled = True  # a reply that nobody waits for any more ends at its next token
        self._send(*sentences.finish())
        if not self._sent:
            self._send(SILENCE)

    def _call(self, wanted: Action) -> None:
        call = llm.FunctionToolCall(
            name=wanted.tool, arguments=json.dumps(wanted.arguments), call_id=utils.shortuuid("call_")
        )
        delta = llm.ChoiceDelta(role="assistant", tool_calls=[call])
        self._event_ch.send_nowait(llm.ChatChunk(id=self._id, delta=delta))

    def _send(self, *sentences: str) -> None:
        for sentence in sentences:
            self._sent = True
            delta = llm.ChoiceDelta(role="assistant", content=f"{sentence} ")
            self._event_ch.send_nowait(llm.ChatChunk(id=self._id, delta=delta))


def talk(chat_ctx: llm.ChatContext) -> list[Message]:
    """What user and agent said, oldest first, consecutive words of one side joined."""
    messages: list[Message] = []
    for item in chat_ctx.items:
        if item.type != "message" or item.role not in ("user", "assistant") or not item.text_content:
            continue
        if messages and messages[-1]["role"] == item.role:
            messages[-1]["content"] += f" {item.text_content}"
        else:
            messages.append({"role": item.role, "content": item.text_content})
    return messages
