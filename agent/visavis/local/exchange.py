"""A telephone exchange on this machine: redis, LiveKit server, SIP service and a line into them, on loopback.

async with Exchange(Line.fresh("100")) as exchange:
    exchange.sip.address, exchange.line.user, exchange.line.password
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
from livekit import api, rtc

from visavis.local.redis import LocalRedis
from visavis.local.running import Running, first_to_end
from visavis.local.server import LocalServer
from visavis.local.sip import MEDIA_TIMEOUT_S, LocalSip
from visavis.phone.line import Line, provision


class Exchange(Running):
    """All that a phone call needs but the agent, for as long as the `async with` lasts.

    The SIP service and redis are brought back when they die. With redis go trunk and rule: they are made anew.

    Args:
        line: the line that it has; None leaves the project without any.
        sip_port: of SIP on loopback; None takes a free one.
        say: told in one line what died and is started again.
        media_timeout_s: after so much time without any sound of the phone a call is ended.

    Raises:
        InputError: the port asked for is in use.
        ServerError: one of them is not installed, or did not start; says which and why.
    """

    def __init__(
        self,
        line: Line | None,
        sip_port: int | None = None,
        say: Callable[[str], None] = print,
        media_timeout_s: int = MEDIA_TIMEOUT_S,
    ) -> None:
        self.line = line
        self.redis = LocalRedis()
        self.server = LocalServer(environment=False, redis=self.redis.settings)
        self.sip = LocalSip(self.server, self.redis, sip_port, say, media_timeout_s, self._bury_calls)
        self._say = say
        self._stack = contextlib.AsyncExitStack()
        self._keeper: asyncio.Task[None] | None = None

    def api(self) -> api.LiveKitAPI:
        """The server's API, to be used with `async with`."""
        return api.LiveKitAPI(self.server.url, self.server.key, self.server.secret)

    async def start(self) -> None:
        """Start them in order; returns when the line can be called."""
        for part in (self.redis, self.server, self.sip):
            await self._stack.enter_async_context(part)
        await self._provision()
        self._keeper = asyncio.create_task(self._keep_redis())

    async def lost(self) -> None:
        """Wait until one of them is gone for good.

        Raises:
            ServerError: then; says which one, and its last words.
        """
        assert self._keeper is not None
        await first_to_end(self.server.child.lost(), self.sip.lost(), _wait(self._keeper))

    async def aclose(self) -> None:
        """End them, the calls first."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._stack.aclose()

    async def _provision(self) -> None:
        if self.line:
            async with self.api() as lk:
                await provision(lk, self.line)

    async def _bury_calls(self) -> None:
        """Take the phones out of all rooms: the server would miss them only after 20 s."""
        with contextlib.suppress(api.ServerError, aiohttp.ClientError):  # a server that is gone holds no calls
            async with self.api() as lk:
                for room in (await lk.room.list_rooms(api.ListRoomsRequest())).rooms:
                    people = await lk.room.list_participants(api.ListParticipantsRequest(room=room.name))
                    for person in people.participants:
                        if person.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP:
                            who = api.RoomParticipantIdentity(room=room.name, identity=person.identity)
                            await lk.room.remove_participant(who)

    async def _keep_redis(self) -> None:
        while True:
            await self.redis.child.wait()
            self._say(f"{self.redis.child.ended()}: it is started again, and the line made anew")
            await self.redis.start()
            await self._provision()


async def _wait(task: asyncio.Task[None]) -> None:
    await asyncio.shield(task)
