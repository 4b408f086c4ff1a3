"""Keys that a caller presses: a turn, or what a tool has waited for."""

import asyncio

import pytest

from visavis.phone import digits
from visavis.phone.digits import Keypad, spoken


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "PAUSE_S", 0.05)


async def test_keys_in_a_row_are_one_turn() -> None:
    turns: list[str] = []
    pad = Keypad(turns.append)
    for key in "42":
        pad.press(key)
    assert not turns
    await asyncio.sleep(0.15)
    pad.press("7")
    await asyncio.sleep(0.15)
    assert turns == ["42", "7"]


async def test_hash_ends_a_turn_at_once() -> None:
    turns: list[str] = []
    pad = Keypad(turns.append)
    for key in "15#":
        pad.press(key)
    assert turns == ["15#"]


@pytest.mark.parametrize(
    ("pressed", "count", "collected"), [("1234", 3, "123"), ("12#", 9, "12"), ("12", 9, "12"), ("", 4, "")]
)
async def test_collecting_ends_by_count_by_key_or_by_time(pressed: str, count: int, collected: str) -> None:
    turns: list[str] = []
    pad = Keypad(turns.append)
    collecting = asyncio.create_task(pad.collect(count, "#", 0.2))
    await asyncio.sleep(0)
    for key in pressed:
        pad.press(key)
    assert await collecting == collected and not turns


async def test_keys_pressed_before_they_are_asked_for_count() -> None:
    pad = Keypad(lambda keys: None)
    pad.press("9")
    collecting = asyncio.create_task(pad.collect(2, "#", 5))
    await asyncio.sleep(0)
    pad.press("8")
    assert await collecting == "98"


async def test_two_can_not_collect_at_once() -> None:
    pad = Keypad(lambda keys: None)
    first = asyncio.create_task(pad.collect(1, "#", 5))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="already"):
        await pad.collect(1, "#", 5)
    pad.press("1")
    assert await first == "1"


def test_keys_are_spoken() -> None:
    assert spoken("4*#") == "I pressed 4 star hash."
