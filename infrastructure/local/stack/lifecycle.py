"""One stack: brought up, looked at, disturbed, brought down."""

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
USERS_OF_SERVERS = ("nginx", "web", *SERVICES)


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
        """Return the stack of a folder, on free ports unless variables like SHOP_PORT say else.

        Made for tests: only what is given here and what the folder remembers counts.
        """
        given = {"PORTS": "free", **variables, "STATE": str(state)}
        return cls(load_settings(given), quiet=quiet)

    def up(self, only: Sequence[str] = ()) -> None:
        """Start what is not running, and return when all of it is ready.

        Args:
            only: Names of programs, or `databases` and `services`; none means everything.

        Raises:
            StackError: Something has to be put right first.
        """
        with self._one_command_at_a_time():
            self._up(only)

    def down(self) -> None:
        """Stop everything that this stack started."""
        with self._one_command_at_a_time():
            self._down()

    def reset(self) -> None:
        """Empty the data; what was running is started again."""
        with self._one_command_at_a_time():
            running = [name for name, pid in self._pids().items() if pid]
            self._down()
            shutil.rmtree(self.settings.state / "data")
            self._state.prepare()
            if running:
                self._up(running)

    def status(self) -> list[Status]:
        """Return how each program is."""
        programs = all_programs(self.settings)
        return all_statuses(programs, self._pids(), self.settings, self._startup.is_ready)

    def environment(self, name: str) -> dict[str, str]:
        """Return a service's settings, as it finds them in its environment.

        Raises:
            UnknownProgramError: There is no such service.
        """
        if name not in SERVICES:
            raise UnknownProgramError(name, SERVICES)
        return service_environment(name, self.settings, self._state)

    def database_url(self, name: str, *, root: bool = False) -> str:
        """Return the address of a service's database, with credentials.

        Raises:
            UnknownProgramError: The service has no database.
        """
        if name not in DATABASE_OF:
            raise UnknownProgramError(name, tuple(DATABASE_OF))
        database = DATABASE_OF[name]
        address = mongo.root_url if root else mongo.url
        return address(self._state, database, self.settings.ports[database])

    def stop(self, name: str) -> None:
        """Stop one program, and leave it stopped."""
        self._known(name)
        self._supervisor().stop([name])

    def start(self, name: str) -> None:
        """Start one program and wait until it is ready."""
        self._supervisor()
        self._startup.start(self._known(name), threading.Event())

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a program and its children; what dies of it is started again."""
        self._known(name)
        self._supervisor().signal(name, number)

    def logs(self, names: Sequence[str] = ()) -> list[Path]:
        """Return the logs of the named programs, or all there are."""
        chosen = select(all_programs(self.settings), names)
        return [log for each in chosen if (log := self._state.log(each.name)).exists()]

    @contextlib.contextmanager
    def _one_command_at_a_time(self) -> Iterator[None]:
        with (self.settings.state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _supervisor(self) -> Supervisor:
        supervisor = Supervisor(self._state)
        if not supervisor.is_up():
            raise NotRunningError(self.settings.state)
        return supervisor

    def _pids(self) -> dict[str, int]:
        """Return each program's process, 0 where it is stopped; nothing where all is down."""
        with contextlib.suppress(NotRunningError):
            found = Supervisor(self._state).programs()
            return {name: program["pid"] for name, program in found.items()}
        return {}

    def _up(self, only: Sequence[str]) -> None:
        programs = all_programs(self.settings)
        if self._changed(programs):
            self._progress.say("The settings changed: what runs is stopped first.")
            self._down()
        pids = self._pids()
        if not pids:
            self._end_leftovers()
        self._refuse_full_disk()
        chosen = select(programs, only)
        self._refuse_taken_ports([each for each in chosen if not pids.get(each.name)])
        if not pids:
            self._begin(programs)
        Plan(self._startup.steps(chosen)).run()

    def _begin(self, programs: Mapping[str, Program]) -> None:
        """Start the supervisor with nothing running yet."""
        self.settings.save()
        for program in programs.values():
            program.write(self._state)
        shutil.rmtree(self.settings.state / "starts")
        self._state.prepare()
        Supervisor(self._state).begin(programs)

    def _changed(self, programs: Mapping[str, Program]) -> bool:
        """Return whether what runs was started with other settings."""
        pids = self._pids()
        if not pids:
            return False
        same = all(program.is_written(self._state) for program in programs.values())
        return not same or pids.keys() != programs.keys()

    def _refuse_taken_ports(self, programs: Iterable[Program]) -> None:
        numbers = {self.settings.ports[name]: name for each in programs for name in each.ports}
        if held := taken(numbers):
            lines = [f"{port}  {port_variable(numbers[port])}  {holder(port)}" for port in held]
            raise PortTakenError(lines)

    def _refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.settings.state).free
        if free < NEEDED_BYTES:
            raise DiskFullError(self.settings.state, free)

    def _down(self) -> None:
        """Stop the programs, those that use others first, and then the supervisor."""
        pids = self._pids()
        running = [name for name, pid in pids.items() if pid]
        users = [name for name in running if name in USERS_OF_SERVERS]
        servers = [name for name in running if name not in users]
        for names in (users, servers):
            if names:
                with self._progress.step(f"stopping {', '.join(names)}"):
                    Supervisor(self._state).stop(names)
        if pids:
            Supervisor(self._state).end()
        self._end_leftovers()

    def _end_leftovers(self) -> None:
        """End what nobody supervises any more, the supervisor having been killed."""
        for pid_file in (self.settings.state / "pids").iterdir():
            end_leftovers(pid_file)
        self._state.forget_socket()

    def _known(self, name: str) -> Program:
        programs = all_programs(self.settings)
        if name not in programs:
            raise UnknownProgramError(name, tuple(programs))
        return programs[name]
