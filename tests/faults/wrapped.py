"""A service that dies at a step, lacks one of its guards, or does not heal what was lost.

    python -m tests.faults.wrapped SERVICE   (what is wrong with it: FAULTS, a JSON object)

`die` names a step and how often it is reached before, `mutant` one of `mutants.MUTANTS`, and `heal`
is false where sweeper, resend and reconciliation are off, which would mend what a mutant does.
"""

import importlib
import json
import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from pymongo.asynchronous.client_session import AsyncClientSession
from tests.faults.mutants import MUTANTS

from shopkit.messaging.outbox import Outbox
from shopkit.messaging.relay import Relay

STEPS: Mapping[str, tuple[type, str, bool]] = {
    "after it wrote the outbox": (Outbox, "add", True),
    "before commit": (AsyncClientSession, "commit_transaction", False),
    "after commit": (AsyncClientSession, "commit_transaction", True),
    "before it is marked sent": (Outbox, "mark_sent", False),
    "after it is marked sent": (Outbox, "mark_sent", True),
    "before the offset commit": (AIOKafkaConsumer, "commit", False),
    "after the offset commit": (AIOKafkaConsumer, "commit", True),
}
"""A step is a call of a method, before it begins or after it ended."""


def die_at(step: str, reached: int) -> None:
    """Have this process killed where a step is reached, as often as that."""
    owner, name, after = STEPS[step]
    method: Callable[..., Any] = getattr(owner, name)
    left = reached

    async def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left <= 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = await method(*arguments, **named)
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, counted)


def never_heal(service: str) -> None:
    """Switch off what finds what was lost."""

    async def nothing(*_: Any) -> None:
        pass

    setattr(Relay, "sweep", nothing)  # noqa: B010 - mypy refuses to assign to a method.
    if service == "orders":
        for name, method in (("resend", "resend"), ("reconcile", "reconcile")):
            module = importlib.import_module(f"orders.services.{name}")
            setattr(getattr(module, f"{name.capitalize()}Service"), method, nothing)


def main() -> None:
    """Run the service, with what is wrong with it."""
    service, faults = sys.argv[1], json.loads(os.environ["FAULTS"])
    if mutant := faults.get("mutant"):
        MUTANTS[mutant].install()
    if step := faults.get("die"):
        die_at(*step)
    if not faults.get("heal", True):
        never_heal(service)
    sys.argv = [service, "serve"]
    runpy.run_module(service, run_name="__main__")


if __name__ == "__main__":
    main()
