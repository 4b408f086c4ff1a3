"""Free and taken ports are told apart."""

import socket

import pytest

from visavis.local import ports
from visavis.local.ports import LOOPBACK, free_port, free_port_of_both, is_free


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_is_free_until_somebody_takes_it(kind: socket.SocketKind) -> None:
    port = free_port(kind)
    assert is_free(port, kind) and is_free(0, kind)
    with socket.socket(socket.AF_INET, kind) as taker:
        taker.bind((LOOPBACK, port))
        if kind == socket.SOCK_STREAM:
            taker.listen()
        assert not is_free(port, kind)


def test_a_port_for_both_is_not_one_that_tcp_has_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as taker:
        taken, free = taker.getsockname()[1], free_port()
        offered = iter([taken, free])
        monkeypatch.setattr(ports, "free_port", lambda kind: next(offered))
        assert free_port_of_both() == free


def test_a_port_for_tls_too_is_not_one_whose_next_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as taker:
        before, free = taker.getsockname()[1] - 1, free_port_of_both(tls=True)
        offered = iter([65535, before, free])
        monkeypatch.setattr(ports, "free_port", lambda kind: next(offered))
        assert free_port_of_both(tls=True) == free
