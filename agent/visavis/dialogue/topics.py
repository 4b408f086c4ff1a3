"""What two agents talk about where no language model of weight is at hand: questions and answers of our own."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """A title, and (question, answer) pairs in the order in which they are asked."""

    title: str
    pairs: tuple[tuple[str, str], ...]


TOPICS = (
    Topic(
        "the sea",
        (
            (
                "Why is the sea salty?",
                "Rivers wash salt out of the rocks and carry it down. The water leaves as clouds, the salt stays.",
            ),
            (
                "What makes the tides?",
                "The moon pulls at the water, and the earth turns beneath it. So the sea rises and falls twice a day.",
            ),
            (
                "How deep is the ocean?",
                "On average nearly four kilometers. The deepest trench would swallow the highest mountain.",
            ),
            (
                "Do fish ever sleep?",
                "Many of them do. They hang still in the water, slow down, and keep their eyes open.",
            ),
            (
                "Would you like to live by the sea?",
                "Yes, I would. I like a place where the horizon is one straight line.",
            ),
        ),
    ),
    Topic(
        "cooking",
        (
            (
                "What is the easiest dish you know?",
                "Bread with butter and a little salt. If the bread is good, nothing is missing.",
            ),
            (
                "Why do onions make people cry?",
                "A cut onion sets free a gas that turns into a weak acid in the eye. A sharp knife helps a lot.",
            ),
            (
                "How do you cook a soft egg?",
                "Six minutes in boiling water, then a moment under cold water. The yolk stays soft.",
            ),
            (
                "Why does bread rise?",
                "Yeast eats sugar and gives off gas. The dough holds the bubbles, and so it grows.",
            ),
            ("Which spice could you not do without?", "Pepper, I think. It makes plain food speak a little louder."),
        ),
    ),
    Topic(
        "the night sky",
        (
            (
                "Why do stars twinkle?",
                "Their light passes through moving air on its way down. Above the air they shine quite steadily.",
            ),
            (
                "How far away is the moon?",
                "About three hundred and eighty thousand kilometers. Light needs a little more than one second for it.",
            ),
            (
                "What is a shooting star?",
                "A grain of dust that falls into the air and burns. Most are no bigger than a grain of sand.",
            ),
            (
                "Why is the night dark?",
                "The universe has a beginning, so the light of most stars has not reached us yet.",
            ),
            (
                "Which planet do you like best?",
                "Saturn, for its rings. They are very wide and very thin, and made of ice.",
            ),
        ),
    ),
    Topic(
        "music",
        (
            (
                "Why do songs stay in our heads?",
                "They are short, they repeat, and they end openly. The mind tries to finish them.",
            ),
            (
                "What is the oldest instrument?",
                "Perhaps the drum, but it has rotted away. The oldest one we have found is a flute made of bone.",
            ),
            (
                "How does a violin make its sound?",
                "The bow catches the string and lets it go, hundreds of times a second. The wooden body makes it loud.",
            ),
            ("Can anybody learn to sing?", "Nearly everybody can. It is mostly listening, and a little courage."),
            (
                "What music do you like in the morning?",
                "Something quiet, with a piano. The day becomes loud soon enough.",
            ),
        ),
    ),
    Topic(
        "animals",
        (
            (
                "Why do cats purr?",
                "Often because they are content, and sometimes to calm themselves. Nobody knows all of it yet.",
            ),
            (
                "How do birds find their way?",
                "By the sun, by the stars, and by the field of the earth. Many also know their landmarks.",
            ),
            (
                "Which animal is the fastest?",
                "A falcon that dives. It falls at more than three hundred kilometers an hour.",
            ),
            (
                "How do bees talk to each other?",
                "They dance. The angle of the dance shows the direction of the flowers, and its length shows how far.",
            ),
            (
                "Do you prefer cats or dogs?",
                "Dogs, because they are always glad to see you. Cats would find that undignified.",
            ),
        ),
    ),
    Topic(
        "cities",
        (
            (
                "What makes a city pleasant?",
                "Trees, benches, and streets that you can cross without fear. Everything else can be borrowed.",
            ),
            (
                "Why are old streets so crooked?",
                "They follow paths that people and animals once walked. Nobody planned them with a ruler.",
            ),
            (
                "What was the first underground railway?",
                "It ran in London, with steam engines. The smoke must have been terrible.",
            ),
            (
                "How do you get to know a new city?",
                "I would walk without a map for an hour. Getting lost is the quickest lesson.",
            ),
            (
                "Is it better to live high up or on the ground?",
                "High up you have the view, on the ground you have the neighbors. I would take the neighbors.",
            ),
        ),
    ),
    Topic(
        "inventions",
        (
            (
                "Which invention matters most?",
                "Writing, I believe. Without it every other invention has to be made again.",
            ),
            ("Who invented the wheel?", "Nobody knows the name. Potters used wheels long before carts did."),
            ("Why did people build clocks?", "First to call monks to prayer, and later to find their place at sea."),
            (
                "How does a zipper work?",
                "Each tooth hooks into the next one, and the slider bends them just enough to let them meet.",
            ),
            ("What should somebody invent next?", "An umbrella that is never left behind in a train."),
        ),
    ),
)

_FILLERS = "a an the is are do does did of to in on for you your it that so would what why how which who"
_STOP = frozenset(_FILLERS.split(" "))


def content(text: str) -> frozenset[str]:
    """The words of `text` that carry meaning, in small letters."""
    return frozenset(re.findall(r"[a-z]+", text.lower())) - _STOP


def alike(one: str, other: str) -> float:
    """How much of two texts' meaning words they share, 0..1."""
    first, second = content(one), content(other)
    return len(first & second) / len(first | second) if first | second else 0.0


def topic_of(title: str) -> Topic | None:
    """The topic that `title` names, None where it is none of ours."""
    return next((topic for topic in TOPICS if title and content(title) & content(topic.title)), None)
