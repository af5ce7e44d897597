"""Runs a service with defects: it dies at a step, lacks a guard, or does not repair lost events.

    python -m tests.faults.wrapped SERVICE

The variable DEFECTS holds a JSON object. `die` names a step and how many times to reach it, and
`mutant` one of `mutants.MUTANTS`. If `repair` is false, the sweeper, resending and reconciliation
are off, because they would repair what a mutant does.
"""

import json
import os
import runpy
import signal
import sys
from collections.abc import Mapping
from typing import Any

from tests.faults.mutants import MUTANTS
from tests.faults.targets import (
    COMMIT_OFFSETS,
    COMMIT_TRANSACTION,
    OUTBOX_ADD,
    OUTBOX_MARK_SENT,
    RECONCILE,
    RESEND,
    SWEEP,
    Method,
    patch,
)

STEPS: Mapping[str, tuple[str, bool]] = {
    "after it wrote the outbox": (OUTBOX_ADD, True),
    "before commit": (COMMIT_TRANSACTION, False),
    "after commit": (COMMIT_TRANSACTION, True),
    "before it marks events as sent": (OUTBOX_MARK_SENT, False),
    "after it marks events as sent": (OUTBOX_MARK_SENT, True),
    "before the offset commit": (COMMIT_OFFSETS, False),
    "after the offset commit": (COMMIT_OFFSETS, True),
}
"""Each step is a method, and whether the process dies after the call instead of before it."""


def die_at(step: str, count: int) -> None:
    """Kill this process when it reaches a step for the given time."""
    target, after = STEPS[step]
    remaining = count

    def decorate(method: Method) -> Method:
        async def call_or_die(*arguments: Any, **options: Any) -> Any:
            nonlocal remaining
            remaining -= 1
            if remaining <= 0 and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = await method(*arguments, **options)
            if remaining <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call_or_die

    patch(target, decorate)


def disable_repair(service: str) -> None:
    """Switch off the jobs that find and repair lost events."""

    async def do_nothing(*_: Any) -> None:
        pass

    for target in [SWEEP, *([RESEND, RECONCILE] if service == "orders" else [])]:
        patch(target, lambda _method: do_nothing)


def main() -> None:
    """Run the service with its defects."""
    service, defects = sys.argv[1], json.loads(os.environ["DEFECTS"])
    if mutant := defects.get("mutant"):
        MUTANTS[mutant].install()
    if step := defects.get("die"):
        die_at(*step)
    if not defects.get("repair", True):
        disable_repair(service)
    sys.argv = [service, "serve"]
    runpy.run_module(service, run_name="__main__")


if __name__ == "__main__":
    main()
