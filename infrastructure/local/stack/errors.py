"""What can go wrong, each with what to do about it."""

from collections.abc import Sequence
from pathlib import Path


class StackError(Exception):
    """Something that the person who started the stack can put right."""


class SettingError(StackError):
    """A setting has a value that can't be used."""


class UnknownProgramError(StackError):
    """There is no program of this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no program {name!r}; there are {', '.join(known)}.")
        self.name = name


class PortTakenError(StackError):
    """Ports that the stack needs are in use by others."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(
            "These ports are taken:\n"
            + "\n".join(f"    {line}" for line in lines)
            + "\nStop what holds them, set other ports as named above,"
            " or run `make up PORTS=free STATE=.local/other` for a second stack."
        )


class DiskFullError(StackError):
    """The databases and Kafka would soon fail for want of room."""

    def __init__(self, folder: Path, free_bytes: int) -> None:
        super().__init__(
            f"The disk of {folder} has only {free_bytes // 10**6} MB left. Make room, or put the"
            " state elsewhere (STATE=/other/folder); `make reset` empties this stack's data."
        )


class ProgramFailedError(StackError):
    """A program does not come up."""

    def __init__(self, name: str, reason: str, log: Path, last_lines: str, advice: str) -> None:
        text = f"{name} {reason}. The end of {log}:\n{last_lines}"
        super().__init__(f"{text}\n{advice}" if advice else text)
        self.name = name


class NotRunningError(StackError):
    """The stack is down."""

    def __init__(self, state: Path) -> None:
        super().__init__(f"The stack in {state} is not running; `make up` starts it.")
