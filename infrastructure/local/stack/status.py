"""How the programs of a stack are."""

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
    """How one program is.

    Args:
        state: ready, not ready, crash loop or stopped.
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
    """Return how each program is, asking all of them at once."""

    def one(program: Program) -> Status:
        return _status(program, pids.get(program.name, 0), settings, is_ready)

    with ThreadPoolExecutor(len(programs)) as pool:
        return list(pool.map(one, programs.values()))


def table(statuses: list[Status]) -> str:
    """Return the statuses as lines of text."""
    lines = [f"{'':18}{'state':12}{'port':>6}{'pid':>9}{'up':>9}{'MiB':>6}  log"]
    lines += [
        f"{each.name:18}{each.state:12}{each.port:>6}{each.pid or '-':>9}"
        f"{_duration(each.seconds_up):>9}{each.memory_mebibytes or '-':>6}  {each.log}"
        for each in statuses
    ]
    return "\n".join(lines)


def _status(
    program: Program,
    pid: int,
    settings: Settings,
    is_ready: Callable[[Program], bool],
) -> Status:
    state = State(settings.state)
    seconds, memory = _measured(pid)
    return Status(
        name=program.name,
        state=_word(program, pid, state, is_ready),
        port=settings.ports[program.port],
        pid=pid,
        seconds_up=seconds,
        memory_mebibytes=memory,
        log=state.log(program.name),
    )


def _word(program: Program, pid: int, state: State, is_ready: Callable[[Program], bool]) -> str:
    if not pid:
        return "stopped"
    if recent_starts(state, program.name) > LOOP_STARTS:
        return "crash loop"
    return "ready" if is_ready(program) else "not ready"


def _measured(pid: int) -> tuple[int, int]:
    """Return since how many seconds a process is up, and its memory in MiB."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        memory = sum(each.memory_info().rss for each in family)
        return int(time.time() - process.create_time()), memory // 2**20
    except psutil.Error:
        return 0, 0


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if seconds else "-"
