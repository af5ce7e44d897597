"""The programs of a stack: how to start each, and how to see that it is ready."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stack import frontend, kafka, mongo, monitoring, proxy, tools
from stack.errors import UnknownProgramError
from stack.services import (
    DATABASE_OF,
    SANDBOX_KEYS,
    SERVICES,
    service_command,
    service_environment,
)
from stack.settings import REPOSITORY, Settings, member_names
from stack.state import State

DATABASES = tuple(DATABASE_OF.values())
GROUPS = {"databases": DATABASES, "services": SERVICES}


@dataclass(frozen=True)
class Program:
    """One process under the supervisor.

    Args:
        port: The name of its main port in the settings.
        more_ports: The names of its other ports.
        server: The name of the server that it is a member of; empty for other programs.
        ready_path: The path that answers 200 when the program is ready; empty without HTTP.
        ready_port: The name of the port of this path; empty if it is the main port.
    """

    name: str
    port: str
    command: list[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_path: str = ""
    ready_port: str = ""
    more_ports: tuple[str, ...] = ()
    server: str = ""

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of all its ports."""
        return (self.port, *self.more_ports)

    def write(self, state: State) -> None:
        """Write the file from which `launch.py` starts the program."""
        self._file(state).write_text(self._content(), encoding="utf-8")

    def is_written(self, state: State) -> bool:
        """Return whether the file already has this content."""
        file = self._file(state)
        return file.exists() and file.read_text(encoding="utf-8") == self._content()

    def _file(self, state: State) -> Path:
        return state.folder / "programs" / f"{self.name}.json"

    def _content(self) -> str:
        content = {
            "command": self.command,
            "folder": str(self.folder),
            "environment": dict(self.environment),
        }
        return json.dumps(content, indent=2) + "\n"


def all_programs(settings: Settings) -> dict[str, Program]:
    """Return every program of the stack; each comes after those that it depends on."""
    state = State(settings.state)
    programs = [
        _database(settings, state, database, name)
        for database in DATABASES
        for name in member_names(database, settings.members)
    ]
    if settings.mail == "on":
        programs.append(_mail(settings, state))
    if settings.takes_test_cards:
        programs.append(_stripe(settings, state))
    programs += [_kafka(settings, state, name) for name in member_names("kafka", settings.members)]
    programs += [_service(settings, state, name) for name in SERVICES]
    if frontend.has_server(settings):
        programs.append(_web(settings, state))
    programs.append(_nginx(state))
    if settings.observability:
        programs += [_nginx_exporter(settings, state), _prometheus(settings, state)]
    return {program.name: program for program in programs}


def select(programs: Mapping[str, Program], only: Iterable[str]) -> list[Program]:
    """Return the named programs, or all if there are no names.

    Args:
        programs: The programs of the stack.
        only: Names of programs, or of the groups `databases` and `services`.

    Raises:
        UnknownProgramError: There is no such program.
    """
    names = [name for choice in only for name in GROUPS.get(choice, (choice,))]
    for name in names:
        if name not in programs:
            raise UnknownProgramError(name, [*programs, *GROUPS])
    return [
        program
        for name, program in programs.items()
        if not names or name in names or program.server in names
    ]


def _database(settings: Settings, state: State, database: str, name: str) -> Program:
    command = mongo.command(state, database, name, settings.ports[name])
    return Program(name, name, command, state.data(name), server=database)


def _kafka(settings: Settings, state: State, name: str) -> Program:
    ports = [name.replace("kafka", "kafka-controller")]
    if settings.observability:
        ports.append(kafka.metrics_port(name))
    return Program(
        name,
        name,
        kafka.command(state, settings, name),
        state.data(name),
        more_ports=tuple(ports),
        server="kafka",
    )


def _mail(settings: Settings, state: State) -> Program:
    ports = ["--port", str(settings.ports["mail"]), "--smtp-port", str(settings.ports["smtp"])]
    command = [str(tools.VENV_PYTHON), "-m", "shopkit.mail_catcher", str(state.mails()), *ports]
    return Program("mail", "mail", command, REPOSITORY, ready_path="/health", more_ports=("smtp",))


def _stripe(settings: Settings, state: State) -> Program:
    command = [
        *(str(tools.VENV_PYTHON), "-m", "shopkit.stripe_sandbox", str(state.data("stripe.db"))),
        *("--port", str(settings.ports["stripe"])),
        *("--webhook-url", f"{settings.shop_url}/api/payments/stripe/events"),
    ]
    return Program("stripe", "stripe", command, REPOSITORY, SANDBOX_KEYS, ready_path="/health")


def _nginx(state: State) -> Program:
    folder = proxy.folder(state)
    return Program("nginx", "shop", proxy.command(state), folder, ready_path="/proxy_health")


def _nginx_exporter(settings: Settings, state: State) -> Program:
    command = monitoring.nginx_exporter_command(state, settings)
    return Program("nginx-exporter", "nginx-metrics", command, REPOSITORY, ready_path="/metrics")


def _prometheus(settings: Settings, state: State) -> Program:
    command = monitoring.command(state, settings)
    folder = monitoring.folder(state)
    return Program("prometheus", "prometheus", command, folder, ready_path="/-/ready")


def _service(settings: Settings, state: State, name: str) -> Program:
    return Program(
        name,
        name,
        service_command(name, settings.mode),
        REPOSITORY,
        service_environment(name, settings, state),
        ready_path="/ready",
        ready_port=f"{name}-monitoring",
        more_ports=(f"{name}-monitoring",),
    )


def _web(settings: Settings, state: State) -> Program:
    environment = {
        "CSP_NONCE": state.password("csp-nonce"),
        "PATH": frontend.search_path(),
    }
    command = frontend.server_command(settings.ports["web"])
    return Program("web", "web", command, frontend.FOLDER, environment, ready_path="/")
