"""A LiveKit server on this machine: on loopback only, with keys of its own, ended with us.

async with LocalServer() as server:
    server.url, server.key, server.secret
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from visavis.local.binary import find_server
from visavis.local.child import Child
from visavis.local.ports import LOOPBACK, free_port, is_free
from visavis.local.running import Running
from visavis.media.errors import InputError, ServerError

START_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 5.0
# it keeps no state worth waiting for, and would wait 5 s for idle connections
STOP_GRACE_S = 0.5
# With none configured the server names public ones to every client, which would ask them for their address.
# Nothing listens on the discard port: asking there fails at once, and no call on loopback needs the answer.
NO_STUN = f"{LOOPBACK}:9"


@dataclass(frozen=True)
class Keys:
    """An API key and the secret that signs its tokens (32 characters or more)."""

    key: str
    secret: str

    @classmethod
    def fresh(cls) -> Keys:
        """Random ones, for one run."""
        return cls("API" + secrets.token_hex(6), secrets.token_urlsafe(36))


@dataclass(frozen=True)
class Endpoint:
    """A LiveKit server as its users know it: a ws:// or wss:// address and keys."""

    url: str
    keys: Keys

    @classmethod
    def from_environment(cls, given: str = "") -> Endpoint | None:
        """The server of `LIVEKIT_URL`, `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET`; None when no URL is set.

        Args:
            given: a URL to take instead of that of the environment.

        Raises:
            InputError: a URL without keys, or of another scheme.
        """
        url = given or os.environ.get("LIVEKIT_URL")
        if not url:
            return None
        said = "--url" if given else "LIVEKIT_URL"
        if urlsplit(url).scheme not in ("ws", "wss", "http", "https") or not urlsplit(url).hostname:
            raise InputError(f"{said}={url}: write ws://HOST:PORT or wss://HOST")
        key, secret = os.environ.get("LIVEKIT_API_KEY"), os.environ.get("LIVEKIT_API_SECRET")
        if not key or not secret:
            raise InputError(f"{said} is set, but not LIVEKIT_API_KEY and LIVEKIT_API_SECRET; set them, or unset it")
        return cls(url, Keys(key, secret))

    async def answers(self) -> bool:
        """Whether something speaks HTTP there and says that it is well."""
        address = self.url.replace("ws", "http", 1) if self.url.startswith("ws") else self.url
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ANSWER_TIMEOUT_S)) as session,
                session.get(address) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


class LocalServer(Running):
    """A LiveKit server for as long as the `async with` lasts.

    The server that the environment names (`LIVEKIT_URL` and keys) is used as it is; otherwise one is started.
    It can be stopped and started again: same address, same keys (its rooms are gone, as after a crash).

    Args:
        port: its port on loopback; None takes a free one.
        keys: None makes fresh random ones.
        environment: False starts one of our own even where `LIVEKIT_URL` is set.
        redis: of a redis that it shares with others, such as the SIP service: `address` and `password`.

    Raises:
        InputError: the port asked for is in use.
        ServerError: there is no server to start, or it did not start; with its last words.
    """

    def __init__(
        self,
        port: int | None = None,
        keys: Keys | None = None,
        *,
        environment: bool = True,
        redis: Mapping[str, str] | None = None,
    ) -> None:
        theirs = Endpoint.from_environment() if environment and port is None and keys is None else None
        self.own = theirs is None
        if port is not None and not is_free(port):
            raise InputError(f"port {port} is in use; choose another one")
        self._port = port or free_port()
        self._udp_port = free_port(socket.SOCK_DGRAM)
        self._redis = redis
        self.endpoint = theirs or Endpoint(f"ws://{LOOPBACK}:{self._port}", keys or Keys.fresh())
        self.child = Child("LiveKit server")

    @property
    def url(self) -> str:
        return self.endpoint.url

    @property
    def key(self) -> str:
        return self.endpoint.keys.key

    @property
    def secret(self) -> str:
        return self.endpoint.keys.secret

    async def start(self) -> None:
        """Start it, or see that the environment's one answers; returns when it can be used."""
        if not self.own:
            if not await self.endpoint.answers():
                raise ServerError(f"the LiveKit server at LIVEKIT_URL={self.url} does not answer")
            return
        command = await asyncio.to_thread(find_server)
        # the configuration, keys included, goes by the environment: other users see command lines, not that
        await self.child.start(command, {"LIVEKIT_CONFIG": self._configuration()})
        await self.child.ready(self.endpoint.answers, START_TIMEOUT_S)

    async def stop(self) -> None:
        """End it; `start()` brings it back at the same address. The environment's server is left alone."""
        await self.child.stop(STOP_GRACE_S)

    async def aclose(self) -> None:
        """End it for good."""
        await self.stop()

    def _configuration(self) -> str:
        """LiveKit's configuration (JSON is YAML): everything bound to loopback, media on one UDP port, no TCP."""
        loopback_only = {"interfaces": {"includes": ["lo", "lo0"]}, "ips": {"includes": [f"{LOOPBACK}/32"]}}
        return json.dumps(
            {
                "port": self._port,
                "bind_addresses": [LOOPBACK],
                "keys": {self.key: self.secret},
                **({"redis": dict(self._redis)} if self._redis else {}),
                "rtc": {
                    "node_ip": LOOPBACK,
                    "udp_port": self._udp_port,
                    "tcp_port": 0,
                    "use_external_ip": False,
                    "stun_servers": [NO_STUN],
                    "enable_loopback_candidate": True,
                    **loopback_only,
                },
                "video": {"dynacast_pause_delay": "500ms"},  # a face that nobody takes any more rests soon
                "logging": {"level": "info", "json": False},
            }
        )
