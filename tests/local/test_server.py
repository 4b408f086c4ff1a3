"""A LiveKit server of our own: on loopback only, back at the same address, its keys nobody else's."""

import socket

import aiohttp
import psutil
import pytest
from livekit import api
from livekit.protocol.rtc import SignalResponse

from visavis.local import server as local
from visavis.local.ports import LOOPBACK, free_port
from visavis.local.server import Endpoint, Keys, LocalServer
from visavis.local.tokens import listener_token
from visavis.media.errors import InputError, ServerError


async def rooms(server: LocalServer, secret: str | None = None) -> int:
    async with api.LiveKitAPI(server.url, server.key, secret or server.secret) as lk:
        return len((await lk.room.list_rooms(api.ListRoomsRequest())).rooms)


async def test_it_serves_its_own_keys_and_no_others(server: LocalServer) -> None:
    assert await rooms(server) == 0 and len(server.secret) >= 32
    with pytest.raises((api.TwirpError, aiohttp.ClientError)):
        await rooms(server, secret="x" * 40)


async def test_it_listens_on_loopback_only_and_shows_no_keys(server: LocalServer) -> None:
    process = psutil.Process(server.child.pid)
    assert {connection.laddr.ip for connection in process.net_connections("inet")} == {LOOPBACK}
    assert server.secret not in " ".join(process.cmdline())


async def test_it_sends_no_client_off_this_machine(server: LocalServer) -> None:
    query = {"access_token": listener_token(server.endpoint.keys, "stun"), "protocol": "16"}
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{server.url}/rtc", params=query) as socket_:
        joined = SignalResponse.FromString((await socket_.receive(10)).data).join
    assert [url for ice in joined.ice_servers for url in ice.urls] == [f"stun:{local.NO_STUN}"]


async def test_it_comes_back_at_the_same_address_with_the_same_keys(server: LocalServer) -> None:
    before = server.endpoint
    await server.stop()
    assert not await server.endpoint.answers()
    await server.start()
    assert server.endpoint == before and await rooms(server) == 0


async def test_a_port_in_use_is_the_callers_mistake() -> None:
    with socket.create_server((LOOPBACK, 0)) as taker:
        port = taker.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} is in use"):
            LocalServer(port)


async def test_a_server_that_cannot_start_says_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "find_server", lambda: ["sh", "-c", "echo could not listen; exit 0"])
    with pytest.raises(ServerError, match="could not listen"):
        await LocalServer(free_port()).start()


async def test_the_environments_server_is_used_as_it_is(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", server.url)
    with pytest.raises(InputError, match="LIVEKIT_API_KEY"):
        LocalServer()
    monkeypatch.setenv("LIVEKIT_API_KEY", server.key)
    monkeypatch.setenv("LIVEKIT_API_SECRET", server.secret)
    async with LocalServer() as theirs:
        assert not theirs.own and not theirs.child.running and theirs.endpoint == server.endpoint
    assert server.child.running


async def test_an_environment_that_names_a_dead_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("URL", f"ws://{LOOPBACK}:{free_port()}"), ("API_KEY", "k"), ("API_SECRET", "s")):
        monkeypatch.setenv(f"LIVEKIT_{name}", value)
    with pytest.raises(ServerError, match="does not answer"):
        await LocalServer().start()
    monkeypatch.setenv("LIVEKIT_URL", "127.0.0.1:7880")
    with pytest.raises(InputError, match="ws://"):
        Endpoint.from_environment()


def test_fresh_keys_are_long_and_never_the_same() -> None:
    first, second = Keys.fresh(), Keys.fresh()
    assert first != second and len(first.secret) >= 32
