"""Ports: which are free, and who holds one that is not."""

import contextlib
import socket
from collections.abc import Iterable

import psutil

LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 1


def free_ports(count: int) -> list[int]:
    """Return that many different ports of the loopback address that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]


def taken(ports: Iterable[int]) -> list[int]:
    """Return those that can't be listened on."""
    return [port for port in ports if not _can_listen(port)]


def _can_listen(port: int) -> bool:
    with socket.socket() as probe:
        # The servers do the same, so connections in TIME_WAIT don't count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def is_open(port: int) -> bool:
    """Return whether somebody listens on a port."""
    try:
        with socket.create_connection((LOOPBACK, port), PATIENCE_SECONDS):
            return True
    except OSError:
        return False


def holder(port: int) -> str:
    """Return who listens on a port, as far as this user may know."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return "another program"
    for connection in connections:
        address = connection.laddr
        listens = connection.status == psutil.CONN_LISTEN and address and address.port == port
        if listens and connection.pid:
            return _described(connection.pid)
    return "another user's program"


def _described(pid: int) -> str:
    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return f"process {pid}"
    return f"process {pid}: {command[:80]}"
