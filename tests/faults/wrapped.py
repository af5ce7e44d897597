"""Runs a service with defects: it dies at a step, lacks a guard, or does not repair lost events.

    python -m tests.faults.wrapped SERVICE [COMMAND]

The variable DEFECTS holds the defects as JSON; see `Defects`.
"""

import json
import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.mutants import MUTANTS, RECONCILING, RESENDING, SWEEPING, Marker
from tests.faults.targets import (
    CANCEL_ORDER,
    COMMIT_OFFSETS,
    COMMIT_TRANSACTION,
    CONNECT_TO_BROKER,
    CONNECT_TO_DATABASE,
    MAIL_MARK_SENT,
    MAIL_SEND,
    NEXT_CHANGE,
    OUTBOX_ADD,
    OUTBOX_ADD_AGAIN,
    OUTBOX_LEASE,
    OUTBOX_MARK_SENT,
    RECONCILE,
    REPLACE_PROJECTION,
    REQUEST_PRODUCTS,
    RESEND,
    RESEND_PRODUCTS,
    SWEEP,
    TAKE_OVERDUE,
    UPDATE_DECISIONS,
    Method,
    patch,
)


def _always(_arguments: tuple[Any, ...], _result: Any) -> bool:
    return True


def _returned_something(_arguments: tuple[Any, ...], result: Any) -> bool:
    return bool(result)


def _announced_more_than_cancellations(arguments: tuple[Any, ...], _result: Any) -> bool:
    _outbox, publications = arguments
    return any(publication.message.type != "OrderCancel" for publication in publications)


class Step(NamedTuple):
    """A step at which a process dies.

    Attributes:
        target: The function.
        after: Whether the process dies after the call instead of before it.
        counts: Whether a call counts, by its arguments and its result.
    """

    target: str
    after: bool
    counts: Callable[[tuple[Any, ...], Any], bool] = _always


STEPS: Mapping[str, Step] = {
    # A lost cancellation is repeated by whoever requested it.
    "after it wrote the outbox": Step(OUTBOX_ADD, True, _announced_more_than_cancellations),
    "before commit": Step(COMMIT_TRANSACTION, after=False),
    "after commit": Step(COMMIT_TRANSACTION, after=True),
    "before it marks events as sent": Step(OUTBOX_MARK_SENT, after=False),
    "after it marks events as sent": Step(OUTBOX_MARK_SENT, after=True),
    "before the offset commit": Step(COMMIT_OFFSETS, after=False),
    "after the offset commit": Step(COMMIT_OFFSETS, after=True),
    "while it returns stock": Step(UPDATE_DECISIONS, after=True),
    "after it stored a cancellation": Step(CANCEL_ORDER, after=True),
    "while it sweeps": Step(OUTBOX_LEASE, True, _returned_something),
    "before a resend": Step(TAKE_OVERDUE, True, _returned_something),
    "while it resends": Step(OUTBOX_ADD_AGAIN, after=True),
    "while it streams": Step(NEXT_CHANGE, after=True),
    "while it sends products again": Step(RESEND_PRODUCTS, after=False),
    "while it reconciles": Step(REQUEST_PRODUCTS, after=True),
    "before it sends a mail": Step(MAIL_SEND, after=False),
    "after it sent a mail": Step(MAIL_SEND, after=True),
    "after it marked a mail as sent": Step(MAIL_MARK_SENT, after=True),
    "before it replaces the projection": Step(REPLACE_PROJECTION, after=False),
    "after it replaced the projection": Step(REPLACE_PROJECTION, after=True),
}

REPAIRS = {
    "products": {SWEEPING: SWEEP},
    "orders": {SWEEPING: SWEEP, RESENDING: RESEND, RECONCILING: RECONCILE},
    "gateway": {},
}


@dataclass(frozen=True)
class Defects:
    """What is wrong with a process.

    Args:
        mutant: The name of a mutant in `mutants.MUTANTS`.
        executed: The file to create when the code of the mutant runs.
        die: The name of a step in `STEPS`.
        die_at: How many times to reach the step before the process dies.
        without_repair: The jobs that are off.
        links: The ports to connect to instead of the servers' ports.
    """

    mutant: str = ""
    executed: str = ""
    die: str = ""
    die_at: int = 1
    without_repair: tuple[str, ...] = ()
    links: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the defects for the variable DEFECTS."""
        return json.dumps(asdict(self))

    def install(self, service: str) -> None:
        """Patch this process."""
        if self.links:
            _redirect(self.links)
        if self.mutant:
            Marker.file = Path(self.executed)
            MUTANTS[self.mutant].install()
        if self.die:
            _die_at(STEPS[self.die], self.die_at)
        for repair in self.without_repair:
            if target := REPAIRS[service].get(repair):
                patch(target, _do_nothing)


def _die_at(step: Step, count: int) -> None:
    """Kill this process when it reaches a step for the given time."""
    remaining = count

    def decorate(method: Method) -> Method:
        async def call_or_die(*arguments: Any, **options: Any) -> Any:
            nonlocal remaining
            if not step.after and remaining <= 1:
                os.kill(os.getpid(), signal.SIGKILL)
            result = await method(*arguments, **options)
            if step.counts(arguments, result):
                remaining -= 1
            if remaining <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call_or_die

    patch(step.target, decorate)


def _do_nothing(_method: Method) -> Method:
    async def do_nothing(*_: Any) -> None:
        pass

    return do_nothing


def _redirect(links: Mapping[str, int]) -> None:
    """Let connections to databases and brokers go through links."""

    def redirect_database(connect: Method) -> Method:
        async def connect_to_link(address: tuple[str, int], options: Any) -> Any:
            host, port = address
            return await connect((host, links.get(str(port), port)), options)

        return connect_to_link

    def redirect_broker(connect: Method) -> Method:
        async def connect_to_link(connection: Any) -> Any:
            connection._port = links.get(str(connection._port), connection._port)
            return await connect(connection)

        return connect_to_link

    patch(CONNECT_TO_DATABASE, redirect_database)
    patch(CONNECT_TO_BROKER, redirect_broker)


def main() -> None:
    """Run a command of the service with its defects."""
    service, *command = sys.argv[1:]
    Defects(**json.loads(os.environ["DEFECTS"])).install(service)
    sys.argv = [service, *(command or ["serve"])]
    runpy.run_module(service, run_name="__main__")


if __name__ == "__main__":
    main()
