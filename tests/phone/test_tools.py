"""The tools of a telephone call: nothing that ends the talk is done before it was said, or when the caller objects."""

from collections.abc import Callable

import pytest

from visavis.media.errors import RoomError
from visavis.phone.digits import Keypad
from visavis.phone.tools import FAREWELL, PhoneTools


class Leg:
    """Notes what was done."""

    def __init__(self, *, reachable: bool = True) -> None:
        self.done: list[str] = []
        self.reachable = reachable

    async def hang_up(self) -> None:
        self.done.append("hung up")

    async def transfer(self, address: str) -> None:
        if not self.reachable:
            raise RoomError("busy")
        self.done.append(address)


class Call:
    """The tools of a call whose caller lets them finish, or does not."""

    def __init__(self, *, objects: bool = False, reachable: bool = True) -> None:
        self.leg, self.said, self.ends = Leg(reachable=reachable), [], []
        self.objects = objects
        targets = {"sales": "sip:sales@127.0.0.1", "the front desk": "tel:+15550100"}
        keypad = Keypad(lambda keys: None)
        self.tools = PhoneTools(self.leg, keypad, targets, self.ends.append, say=self._say)  # type: ignore[arg-type]

    async def _say(self, context: object, text: str) -> bool:
        assert not self.leg.done
        self.said.append(text)
        return not self.objects


async def test_goodbye_is_said_and_then_the_line_is_free() -> None:
    call = Call()
    assert await call.tools.hang_up(None) is None
    assert (call.said, call.leg.done, len(call.ends)) == ([FAREWELL], ["hung up"], 1)


@pytest.mark.parametrize("do", [lambda t: t.hang_up(None), lambda t: t.transfer_call(None, "sales")])
async def test_a_caller_who_speaks_up_stops_it(do: Callable) -> None:
    call = Call(objects=True)
    assert "spoke up" in await do(call.tools)
    assert call.said and not call.leg.done and not call.ends


async def test_whom_a_caller_may_be_transferred_to() -> None:
    call = Call()
    assert "sales or the front desk" in await call.tools.transfer_call(None, "my neighbour")
    assert not call.said
    await call.tools.transfer_call(None, "somebody at the desk, please")
    assert call.leg.done == ["tel:+15550100"] and "transferred" in call.ends[0]


async def test_a_transfer_that_fails_goes_on() -> None:
    call = Call(reachable=False)
    assert "could not reach sales" in await call.tools.transfer_call(None, "sales")
    assert not call.ends


async def test_on_hold_only_who_comes_back_is_answered() -> None:
    call = Call()
    assert call.tools.answers("What time is it?")
    await call.tools.hold(None)
    assert [call.tools.answers(text) for text in ("Did you feed the cat?", "I'm back.", "What time is it?")] == [
        False, True, True,
    ]  # fmt: skip


def test_nobody_to_transfer_to_is_no_tool() -> None:
    tools = PhoneTools(None, None, {}, print).tools()  # type: ignore[arg-type]
    assert {tool.info.name for tool in tools} == {"hang_up", "hold", "collect_digits", "send_digits"}
