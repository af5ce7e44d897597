"""The errors of a stack. Each message says what to do."""

from collections.abc import Sequence
from pathlib import Path


class StackError(Exception):
    """A problem that the person who started the stack can solve."""


class SettingError(StackError):
    """A setting has an invalid value."""


class UnknownProgramError(StackError):
    """There is no program with this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no program {name!r}. The programs are {', '.join(known)}.")
        self.name = name


class PortTakenError(StackError):
    """Other programs use ports that the stack needs."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(
            "These ports are taken:\n"
            + "\n".join(f"    {line}" for line in lines)
            + "\nStop the programs that use them, set other ports with the variables above,"
            " or run `make up PORTS=free STATE=.local/other` for a second stack."
        )


class DiskFullError(StackError):
    """The disk has too little space for the databases and Kafka."""

    def __init__(self, folder: Path, free_bytes: int) -> None:
        super().__init__(
            f"The disk of {folder} has only {free_bytes // 10**6} MB left. Free some space, or use"
            " another disk (STATE=/other/folder). `make reset` deletes this stack's data."
        )


class ProgramFailedError(StackError):
    """A program does not start."""

    def __init__(self, name: str, reason: str, log: Path, last_lines: str, advice: str) -> None:
        text = f"{name} {reason}. The end of {log}:\n{last_lines}"
        super().__init__(f"{text}\n{advice}" if advice else text)
        self.name = name


class NotRunningError(StackError):
    """The stack is down."""

    def __init__(self, state: Path) -> None:
        super().__init__(f"The stack in {state} is not running; `make up` starts it.")
