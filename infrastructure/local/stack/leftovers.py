"""Ends processes of a stack whose supervisor was killed."""

import os
import signal
from pathlib import Path

from stack.launch import members, started_as


def end_leftovers(state: Path) -> None:
    """End what the launcher started in this state folder and nobody supervises any more."""
    for pid_file in (state / "pids").glob("*"):
        group = int(pid_file.read_text(encoding="utf-8"))
        for pid in members(group):
            if started_as(pid) == f"{state}:{pid_file.name}":
                os.kill(pid, signal.SIGKILL)
        pid_file.unlink()
