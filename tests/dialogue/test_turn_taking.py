"""What is seen reaches the session: its delays, what stops it, and turns that are held."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from livekit.agents import StopResponse, llm
from livekit.rtc import EventEmitter
from tests.dialogue.test_turn_sight import ROW_S, row

from visavis.dialogue.host import Host
from visavis.dialogue.lips import PROOF_S
from visavis.dialogue.turn_sight import BEHIND_LIPS_S, DONE_DELAY_S
from visavis.dialogue.turn_taking import TurnTaking
from visavis.media.settings import TurnSettings

VOICE = TurnSettings()


class Session(EventEmitter[str]):
    """What an `AgentSession` shows of itself, set by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.user_state = "listening"
        self.options = SimpleNamespace(interruption={"min_duration": VOICE.interruption_s})
        self.delays: list[dict[str, float]] = []

    def update_options(self, *, endpointing_opts: dict[str, float]) -> None:
        self.delays.append(endpointing_opts)

    def speak(self, speaking: bool) -> None:
        self.user_state = "speaking" if speaking else "listening"
        self.emit("user_state_changed", SimpleNamespace(new_state=self.user_state))

    def understand(self, text: str) -> None:
        self.emit("user_input_transcribed", SimpleNamespace(is_final=True, transcript=text))


class Sight:
    facts = frozenset({"present", "looking"})

    def describe(self) -> str:
        return ""


class Person:
    """Somebody whose lips were seen to speak, before a host; the clock moves with the pictures."""

    def __init__(self) -> None:
        self.now, self.session = 0.0, Session()
        self.turns = TurnTaking(Sight(), VOICE, lambda: self.now)
        self.turns.attach(self.session)
        self.host = Host(instructions="", turns=self.turns)
        self.session.speak(True)
        while self.now < PROOF_S + 2 * ROW_S:
            self.show(0.0 if round(self.now / 0.2) % 2 else 0.25)

    def show(self, *lips: float) -> None:
        for apart in lips:
            self.now += ROW_S
            self.turns.see(row(apart), 1.0)

    async def ends(self, text: str) -> str | None:
        """The turn's words as they are answered; None where they are not."""
        message = llm.ChatMessage(role="user", content=[text])
        try:
            await self.host.on_user_turn_completed(llm.ChatContext.empty(), message)
        except StopResponse:
            return None
        return message.text_content


@pytest.fixture
def person() -> Person:
    return Person()


def test_a_person_who_is_done_is_waited_for_less(person) -> None:
    person.show(0.0, 0.0)
    person.session.speak(False)
    assert person.session.delays == [{"min_delay": VOICE.min_delay_s, "max_delay": DONE_DELAY_S}]
    person.session.speak(True)
    person.turns.see(None, 0.0)
    person.session.speak(False)
    assert person.session.delays[-1]["max_delay"] == VOICE.max_delay_s


def test_what_stops_the_avatar_follows_the_lips(person) -> None:
    stops = []
    for apart in (0.0, 0.2):
        person.show(apart)
        stops.append(person.session.options.interruption["min_duration"])
    person.turns.see(None, 0.0)
    assert [*stops, person.session.options.interruption["min_duration"]] == [
        BEHIND_LIPS_S,
        VOICE.interruption_s,
        VOICE.interruption_s,
    ]


async def test_a_turn_with_closed_lips_is_answered_at_once(person) -> None:
    person.session.speak(False)
    person.show(0.0)
    assert await person.ends("What time is it?") == "What time is it?"


async def test_a_turn_that_goes_on_is_answered_as_one(person) -> None:
    person.session.speak(False)
    person.show(0.15, 0.2)
    ending = asyncio.create_task(person.ends("I would like"))
    await asyncio.sleep(0)
    person.session.speak(True)
    person.session.understand("to know the time.")
    assert await asyncio.wait_for(ending, 10) is None
    person.session.speak(False)
    person.show(0.0)
    assert await person.ends("to know the time.") == "I would like to know the time."
    assert await person.ends("Thank you.") == "Thank you."


async def test_lips_that_close_give_the_floor_away(person) -> None:
    person.session.speak(False)
    person.show(0.15, 0.2)
    ending = asyncio.create_task(person.ends("What time is it?"))
    await asyncio.sleep(0)
    assert not ending.done()
    person.show(0.0)
    assert await asyncio.wait_for(ending, 10) == "What time is it?"
