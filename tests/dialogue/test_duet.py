"""Two halves of a talk, with nothing between them."""

from itertools import pairwise

from visavis.dialogue.duet import QUESTIONS, REACTIONS, DuetScript
from visavis.dialogue.topics import TOPICS


def talk(turns: int, topic: str = "") -> tuple[list[str], list[str]]:
    """What each says when every word is understood."""
    asks, tells = DuetScript("Alex", role="asks", topic=topic), DuetScript("Nora", role="tells")
    asked, told = [asks.open([])], []
    for _ in range(turns):
        answer = tells.answer(asked[-1], told)
        assert answer
        told.append(answer)
        asked.append(asks.answer(answer, asked) or "")
    return asked, told


def test_every_question_is_asked_once_before_any_comes_again() -> None:
    asked, told = talk(len(QUESTIONS) - 1)
    assert all(sum(question in text for text in asked) == 1 for _, question in QUESTIONS)
    assert len(set(told)) == len(told)


def test_every_question_gets_its_own_answer() -> None:
    tells = DuetScript("Nora", role="tells")
    for topic in TOPICS:
        for question, answer in topic.pairs:
            assert tells.answer(f"{REACTIONS[0]} {question}") == answer
    assert tells.answer("What about the weather in Paris?") is None


def test_a_talk_goes_on_when_all_was_said() -> None:
    asked, _ = talk(2 * len(QUESTIONS))
    assert all(later != sooner for sooner, later in pairwise(asked))


def test_the_wished_topic_comes_first() -> None:
    asked, _ = talk(1, topic="music")
    assert asked[0].startswith("Let us talk about music.")


def test_who_asks_follows_a_wish() -> None:
    asks = DuetScript("Alex", role="asks")
    assert TOPICS[3].pairs[0][0] in (asks.answer("Ask me something about music.", [asks.open([])]) or "")


def test_a_smile_is_seen_and_told_once() -> None:
    class Smiling:
        facts = ("present", "smile")

        def describe(self) -> str:
            return ""

    asks = DuetScript("Alex", Smiling(), role="asks")
    history = [asks.open([]), "I see. What makes the tides?"]
    history.append(asks.answer("The moon.", history) or "")
    assert history[-1].startswith("You are smiling.")
    assert "smiling" not in (asks.answer("Yes.", history) or "")
