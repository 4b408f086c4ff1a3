"""The default language model at its LiveKit interface."""

from __future__ import annotations

import pytest
from livekit.agents import APIConnectionError, APIConnectOptions, llm

from visavis.dialogue.llm import SILENCE, HostLLM, talk
from visavis.dialogue.script import Script


def asked(*said: str) -> llm.ChatContext:
    """User and agent in turns, the user first, after the instructions."""
    context = llm.ChatContext.empty()
    context.add_message(role="system", content="You are Alex.")
    for k, text in enumerate(said):
        context.add_message(role="assistant" if k % 2 else "user", content=text)
    return context


async def answer(model: HostLLM, context: llm.ChatContext) -> str:
    async with model.chat(chat_ctx=context, conn_options=APIConnectOptions(max_retry=0)) as stream:
        return (await stream.collect()).text.strip()


@pytest.fixture
async def host(smollm):
    model = HostLLM(smollm, Script("Alex"))
    yield model
    await model.aclose()


async def test_what_the_host_knows_it_says_itself(host) -> None:
    assert await answer(host, asked("How much is two plus two?")) == "Two plus two is four."


async def test_it_repeats_what_it_said(host) -> None:
    assert await answer(host, asked("Who are you?", "I am Alex.", "Say that again.")) == "I am Alex."


async def test_the_rest_is_asked_of_the_model_in_two_sentences(host) -> None:
    text = await answer(host, asked("What is the capital of France?"))
    assert "Paris" in text
    assert 1 <= text.count(".") + text.count("!") + text.count("?") <= 3


async def test_without_a_script_the_model_answers_all(smollm) -> None:
    async with HostLLM(smollm) as model:
        assert await answer(model, asked("Hello, who are you?"))


class Broken:
    name = "broken"

    def answer(self, history, say) -> None:
        raise RuntimeError("out of memory")


class Mute:
    name = "mute"

    def answer(self, history, say) -> None:
        say("### ")


async def test_a_broken_model_is_an_error_of_the_interface() -> None:
    async with HostLLM(Broken()) as model:
        with pytest.raises(APIConnectionError, match="out of memory"):
            await answer(model, asked("Why?"))


async def test_a_model_that_says_nothing_sane_is_helped_out() -> None:
    async with HostLLM(Mute()) as model:
        assert await answer(model, asked("Why?")) == SILENCE


async def test_nobody_asked_nothing_said(host) -> None:
    assert await answer(host, asked()) == ""


def test_talk_joins_the_words_of_one_side() -> None:
    context = asked("One.", "Two.")
    context.add_message(role="assistant", content="Three.")
    assert talk(context) == [{"role": "user", "content": "One."}, {"role": "assistant", "content": "Two. Three."}]


async def test_the_script_calls_the_tools_it_has_words_for(smollm) -> None:
    async with HostLLM(smollm, Script()) as model:
        context = llm.ChatContext.empty()
        context.add_message(role="user", content="Hold on, please.")

        @llm.function_tool
        async def hold() -> None:
            """Wait."""

        answer = await model.chat(chat_ctx=context, tools=[hold]).collect()
        assert [call.name for call in answer.tool_calls] == ["hold"] and not answer.text
        context.items.append(llm.FunctionCallOutput(name="hold", call_id="1", output="Waited.", is_error=False))
        answer = await model.chat(chat_ctx=context, tools=[hold]).collect()
        assert answer.text.strip() == "Waited." and not answer.tool_calls
