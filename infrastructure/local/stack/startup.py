"""Starts programs in the order of their dependencies."""

import threading
from collections.abc import Sequence
from functools import partial

from stack import frontend, kafka, mongo, monitoring, proxy
from stack.plan import Step
from stack.programs import DATABASES, Program
from stack.progress import Progress
from stack.readiness import answers_ok, count_starts, wait_until_ready
from stack.run_once import run_once
from stack.services import DATABASE_OF, USES_KAFKA, migration_environment, module_command
from stack.settings import Settings, member_names
from stack.state import State
from stack.supervision import Supervisor

TOPICS = "topics"
EXAMPLES = "example products in the projection"


class Startup:
    """Prepares and starts the programs of one stack."""

    def __init__(self, settings: Settings, state: State, progress: Progress) -> None:
        self._settings = settings
        self._state = state
        self._progress = progress

    def steps(self, programs: Sequence[Program]) -> list[Step]:
        """Return the steps that start these programs, each after those that it needs."""
        steps: list[Step] = []
        for program in programs:
            preparations = self._preparations(program)
            needs = [step.name for step in preparations]
            if program.name in USES_KAFKA:
                needs.append(TOPICS)
                if TOPICS not in [step.name for step in steps]:
                    brokers = member_names("kafka", self._settings.members)
                    preparations.append(Step(TOPICS, self._create_topics, tuple(brokers)))
            steps += preparations
            steps.append(Step(program.name, partial(self._start_and_show, program), tuple(needs)))
        if self._settings.seeded and {"products", "orders"} <= {item.name for item in programs}:
            steps.append(Step(EXAMPLES, self._wait_for_examples, ("products", "orders")))
        return steps

    def start(self, program: Program, failed: threading.Event) -> None:
        """Start a program, and wait until it is ready or another step has failed.

        Raises:
            ProgramFailedError: It does not become ready.
        """
        self._prepare(program)
        starts = count_starts(self._state, program.name)
        Supervisor(self._state).start(program.name)
        wait_until_ready(
            program.name,
            self._state,
            partial(self._becomes_ready, program),
            starts=starts,
            given_up=failed.is_set,
        )

    def is_ready(self, program: Program) -> bool:
        """Return whether a program is ready."""
        port = self._settings.ports[program.port]
        if program.server in DATABASES:
            return mongo.is_ready(self._state, program.server, port)
        if program.server == "kafka":
            return kafka.answers(port)
        ready_port = self._settings.ports[program.ready_port or program.port]
        return answers_ok(ready_port, program.ready_path)

    def _becomes_ready(self, program: Program) -> bool:
        """Return whether a program is ready, after the next step of a database's set-up."""
        if program.server in DATABASES:
            port = self._settings.ports[program.port]
            ports = self._settings.ports_of(program.server)
            return mongo.try_to_set_up(self._state, program.server, port, ports)
        return self.is_ready(program)

    def _start_and_show(self, program: Program, failed: threading.Event) -> None:
        if self.is_ready(program):
            return
        with self._progress.step(program.name):
            self.start(program, failed)

    def _prepare(self, program: Program) -> None:
        """Write the files that a program needs."""
        if program.server in DATABASES:
            ports = self._settings.ports_of(program.server)
            mongo.prepare(self._state, program.server, program.name, ports)
        elif program.server == "kafka":
            kafka.prepare(self._state, self._settings, program.name)
        elif program.name == "nginx":
            self._build_web_shop()
            proxy.prepare(self._state, self._settings)
        elif program.name == "prometheus":
            monitoring.prepare(self._state, self._settings)

    def _build_web_shop(self) -> None:
        if frontend.needs_build(self._settings):
            with self._progress.step("web shop build"):
                frontend.build(self._state.log("web-build"))

    def _preparations(self, program: Program) -> list[Step]:
        """Return the step that migrates and seeds a service's database, unless it is running."""
        service = program.name
        if service not in DATABASE_OF or self.is_ready(program):
            return []
        commands = ["migrate", "seed"] if self._settings.seeded else ["migrate"]
        name = f"{service} {' and '.join(commands)}"
        run = partial(self._run_commands, service, commands, name)
        return [Step(name, run, (DATABASE_OF[service],))]

    def _create_topics(self, failed: threading.Event) -> None:
        """Create the topics of a new broker.

        The services create missing topics too, but a consumer that subscribes before its topic
        exists finds it only ten seconds later.
        """
        marker = self._state.data("topics-made")
        if not marker.exists():
            self._run_commands("orders", ["topics"], TOPICS, failed)
            marker.touch()

    def _wait_for_examples(self, failed: threading.Event) -> None:
        """Wait until orders-ms knows the example products, so that they can be ordered."""
        if self._projection_has_examples():
            return
        with self._progress.step(EXAMPLES):
            wait_until_ready(
                "orders",
                self._state,
                self._projection_has_examples,
                starts=count_starts(self._state, "orders"),
                given_up=failed.is_set,
            )

    def _projection_has_examples(self) -> bool:
        products, projection = (
            mongo.count_products(self._state, name, self._settings.ports_of(name))
            for name in ("products-db", "orders-db")
        )
        return projection >= products

    def _run_commands(
        self, service: str, commands: list[str], name: str, _: threading.Event
    ) -> None:
        environment = migration_environment(service, self._settings, self._state)
        with self._progress.step(name):
            log = self._state.log(f"{service}-{commands[-1]}")
            run_once(module_command(service, *commands), environment, log)
