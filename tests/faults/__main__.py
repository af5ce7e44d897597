"""Lets parts of the shop fail while people use it, and checks the invariants C1 to C10.

It prints a matrix of faults and invariants, which docs/architecture.md explains. With --mutants it
runs services that lack a guard; the checker must detect each of them.
"""

import argparse
import asyncio
import logging
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from bench import harness
from bench.consistency import Databases
from pymongo.errors import PyMongoError
from tests.faults.checker import Checker, Findings
from tests.faults.faults import FAULTS, Fault
from tests.faults.history import History
from tests.faults.mutants import MUTANTS
from tests.faults.shop import ROOT, Defects, Shop, wait_until
from tests.faults.tail import Tail
from tests.faults.targets import check_targets
from tests.faults.traffic import Traffic

from stack import Stack

FOLDER = ROOT / ".local" / "faults"
INVARIANTS = [f"C{number}" for number in range(1, 11)]
SECONDS_BEFORE, SECONDS_AFTER, SETTLED_SECONDS = 2, 2, 90
FINDINGS_SHOWN = 3
STOCKS = {"for probes": 100_000, **{f"scarce {number}": 20 for number in range(6)}}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a fault: the findings by invariant, and when an order was settled again."""

    findings: Findings
    recovery_seconds: float | None

    @property
    def violated(self) -> set[str]:
        """The violated invariants."""
        return {invariant for invariant, findings in self.findings.items() if findings}

    def row(self, name: str) -> str:
        """Return a line of the matrix."""
        cells = [f"{len(self.findings[invariant]) or '.':>4}" for invariant in INVARIANTS]
        seconds = self.recovery_seconds
        recovery = "never" if seconds is None else f"{seconds:.1f} s"
        return f"{name:<42}{''.join(cells)}{recovery:>10}"


class Run:
    """Injects faults into one stack, one after the other."""

    def __init__(self, stack: Stack, seed: int, defects: Mapping[str, Defects]) -> None:
        self._stack = stack
        self._rng = random.Random(seed)
        self._defects = defects
        self._history = History()

    async def run(self, names: Iterable[str], report: Callable[[str, Outcome], None]) -> None:
        """Inject faults, and report the outcome of each."""
        gateway = f"http://127.0.0.1:{self._stack.settings.ports['gateway']}"
        broker = self._stack.environment("orders")["KAFKA_BOOTSTRAP_SERVERS"]
        with Databases.of(self._stack) as databases:
            products = await self._add_products(databases)
            checker = Checker(databases)
            async with (
                Traffic(gateway, products, self._rng, self._history) as traffic,
                Tail(broker) as tail,
                AsyncExitStack() as resources,
            ):
                shop = Shop(self._stack, databases, traffic, tail, self._rng, self._defects)
                await shop.replace_defective_services(resources)
                has_kafka_data = True
                for name in names:
                    has_kafka_data = has_kafka_data and FAULTS[name].keeps_kafka_data
                    outcome = await self._inject(
                        FAULTS[name], shop, checker, has_kafka_data=has_kafka_data
                    )
                    report(name, outcome)
        history = self._history
        print(f"    {history.answered} requests answered, {history.unanswered} not", flush=True)

    async def _add_products(self, databases: Databases) -> list[str]:
        ids = list((await harness.Shop(self._stack).add_products(STOCKS)).values())
        await wait_until(
            lambda: databases.projection_has(ids), 30, "the projection has the products"
        )
        return ids

    async def _inject(
        self, fault: Fault, shop: Shop, checker: Checker, *, has_kafka_data: bool
    ) -> Outcome:
        with checker.observing():
            shop.traffic.start()
            await asyncio.sleep(SECONDS_BEFORE)
            await fault.inject(shop)
            recovery = await shop.traffic.settle_order(self._limit(fault.recovery_seconds))
            await asyncio.sleep(SECONDS_AFTER)
            await shop.traffic.stop()
            problems = await self._wait_until_settled(shop, has_kafka_data=has_kafka_data)
        findings = checker.find(
            self._history, shop.tail.messages, shop.dead_letter_ids, has_kafka_data=has_kafka_data
        )
        if recovery is None:
            problems.append("no order was settled after the fault")
        return Outcome({**findings, "C9": problems}, recovery)

    def _limit(self, seconds: float) -> float:
        # A service with a permanent defect may never recover.
        return min(seconds, 10) if self._defects else seconds

    async def _wait_until_settled(self, shop: Shop, *, has_kafka_data: bool) -> list[str]:
        """Wait until every order is settled and every event sent, and return the problems."""

        def settled() -> bool:
            try:
                return shop.databases.settled() and (not has_kafka_data or _all_in_kafka(shop))
            except PyMongoError:
                return False

        try:
            await wait_until(settled, self._limit(SETTLED_SECONDS), "every order is settled")
        except AssertionError as error:
            return [str(error)]
        return []


def _all_in_kafka(shop: Shop) -> bool:
    """Return whether every row of the outboxes was found in Kafka."""
    event_ids = {message.event_id for message in shop.tail.messages}
    outboxes = (shop.databases.orders["outbox"], shop.databases.products["outbox"])
    return all(
        row["_id"] in event_ids for outbox in outboxes for row in outbox.find({}, {"_id": 1})
    )


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Run an empty stack, and delete it afterwards."""
    with harness.running_shop(FOLDER) as shop:
        yield shop.stack


def run_faults(names: Iterable[str], seed: int) -> bool:
    """Print the matrix, and return whether all invariants hold."""
    outcomes: list[Outcome] = []

    def report(name: str, outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(outcome.row(name), flush=True)
        for invariant, findings in outcome.findings.items():
            for finding in findings[:FINDINGS_SHOWN]:
                print(f"    {invariant} {finding}", flush=True)

    with running_stack() as stack:
        asyncio.run(Run(stack, seed, {}).run(names, report))
    return not any(outcome.violated for outcome in outcomes)


def run_mutant(name: str, seed: int) -> bool:
    """Print the row of a mutant, and return whether the expected invariants detect it."""
    mutant = MUTANTS[name]
    violated: set[str] = set()
    defects: dict[str, dict[str, Any]] = {
        service: {"repair": False} for service in ("products", "orders")
    }
    defects[mutant.service]["mutant"] = name

    def report(_fault: str, outcome: Outcome) -> None:
        violated.update(outcome.violated)
        print(outcome.row(name), flush=True)

    with running_stack() as stack:
        asyncio.run(Run(stack, seed, defects).run([mutant.fault], report))
    if not mutant.detected_by & violated:
        print(f"    NOT DETECTED by any of {', '.join(sorted(mutant.detected_by))}", flush=True)
        return False
    return True


def main() -> None:
    """Run faults or mutants; exit with 1 if an invariant is violated or a mutant undetected."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=FAULTS, default=list(FAULTS), metavar="NAME")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", nargs="*", choices=MUTANTS, metavar="NAME")
    parser.add_argument("--list", action="store_true", help="list the faults and the mutants")
    options = parser.parse_args()
    if options.list:
        print(*FAULTS, *(f"mutant: {name}" for name in MUTANTS), sep="\n")
        return
    check_targets()
    # aiokafka logs each failed attempt to reach a broker that is down.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    print(f"{harness.describe_machine(ROOT)}\n{harness.SETTINGS}; seed {options.seed}")
    columns = "".join(f"{invariant:>4}" for invariant in INVARIANTS)
    print(f"{'':<42}{columns}{'recovers':>10}", flush=True)
    if options.mutants is None:
        passed = run_faults(options.only, options.seed)
    else:
        results = [run_mutant(name, options.seed) for name in options.mutants or MUTANTS]
        passed = all(results)
    sys.exit(not passed)


if __name__ == "__main__":
    main()
