"""An in-memory database and an HTTP client for the unit tests of services."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI
from mongomock.collection import BulkOperationBuilder
from pymongo_async_mock import AsyncMongoMockClient

from shopkit.storage.mongo import DATABASE, Database
from shopkit.web.health import monitoring_app


def _without_sort(add: Callable[..., None]) -> Callable[..., None]:
    # pymongo_async_mock wraps these methods each time a database is created, unless they have
    # this name.
    def add_update_compat(*args: Any, sort: None = None, **kwargs: Any) -> None:  # noqa: ARG001
        add(*args, **kwargs)

    return add_update_compat


# The driver passes `sort` to every bulk operation, and mongomock does not know it.
BulkOperationBuilder.add_update = _without_sort(BulkOperationBuilder.add_update)  # type: ignore[method-assign]
BulkOperationBuilder.add_replace = _without_sort(BulkOperationBuilder.add_replace)  # type: ignore[method-assign]


def mock_database() -> Database:
    """Return an empty in-memory database without sessions and validators."""
    database: Database = AsyncMongoMockClient(tz_aware=True)[DATABASE]
    return database


def monitor_of(app: FastAPI) -> httpx2.AsyncClient:
    """Return a client of the port for monitoring of an application that is running."""
    transport = httpx2.ASGITransport(monitoring_app(app.state))
    return httpx2.AsyncClient(transport=transport, base_url="http://monitoring")


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client of an application whose lifespan is running."""
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
