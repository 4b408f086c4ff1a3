"""What the host knows by itself."""

from __future__ import annotations

from datetime import datetime

import pytest

from visavis.dialogue.script import Script, plain


class Smiling:
    facts = frozenset({"present", "smile"})

    def describe(self) -> str:
        return "I can see you. You are smiling."


class Serious:
    facts = frozenset({"present"})

    def describe(self) -> str:
        return "I can see you."


class Empty:
    facts = frozenset({"away"})

    def describe(self) -> str:
        return "I see the picture from your camera, but nobody is in it."


CLOCK = datetime(2026, 3, 1, 15, 5)


def ask(said: str, sight=None, history=()) -> str | None:
    script = Script("Alex", sight, lambda: CLOCK) if sight else Script("Alex", clock=lambda: CLOCK)
    return script.answer(said, history)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Hello, how are you today?", "very well"),
        ("Hello!", "Hello"),
        ("Hi Alex.", "Hello"),
        ("Good morning", "Hello"),
        ("What time is it, please?", "3:05 in the afternoon"),
        ("Can you tell me the time?", "3:05"),
        ("What day is it today?", "Sunday, March 1"),
        ("What's today's date?", "March 1"),
        ("Who are you, and what can you do?", "I am Alex"),
        ("Who are you and what can you do?", "camera"),
        ("What's your name?", "Alex"),
        ("Are you a real person?", "computer"),
        ("How much is two plus two?", "four"),
        ("Stop, please. That is enough.", "stop"),
        ("Stop.", "stop"),
        ("Thank you very much.", "welcome"),
        ("Thanks, goodbye!", "Goodbye"),
        ("Help", "ask me"),
        ("Can you hear me?", "hear you"),
        ("I'm fine, thanks.", "glad"),
    ],
)
def test_what_it_knows(said, words) -> None:
    assert words in (ask(said) or "")


@pytest.mark.parametrize(
    "said",
    [
        "Tell me something about the ocean.",
        "I stopped smoking, and that was hard.",
        "What happened over the weekend?",
        "Do you see the point?",
        "I thank nobody and say hello to everyone.",
        "The time of the dinosaurs is over.",
        "",
    ],
)
def test_what_it_does_not_know(said) -> None:
    assert ask(said) is None


@pytest.mark.parametrize(
    ("said", "sight", "words"),
    [
        ("Can you see that I am smiling?", Smiling(), "see your smile"),
        ("Can you see that? I am smiling.", Smiling(), "see your smile"),
        ("Am I smiling?", Serious(), "do not see a smile"),
        ("Can you see me?", Smiling(), "I can see you"),
        ("What can you see?", Empty(), "nobody"),
        ("Can you see that I am smiling?", Empty(), "nobody"),
        ("Can you see that I am smiling?", None, "no picture"),
        ("Can you see me?", None, "no picture"),
    ],
)
def test_what_the_camera_shows(said, sight, words) -> None:
    assert words in (ask(said, sight) or "")


def test_repeat_that() -> None:
    assert ask("Say that again, please.", history=["One.", "Two."]) == "Two."
    assert ask("Repeat that please") == "I have not said anything yet."


def test_plain() -> None:
    assert plain("What's that?! I\u2019m 3.5, you can't.") == "what is that i am 3.5 you can not"


class Telephone:
    facts = frozenset({"telephone"})

    def describe(self) -> str:
        return "You are calling from 100 by telephone, so I can not see you."


@pytest.mark.parametrize(
    "said",
    ["Can you see me?", "Can you see that I am smiling?", "What is my number?", "Who are you?", "Hello.", "Help."],
)
def test_nothing_is_seen_by_telephone(said: str) -> None:
    answer = Script(sight=Telephone()).answer(said)
    assert answer
    assert not any(word in answer for word in ("camera", "picture", "smile", "face", "Nice to see"))


def test_keys_are_confirmed() -> None:
    assert Script(sight=Telephone()).answer("I pressed 4 2 hash.") == "You pressed 4 2 hash."


class Doing:
    def __init__(self, *facts: str) -> None:
        self.facts = frozenset(facts)

    def describe(self) -> str:
        return "I can see you." if self.facts else ""


@pytest.mark.parametrize(
    ("said", "facts", "words"),
    [
        ("Can you see me waving?", ("present", "wave"), "Yes, I see you waving!"),
        ("Do you see that I am nodding?", ("present", "nod"), "Yes, I see you nodding!"),
        ("Am I frowning?", ("present",), "I do not see you frowning"),
        ("Is my hand raised?", ("present", "hand_raised"), "raising a hand"),
        ("Can you tell that my eyes are closed?", ("present", "eyes_closed"), "closing your eyes"),
        ("Can you see me waving?", (), "switch on your camera"),
        ("What am I doing?", ("present",), "I can see you."),
    ],
)
def test_it_says_what_it_sees(said, facts, words) -> None:
    assert words in ask(said, Doing(*facts))
