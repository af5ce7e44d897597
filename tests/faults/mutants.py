"""Services that lack one of their guards. The checker must detect each of them.

A mutant patches methods of the service in its process. Each comes with the fault against which the
guard protects.
"""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from tests.faults.targets import (
    APPLY_STATES,
    DECIDE,
    FIND_DECISIONS,
    INSERT_MANY,
    REJECTION_REASONS,
    SEEK,
    Decorator,
    Method,
    patch,
)

from shopkit.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Mutant:
    """A service without a guard.

    Args:
        service: The service.
        patches: The replacement of each method.
        fault: The name of the fault against which the guard protects.
        detected_by: The invariants of which at least one must be violated.
    """

    service: str
    patches: Mapping[str, Decorator]
    fault: str
    detected_by: frozenset[str]

    def install(self) -> None:
        """Replace the methods in this process."""
        for target, decorate in self.patches.items():
            patch(target, decorate)


_forgets_decisions: ContextVar[bool] = ContextVar("forgets_decisions", default=False)


def _never_reject(_method: Method) -> Method:
    def no_reasons(*_arguments: Any) -> tuple[()]:
        return ()

    return no_reasons


def _forget_decisions(decide: Method) -> Method:
    async def decide_again(*arguments: Any) -> None:
        token = _forgets_decisions.set(True)
        try:
            await decide(*arguments)
        finally:
            _forgets_decisions.reset(token)

    return decide_again


def _find_no_decisions(find: Method) -> Method:
    async def find_unless_forgotten(*arguments: Any, **options: Any) -> Any:
        return {} if _forgets_decisions.get() else await find(*arguments, **options)

    return find_unless_forgotten


def _replace_documents(insert_many: Method) -> Method:
    """Let an insert into the decisions replace documents that exist."""

    async def replace(collection: Any, documents: Any, **options: Any) -> Any:
        if collection.name == "orders":
            ids = [document["_id"] for document in documents]
            await collection.delete_many({"_id": {"$in": ids}}, session=options.get("session"))
        return await insert_many(collection, documents, **options)

    return replace


def _outside_of_transaction(collection_name: str) -> Decorator:
    """Let inserts into a collection ignore the transaction."""

    def decorate(insert_many: Method) -> Method:
        async def insert(collection: Any, documents: Any, **options: Any) -> Any:
            if collection.name == collection_name:
                options.pop("session", None)
            return await insert_many(collection, documents, **options)

        return insert

    return decorate


def _apply_any_version(_method: Method) -> Method:
    async def apply_states(service: Any, states: Iterable[Any]) -> None:
        newest = {state.id: state for state in sorted(states, key=lambda state: state.version)}

        async def work(unit: UnitOfWork) -> None:
            projection = service._projection
            known = await projection.versions(newest, session=unit.session)
            await projection.put(list(newest.values()), known, session=unit.session)

        await service._transactions.run(work)

    return apply_states


def _never_seek(_method: Method) -> Method:
    def seek(*_arguments: Any) -> None:
        pass

    return seek


MUTANTS = {
    "no stock check": Mutant(
        "products",
        {REJECTION_REASONS: _never_reject},
        fault="products frozen",
        detected_by=frozenset({"C1", "C3", "C4"}),
    ),
    "no check for an earlier decision": Mutant(
        "products",
        {
            DECIDE: _forget_decisions,
            FIND_DECISIONS: _find_no_decisions,
            INSERT_MANY: _replace_documents,
        },
        fault="every event again, shuffled",
        detected_by=frozenset({"C1", "C3", "C4"}),
    ),
    "no version check": Mutant(
        "orders",
        {APPLY_STATES: _apply_any_version},
        fault="every event again, shuffled",
        detected_by=frozenset({"C6", "C7"}),
    ),
    "decisions outside of the transaction": Mutant(
        "products",
        {INSERT_MANY: _outside_of_transaction("orders")},
        fault="products dies before commit",
        detected_by=frozenset({"C1", "C3", "C4"}),
    ),
    "outbox outside of the transaction": Mutant(
        "orders",
        {INSERT_MANY: _outside_of_transaction("outbox")},
        fault="orders dies after it wrote the outbox",
        detected_by=frozenset({"C3", "C8"}),
    ),
    "no seek back": Mutant(
        "products",
        {SEEK: _never_seek},
        fault="products-db stopped",
        detected_by=frozenset({"C3", "C4"}),
    ),
}
