"""Services without one of their guards: the checker has to find out about each.

A mutant is made as its module is imported, so that nothing in the sources changes. What a guard
protects from must happen, so each comes with the fault that lets it happen.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """A guard that is taken away, with what would stand in for it.

    Attributes:
        service: Which service it is missing in.
        changes: What is replaced by what, and in which module.
        fault: The name of the fault that lets happen what it protects from.
    """

    service: str
    changes: Sequence[tuple[str, str, str]]
    fault: str

    def install(self) -> None:
        """Have this process import the modules without the guard."""
        sys.meta_path.insert(0, _Finder(self.changes))


class _Finder(MetaPathFinder):
    def __init__(self, changes: Sequence[tuple[str, str, str]]) -> None:
        self._changes = changes

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        changes = [(old, new) for module, old, new in self._changes if module == name]
        if not changes:
            return None
        spec = PathFinder.find_spec(name, path, target)
        assert spec
        assert spec.origin
        spec.loader = _Loader(name, spec.origin, changes)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, changes: Sequence[tuple[str, str]]) -> None:
        super().__init__(name, path)
        self._changes = changes

    def path_stats(self, path: str) -> Any:
        raise OSError("what was compiled before has the guard")

    def get_data(self, path: str) -> bytes:
        text = Path(path).read_text(encoding="utf-8")
        for old, new in self._changes:
            if old not in text:
                raise SystemExit(f"{path} has changed; so has its mutant to: {old}")
            text = text.replace(old, new)
        return text.encode()


_INSERT_STUBS = "insert_many([_document(stub) for stub in stubs], session=session)"
_REPLACE_STUBS = """\
bulk_write(
    [
        __import__("pymongo").ReplaceOne(
            {"_id": ObjectId(stub.order_id)}, _document(stub), upsert=True
        )
        for stub in stubs
    ],
    session=session,
)"""

MUTANTS = {
    "no stock guard": Mutant(
        "products",
        [
            (
                "products.models.decision",
                "elif self._left[line.product_id] < line.quantity:",
                "elif False:",
            ),
        ],
        "products frozen",
    ),
    "no stub check": Mutant(
        "products",
        [
            (
                "products.services.decisions",
                "decided = await self._stubs.by_ids(orders, session=session)",
                "decided = {}",
            ),
            (
                "products.repositories.decisions",
                _INSERT_STUBS,
                _REPLACE_STUBS,
            ),
        ],
        "every event again, shuffled",
    ),
    "no version check": Mutant(
        "orders",
        [("orders.services.projection", "if known.get(id_, 0) < state.version]", "]")],
        "every event again, shuffled",
    ),
    "stubs outside of the transaction": Mutant(
        "products",
        [
            (
                "products.repositories.decisions",
                _INSERT_STUBS,
                "insert_many([_document(stub) for stub in stubs])",
            )
        ],
        "products dies before commit",
    ),
    "outbox outside of the transaction": Mutant(
        "orders",
        [
            (
                "shopkit.messaging.outbox",
                "insert_many(documents, ordered=True, session=session)",
                "insert_many(documents)",
            )
        ],
        "orders dies after it wrote the outbox",
    ),
    "no seek back": Mutant(
        "products",
        [
            (
                "shopkit.messaging.consumer",
                "        _seek_back(kafka, batches)\n        log.warning",
                "        log.warning",
            )
        ],
        "products-db stopped",
    ),
}
