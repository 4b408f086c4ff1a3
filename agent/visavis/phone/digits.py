"""Keys that the caller presses: gathered where a tool waits for them, otherwise a turn of the conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from visavis.phone.caller import NAMES

PAUSE_S = 1.0  # keys that follow each other sooner are one turn
ENDS = "#"


def spoken(keys: str) -> str:
    """Keys as a turn of the caller's: "42#" is "I pressed 4 2 hash."."""
    return f"I pressed {' '.join(NAMES.get(key, key) for key in keys)}."


@dataclass
class _Collecting:
    count: int
    ends: str
    done: asyncio.Future[str]
    keys: str = field(default="")


class Keypad:
    """Takes the keys as they come.

    Args:
        on_turn: gets keys that nobody collects: `ENDS` ends a turn at once, else a pause of `PAUSE_S` does.
    """

    def __init__(self, on_turn: Callable[[str], None]) -> None:
        self._on_turn = on_turn
        self._keys = ""
        self._pause: asyncio.TimerHandle | None = None
        self._collecting: _Collecting | None = None

    def press(self, key: str) -> None:
        """One key (0-9 * #)."""
        if self._collecting is not None:
            self._collect(self._collecting, key)
            return
        self._keys += key
        self._stop_waiting()
        if key == ENDS:
            self._turn()
        else:
            self._pause = asyncio.get_running_loop().call_later(PAUSE_S, self._turn)

    async def collect(self, count: int, ends: str, timeout_s: float) -> str:
        """The next keys: `count` of them, or fewer where `ends` is pressed (which is not among them) or time is up.

        Raises:
            RuntimeError: they are being collected already.
        """
        if self._collecting is not None:
            raise RuntimeError("digits are being collected already")
        collecting = self._collecting = _Collecting(count, ends, asyncio.get_running_loop().create_future())
        self._stop_waiting()
        pressed, self._keys = self._keys, ""
        try:
            for key in pressed:  # who knows the menu presses before it is read out
                self._collect(collecting, key)
            async with asyncio.timeout(timeout_s):
                return await collecting.done
        except TimeoutError:
            return collecting.keys
        finally:
            self._collecting = None

    def close(self) -> None:
        """Nothing is told any more."""
        self._stop_waiting()

    def _collect(self, collecting: _Collecting, key: str) -> None:
        if collecting.done.done():
            return
        if key != collecting.ends:
            collecting.keys += key
        if key == collecting.ends or len(collecting.keys) >= collecting.count:
            collecting.done.set_result(collecting.keys)

    def _turn(self) -> None:
        keys, self._keys = self._keys, ""
        self._on_turn(keys)

    def _stop_waiting(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
