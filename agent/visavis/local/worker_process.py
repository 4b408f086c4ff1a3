"""`visavis worker` as a child of ours, ready when the server has registered it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from visavis.local.child import Child
from visavis.local.running import Running
from visavis.local.server import LocalServer

# what livekit-agents logs when the server has taken the worker in
REGISTERED = "registered worker"
# a loaded machine takes long to import; one that fails is noticed at once
START_TIMEOUT_S = 180.0
STOP_GRACE_S = 10.0


class LocalWorker(Running):
    """An agent worker for as long as the `async with` lasts.

    Args:
        server: the server that it serves.
        arguments: of `visavis worker`, such as `["--portrait", "alex"]`.
        environment: added to ours.

    Raises:
        ServerError: it did not start or register; with its last words.
    """

    def __init__(
        self, server: LocalServer, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> None:
        self._command = [sys.executable, "-m", "visavis.cli", "worker", *arguments]
        self._environment = {
            **(environment or {}),
            "PYTHONUNBUFFERED": "1",
            "LIVEKIT_URL": server.url,
            "LIVEKIT_API_KEY": server.key,
            "LIVEKIT_API_SECRET": server.secret,
        }
        self.child = Child("agent worker")

    @property
    def log(self) -> Path:
        """The file that holds what the worker said so far."""
        return self.child.log

    async def start(self) -> None:
        """Start it; returns when it can be called."""
        await self.child.start(self._command, self._environment)
        await self.child.ready(self._registered, START_TIMEOUT_S)

    async def _registered(self) -> bool:
        return REGISTERED in self.log.read_text(errors="replace")

    async def aclose(self) -> None:
        """End it, and the calls that it still holds."""
        await self.child.stop(STOP_GRACE_S)
