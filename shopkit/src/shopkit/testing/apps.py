"""What the unit tests of every service need: a database without a server, and a client."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from mongomock.collection import BulkOperationBuilder
from pymongo_async_mock import AsyncMongoMockClient

from shopkit.messaging.outbox import Row
from shopkit.storage.mongo import DATABASE, Database
from shopkit.web import identity


class HandedOver(list[Row]):
    """Stands in for the relay and remembers what it was given."""

    def __call__(self, rows: Sequence[Row]) -> None:
        """Remember rows."""
        self.extend(rows)

    @property
    def ids(self) -> list[str]:
        """The ids of the events, in order."""
        return [row.message.id for row in self]


def _without_sort(add: Callable[..., None]) -> Callable[..., None]:
    # The name is the one by which pymongo_async_mock sees that it need not wrap it once more, as
    # it else does for every database.
    def add_update_compat(*given: Any, sort: None = None, **more: Any) -> None:  # noqa: ARG001
        add(*given, **more)

    return add_update_compat


# The driver names a sort in each bulk operation, which mongomock does not know.
BulkOperationBuilder.add_update = _without_sort(BulkOperationBuilder.add_update)  # type: ignore[method-assign]
BulkOperationBuilder.add_replace = _without_sort(BulkOperationBuilder.add_replace)  # type: ignore[method-assign]


def mock_database() -> Database:
    """Return an empty database in memory; it has neither sessions nor validators."""
    database: Database = AsyncMongoMockClient(tz_aware=True)[DATABASE]
    return database


def as_caller(email: str, role: str = "user") -> dict[str, str]:
    """Return the headers by which the gateway names a caller."""
    return {identity.EMAIL_HEADER: email, identity.ROLE_HEADER: role}


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client of an application that has been started."""
    async with LifespanManager(app):
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
