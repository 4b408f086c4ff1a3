"""One half of a talk between two agents: what it says next, by its role, from what was said so far.

It keeps no state: the host may ask for a reply several times before one of them is spoken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from visavis.dialogue.script import Script
from visavis.dialogue.topics import TOPICS, Topic, alike, content, topic_of

UNDERSTOOD = 0.4  # shared words from which a question is taken for one of ours
REACTIONS = (
    "I see.",
    "That is good to know.",
    "I had not thought of that.",
    "Interesting.",
    "I like that.",
    "Who would have guessed.",
)
SMILE = "You are smiling. I like that."
SMILE_EVERY = 8  # turns
QUESTIONS = tuple((topic, question) for topic in TOPICS for question, _ in topic.pairs)


@dataclass
class DuetScript(Script):
    """Attributes:
    role: "asks" puts the questions of a topic one by one; "tells" answers them.
    topic: what the talk begins with; "" for the first topic.
    """

    role: str = "asks"
    topic: str = ""

    def answer(self, said: str, history: Sequence[str] = ()) -> str | None:
        """The next sentences after the partner `said` something; None where a language model must be asked."""
        return self._ask(said, history) if self.role == "asks" else self._tell(said)

    def open(self, history: Sequence[str]) -> str:
        """Take the floor with a topic that was not talked about for the longest time."""
        topic = self._fresh(history)
        if self.role == "tells":
            return f"Ask me something about {topic.title}."
        question, _ = topic.pairs[0] if not _rest(topic, history) else (_rest(topic, history)[0], "")
        return f"Let us talk about {topic.title}. {question}"

    def _tell(self, said: str) -> str | None:
        pairs = [pair for topic in TOPICS for pair in topic.pairs]
        question, answer = max(pairs, key=lambda pair: _heard(pair[0], said))
        return answer if _heard(question, said) >= UNDERSTOOD else None

    def _ask(self, said: str, history: Sequence[str]) -> str:
        wished = topic_of(said) if "ask me" in said.lower() else None
        topic = wished or self._current(history)
        rest = _rest(topic, history) if topic else []
        if not rest:
            return f"{self._react(history)} {self.open(history)}"
        return f"{self._react(history)} {rest[0]}"

    def _react(self, history: Sequence[str]) -> str:
        recently = any(SMILE in text for text in history[-SMILE_EVERY:])
        if "smile" in self.sight.facts and len(history) > 1 and not recently:
            return SMILE
        return REACTIONS[len(history) % len(REACTIONS)]

    def _current(self, history: Sequence[str]) -> Topic | None:
        for text in reversed(history):
            found = [topic for topic, question in QUESTIONS if question in text]
            if found:
                return found[-1]
        return None

    def _fresh(self, history: Sequence[str]) -> Topic:
        """The wished topic first, then the least talked of; ties go by order."""
        talk = " ".join(history)
        wished = topic_of(self.topic)
        if wished and not _mentions(wished, talk):
            return wished
        current = self._current(history)
        return min((topic for topic in TOPICS if topic is not current), key=lambda topic: _mentions(topic, talk))


def _mentions(topic: Topic, talk: str) -> int:
    return sum(talk.count(text) for pair in topic.pairs for text in pair) + talk.count(f"about {topic.title}.")


def _rest(topic: Topic, history: Sequence[str]) -> list[str]:
    """Questions of `topic` that were asked less often than its most asked one; all of an untouched topic."""
    talk = " ".join(history)
    counts = {question: talk.count(question) for question, _ in topic.pairs}
    most = max(counts.values())
    return [question for question, count in counts.items() if count < max(most, 1)]


def _heard(question: str, said: str) -> float:
    """How surely `question` is in `said`, which may hold a reaction before it, 0..1."""
    wanted = content(question)
    return max(len(wanted & content(said)) / len(wanted), alike(question, said))
