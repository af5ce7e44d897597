"""Waits until a program is ready or keeps dying."""

import http.client
import time
from collections.abc import Callable
from pathlib import Path

from stack.diagnosis import advice, last_lines
from stack.errors import ProgramFailedError
from stack.ports import LOOPBACK
from stack.state import State

READY_SECONDS = 90
TIMEOUT_SECONDS = 2
POLL_SECONDS = 0.1
STARTS_OF_A_LOOP, LOOP_SECONDS = 3, 60


def wait_until_ready(
    name: str,
    state: State,
    ready: Callable[[], bool],
    *,
    starts: int,
    given_up: Callable[[], bool],
) -> None:
    """Wait until a program is ready.

    Args:
        name: The program.
        state: The state folder.
        ready: Returns whether the program is ready.
        starts: How many times the program had been started before.
        given_up: Returns whether to stop waiting, because another step failed.

    Raises:
        ProgramFailedError: It keeps dying, or takes too long.
    """
    deadline = time.monotonic() + READY_SECONDS
    while not (ready() or given_up()):
        if count_starts(state, name) - starts > STARTS_OF_A_LOOP:
            raise _failure(name, state.log(name), "keeps dying")
        if time.monotonic() > deadline:
            raise _failure(name, state.log(name), f"is not ready after {READY_SECONDS} s")
        time.sleep(POLL_SECONDS)


def answers_ok(port: int, path: str) -> bool:
    """Return whether a GET request for the path answers 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def count_starts(state: State, name: str) -> int:
    """Return how many times a program was started since the stack came up."""
    return len(_starts(state, name))


def recent_starts(state: State, name: str) -> int:
    """Return how many times a program was started in the last minute."""
    now = time.time()
    return sum(now - start < LOOP_SECONDS for start in _starts(state, name))


def _starts(state: State, name: str) -> list[float]:
    file = state.folder / "starts" / name
    if not file.exists():
        return []
    return [float(line) for line in file.read_text(encoding="utf-8").split()]


def _failure(name: str, log: Path, reason: str) -> ProgramFailedError:
    end = last_lines(log)
    return ProgramFailedError(name, reason, log, end, advice(end))
