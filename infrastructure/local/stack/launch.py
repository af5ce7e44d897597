"""Starts one program for the supervisor: `launch.py STATE PROGRAM`.

What to run is in a file, so no path or value of this machine has to survive the quoting of the
supervisor's configuration. Only the standard library: it is on the way of every restart.
"""

import contextlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

LOOP_STARTS, LOOP_SECONDS = 3, 15
HOLD_BACK_SECONDS = 2


def main(state: Path, name: str) -> None:
    """Become the program."""
    program = json.loads((state / "programs" / f"{name}.json").read_text(encoding="utf-8"))
    environment = {**os.environ, **program["environment"], "STACK_PROGRAM": f"{state}:{name}"}
    end_leftovers(state, name)
    hold_back(state / "starts" / name)
    raise_file_limit()
    os.chdir(program["folder"])
    os.execvpe(program["command"][0], program["command"], environment)  # noqa: S606


def end_leftovers(state: Path, name: str) -> None:
    """End what an earlier run left behind when its first process was killed.

    nginx's workers, for one, would go on holding the port.
    """
    pid_file = state / "pids" / name
    with contextlib.suppress(OSError, ValueError):
        for pid in members(int(pid_file.read_text())):
            if started_as(pid) == f"{state}:{name}":
                os.kill(pid, signal.SIGKILL)
    pid_file.write_text(str(os.getpid()))


def members(group: int) -> list[int]:
    """Return the processes of a process group, but for this one."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if pid != os.getpid() and group_of(pid) == group]


def group_of(pid: int) -> int:
    """Return a process's group, 0 for one that is gone."""
    with contextlib.suppress(OSError):
        return os.getpgid(pid)
    return 0


def started_as(pid: int) -> str:
    """Return which stack's which program a process belongs to, empty for any other process."""
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            if entry.startswith(b"STACK_PROGRAM="):
                return os.fsdecode(entry.partition(b"=")[2])
    return ""


def hold_back(starts_file: Path) -> None:
    """Note the start; wait a little first where the program keeps dying at once."""
    starts = starts_file.read_text().split() if starts_file.exists() else []
    recent = [start for start in starts if time.time() - float(start) < LOOP_SECONDS]
    if len(recent) >= LOOP_STARTS:
        time.sleep(HOLD_BACK_SECONDS)
    with starts_file.open("a", encoding="utf-8") as file:
        file.write(f"{time.time():.1f}\n")


def raise_file_limit() -> None:
    """Allow as many open files as the system lets this user have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
