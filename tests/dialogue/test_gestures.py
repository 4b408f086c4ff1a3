"""Directions in a reply's text, however it is cut into chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from livekit.agents.types import TimedString

from visavis.dialogue.gestures import (
    FEELING_NAMES,
    FELT_S,
    GESTURE_NAMES,
    LITTLE,
    MUCH,
    USUAL,
    Tags,
    direction,
    unmarked,
)
from visavis_models.serve.direction import Act, Direction, Feel
from visavis_models.serve.emotion import EMOTIONS
from visavis_models.serve.gesture import GESTURES


def parted(*chunks: str) -> tuple[str, list[Direction]]:
    tags = Tags()
    pieces = [piece for chunk in chunks for piece in tags.push(chunk)] + tags.finish()
    spoken = "".join(piece for piece in pieces if isinstance(piece, str))
    return spoken, [piece for piece in pieces if not isinstance(piece, str)]


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("smile", Act("smile", USUAL)),
        ("Smiles", Act("smile", USUAL)),
        ("slight smile", Act("smile", LITTLE)),
        ("big_smile", Act("smile", MUCH)),
        ("a big smile", Act("smile", MUCH)),
        ("smile: 0.3", Act("smile", 0.3)),
        ("nods slowly", Act("nod", USUAL)),
        ("chuckles softly", Act("laugh", LITTLE)),
        ("look away", Act("look away", USUAL)),
        ("looks-away", Act("look away", USUAL)),
        ("shakes her head", Act("shake", USUAL)),
        ("raises an eyebrow", Act("raise brows", USUAL)),
        ("sad", Feel("sad", USUAL, FELT_S)),
        ("very happy", Feel("happy", MUCH, FELT_S)),
        ("neutral", Feel("", 0.0, FELT_S)),
        ("1", None),
        ("Paris", None),
        ("", None),
        ("very", None),
        ("smile at the camera and wave", None),
    ],
)
def test_words_in_brackets(tag: str, meant: Direction | None) -> None:
    assert direction(tag) == meant


def test_every_gesture_and_every_emotion_has_a_tag() -> None:
    assert set(GESTURE_NAMES.values()) == set(GESTURES) and set(GESTURES) <= set(GESTURE_NAMES)
    assert set(FEELING_NAMES.values()) == {*EMOTIONS, ""} and set(EMOTIONS) <= set(FEELING_NAMES)


SAID = "[smile] Hello there. [nod] I see, [look away] well. [1] and [Paris] stay. Good [sad]bye [laugh"
SPOKEN = "Hello there. I see, well. [1] and [Paris] stay. Good bye [laugh"


@pytest.mark.parametrize("length", [1, 2, 3, 7, 1000])
def test_it_does_not_matter_how_the_text_is_cut(length: int) -> None:
    spoken, directions = parted(*(SAID[at : at + length] for at in range(0, len(SAID), length)))
    assert spoken == SPOKEN
    assert [getattr(item, "name", None) or item.emotion for item in directions] == ["smile", "nod", "look away", "sad"]


def test_text_without_brackets_passes_at_once() -> None:
    tags = Tags()
    assert (
        tags.push("Hello, ") == ["Hello, "]
        and tags.push("[") == []
        and tags.push("smile] you")
        == [
            Act("smile", USUAL),
            "you",
        ]
    )


def test_a_bracket_that_does_not_close_is_not_waited_for_forever() -> None:
    tags = Tags()
    assert tags.push("[" + "a" * 50) == ["[" + "a" * 50]


def test_brackets_in_brackets() -> None:
    assert parted("a [[smile]] b") == ("a [] b", [Act("smile", USUAL)])


async def test_what_a_voice_has_spoken_passes_with_its_times() -> None:
    async def text() -> AsyncIterator[str]:
        yield "[nod] Yes "
        yield TimedString("indeed ", 0.1, 0.4)
        yield "[smi"
        yield "le] sir"

    pieces = [piece async for piece in unmarked(text())]
    assert "".join(pieces) == "Yes indeed sir" and pieces[1].start_time == 0.1
