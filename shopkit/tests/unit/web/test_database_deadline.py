from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI
from pymongo import _csot

from shopkit.testing.servers import serving
from shopkit.web.database_deadline import DatabaseDeadline


class TestDatabaseDeadline:
    async def test_applies_to_requests_but_not_to_what_the_lifespan_starts(self) -> None:
        # Given
        remaining: dict[str, float | None] = {}

        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            remaining["lifespan"] = _csot.remaining()
            yield

        inner = FastAPI(lifespan=lifespan)
        inner.add_middleware(DatabaseDeadline)

        @inner.get("/")
        async def read() -> None:
            remaining["request"] = _csot.remaining()

        # When
        async with serving(inner) as url, httpx2.AsyncClient(base_url=url) as client:
            await client.get("/")
        # Then
        assert remaining["lifespan"] is None
        assert remaining["request"]
        assert 11 < remaining["request"] <= 12
