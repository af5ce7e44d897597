"""The objects of the sandbox, in a file, so that they survive its end."""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

KEY_SECONDS = 24 * 60 * 60
"""How long the answer to an idempotency key is kept."""

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_kind ON objects (kind);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, due REAL NOT NULL,
    tries INTEGER NOT NULL
);
"""

Object = dict[str, Any]
Clock = Callable[[], float]


class Answer(NamedTuple):
    """An answer of the API."""

    status: int
    body: Object


class Delivery(NamedTuple):
    """An event on its way to the shop."""

    number: int
    event_id: str
    tries: int


class Store:
    """Objects, answers to idempotency keys, and deliveries.

    Args:
        path: The file, `:memory:` for none.
        clock: Returns the seconds since 1970.
    """

    def __init__(self, path: Path | str, clock: Clock = time.time) -> None:
        self.clock = clock
        # Each statement is its own transaction, and one thread uses the connection.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def new_id(self, prefix: str) -> str:
        """Return a new id."""
        return f"{prefix}_{secrets.token_hex(12)}"

    def put(self, kind: str, body: Object) -> Object:
        """Store an object in place of the one with its id."""
        self._connection.execute(
            "INSERT INTO objects (id, kind, body) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (body["id"], kind, json.dumps(body)),
        )
        return body

    def get(self, kind: str, id_: str) -> Object | None:
        """Return an object."""
        row = self._connection.execute(
            "SELECT body FROM objects WHERE id = ? AND kind = ?", (id_, kind)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def find(self, kind: str, **fields: str) -> list[Object]:
        """Return the objects with these fields, newest first."""
        conditions = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in fields)
        rows = self._connection.execute(
            f"SELECT body FROM objects WHERE kind = ?{conditions} ORDER BY number DESC",  # noqa: S608 - the names are constants.
            (kind, *fields.values()),
        )
        return [json.loads(row[0]) for row in rows]

    def answer(self, key: str) -> tuple[str, Answer] | None:
        """Return the request of an idempotency key, and its answer."""
        row = self._connection.execute(
            "SELECT request, status, body FROM answers WHERE key = ? AND at > ?",
            (key, self.clock() - KEY_SECONDS),
        ).fetchone()
        return (row[0], Answer(row[1], json.loads(row[2]))) if row else None

    def keep_answer(self, key: str, request: str, answer: Answer) -> None:
        """Store the answer to an idempotency key."""
        self._connection.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)",
            (key, request, answer.status, json.dumps(answer.body), self.clock()),
        )

    def deliver(self, event: Mapping[str, Any], due: float) -> None:
        """Store that an event has to be delivered at a time."""
        self._connection.execute(
            "INSERT INTO deliveries (event, due, tries) VALUES (?, ?, 0)", (event["id"], due)
        )

    def due_deliveries(self) -> list[Delivery]:
        """Return the deliveries whose time has come."""
        rows = self._connection.execute(
            "SELECT number, event, tries FROM deliveries WHERE due <= ? ORDER BY due, number",
            (self.clock(),),
        )
        return [Delivery(*row) for row in rows]

    def end_delivery(self, delivery: Delivery) -> None:
        """Remove a delivery."""
        self._connection.execute("DELETE FROM deliveries WHERE number = ?", (delivery.number,))

    def postpone(self, delivery: Delivery, due: float) -> None:
        """Deliver again at a time."""
        self._connection.execute(
            "UPDATE deliveries SET due = ?, tries = ? WHERE number = ?",
            (due, delivery.tries + 1, delivery.number),
        )
