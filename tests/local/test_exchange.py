"""redis and the SIP service on this machine: on loopback, secrets unseen, and not brought back for ever."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import psutil
import pytest

from visavis.local import sip as service
from visavis.local.exchange import Exchange
from visavis.local.ports import LOOPBACK, free_port
from visavis.local.redis import LocalRedis
from visavis.local.server import LocalServer
from visavis.local.sip import RESTARTS, LocalSip
from visavis.media.errors import InputError, ServerError


@pytest.mark.phone
async def test_they_listen_on_loopback_only_and_show_no_secrets(phone_installed: None) -> None:
    async with Exchange(None) as exchange:
        secrets = (exchange.redis.password, exchange.server.secret)
        for child in (exchange.redis.child, exchange.server.child, exchange.sip.child):
            process = psutil.Process(child.pid)
            assert {connection.laddr.ip for connection in process.net_connections("inet")} == {LOOPBACK}
            assert not any(secret in " ".join(process.cmdline()) for secret in secrets)
        pids = [exchange.redis.child.pid, exchange.server.child.pid, exchange.sip.child.pid]
    assert not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.phone
async def test_a_server_that_is_lost_is_named(phone_installed: None) -> None:
    async with Exchange(None) as exchange:
        os.kill(exchange.server.child.pid, signal.SIGKILL)
        with pytest.raises(ServerError, match="the LiveKit server ended by signal 9"):
            await asyncio.wait_for(exchange.lost(), 10)


def test_a_port_in_use_is_the_callers_mistake() -> None:
    with socket.create_server((LOOPBACK, 0)) as taker:
        port = taker.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} is in use"):
            Exchange(None, port)


async def test_a_service_that_dies_again_and_again_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, said = free_port(), list[str]()
    program = tmp_path / "livekit-sip"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -m http.server {port} --bind {LOOPBACK}\n")
    program.chmod(0o755)
    monkeypatch.setattr(service, "find_sip", lambda: str(program))
    monkeypatch.setattr("visavis.local.redis.find_redis", lambda: "redis-server")
    async with LocalSip(LocalServer(environment=False), LocalRedis(), port, said.append) as sip:
        lost, killed = asyncio.ensure_future(sip.lost()), 0
        async with asyncio.timeout(60):
            while not lost.done():
                if sip.child.running and sip.child.pid != killed:
                    killed = sip.child.pid
                    os.kill(killed, signal.SIGKILL)
                await asyncio.sleep(0.02)
        with pytest.raises(ServerError, match="started again 5 times in vain"):
            await lost
    assert len(said) == RESTARTS
