"""Runs a command and restarts it when a source file changes. For development only.

    python -m shopkit.reload --watch src -- python -m orders serve

Unlike uvicorn's reloader, it ends when the command ends, with the same exit code, so that the
supervisor restarts a service that dies.
"""

import argparse
import asyncio
import ctypes
import signal
import sys
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from watchfiles import PythonFilter, awatch

STOP_SECONDS = 15
DEBOUNCE_MILLISECONDS = 200
SIGNAL_EXIT_CODE = 128
PR_SET_PDEATHSIG = 1


class Runner:
    """Runs a command as a child process until the child ends or receives a signal."""

    def __init__(self, command: Sequence[str], changes: AsyncIterator[Any]) -> None:
        self._command = command
        self._changes = changes
        self._child: Process | None = None
        self._stopping = False

    async def run(self) -> int:
        """Run the command, restart it on changes, and return its exit code, as a shell does."""
        changed = asyncio.ensure_future(anext(self._changes))
        while True:
            self._child = await create_subprocess_exec(*self._command, preexec_fn=_die_with_parent)
            exited = asyncio.create_task(self._child.wait())
            await asyncio.wait({exited, changed}, return_when=asyncio.FIRST_COMPLETED)
            if exited.done() or self._stopping:
                changed.cancel()
                return _exit_code(await exited)
            sys.stderr.write(f"Restarting: {_file_names(changed.result())}\n")
            changed = asyncio.ensure_future(anext(self._changes))
            await self._stop_child(exited)

    def forward(self, number: signal.Signals) -> None:
        """Forward a signal that ends the child and this process."""
        self._stopping = True
        if self._child is not None and self._child.returncode is None:
            self._child.send_signal(number)

    async def _stop_child(self, exited: asyncio.Task[int]) -> None:
        assert self._child is not None  # noqa: S101 - run() has just started it.
        if not exited.done():
            self._child.terminate()
        await asyncio.wait({exited}, timeout=STOP_SECONDS)
        if not exited.done():
            self._child.kill()
            await exited


async def run(command: Sequence[str], folders: Sequence[Path]) -> int:
    """Run the command, and restart it when a Python file in the folders changes."""
    changes = awatch(*folders, watch_filter=PythonFilter(), debounce=DEBOUNCE_MILLISECONDS)
    runner = Runner(command, changes)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runner.forward, number)
    return await runner.run()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a command and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shopkit.reload", description=__doc__)
    parser.add_argument("--watch", action="append", type=Path, required=True)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    return asyncio.run(run(options.command, options.watch))


def _die_with_parent() -> None:
    """Let Linux end the child when this process is killed, so that the service's port is free."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _exit_code(code: int) -> int:
    return code if code >= 0 else SIGNAL_EXIT_CODE - code


def _file_names(changes: set[tuple[Any, str]]) -> str:
    return ", ".join(sorted({Path(path).name for _, path in changes}))


if __name__ == "__main__":
    sys.exit(main())
