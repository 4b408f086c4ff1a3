"""Sees the person in the room: `Watcher` for a call. The parts are modules of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visavis.perception.watcher import Watcher as Watcher

__all__ = ["Watcher"]


def __getattr__(name: str) -> object:
    """Import on first use: set-up and tests of the plain parts do without LiveKit."""
    if name == "Watcher":
        from visavis.perception.watcher import Watcher

        return Watcher
    raise AttributeError(name)
