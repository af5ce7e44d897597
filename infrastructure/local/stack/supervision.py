"""Controls the supervisor, which restarts programs that die."""

import http.client
import os
import shlex
import signal
import socket
import subprocess
import time
import xmlrpc.client
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from stack import tools
from stack.errors import NotRunningError, StackError
from stack.state import State

START_SECONDS = 10
STOP_SECONDS = 30
POLL_SECONDS = 0.05
LOG_BYTES = "20MB"

# Paths are relative to the folder in which the supervisor starts, and the launcher's path comes
# from the environment. So the file has no path of this machine that would need quoting.
HEAD = """\
[supervisord]
logfile=logs/supervisor.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile=supervisor.pid
umask=077
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[unix_http_server]
file=%(ENV_STACK_SOCKET)s
"""
PROGRAM = """\
[program:{name}]
command=%(ENV_STACK_LAUNCH)s {name}
autostart=false
autorestart=true
startsecs=0
stopwaitsecs=20
killasgroup=true
redirect_stderr=true
stdout_logfile=logs/{name}.log
stdout_logfile_maxbytes={log_bytes}
stdout_logfile_backups=2
"""
ALREADY_STARTED, NOT_RUNNING = 60, 70


class Supervisor:
    """The supervisor of one stack, which may be up or down."""

    def __init__(self, state: State) -> None:
        self._state = state

    def is_up(self) -> bool:
        """Return whether the supervisor answers."""
        try:
            self._call("getState")
        except (OSError, http.client.HTTPException):
            return False
        return True

    def start_process(self, names: Iterable[str]) -> None:
        """Start the supervisor itself, with all programs stopped.

        Args:
            names: The programs that it supervises.

        Raises:
            StackError: The supervisor does not start.
        """
        sections = [PROGRAM.format(name=name, log_bytes=LOG_BYTES) for name in names]
        configuration = self._state.folder / "supervisor.conf"
        configuration.write_text(HEAD + "".join(sections), encoding="utf-8")
        self._state.new_socket()
        launcher = Path(__file__).with_name("launch.py")
        launch = [str(tools.VENV_PYTHON), "-I", "-S", str(launcher), str(self._state.folder)]
        environment = {
            **os.environ,
            "STACK_SOCKET": str(self._state.socket()),
            "STACK_LAUNCH": shlex.join(launch),
        }
        started = subprocess.run(
            [*tools.supervisord(), "-c", configuration.name],
            cwd=self._state.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if started.returncode != 0 or not _becomes_true(self.is_up, START_SECONDS):
            raise StackError(f"The supervisor does not start:\n{started.stdout}{started.stderr}")

    def programs(self) -> dict[str, dict[str, Any]]:
        """Return the supervisor's information about each program.

        Raises:
            NotRunningError: The supervisor is down.
        """
        try:
            programs = self._call("getAllProcessInfo")
        except OSError:
            raise NotRunningError(self._state.folder) from None
        return {program["name"]: program for program in programs}

    def start(self, name: str) -> None:
        """Start a program, unless it is running."""
        self._call_for("startProcess", name, ignored=ALREADY_STARTED)

    def stop(self, names: Sequence[str]) -> None:
        """Stop programs concurrently and wait until they have ended."""
        for name in names:
            self._call_for("stopProcess", name, ignored=NOT_RUNNING)
        if not _becomes_true(lambda: self._all_stopped(names), STOP_SECONDS):
            raise StackError(f"These programs do not stop: {', '.join(names)}.")

    def end_process(self) -> None:
        """Stop the supervisor itself."""
        pid_file = self._state.folder / "supervisor.pid"
        self._call("shutdown")
        _becomes_true(lambda: not pid_file.exists(), STOP_SECONDS)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a program and all its children.

        Raises:
            StackError: The program is not running.
        """
        pid = self.programs()[name]["pid"]
        if not pid:
            raise StackError(f"{name} is not running.")
        os.killpg(pid, number)

    def _all_stopped(self, names: Sequence[str]) -> bool:
        programs = self.programs()
        return all(programs[name]["pid"] == 0 for name in names if name in programs)

    def _call_for(self, method: str, name: str, *, ignored: int) -> None:
        """Call a method for a program, without waiting for its effect.

        Args:
            method: The method.
            name: The program.
            ignored: The code of a fault that is no error.
        """
        try:
            self._call(method, name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != ignored:
                raise StackError(f"{name}: {fault.faultString}") from None

    def _call(self, method: str, *arguments: str | bool) -> Any:
        transport = _Transport(self._state.socket())
        with xmlrpc.client.ServerProxy("http://stack", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)


class _Transport(xmlrpc.client.Transport):
    """Sends XML-RPC calls over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """Return a connection to the socket. The proxy closes it at its end."""
        connection = _Connection(self._path)
        self._connection = host, connection
        return connection


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("stack", timeout=START_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.sock.close()
            raise


def _becomes_true(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
