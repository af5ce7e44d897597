"""The status of each program of a stack."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack.programs import Program
from stack.readiness import recent_starts
from stack.settings import Settings
from stack.state import State

LOOP_STARTS = 3


@dataclass(frozen=True)
class Status:
    """The status of one program.

    Args:
        state: "ready", "not ready", "crash loop" or "stopped".
        memory_mebibytes: Resident memory of the process and its children.
    """

    name: str
    state: str
    port: int
    pid: int
    seconds_up: int
    memory_mebibytes: int
    log: Path


def all_statuses(
    programs: Mapping[str, Program],
    pids: Mapping[str, int],
    settings: Settings,
    is_ready: Callable[[Program], bool],
) -> list[Status]:
    """Return the status of each program; all are checked concurrently."""

    def check(program: Program) -> Status:
        return _status(program, pids.get(program.name, 0), settings, is_ready)

    with ThreadPoolExecutor(len(programs)) as pool:
        return list(pool.map(check, programs.values()))


def table(statuses: list[Status]) -> str:
    """Return the statuses as a table of text."""
    lines = [f"{'':18}{'state':12}{'port':>6}{'pid':>9}{'up':>9}{'MiB':>6}  log"]
    lines += [
        f"{status.name:18}{status.state:12}{status.port:>6}{status.pid or '-':>9}"
        f"{_duration(status.seconds_up):>9}{status.memory_mebibytes or '-':>6}  {status.log}"
        for status in statuses
    ]
    return "\n".join(lines)


def _status(
    program: Program,
    pid: int,
    settings: Settings,
    is_ready: Callable[[Program], bool],
) -> Status:
    state = State(settings.state)
    seconds, memory = _measure(pid)
    return Status(
        name=program.name,
        state=_describe_state(program, pid, state, is_ready),
        port=settings.ports[program.port],
        pid=pid,
        seconds_up=seconds,
        memory_mebibytes=memory,
        log=state.log(program.name),
    )


def _describe_state(
    program: Program, pid: int, state: State, is_ready: Callable[[Program], bool]
) -> str:
    if not pid:
        return "stopped"
    if recent_starts(state, program.name) > LOOP_STARTS:
        return "crash loop"
    return "ready" if is_ready(program) else "not ready"


def _measure(pid: int) -> tuple[int, int]:
    """Return for how many seconds a process has been up, and its memory in MiB."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        memory = sum(member.memory_info().rss for member in family)
        return int(time.time() - process.create_time()), memory // 2**20
    except psutil.Error:
        return 0, 0


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if seconds else "-"
