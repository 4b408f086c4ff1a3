"""What can be said of a text, and where it may be cut."""

from __future__ import annotations

import pytest

from visavis.dialogue.text import Cutter, speakable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("**Bold** and `code`", "Bold and code"),
        ("See [our page](https://example.com/a).", "See our page."),
        ("Look at https://www.example.com/a?b=1 now", "Look at example dot com now"),
        ("Great \U0001f600!", "Great !"),
        ("a\n\n b", "a b"),
        ("caf\u00e9, na\u00efve", "caf\u00e9, na\u00efve"),
        ("\U0001f600\u200d", ""),
    ],
)
def test_speakable(text, said) -> None:
    assert speakable(text) == said


def test_sentences_go_as_soon_as_the_next_begins() -> None:
    cutter = Cutter()
    assert cutter.push("Hello there. How") == ["Hello there."]
    assert cutter.push(" are you? Fine. And") == ["How are you?", "Fine."]
    assert cutter.finish() == ["And"]
    assert cutter.finish() == []


def test_titles_and_numbers_end_no_sentence() -> None:
    cutter = Cutter()
    assert cutter.push("Dr. Smith has 3.5 apples. ") == []
    assert cutter.finish() == ["Dr. Smith has 3.5 apples."]


def test_a_clause_that_cannot_wait() -> None:
    cutter = Cutter()
    cutter.push("Well, the ocean is very large, and it")
    assert cutter.clause() == "Well, the ocean is very large, "
    assert cutter.clause() is None
    assert cutter.finish() == ["and it"]


def test_cut_text_is_the_whole_text() -> None:
    text = "One two. Three, four; five! Six seven? Eight."
    for size in (1, 3, 7, 100):
        cutter = Cutter()
        pieces = [piece for k in range(0, len(text), size) for piece in cutter.push(text[k : k + size])]
        assert " ".join([*pieces, *cutter.finish()]) == text
