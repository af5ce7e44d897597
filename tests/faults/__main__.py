"""Lets parts of the shop fail while people use it, and checks that nothing went wrong.

    python -m tests.faults [--only NAME ...] [--mutants [NAME ...]] [--seed 1] [--list]

Prints a matrix of faults and invariants (docs/architecture.md says what C1 to C10 are), then, with
--mutants, services that lack a guard: on each of these the checker must find something.
"""

import argparse
import asyncio
import logging
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import harness
from bench.consistency import Databases
from bench.harness import SETTINGS, machine
from bench.harness import Shop as Door
from pymongo.errors import PyMongoError
from tests.faults.checker import Checker, Findings
from tests.faults.faults import FAULTS, Fault
from tests.faults.history import History
from tests.faults.mutants import MUTANTS
from tests.faults.shop import ROOT, Shop, eventually
from tests.faults.tail import Tail
from tests.faults.traffic import Traffic

from stack import Stack

FOLDER = ROOT / ".local" / "faults"
INVARIANTS = [f"C{number}" for number in range(1, 11)]
BEFORE_SECONDS, AFTER_SECONDS, QUIET_SECONDS = 2, 2, 90
SHOWN = 3
STOCKS = {"for probes": 100_000, **{f"scarce {number}": 20 for number in range(6)}}


@dataclass(frozen=True)
class Outcome:
    """What came of a fault: what is wrong by each invariant, and how soon all went on."""

    findings: Findings
    recovered_seconds: float | None

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.findings.values())

    def row(self, name: str) -> str:
        """Return a line of the matrix."""
        cells = [f"{len(self.findings[each]) or '.':>4}" for each in INVARIANTS]
        after = "never" if self.recovered_seconds is None else f"{self.recovered_seconds:.1f} s"
        return f"{name:<38}{''.join(cells)}{after:>10}"


class Run:
    """One stack, and faults on it, one after the other."""

    def __init__(self, stack: Stack, seed: int, wrong: Mapping[str, Mapping[str, Any]]) -> None:
        self._stack = stack
        self._lots = random.Random(seed)
        self._wrong = wrong
        self._history = History()

    async def trials(self, names: Iterable[str], told: Callable[[str, Outcome], None]) -> None:
        """Have faults happen, and tell what came of each."""
        gateway = f"http://127.0.0.1:{self._stack.settings.ports['gateway']}"
        broker = self._stack.environment("orders")["KAFKA_BOOTSTRAP_SERVERS"]
        with Databases.of(self._stack) as databases:
            products = await self._add_products(databases)
            checker = Checker(databases)
            async with (
                Traffic(gateway, products, self._lots, self._history) as traffic,
                Tail(broker) as tail,
                AsyncExitStack() as until,
            ):
                shop = Shop(self._stack, databases, traffic, tail, self._lots, self._wrong)
                await shop.stand_in(until)
                kept = True
                for name in names:
                    kept = kept and FAULTS[name].keeps_kafka
                    told(name, await self._trial(shop, checker, FAULTS[name], kept=kept))
        asked = self._history
        print(f"    {asked.answered} requests answered, {asked.unanswered} not", flush=True)

    async def _add_products(self, databases: Databases) -> list[str]:
        ids = await Door(self._stack).add_products(STOCKS)
        known = dict.fromkeys(ids.values(), 0)
        await eventually(lambda: databases.know(known), 30, "orders-ms knows the products")
        return list(ids.values())

    async def _trial(self, shop: Shop, checker: Checker, fault: Fault, *, kept: bool) -> Outcome:
        with checker.looking():
            shop.traffic.start()
            await asyncio.sleep(BEFORE_SECONDS)
            await fault.happen(shop)
            recovered = await shop.traffic.settle_one(self._patience(fault.recovery_seconds))
            await asyncio.sleep(AFTER_SECONDS)
            await shop.traffic.stop()
            missing = await self._quiet(shop, kept=kept)
        findings = checker.findings(self._history, shop.tail.seen, shop.poison, kept=kept)
        findings["C9"] = [*missing, *([] if recovered else ["no order was settled after it"])]
        return Outcome(findings, recovered)

    def _patience(self, seconds: float) -> float:
        # What lacks a guard and heals nothing would be waited for in vain.
        return min(seconds, 10) if self._wrong else seconds

    async def _quiet(self, shop: Shop, *, kept: bool) -> list[str]:
        def quiet() -> bool:
            try:
                return shop.databases.settled() and (not kept or self._is_read(shop))
            except PyMongoError:
                return False

        try:
            await eventually(quiet, self._patience(QUIET_SECONDS), "all is settled and sent")
        except AssertionError as error:
            return [str(error)]
        return []

    @staticmethod
    def _is_read(shop: Shop) -> bool:
        """Whether all that was sent has been found in Kafka."""
        seen = {each.id for each in list(shop.tail.seen)}
        outboxes = (shop.databases.orders["outbox"], shop.databases.products["outbox"])
        return all(row["_id"] in seen for rows in outboxes for row in rows.find({}, {"_id": 1}))


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """Run an empty stack, and take it away afterwards."""
    with harness.shop(folder) as door:
        yield door.stack


def show(name: str, outcome: Outcome, *, details: bool) -> None:
    """Print a row, and what is wrong."""
    print(outcome.row(name), flush=True)
    for invariant, found in outcome.findings.items():
        for text in found[:SHOWN] if details else []:
            print(f"    {invariant} {text}", flush=True)


def try_faults(names: Iterable[str], seed: int) -> bool:
    """Print the matrix; return whether all is well."""
    outcomes: list[Outcome] = []

    def told(name: str, outcome: Outcome) -> None:
        outcomes.append(outcome)
        show(name, outcome, details=True)

    with running(FOLDER) as stack:
        asyncio.run(Run(stack, seed, {}).trials(names, told))
    return all(outcome.good for outcome in outcomes)


def try_mutant(name: str, seed: int) -> bool:
    """Print what the checker finds of a mutant; return whether it finds anything."""
    mutant, outcomes = MUTANTS[name], []
    wrong: dict[str, dict[str, Any]] = {each: {"heal": False} for each in ("products", "orders")}
    wrong[mutant.service]["mutant"] = name

    def told(_fault: str, outcome: Outcome) -> None:
        outcomes.append(outcome)
        show(name, outcome, details=False)

    with running(FOLDER) as stack:
        asyncio.run(Run(stack, seed, wrong).trials([mutant.fault], told))
    return not any(outcome.good for outcome in outcomes)


def main() -> None:
    """Do what the arguments ask for; end with 1 where something is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=FAULTS, default=list(FAULTS), metavar="NAME")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", nargs="*", choices=MUTANTS, metavar="NAME")
    parser.add_argument("--list", action="store_true", help="name the faults, and do nothing")
    options = parser.parse_args()
    if options.list:
        print("\n".join(FAULTS))
        return
    # It tells each of its tries to reach a broker that is away.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    print(f"{machine(ROOT)}\n{SETTINGS}; seed {options.seed}")
    print(f"{'':<38}{''.join(f'{each:>4}' for each in INVARIANTS)}{'recovers':>10}", flush=True)
    if options.mutants is not None:
        mutants = options.mutants or MUTANTS
        good = all(tuple(try_mutant(name, options.seed) for name in mutants))
    else:
        good = try_faults(options.only, options.seed)
    sys.exit(not good)


if __name__ == "__main__":
    main()
