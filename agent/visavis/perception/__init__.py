"""Sees the person in the room: `Watcher` for a call, `preload` for a process that waits for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visavis.perception.landmarks import preload as preload
    from visavis.perception.watcher import Watcher as Watcher

__all__ = ["Watcher", "preload"]


def __getattr__(name: str) -> object:
    """Import on first use: set-up and the plain parts do without LiveKit."""
    if name == "Watcher":
        from visavis.perception.watcher import Watcher

        return Watcher
    if name == "preload":
        from visavis.perception.landmarks import preload

        return preload
    raise AttributeError(name)
