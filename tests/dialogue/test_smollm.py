"""The small language model, and what of it is said."""

from __future__ import annotations

import os
import threading

import pytest

from visavis.dialogue.smollm import Sentences, sane
from visavis.media import threads


def test_it_answers(smollm) -> None:
    text: list[str] = []
    smollm.answer([{"role": "user", "content": "What is the capital of France?"}], lambda piece: not text.append(piece))
    assert "Paris" in "".join(text)


def test_it_stops_when_nobody_listens(smollm) -> None:
    pieces: list[str] = []

    def take(piece: str) -> bool:
        pieces.append(piece)
        return len(pieces) < 3

    smollm.answer([{"role": "user", "content": "Tell me a long story."}], take)
    assert len(pieces) == 3


def test_its_threads_give_way_to_ours(smollm) -> None:
    levels = [os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in os.listdir("/proc/self/task")]
    assert levels.count(threads.LANGUAGE) >= 1
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < threads.LANGUAGE


def test_two_sentences_as_soon_as_they_are_whole() -> None:
    sentences = Sentences()
    assert sentences.push("Yes. It is") == ["Yes."]
    assert sentences.push(" so. And more. ") == ["It is so."]
    assert sentences.full
    assert sentences.finish() == []


def test_the_first_clause_goes_ahead() -> None:
    sentences = Sentences()
    assert sentences.push("The ocean is very large, and it ") == ["The ocean is very large,"]
    assert sentences.push("is deep.") == ["and it is deep."]
    assert sentences.said == ["The ocean is very large, and it is deep."]


def test_an_unfinished_sentence_is_better_than_none() -> None:
    sentences = Sentences()
    assert sentences.push("Elephants live in families") == []
    assert sentences.finish() == ["Elephants live in families."]


@pytest.mark.parametrize(
    "junk",
    ["As an AI language model, I am.", "# Title.", "user: hi.", "ha ha ha ha ha ha ha.", "\u4f60\u597d.", "a <b>."],
)
def test_junk_is_not_said(junk) -> None:
    assert not sane(junk)


def test_repetition_is_said_once() -> None:
    assert Sentences().push("I like it. I like it. I do too. ") == ["I like it.", "I do too."]
