"""Finds free ports, and the programs that use the others."""

import contextlib
import socket
from collections.abc import Iterable

import psutil

LOOPBACK = "127.0.0.1"
TIMEOUT_SECONDS = 1


def free_ports(count: int) -> list[int]:
    """Return different free ports of the loopback address."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for unused in sockets:
            unused.bind((LOOPBACK, 0))
        return [int(unused.getsockname()[1]) for unused in sockets]


def taken(ports: Iterable[int]) -> list[int]:
    """Return the ports that are in use."""
    return [port for port in ports if not _can_listen(port)]


def _can_listen(port: int) -> bool:
    with socket.socket() as probe:
        # The servers set this too, so a port with connections in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Return whether a program listens on a port."""
    try:
        with socket.create_connection((LOOPBACK, port), TIMEOUT_SECONDS):
            return True
    except OSError:
        return False


def holder(port: int) -> str:
    """Describe the program that listens on a port, as far as this user may see it."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return "another program"
    for connection in connections:
        address = connection.laddr
        listens = connection.status == psutil.CONN_LISTEN and address and address.port == port
        if listens and connection.pid:
            return _describe(connection.pid)
    return "another user's program"


def _describe(pid: int) -> str:
    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return f"process {pid}"
    return f"process {pid}: {command[:80]}"
