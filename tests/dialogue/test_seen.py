"""What the camera showed, in words for a language model and for the person."""

from __future__ import annotations

import pytest
from livekit.agents import llm

from visavis.dialogue.seen import LATELY_S, LOGGED, MOST, PHRASES, TURNS, Seen
from visavis.perception.names import CUES


class Camera:
    """A sight and a clock, both set by hand."""

    def __init__(self) -> None:
        self.now, self.facts, self.words = 100.0, set(), ""
        self.seen = Seen(self, lambda: self.now)

    def describe(self) -> str:
        return self.words

    def show(self, name: str, on: bool = True, at: float | None = None) -> None:
        self.now = self.now + 0.1 if at is None else at
        (self.facts.add if on else self.facts.discard)(name)
        self.seen.change(name, on)


def talk(*dates: float) -> llm.ChatContext:
    """One turn of the user at each of `dates`, with an answer after it."""
    context = llm.ChatContext.empty()
    for k, date in enumerate(dates):
        context.items.append(llm.ChatMessage(role="user", content=[f"question {k}"], created_at=date))
        if k + 1 < len(dates):
            context.items.append(llm.ChatMessage(role="assistant", content=[f"answer {k}"], created_at=date + 1))
    return context


def notes(context: llm.ChatContext) -> list[str]:
    return [item.text_content for item in context.items if item.role == "system"]


@pytest.fixture
def camera() -> Camera:
    return Camera()


def test_a_note_stands_before_the_words_that_it_belongs_to(camera) -> None:
    camera.show("present", at=101)
    camera.show("smile", at=102)
    camera.show("wave", at=103)
    camera.show("wave", on=False, at=104)
    annotated = camera.seen.annotated(talk(105))
    assert [item.role for item in annotated.items] == ["system", "user"]
    assert notes(annotated) == ["[sees: the caller is in view, waves, smiles]"]


def test_without_a_change_there_is_no_note_and_no_copy(camera) -> None:
    context = talk(105)
    assert camera.seen.annotated(context) is context
    camera.show("present", at=101)
    camera.show("looking", at=102)
    assert notes(camera.seen.annotated(talk(105, 110, 115))) == ["[sees: the caller is in view]"]


def test_each_turn_has_the_changes_of_its_own_time(camera) -> None:
    camera.show("present", at=101)
    camera.show("smile", at=107)
    camera.show("smile", on=False, at=112)
    camera.show("nod", at=113)
    camera.show("nod", on=False, at=114)
    assert notes(camera.seen.annotated(talk(105, 110, 115))) == [
        "[sees: the caller is in view]",
        "[sees: the caller smiles]",
        "[sees: the caller nods, smiles no more]",
    ]


def test_old_notes_are_dropped_and_what_still_holds_is_told_again(camera) -> None:
    camera.show("present", at=101)
    camera.show("smile", at=102)
    dates = [105.0 + 5 * k for k in range(TURNS + 3)]
    assert notes(camera.seen.annotated(talk(*dates))) == ["[sees: the caller is in view, smiles]"]
    camera.show("smile", on=False, at=dates[-1] - 1)
    annotated = camera.seen.annotated(talk(*dates))
    assert notes(annotated) == ["[sees: the caller is in view, smiles]", "[sees: the caller smiles no more]"]
    assert len(annotated.items) == len(talk(*dates).items) + 2


def test_a_flood_is_merged_into_one_short_note(camera) -> None:
    camera.show("present", at=100)
    for k in range(3 * LOGGED):
        camera.show(list(PHRASES)[3 + k % 10], on=k % 20 < 10)
    note = camera.seen.note(float("-inf"), float("inf"), whole=True)
    assert note.startswith("[sees: the caller is in view, waves, raises a hand") and note.count(",") == MOST - 1


def test_who_leaves_is_not_said_to_have_stopped_smiling(camera) -> None:
    camera.show("present", at=101)
    camera.show("smile", at=102)
    for name, on in (("smile", False), ("present", False), ("away", True)):
        camera.show(name, on, at=107)
    assert notes(camera.seen.annotated(talk(105, 110)))[1] == "[sees: the caller has left the picture]"


def test_the_words_are_for_the_cues_of_the_camera() -> None:
    assert set(PHRASES) == set(CUES) - {"speaking"}  # which is heard


@pytest.mark.parametrize("name", PHRASES)
def test_every_cue_has_words(camera, name) -> None:
    camera.show("present")
    camera.show(name)
    assert PHRASES[name].does in camera.seen.note(0, 1000)


def test_a_cue_without_words_is_passed_over(camera) -> None:
    camera.show("speaking")
    camera.show("something_new")
    assert camera.seen.note(0, 1000) == ""


def test_a_gesture_is_still_seen_a_moment_later(camera) -> None:
    camera.show("present")
    camera.show("wave")
    camera.show("wave", on=False)
    camera.words = "I can see you."
    assert "wave" in camera.seen.facts and camera.seen.describe() == "I can see you. A moment ago you were waving."
    camera.now += LATELY_S + 1
    assert camera.seen.facts == {"present"} and camera.seen.describe() == "I can see you."


def test_without_a_picture_no_gesture_is_seen_and_the_sight_says_why(camera) -> None:
    camera.show("wave")
    camera.facts.clear()
    camera.words = "The picture is black."
    assert not camera.seen.facts and camera.seen.describe() == "The picture is black."
