"""The course of a call: greeting, then each line after the last reply has ended. No wait is without an end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from visavis.caller.activity import VoiceMeter
from visavis.caller.speech import Interruption, Plan
from visavis.caller.take import Said, Take, now_s
from visavis.media.errors import RoomError

PAUSE_S = 0.6  # a person's pause before speaking
GAP_S = 0.7  # silence after which a reply has ended, where the agent says that it listens
GAP_UNTOLD_S = 2.0  # where it tells no state
GAP_STALLED_S = 15.0  # where it claims to be speaking still
TAIL_S = 1.2  # after the last reply, so that the record shows the face at rest
ATTEMPTS = 3  # at one line, when the connection breaks


@dataclass(frozen=True)
class Patience:
    """How long a caller waits, in seconds.

    Attributes:
        agent_s: for an agent and its voice to come into the room.
        return_s: for one that has gone, while the connection holds.
        greeting_s: for its greeting; some agents have none.
        reply_s: from the end of a line to the first voice; reply_end_s: for a whole reply.
        answer_s: for a reply to an interruption, which need not be answered.
        reconnect_s: for a lost connection, and the agent with it.
    """

    agent_s: float = 30.0
    return_s: float = 10.0
    greeting_s: float = 10.0
    reply_s: float = 20.0
    reply_end_s: float = 120.0
    answer_s: float = 5.0
    reconnect_s: float = 45.0


DEFAULT_PATIENCE = Patience()


class Room(Protocol):
    """The connection, as a conversation sees it."""

    @property
    def lost(self) -> bool:
        """Whether it is trying to come back."""

    @property
    def losses(self) -> int:
        """How often it was lost."""

    @property
    def ended(self) -> str | None:
        """Why it is over, None while it is not."""


class Voice(Protocol):
    """The microphone, as a conversation sees it."""

    async def say(self, said: Said) -> None: ...

    async def pulse(self) -> None: ...


class Agent(Protocol):
    """What is received of the agent."""

    meter: VoiceMeter
    left: bool

    @property
    def present(self) -> bool: ...

    @property
    def state(self) -> str: ...


class ConnectionBroke(Exception):
    """The connection was lost and came back while something was awaited."""


class Conversation:
    """Follows a plan. `run()` returns when the last reply has ended.

    Args:
        notice: gets a short line for a person whenever something begins.
    """

    def __init__(
        self,
        plan: Plan,
        take: Take,
        room: Room,
        voice: Voice,
        agent: Agent,
        notice: Callable[[str], None],
        patience: Patience,
    ) -> None:
        self._plan, self._take, self._room = plan, take, room
        self._voice, self._agent, self._notice = voice, agent, notice
        self._patience = patience
        self._last_present_s = now_s()
        self._losses = 0  # of the connection, as far as they were dealt with

    async def run(self) -> None:
        """The whole call.

        Raises:
            RoomError: no agent, no reply, or the connection is over; names what was awaited and for how long.
        """
        await self._greeting()
        for turn in range(len(self._plan.lines)):
            await self._insist(turn)
        await self._pause(TAIL_S)

    async def _greeting(self) -> None:
        try:
            self._notice("waiting for the agent")
            if not await self._until(lambda: self._agent.left or self._there(), self._patience.agent_s):
                raise RoomError(self._why_no_agent())
            if not await self._until(self._there, self._patience.return_s):
                raise RoomError(self._why_no_agent())
            self._notice("listening to the greeting")
            if await self._until(lambda: self._agent.meter.onset_s is not None, self._patience.greeting_s):
                await self._until(self._silent, self._patience.reply_end_s)
            else:
                self._take.remarks.append(f"no greeting was heard within {self._patience.greeting_s:g} s")
        except ConnectionBroke:
            self._take.remarks.append("the connection broke during the greeting and came back")

    def _there(self) -> bool:
        """Whether the agent is there and can be heard."""
        return self._agent.present and bool(self._take.heard)

    def _why_no_agent(self) -> str:
        if self._agent.left:
            return "the agent came into the room and left it before it said anything; see the worker's log"
        if self._agent.present:
            return f"the agent sent no sound within {self._patience.agent_s:g} s of our joining; see the worker's log"
        return f"no agent came into the room within {self._patience.agent_s:g} s: is a worker running (visavis worker)?"

    async def _insist(self, turn: int) -> None:
        """One turn; where the connection broke before a reply came, the line is said again."""
        for _ in range(ATTEMPTS):
            said = Said(self._plan.lines[turn], turn, interrupts=False)
            try:
                await self._turn(said)
                return
            except ConnectionBroke:
                if self._replied(said):
                    self._take.remarks.append(f"the connection broke during the reply to {said.line.name}")
                    return
                self._take.remarks.append(f"the connection broke before a reply to {said.line.name}; said it again")
        raise RoomError(f"the connection broke {ATTEMPTS} times while {self._plan.lines[turn].name} was said")

    async def _turn(self, said: Said) -> None:
        await self._pause(PAUSE_S)
        self._notice(f"saying {said.line.name}")
        await self._say(said)
        if not await self._until(lambda: self._replied(said), self._patience.reply_s):
            awaited = f"no reply to {said.line.name} was heard within {self._patience.reply_s:g} s"
            raise RoomError(f"{awaited}; {self._why_no_reply(said)}")
        self._notice(f"listening to the reply to {said.line.name}")
        interruption = self._plan.interruption(said.turn)
        if interruption and not await self._interrupt(said, interruption):
            self._take.remarks.append(
                f"the reply to {said.line.name} ended before {interruption.after_s:g} s; "
                f"{interruption.line.name} was not said"
            )
        await self._reply_end(said)

    def _why_no_reply(self, said: Said) -> str:
        """What the agent told since the line began: its state, and the words that it understood."""
        state = f"the agent says that it is {self._agent.state}" if self._agent.state else "the agent tells no state"
        own = [caption for caption in self._take.captions if caption.identity == self._take.identity]
        words = " ".join(caption.text for caption in own if caption.start_s >= said.start_s)
        return f'{state} and understood "{words}"' if words else f"{state} and told of no words that it understood"

    async def _interrupt(self, said: Said, interruption: Interruption) -> bool:
        """Say the interruption at its time and await what follows; False where the reply ended before."""
        onset_s = self._agent.meter.onset_s or now_s()
        due_s = onset_s + interruption.after_s
        await self._until(lambda: now_s() >= due_s or self._silent(), self._patience.reply_end_s)
        if now_s() < due_s:
            return False
        self._notice(f"interrupting with {interruption.line.name}")
        words = Said(interruption.line, said.turn, interrupts=True)
        await self._say(words)
        answered = await self._until(lambda: self._replied(words), self._patience.answer_s)
        if not answered and self._agent.state == "thinking":
            await self._until(lambda: self._replied(words), self._patience.reply_s)
        return True

    async def _say(self, said: Said) -> None:
        """Say it; returns when its last sample has left."""
        self._take.said.append(said)
        await self._voice.say(said)
        await self._until(lambda: now_s() >= said.leaves[-1], self._patience.reply_s)

    async def _reply_end(self, said: Said) -> None:
        within_s = self._patience.reply_end_s
        if not await self._until(self._silent, within_s):
            self._take.remarks.append(f"the reply to {said.line.name} had not ended after {within_s:g} s")

    async def _pause(self, seconds: float) -> None:
        due_s = now_s() + seconds
        await self._until(lambda: now_s() >= due_s, seconds + self._patience.reconnect_s)

    def _replied(self, said: Said) -> bool:
        """Whether the avatar has begun to answer a line that was said to its end."""
        meter = self._agent.meter
        if meter.onset_s is None or meter.last_voiced_s is None or not said.complete:
            return False
        # a voice that began before the line's end and is still there a second later is an answer to its first half
        return meter.onset_s >= said.last_voiced_s or meter.last_voiced_s >= said.last_voiced_s + 1.0

    def _silent(self) -> bool:
        """Whether the avatar has finished what it says."""
        last_s = self._agent.meter.last_voiced_s
        if last_s is None:
            return True
        state = self._agent.state
        gap_s = {"": GAP_UNTOLD_S, "listening": GAP_S, "idle": GAP_S}.get(state, GAP_STALLED_S)
        return now_s() - last_s >= gap_s

    async def _until(self, reached: Callable[[], bool], within_s: float) -> bool:
        """Wait beat by beat until `reached()`; False when it was not within `within_s`.

        Raises:
            RoomError: the call is over, or the agent has gone and stays away.
            ConnectionBroke: the connection was lost and is back.
        """
        end_s = now_s() + within_s
        while not reached():
            if now_s() >= end_s:
                return False
            await self._voice.pulse()
            await self._check()
        return True

    async def _check(self) -> None:
        if self._room.ended:
            raise RoomError(f"the call ended: {self._room.ended}")
        if self._room.losses > self._losses:
            await self._return()
            self._losses = self._room.losses
            raise ConnectionBroke
        if self._agent.present or not self._take.heard:
            self._last_present_s = now_s()
        elif now_s() - self._last_present_s > self._patience.return_s:
            raise RoomError(f"the agent left the room and did not come back within {self._patience.return_s:g} s")

    async def _return(self) -> None:
        """Wait for the connection to come back, and the agent with it."""
        self._notice("the connection is lost; waiting for it")
        end_s = now_s() + self._patience.reconnect_s
        while self._room.lost or not self._agent.present:
            if self._room.ended:
                raise RoomError(f"the call ended: {self._room.ended}")
            if now_s() >= end_s:
                what = "the connection was lost" if self._room.lost else "the agent was lost with the connection"
                raise RoomError(f"{what} and did not come back within {self._patience.reconnect_s:g} s")
            await self._voice.pulse()
        self._last_present_s = now_s()
