"""LiveKit's SIP service on this machine: on loopback only, brought back when it dies, ended with us."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections import deque
from collections.abc import Awaitable, Callable

from visavis.local.child import Child
from visavis.local.ports import LOOPBACK, free_port_of_both, is_free
from visavis.local.redis import LocalRedis
from visavis.local.running import Running
from visavis.local.server import LocalServer
from visavis.local.sip_binary import find_sip
from visavis.media.errors import InputError, ServerError

START_TIMEOUT_S = 30.0
STOP_GRACE_S = 1.0  # it would wait for the calls that it holds
RTP_PORTS = "20000-21999"
RESTARTS = 5  # within WINDOW_S; more is no accident
WINDOW_S = 120.0
MEDIA_TIMEOUT_S = 15  # a phone that sends no sound for so long has gone


class LocalSip(Running):
    """A SIP service for as long as the `async with` lasts.

    Args:
        server: the LiveKit server whose rooms calls go to; it must share `redis`.
        redis: through which they find each other.
        port: of SIP on loopback, UDP and TCP; None takes a free one.
        say: told in one line when it died and is started again.
        media_timeout_s: after so much time without any sound of the phone a call is ended.
        bury: awaited when it died, so that its calls are ended in their rooms, too.

    Raises:
        InputError: the port asked for is in use.
        ServerError: it is not installed, or did not start; with its last words.
    """

    def __init__(
        self,
        server: LocalServer,
        redis: LocalRedis,
        port: int | None = None,
        say: Callable[[str], None] = print,
        media_timeout_s: int = MEDIA_TIMEOUT_S,
        bury: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        if port is not None and not (is_free(port) and is_free(port, socket.SOCK_DGRAM)):
            raise InputError(f"port {port} is in use; choose another one")
        self.port = port or free_port_of_both()
        self._server, self._redis, self._say = server, redis, say
        self._media_timeout, self._bury = f"{media_timeout_s}s", bury
        self.child = Child("SIP service")
        self._keeper: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """HOST:PORT that phones dial."""
        return f"{LOOPBACK}:{self.port}"

    async def start(self) -> None:
        """Start it; returns when calls are taken, and brings it back whenever it ends by itself."""
        await self._launch()
        self._keeper = asyncio.create_task(self._keep())

    async def lost(self) -> None:
        """Wait until it cannot be kept alive.

        Raises:
            ServerError: then; with its last words.
        """
        if self._keeper:
            await asyncio.shield(self._keeper)

    async def aclose(self) -> None:
        """End it for good."""
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError, ServerError):
                await self._keeper
        await self.child.stop(STOP_GRACE_S)

    async def _launch(self) -> None:
        command = await asyncio.to_thread(find_sip)
        # the configuration, keys included, goes by the environment: other users see command lines, not that
        await self.child.start([command], {"SIP_CONFIG_BODY": self._configuration()})
        await self.child.ready(self._answers, START_TIMEOUT_S)

    async def _keep(self) -> None:
        deaths: deque[float] = deque(maxlen=RESTARTS)
        clock = asyncio.get_running_loop().time
        while True:
            await self.child.wait()
            if len(deaths) == RESTARTS and clock() - deaths[0] < WINDOW_S:
                raise ServerError(f"{self.child.epitaph()}; it was started again {RESTARTS} times in vain")
            deaths.append(clock())
            self._say(f"{self.child.ended()}: its calls are lost; it is started again")
            if self._bury:
                await self._bury()
            with contextlib.suppress(ServerError):  # that it did not start is its next death
                await self._launch()

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, self.port)
        except OSError:
            return False
        writer.close()
        return True

    def _configuration(self) -> str:
        """LiveKit SIP's configuration (JSON is YAML). Only its RTP sockets listen beyond loopback: it has no choice."""
        return json.dumps(
            {
                "api_key": self._server.key,
                "api_secret": self._server.secret,
                "ws_url": self._server.url,
                "redis": self._redis.settings,
                "sip_port": self.port,
                "rtp_port": RTP_PORTS,
                "listen_ip": LOOPBACK,
                # without these two it would name an address of the network's
                "nat_1_to_1_ip": LOOPBACK,
                "media_nat_1_to_1_ip": LOOPBACK,
                "media_timeout": self._media_timeout,
                "media_timeout_initial": self._media_timeout,
                "rtp_draining_idle_timeout": "-1s",
                "max_cpu_utilization": 1,  # below, a busy machine could not dial out
                "logging": {"level": "info", "json": True},  # `visavis.phone.diary` reads it
            }
        )
