"""Reads the databases and Kafka, and checks the invariants of docs/architecture.md.

It reads nothing from the services, because what a service reports about itself proves nothing.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pymongo
from bench.consistency import Databases, Document
from bson import ObjectId
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from tests.faults import invariants
from tests.faults.history import History
from tests.faults.invariants import Data, Initial, ReceivedMail
from tests.faults.tail import KafkaMessage

from shopkit.storage.mongo import is_temporary

Findings = dict[str, list[str]]
OBSERVATION_SECONDS = 0.2
READ_SECONDS = 5
WITHOUT_TERMS = {"terms": 0, "name_terms": 0}


class Checker:
    """Compares the databases and Kafka with their initial state and with earlier observations."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        products, decisions, audit = self._snapshot()
        self._initial = Initial(
            invariants.balance(products, decisions, audit),
            {row["_id"] for row in databases.orders["orders"].find({}, {"_id": 1})},
        )
        self._versions: dict[tuple[str, ObjectId], int] = {}
        self._observed: Findings = defaultdict(list)

    @contextmanager
    def observing(self) -> Iterator[None]:
        """Observe the databases repeatedly while the context lasts.

        Raises:
            Exception: An observation failed with an error that is not temporary.
        """
        ended = threading.Event()
        failures: list[Exception] = []

        def observe() -> None:
            while not (failures or ended.wait(OBSERVATION_SECONDS)):
                try:
                    self.observe()
                except Exception as error:  # noqa: BLE001 - the main thread raises it.
                    # A database may be down.
                    if not is_temporary(error):
                        failures.append(error)

        thread = threading.Thread(target=observe)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        if failures:
            raise failures[0]

    def observe(self) -> None:
        """Check the invariants that have to hold at every moment.

        Raises:
            pymongo.errors.PyMongoError: A database is unavailable.
        """
        with pymongo.timeout(READ_SECONDS):
            products, decisions, audit = self._snapshot()
            projection = list(self._databases.orders["products"].find())
        self._add(
            "C1",
            invariants.unbalanced(
                self._initial.balance, invariants.balance(products, decisions, audit)
            ),
        )
        self._add("C1", invariants.negative_stock(products, []))
        versions = {
            ("product", row["_id"]): row["details_version"] + row["stock_version"]
            for row in products
        }
        versions |= {("projection", row["_id"]): row["version"] for row in projection}
        self._add("C6", invariants.falling_versions(self._versions, versions))
        self._versions |= versions

    def find(
        self,
        history: History,
        messages: Iterable[KafkaMessage],
        dead_letter_ids: Collection[str],
        received: Sequence[ReceivedMail] | None = None,
    ) -> Findings:
        """Return the violations of each invariant but C9, once every order is settled.

        Args:
            history: The requests and responses.
            messages: The messages in Kafka.
            dead_letter_ids: The ids of the dead letters that must exist.
            received: The mails that the SMTP server received, None if the shop sends none.
        """
        self.observe()
        observed, self._observed = self._observed, defaultdict(list)
        unexpected, history.unexpected = history.unexpected, []
        data = self._read(messages)
        data.received = received or ()
        return {
            "C1": [*observed["C1"], *invariants.negative_stock([], data.rows)],
            "C2": [
                *unexpected,
                *invariants.wrong_keys(data, history, self._initial),
                *invariants.vanished_states(data, history.seen),
            ],
            "C3": invariants.wrong_statuses(data, self._initial),
            "C4": invariants.wrong_totals(data, self._initial),
            "C5": invariants.wrong_decisions(data, self._initial),
            "C6": [*observed["C6"], *invariants.changed_events(data)],
            "C7": invariants.differing_products(data),
            "C8": invariants.unmatched_events(data),
            "C10": invariants.wrong_dead_letters(data, dead_letter_ids),
            "C11": invariants.wrong_views(data, history),
            "C16": [] if received is None else invariants.wrong_mails(data, self._initial),
        }

    def _add(self, invariant: str, findings: Iterable[str]) -> None:
        known = self._observed[invariant]
        known += [finding for finding in findings if finding not in known]

    def _read(self, messages: Iterable[KafkaMessage]) -> Data:
        products, orders = self._databases.products, self._databases.orders
        return Data(
            products=list(products["products"].find({}, WITHOUT_TERMS)),
            decisions=list(products["orders"].find()),
            audit=list(products["audit"].find()),
            orders=list(orders["orders"].find()),
            projection=list(orders["products"].find()),
            keys=list(orders["idempotency_keys"].find()),
            rows=[*products["outbox"].find(), *orders["outbox"].find()],
            dead_letters=[*products["dead_letters"].find(), *orders["dead_letters"].find()],
            messages=list(messages),
            mails=list(orders["mails"].find()),
        )

    def _snapshot(self) -> tuple[list[Document], list[Document], list[Document]]:
        """Return the products, the accepted orders and the audit entries of one moment."""
        database = self._databases.products
        with database.client.start_session() as session:

            def read(_session: Any) -> tuple[list[Document], list[Document], list[Document]]:
                return (
                    list(database["products"].find({}, WITHOUT_TERMS, session=session)),
                    list(database["orders"].find({"status": "ACCEPTED"}, session=session)),
                    list(database["audit"].find({}, session=session)),
                )

            return session.with_transaction(read, read_concern=ReadConcern("snapshot"))


def settled(databases: Databases) -> bool:
    """Return whether both databases answer and every order is settled."""
    try:
        with pymongo.timeout(READ_SECONDS):
            return databases.settled()
    except PyMongoError:
        return False
