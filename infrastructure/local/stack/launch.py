"""Starts one program for the supervisor: `launch.py STATE PROGRAM`.

It reads the command from a file, so no path or value needs quoting in the supervisor's
configuration. It uses only the standard library, because it runs at every restart.
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
DELAY_SECONDS = 2


def main(state: Path, name: str) -> None:
    """Replace this process with the program."""
    program = json.loads((state / "programs" / f"{name}.json").read_text(encoding="utf-8"))
    environment = {**os.environ, **program["environment"]}
    pid_file = state / "pids" / name
    end_leftovers(pid_file)
    record_process(pid_file, os.getpid())
    delay_crash_loop(state / "starts" / name)
    raise_file_limit()
    os.chdir(program["folder"])
    os.execvpe(program["command"][0], program["command"], environment)  # noqa: S606


def end_leftovers(pid_file: Path) -> None:
    """Kill the remaining processes of an earlier run, such as nginx's workers.

    The process group identifies them. Linux does not reuse the number of a group that has members.
    If the group's leader exists, its start time must be the recorded one.
    """
    if not pid_file.exists():
        return
    boot, group, start = (pid_file.read_text(encoding="utf-8").split() + ["0"] * 3)[:3]
    if boot == boot_id() and start_of(int(group)) in {start, ""}:
        for pid in members(int(group)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    pid_file.unlink()


def record_process(pid_file: Path, pid: int) -> None:
    """Write a process's id with its start time, because a later process may get the same id."""
    pid_file.write_text(f"{boot_id()} {pid} {start_of(pid)}\n", encoding="utf-8")


def boot_id() -> str:
    """Return the id that Linux gives to each boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()


def start_of(pid: int) -> str:
    """Return when a process started, in ticks since boot; empty if it has ended."""
    with contextlib.suppress(OSError):
        # The command name, in parentheses, may contain any character.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    return ""


def members(group: int) -> list[int]:
    """Return the processes of a process group, except this one."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if pid != os.getpid() and group_of(pid) == group]


def group_of(pid: int) -> int:
    """Return a process's group; 0 if the process has ended."""
    with contextlib.suppress(OSError):
        return os.getpgid(pid)
    return 0


def delay_crash_loop(starts_file: Path) -> None:
    """Record the start, after a delay if the program keeps dying."""
    starts = starts_file.read_text().split() if starts_file.exists() else []
    recent = [start for start in starts if time.time() - float(start) < LOOP_SECONDS]
    if len(recent) >= LOOP_STARTS:
        time.sleep(DELAY_SECONDS)
    with starts_file.open("a", encoding="utf-8") as file:
        file.write(f"{time.time():.1f}\n")


def raise_file_limit() -> None:
    """Raise the limit of open files to the maximum for this user."""
    _, maximum = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, maximum))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
