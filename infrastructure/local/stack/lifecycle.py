"""One stack: start, inspect, disturb and stop it."""

import contextlib
import fcntl
import shutil
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from stack import mongo
from stack.errors import DiskFullError, NotRunningError, PortTakenError, UnknownProgramError
from stack.launch import end_leftovers
from stack.plan import Plan
from stack.ports import holder, taken
from stack.programs import Program, all_programs, select
from stack.progress import Progress
from stack.services import DATABASE_OF, SERVICES, service_environment
from stack.settings import Settings, load_settings, port_variable
from stack.startup import Startup
from stack.state import State
from stack.status import Status, all_statuses
from stack.supervision import Supervisor

NEEDED_BYTES = 300_000_000
CLIENTS_OF_SERVERS = ("nginx", "web", *SERVICES)


class Stack:
    """The system on this machine, in one state folder."""

    def __init__(self, settings: Settings, *, quiet: bool = False) -> None:
        self.settings = settings
        self._state = State(settings.state)
        self._progress = Progress(quiet=quiet)
        self._startup = Startup(settings, self._state, self._progress)
        self._state.prepare()

    @classmethod
    def in_folder(cls, state: Path, *, quiet: bool = True, **variables: str) -> Self:
        """Return the stack of a folder, on free ports unless variables such as SHOP_PORT are given.

        For tests: it ignores the environment and uses only the variables and the folder's settings.
        """
        settings = load_settings({"PORTS": "free", **variables, "STATE": str(state)})
        return cls(settings, quiet=quiet)

    def up(self, only: Sequence[str] = ()) -> None:
        """Start the programs that are not running, and wait until they are ready.

        Args:
            only: Names of programs, or `databases` and `services`; empty for everything.

        Raises:
            StackError: A program cannot start.
        """
        with self._locked():
            self._up(only)

    def down(self) -> None:
        """Stop all programs of this stack."""
        with self._locked():
            self._down()

    def reset(self) -> None:
        """Delete the data, and start the programs again that were running."""
        with self._locked():
            running = [name for name, pid in self._pids().items() if pid]
            self._down()
            shutil.rmtree(self.settings.state / "data")
            self._state.prepare()
            if running:
                self._up(running)

    def status(self) -> list[Status]:
        """Return the status of each program."""
        programs = all_programs(self.settings)
        return all_statuses(programs, self._pids(), self.settings, self._startup.is_ready)

    def environment(self, name: str) -> dict[str, str]:
        """Return a service's environment.

        Raises:
            UnknownProgramError: There is no such service.
        """
        if name not in SERVICES:
            raise UnknownProgramError(name, SERVICES)
        return service_environment(name, self.settings, self._state)

    def database_url(self, name: str, *, root: bool = False) -> str:
        """Return the address of a service's database, with the credentials of its migrations.

        Args:
            name: The service.
            root: Whether to return the credentials of the database's administrator instead.

        Raises:
            UnknownProgramError: The service has no database.
        """
        if name not in DATABASE_OF:
            raise UnknownProgramError(name, tuple(DATABASE_OF))
        database = DATABASE_OF[name]
        address = mongo.root_url if root else mongo.migration_url
        return address(self._state, database, self.settings.ports_of(database))

    def stop(self, name: str) -> None:
        """Stop one program. It stays stopped until `start` or `up`."""
        self._program(name)
        self._supervisor().stop([name])
        # Starting it again is no crash.
        self._state.forget_starts(name)

    def start(self, name: str) -> None:
        """Start one program and wait until it is ready."""
        self._supervisor()
        self._startup.start(self._program(name), threading.Event())

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a program and its children. The supervisor restarts them if they die."""
        self._program(name)
        self._supervisor().signal(name, number)

    def logs(self, names: Sequence[str] = ()) -> list[Path]:
        """Return the existing logs of the named programs; no names for all programs."""
        programs = select(all_programs(self.settings), names)
        logs = [self._state.log(program.name) for program in programs]
        return [log for log in logs if log.exists()]

    def mails(self) -> list[Path]:
        """Return the files of the mails that the shop has sent, oldest first."""
        return sorted(self._state.mails().glob("[0-9]*.eml"))

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.settings.state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _supervisor(self) -> Supervisor:
        supervisor = Supervisor(self._state)
        if not supervisor.is_up():
            raise NotRunningError(self.settings.state)
        return supervisor

    def _pids(self) -> dict[str, int]:
        """Return each program's process id, 0 if it is stopped; empty if the stack is down."""
        with contextlib.suppress(NotRunningError):
            programs = Supervisor(self._state).programs()
            return {name: program["pid"] for name, program in programs.items()}
        return {}

    def _up(self, only: Sequence[str]) -> None:
        programs = all_programs(self.settings)
        if self._changed(programs):
            self._progress.say("The settings have changed: stopping the running programs first.")
            self._down()
        pids = self._pids()
        if not pids:
            self._end_leftovers()
        self._check_disk_space()
        selected = select(programs, only)
        self._check_ports([program for program in selected if not pids.get(program.name)])
        if not pids:
            self._start_supervisor(programs)
        Plan(self._startup.steps(selected)).run()

    def _start_supervisor(self, programs: Mapping[str, Program]) -> None:
        self.settings.save()
        for program in programs.values():
            program.write(self._state)
        shutil.rmtree(self.settings.state / "starts")
        self._state.prepare()
        Supervisor(self._state).start_process(programs)

    def _changed(self, programs: Mapping[str, Program]) -> bool:
        """Return whether the running programs were started with other settings."""
        pids = self._pids()
        if not pids:
            return False
        same = all(program.is_written(self._state) for program in programs.values())
        return not same or pids.keys() != programs.keys()

    def _check_ports(self, programs: Iterable[Program]) -> None:
        names = {self.settings.ports[name]: name for program in programs for name in program.ports}
        if ports := taken(names):
            lines = [f"{port}  {port_variable(names[port])}  {holder(port)}" for port in ports]
            raise PortTakenError(lines)

    def _check_disk_space(self) -> None:
        free = shutil.disk_usage(self.settings.state).free
        if free < NEEDED_BYTES:
            raise DiskFullError(self.settings.state, free)

    def _down(self) -> None:
        """Stop the clients of the servers, then the servers, then the supervisor."""
        pids = self._pids()
        running = [name for name, pid in pids.items() if pid]
        clients = [name for name in running if name in CLIENTS_OF_SERVERS]
        servers = [name for name in running if name not in clients]
        for names in (clients, servers):
            if names:
                with self._progress.step(f"stopping {', '.join(names)}"):
                    Supervisor(self._state).stop(names)
        if pids:
            Supervisor(self._state).end_process()
        self._end_leftovers()

    def _end_leftovers(self) -> None:
        """Kill the programs that a killed supervisor left running."""
        for pid_file in (self.settings.state / "pids").iterdir():
            end_leftovers(pid_file)
        self._state.forget_socket()

    def _program(self, name: str) -> Program:
        programs = all_programs(self.settings)
        if name not in programs:
            raise UnknownProgramError(name, tuple(programs))
        return programs[name]
