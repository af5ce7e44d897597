"""Injects faults into a running stack, one after the other, and checks the invariants."""

import asyncio
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from bench import harness
from bench.consistency import Databases
from tests.faults import checker, invariants
from tests.faults.cards import CardCustomers, running_sandbox
from tests.faults.checker import Checker, Findings
from tests.faults.client import Client
from tests.faults.faults import FAULTS
from tests.faults.history import History
from tests.faults.mutants import MUTANTS, Mutant
from tests.faults.results import MutantResult, Outcome
from tests.faults.shop import ROOT, Shop, wait_until
from tests.faults.tail import Tail
from tests.faults.traffic import Traffic
from tests.faults.wrapped import Defects

from shopkit.testing.smtp import smtp_server
from stack import Stack, StackError

FOLDER = ROOT / ".local" / "faults"
SECONDS_BEFORE, SECONDS_AFTER = 2, 2
SETTLED_SECONDS = 90
PATIENCE_SECONDS = 45
"""How long a mutant may take to recover. It is longer than every time limit of the services: a
session (4 s), a lease (3 s), the lifetime of a transaction (10 s), its retries (20 s)."""
STOCKS = {"for probes": 100_000, "plenty": 100_000, **{f"scarce {n}": 20 for n in range(6)}}


class Run:
    """Injects faults into one stack, one after the other."""

    def __init__(
        self,
        stack: Stack,
        seed: int,
        defects: Mapping[str, Defects],
        *,
        takes_cards: bool = False,
    ) -> None:
        self._stack = stack
        self._seed = seed
        self._defects = defects
        self._takes_cards = takes_cards
        self._customers: CardCustomers | None = None
        self._history = History()

    async def run(
        self, names: Iterable[str], report: Callable[[Outcome], None], *, validating: bool = True
    ) -> None:
        """Inject faults, and report the outcome of each.

        Args:
            names: The faults.
            report: Gets each outcome.
            validating: Whether products-db validates products.
        """
        gateway = f"http://127.0.0.1:{self._stack.settings.ports['gateway']}"
        broker = self._stack.environment("orders")["KAFKA_BOOTSTRAP_SERVERS"]
        with Databases.of(self._stack) as databases:
            products = await self._add_products(databases)
            if not validating:
                databases.products.command("collMod", "products", validationLevel="off")
            checks = Checker(databases)
            async with (
                Client(gateway, self._history) as client,
                Traffic(client, products, self._seed, self._history) as traffic,
                Tail(broker) as tail,
                AsyncExitStack() as resources,
            ):
                smtp = None
                if self._stack.settings.mail == "on":
                    port = self._stack.settings.ports["smtp"]
                    smtp = await resources.enter_async_context(smtp_server(port=port))
                sandbox = None
                if self._takes_cards:
                    webhook_url = f"{gateway}/api/payments/stripe/events"
                    folder = self._stack.settings.state
                    sandbox = await resources.enter_async_context(
                        running_sandbox(folder, webhook_url)
                    )
                    self._customers = CardCustomers(traffic, sandbox, databases)
                shop = Shop(self._stack, databases, traffic, tail, self._defects, smtp, sandbox)
                await shop.replace_defective_services(resources)
                for name in names:
                    report(await self._inject(name, shop, checks))

    async def _add_products(self, databases: Databases) -> list[str]:
        ids = list((await harness.Shop(self._stack).add_products(STOCKS)).values())
        await wait_until(
            lambda: databases.projection_has(ids), 30, "the projection has the products"
        )
        return ids

    async def _inject(self, name: str, shop: Shop, checks: Checker) -> Outcome:
        fault = FAULTS[name]
        counts = self._history.answered, self._history.unanswered
        patience = PATIENCE_SECONDS if self._defects else max(fault.recovery_seconds, 60)
        shop.findings.clear()
        with checks.observing():
            shop.traffic.start(name)
            if self._customers:
                self._customers.start()
            shop.rng = shop.traffic.source("fault")
            await asyncio.sleep(SECONDS_BEFORE)
            try:
                await fault.inject(shop)
            except (AssertionError, StackError) as error:
                shop.findings["C9"].append(f"the fault failed: {error}")
            recovery = await shop.traffic.settle_order(patience)
            await asyncio.sleep(SECONDS_AFTER)
            await shop.traffic.stop()
            of_cards = await self._settle_cards()
            problems = await self._wait_until_settled(
                shop, has_kafka_data="C8" not in fault.unchecked
            )
            await shop.traffic.stop_following(lambda: shop.databases.statuses()[0])
        findings = checks.find(
            self._history, shop.tail.messages, shop.dead_letter_ids, shop.received
        )
        goal = patience if self._defects else fault.recovery_seconds
        findings["C9"] = [*problems, *invariants.slow_recovery(recovery, goal)]
        findings |= of_cards
        for invariant, more in shop.findings.items():
            findings[invariant] += more
        checked = {key: [] if key in fault.unchecked else found for key, found in findings.items()}
        return Outcome(
            name,
            checked,
            sorted(fault.unchecked),
            recovery,
            goal,
            self._history.answered - counts[0],
            self._history.unanswered - counts[1],
        )

    async def _settle_cards(self) -> Findings:
        if self._customers is None:
            return {}
        await self._customers.stop()
        return await self._customers.find()

    async def _wait_until_settled(self, shop: Shop, *, has_kafka_data: bool) -> list[str]:
        """Wait until all orders are settled and all events and mails sent; return the problems."""

        def settled() -> bool:
            if not checker.settled(shop.databases) or shop.has_waiting_mails():
                return False
            return not has_kafka_data or _all_in_kafka(shop)

        # A mail stays leased for a minute after the process that was sending it has died.
        is_impatient = self._defects and not shop.sends_mail
        limit = PATIENCE_SECONDS if is_impatient else SETTLED_SECONDS
        try:
            await wait_until(settled, limit, "every order is settled")
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
def _running_stack(members: int, *, sends_mail: bool) -> Iterator[Stack]:
    """Run an empty stack, and delete it afterwards, except for its logs."""
    mail = "on" if sends_mail else "off"
    with harness.running_shop(FOLDER / "stack", members, mail) as shop:
        try:
            yield shop.stack
        finally:
            shutil.rmtree(FOLDER / "logs", ignore_errors=True)
            shutil.copytree(shop.stack.settings.state / "logs", FOLDER / "logs")


def run_faults(names: Iterable[str], seed: int, report: Callable[[Outcome], None]) -> None:
    """Inject faults, those that share a stack one after the other, and report each outcome."""
    groups: dict[tuple[str, int, bool, bool], list[str]] = defaultdict(list)
    for name in names:
        fault = FAULTS[name]
        key = fault.stack, fault.members, fault.sends_mail, fault.takes_cards
        groups[key].append(name)
    for (_, members, sends_mail, takes_cards), group in groups.items():
        with _running_stack(members, sends_mail=sends_mail) as stack:
            asyncio.run(Run(stack, seed, {}, takes_cards=takes_cards).run(group, report))


class MutantRun:
    """Runs mutants, each with its control."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._controls: dict[tuple[str, str, frozenset[str]], list[str]] = {}

    def run(self, name: str) -> MutantResult:
        """Run a mutant, print the result and return it."""
        mutant = MUTANTS[name]
        control = self._control(mutant)
        executed = FOLDER / "executed"
        executed.unlink(missing_ok=True)
        defects = Defects(
            mutant=name, executed=str(executed), without_repair=tuple(mutant.without_repair)
        )
        outcome = self._outcome(mutant, defects)
        result = MutantResult(
            name,
            mutant.fault,
            sorted(mutant.detected_by),
            sorted(outcome.violated),
            control,
            executed.exists(),
        )
        print(f"=> {result}", flush=True)
        return result

    def _control(self, mutant: Mutant) -> list[str]:
        """Return what is violated if only the repairs are off."""
        key = (mutant.service, mutant.fault, mutant.without_repair)
        if key not in self._controls:
            print(f"control of {mutant.service}", flush=True)
            defects = Defects(without_repair=tuple(mutant.without_repair))
            self._controls[key] = sorted(self._outcome(mutant, defects).violated)
        return self._controls[key]

    def _outcome(self, mutant: Mutant, defects: Defects) -> Outcome:
        others = Defects(without_repair=tuple(mutant.without_repair))
        all_defects = {"products": others, "orders": others, mutant.service: defects}
        outcomes: list[Outcome] = []
        fault = FAULTS[mutant.fault]
        with _running_stack(fault.members, sends_mail=fault.sends_mail) as stack:
            run = Run(stack, self._seed, all_defects, takes_cards=fault.takes_cards)
            validating = not mutant.without_validator
            asyncio.run(run.run([mutant.fault], outcomes.append, validating=validating))
        print(outcomes[0], flush=True)
        return outcomes[0]


def results_file() -> Path:
    """Return the file of the results."""
    return FOLDER / "results.json"
