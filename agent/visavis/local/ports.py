"""Ports on loopback: free ones, and taken ones told apart before anything is started."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"
MOST = 65535


def is_free(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """Whether a server could listen on this loopback port now (`port` 0 asks for any: True)."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A loopback port that is free now, chosen by the system."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def free_port_of_both(*, tls: bool = False) -> int:
    """A loopback port that is free now for UDP and TCP both, as SIP wants it; with `tls` the next one, too, for TCP."""
    while not (is_free(port := free_port(socket.SOCK_DGRAM)) and (not tls or (port < MOST and is_free(port + 1)))):
        pass
    return port
