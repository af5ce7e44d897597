"""Starts programs: what each needs first, and when it is ready."""

import threading
from collections.abc import Sequence
from functools import partial

from stack import frontend, kafka, mongo, proxy
from stack.plan import Step
from stack.programs import DATABASES, Program
from stack.progress import Progress
from stack.readiness import answers_ok, count_starts, wait_until_ready
from stack.services import DATABASE_OF, USES_KAFKA, module_command, service_environment
from stack.settings import Settings
from stack.state import State
from stack.supervision import Supervisor
from stack.run_once import run_verb

TOPICS = "topics"
EXAMPLES = "example data known to all"


class Startup:
    """Knows what happens before each program of one stack is started."""

    def __init__(self, settings: Settings, state: State, progress: Progress) -> None:
        self._settings = settings
        self._state = state
        self._progress = progress

    def steps(self, chosen: Sequence[Program]) -> list[Step]:
        """Return what to do for these programs, each after those that it needs."""
        steps: list[Step] = []
        for program in chosen:
            before = self._preparations(program)
            needs = [step.name for step in before]
            if program.name in USES_KAFKA:
                needs.append(TOPICS)
                if TOPICS not in [step.name for step in steps]:
                    before.append(Step(TOPICS, self._make_topics, ("kafka",)))
            steps += before
            steps.append(Step(program.name, partial(self._start_and_show, program), tuple(needs)))
        if self._settings.seeded and {"products", "orders"} <= {one.name for one in chosen}:
            steps.append(Step(EXAMPLES, self._wait_for_examples, ("products", "orders")))
        return steps

    def start(self, program: Program, failed: threading.Event) -> None:
        """Start a program and wait until it is ready, or until something else failed.

        Raises:
            ProgramFailedError: It does not become ready.
        """
        self._prepare(program.name)
        starts = count_starts(self._state, program.name)
        Supervisor(self._state).start(program.name)
        wait_until_ready(
            program.name,
            self._state,
            partial(self._reaches_ready, program),
            starts=starts,
            given_up=failed.is_set,
        )

    def is_ready(self, program: Program) -> bool:
        """Return whether a program does its work."""
        port = self._settings.ports[program.port]
        if program.name in DATABASES:
            return mongo.is_ready(self._state, program.name, port)
        if program.name == "kafka":
            return kafka.answers(port)
        return answers_ok(port, program.ready_path)

    def _reaches_ready(self, program: Program) -> bool:
        """Return whether a program is ready; a new database is set up on the way."""
        if program.name in DATABASES:
            port = self._settings.ports[program.port]
            return mongo.try_to_set_up(self._state, program.name, port)
        return self.is_ready(program)

    def _start_and_show(self, program: Program, failed: threading.Event) -> None:
        if self.is_ready(program):
            return
        with self._progress.step(program.name):
            self.start(program, failed)

    def _prepare(self, name: str) -> None:
        """Write the files that a server needs."""
        if name in DATABASES:
            mongo.prepare(self._state, name, self._settings.ports[name])
        elif name == "kafka":
            kafka.prepare(self._state, self._settings)
        elif name == "nginx":
            self._build_web_shop()
            proxy.prepare(self._state, self._settings)

    def _build_web_shop(self) -> None:
        if frontend.has_to_be_built(self._settings):
            with self._progress.step("web shop build"):
                frontend.build(self._state.log("web-build"))

    def _preparations(self, program: Program) -> list[Step]:
        """Return what comes before a service: its migrations, and the example data with them.

        One that is ready has them.
        """
        service = program.name
        if service not in DATABASE_OF or self.is_ready(program):
            return []
        verbs = ["migrate", "seed"] if self._settings.seeded else ["migrate"]
        name = f"{service} {' and '.join(verbs)}"
        return [Step(name, partial(self._run_verbs, service, verbs, name), (DATABASE_OF[service],))]

    def _make_topics(self, failed: threading.Event) -> None:
        """Make the topics of a new broker.

        The services would do it too, but one that subscribes first hears of them ten seconds late.
        """
        made = self._state.data("topics-made")
        if not made.exists():
            self._run_verbs("orders", ["topics"], TOPICS, failed)
            made.touch()

    def _wait_for_examples(self, failed: threading.Event) -> None:
        """Wait until orders-ms has heard of the example products, or they could not be ordered."""
        if self._examples_are_known():
            return
        with self._progress.step(EXAMPLES):
            wait_until_ready(
                "orders",
                self._state,
                self._examples_are_known,
                starts=count_starts(self._state, "orders"),
                given_up=failed.is_set,
            )

    def _examples_are_known(self) -> bool:
        told, known = (
            mongo.count_products(self._state, name, self._settings.ports[name])
            for name in ("products-db", "orders-db")
        )
        return known >= told

    def _run_verbs(self, service: str, verbs: list[str], name: str, _: threading.Event) -> None:
        environment = service_environment(service, self._settings, self._state)
        with self._progress.step(name):
            log = self._state.log(f"{service}-{verbs[-1]}")
            run_verb(module_command(service, *verbs), environment, log)
