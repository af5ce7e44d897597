"""Services in separate processes, on the servers of the test."""

import signal
import subprocess
import sys

from stack import Stack
from stack.ports import is_open


class Process:
    """A replica of a service, which can be started again after it has ended.

    Args:
        servers: The servers that it uses.
        package: The service's package.
        port: Its port, None for the service's usual one.
    """

    def __init__(self, servers: Stack, package: str, port: int | None = None) -> None:
        self._environment = servers.environment(package) | {
            "TOPIC_PARTITIONS": "3",
            "MONITORING_PORT": "0",
        }
        if port is not None:
            self._environment["PORT"] = str(port)
        self._package = package
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start it."""
        self._processes.append(
            subprocess.Popen([sys.executable, "-m", self._package, "serve"], env=self._environment)
        )

    async def listens(self) -> bool:
        """Return whether it accepts connections."""
        return is_open(int(self._environment["PORT"]))

    def end(self, number: signal.Signals) -> int:
        """Send it a signal, wait until it has ended, and return its exit code."""
        process = self._processes.pop()
        process.send_signal(number)
        return process.wait(timeout=30)

    def clean_up(self) -> None:
        """End the process, if it runs."""
        while self._processes:
            self.end(signal.SIGKILL)
