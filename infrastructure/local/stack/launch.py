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
    environment = {**os.environ, **program["environment"]}
    pid_file = state / "pids" / name
    end_leftovers(pid_file)
    note_process(pid_file, os.getpid())
    hold_back(state / "starts" / name)
    raise_file_limit()
    os.chdir(program["folder"])
    os.execvpe(program["command"][0], program["command"], environment)  # noqa: S606


def end_leftovers(pid_file: Path) -> None:
    """End what is left of a run whose first process was killed, as nginx's workers would be.

    They are known by their process group: its number is not given to others as long as it has
    members, and where its first process is there, that has to be the one that was noted.
    """
    if not pid_file.exists():
        return
    boot, group, start = (pid_file.read_text(encoding="utf-8").split() + ["0"] * 3)[:3]
    if boot == boot_id() and start_of(int(group)) in {start, ""}:
        for pid in members(int(group)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    pid_file.unlink()


def note_process(pid_file: Path, pid: int) -> None:
    """Write down a process so that it can't be mistaken for a later one of the same number."""
    pid_file.write_text(f"{boot_id()} {pid} {start_of(pid)}\n", encoding="utf-8")


def boot_id() -> str:
    """Return the name of this run of the system."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()


def start_of(pid: int) -> str:
    """Return when a process was started, in ticks since the system was; empty if it is gone."""
    with contextlib.suppress(OSError):
        # The name of the command, in parentheses, may hold anything.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    return ""


def members(group: int) -> list[int]:
    """Return the processes of a process group, but for this one."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if pid != os.getpid() and group_of(pid) == group]


def group_of(pid: int) -> int:
    """Return a process's group, 0 for one that is gone."""
    with contextlib.suppress(OSError):
        return os.getpgid(pid)
    return 0


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
