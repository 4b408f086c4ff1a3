"""What the agent may do on a telephone line, as tools of its language model (the scripted host calls the same ones).

Whatever ends the conversation is said aloud first, and a caller who speaks up meanwhile stops it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from livekit.agents import RunContext, function_tool
from pydantic import Field

from visavis.media.errors import RoomError
from visavis.phone.caller import Leg
from visavis.phone.digits import Keypad

logger = logging.getLogger(__name__)

FAREWELL = "Goodbye! I hang up now."
HOLDING = "Of course. Take your time, and tell me when you are back."
WELCOME_BACK = re.compile(
    r"\b(i am|i'm|we are) (back|here)|\bback (now|again)\b|^(hello|hi|hey)\b"
    r"|\bare you (still )?there\b|\bthank(s| you)\b",
    re.IGNORECASE,
)
MOST_DIGITS = 32

Say = Callable[[RunContext[Any], str], Awaitable[bool]]


async def say_aloud(context: RunContext[Any], text: str) -> bool:
    """Say it to its end; False where the caller spoke up before."""
    await context.wait_for_playout()
    speech = context.session.say(text)
    await speech.wait_for_playout()
    return not speech.interrupted


class PhoneTools:
    """The tools of one call.

    Args:
        leg: their side of the call.
        keypad: where the caller's keys come in.
        targets: whom the caller may be transferred to: a name -> `sip:...` or `tel:+...`.
        ended: told, with the reason, when the agent has ended the call.
        say: says a text aloud.

    Attributes:
        holding: whether the caller has asked us to hold: then only what says that they are back is answered.
    """

    def __init__(
        self,
        leg: Leg,
        keypad: Keypad,
        targets: Mapping[str, str],
        ended: Callable[[str], None],
        *,
        say: Say = say_aloud,
    ) -> None:
        self._leg, self._keypad, self._targets = leg, keypad, dict(targets)
        self._ended, self._say = ended, say
        self.holding = False

    def tools(self) -> list[Any]:
        """For an `Agent`; there is no transfer where nobody may be transferred to."""
        transfer = [self.transfer_call] if self._targets else []
        return [self.hang_up, self.hold, self.collect_digits, self.send_digits, *transfer]

    def answers(self, text: str) -> bool:
        """Whether the caller's words are to be answered: while they hold only what takes the call up again."""
        if self.holding and WELCOME_BACK.search(text):
            self.holding = False
        return not self.holding

    @function_tool
    async def hang_up(self, context: RunContext[Any]) -> str | None:
        """End the telephone call, when the caller says goodbye or asks for it. It says goodbye by itself first."""
        if not await self._say(context, FAREWELL):
            return "The caller spoke up, so the call goes on."
        await self._leg.hang_up()
        self._ended("the agent hung up")
        return None

    @function_tool
    async def transfer_call(
        self, context: RunContext[Any], to: Annotated[str, Field(description="whom the caller wants to speak to")]
    ) -> str | None:
        """Transfer the caller to somebody else. It says so by itself first."""
        name = self._target(to)
        if name is None:
            return f"I can transfer you to {' or '.join(self._targets)}. Whom would you like to speak to?"
        if not await self._say(context, f"I am transferring you to {name} now. One moment, please."):
            return "The caller spoke up, so nobody was called."
        try:
            await self._leg.transfer(self._targets[name])
        except RoomError as error:
            logger.warning("%s", error)
            return f"I am sorry, I could not reach {name}. What else can I do for you?"
        self._ended(f"the caller was transferred to {name}")
        return None

    @function_tool
    async def hold(self, context: RunContext[Any]) -> None:
        """Wait while the caller is busy, when they ask to hold on. Nothing is answered until they are back."""
        await self._say(context, HOLDING)
        self.holding = True

    @function_tool
    async def collect_digits(
        self,
        context: RunContext[Any],
        count: Annotated[int, Field(description="how many digits at most", ge=1, le=MOST_DIGITS)],
        terminator: Annotated[str, Field(description="the key that ends it earlier: #, * or nothing")] = "#",
        timeout_s: Annotated[float, Field(description="seconds to wait for all of them", ge=1, le=120)] = 15.0,
    ) -> str:
        """Collect digits that the caller presses on the telephone's keypad; ask for them first."""
        await context.wait_for_playout()
        keys = await self._keypad.collect(count, terminator, timeout_s)
        return f"The caller pressed {' '.join(keys)}." if keys else "The caller pressed nothing."

    @function_tool
    async def send_digits(
        self, context: RunContext[Any], digits: Annotated[str, Field(description="keys out of 0-9, * and #")]
    ) -> str:
        """Press keys of the telephone for the other end, such as a menu's."""
        try:
            await self._leg.send_digits(digits[:MOST_DIGITS])
        except ValueError as error:
            return f"Nothing was pressed: {error}."
        return f"Pressed {' '.join(digits[:MOST_DIGITS])}."

    def _target(self, wanted: str) -> str | None:
        """The name among the targets that is meant."""
        words = set(re.findall(r"[a-z0-9]+", wanted.lower()))
        return next((name for name in self._targets if words & set(re.findall(r"[a-z0-9]+", name.lower()))), None)
