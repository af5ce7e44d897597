import os
import socket
from collections.abc import Iterator

import pytest

from stack.ports import free_ports, holder, is_open, taken


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield int(server.getsockname()[1])


class TestTaken:
    def test_returns_only_the_port_in_use(self, listener: int) -> None:
        (free,) = free_ports(1)

        assert taken([free, listener]) == [listener]
        assert is_open(listener)
        assert not is_open(free)


class TestHolder:
    def test_describes_the_process(self, listener: int) -> None:
        assert holder(listener).startswith(f"process {os.getpid()}: ")

    def test_is_vague_when_no_process_is_visible(self) -> None:
        (free,) = free_ports(1)

        assert holder(free) == "another user's program"
