"""A redis of our own: on loopback only, with a password, nothing written to disk, ended with us.

LiveKit's server and SIP service find each other through it, and the server keeps trunks and rules in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
from pathlib import Path

from visavis.local.child import Child
from visavis.local.ports import LOOPBACK, free_port
from visavis.local.running import Running
from visavis.local.sip_binary import find_redis

START_TIMEOUT_S = 20.0
STOP_GRACE_S = 2.0


class LocalRedis(Running):
    """A redis for as long as the `async with` lasts; it comes back empty, at the same address, when started again.

    Attributes:
        address: HOST:PORT.
        password: of this run.

    Raises:
        ServerError: there is none to start, or it did not start; with its last words.
    """

    def __init__(self) -> None:
        self._port = free_port()
        self.address, self.password = f"{LOOPBACK}:{self._port}", secrets.token_hex(16)
        self.child = Child("redis server")
        self._folder = tempfile.TemporaryDirectory(prefix="visavis-redis-")  # readable by us alone

    @property
    def settings(self) -> dict[str, str]:
        """How LiveKit's services are told of it."""
        return {"address": self.address, "password": self.password}

    async def start(self) -> None:
        """Start it; returns when it answers."""
        command = await asyncio.to_thread(find_redis)
        # by file, not by arguments: other users see command lines
        file = Path(self._folder.name) / "redis.conf"
        file.write_text(
            f'bind {LOOPBACK}\nport {self._port}\nrequirepass {self.password}\nsave ""\nappendonly no\n'
            f"dir {self._folder.name}\n"
        )
        await self.child.start([command, str(file)], {})
        await self.child.ready(self._answers, START_TIMEOUT_S)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self._port)
        except OSError:
            return False
        with contextlib.closing(writer):
            writer.write(f"AUTH {self.password}\r\nPING\r\n".encode())
            return (await reader.readline(), await reader.readline()) == (b"+OK\r\n", b"+PONG\r\n")

    async def aclose(self) -> None:
        """End it for good."""
        await self.child.stop(STOP_GRACE_S)
        self._folder.cleanup()
