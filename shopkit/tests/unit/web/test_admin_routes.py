from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from shopkit.checks import Check
from shopkit.clock import Clock, utc_now
from shopkit.messaging.dead_letter_service import DeadLetterService
from shopkit.messaging.dead_letters import DeadLetterRepository, Record
from shopkit.settings import Environment, Settings
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.apps import client_of
from shopkit.testing.deliveries import NOON
from shopkit.testing.hostile import hostile_urls
from shopkit.testing.proofs import caller_headers, verifier_of
from shopkit.web import admin_routes, app, database_problems

ADMIN = caller_headers("admin@aaa.com", "admin")
AUDIT = "/api/admin/audit/orders"
DEAD_LETTERS = "/api/admin/dead-letters/orders"
POISON = Record("shop.orders", 3, 7, b"key", b"{\xff", (("ce_type", b"OrderCancel"),))


@dataclass
class Services:
    trail: AuditTrail
    dead_letters: DeadLetterService
    checks: Mapping[str, Check]
    clock: Clock = utc_now


@pytest.fixture
def application(database: Database, clock: Clock) -> FastAPI:
    async def refuse(_record: Record) -> None:
        raise ValueError("still bad")

    trail = AuditTrail(database)
    dead_letters = DeadLetterService(
        transactions=FakeTransactions(),
        letters=DeadLetterRepository(database, clock),
        trail=trail,
        apply=refuse,
        clock=clock,
    )

    @asynccontextmanager
    async def running() -> AsyncIterator[Services]:
        yield Services(trail, dead_letters, {})

    settings = Settings(environment=Environment.DEVELOPMENT, port=1)
    table = {**database_problems.TABLE, **admin_routes.TABLE}
    application = app.create(
        "orders", settings, run=running, table=table, proofs=verifier_of("orders-ms")
    )
    application.include_router(admin_routes.audit_router("orders"))
    application.include_router(admin_routes.dead_letter_router("orders"))
    return application


@pytest.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(application) as client:
        client.headers.update(ADMIN)
        yield client


class TestParameters:
    async def test_of_any_text_get_an_answer(self, client: httpx2.AsyncClient) -> None:
        document = (await client.get("/openapi.json")).json()
        urls = list(hostile_urls(document, without="/stream"))
        assert len(urls) > 300
        for url in urls:
            assert (await client.get(url)).status_code < 500, url


class TestAudit:
    async def test_lists_entries(self, client: httpx2.AsyncClient, database: Database) -> None:
        # Given
        await AuditTrail(database).add(
            actor="admin@aaa.com",
            action="archive product",
            subject="1",
            before={"archived": False},
            after=None,
            at=NOON,
            session=None,
        )
        # When
        response = await client.get(AUDIT, params={"since": "2026-05-04T14:00:00+02:00"})
        # Then
        assert response.status_code == 200
        (entry,) = response.json()["entries"]
        assert {**entry, "id": ""} == {
            "id": "",
            "at": "2026-05-04T12:00:00Z",
            "actor": "admin@aaa.com",
            "actor_id": None,
            "action": "archive product",
            "subject": "1",
            "subject_id": None,
            "before": {"archived": False},
            "after": None,
            "request_id": "",
        }
        assert response.json()["next_cursor"] is None

    @pytest.mark.parametrize(
        ("params", "found"),
        [
            ({"actor": "admin@aaa.com"}, 1),
            ({"actor": " Admin@AAA.com\u00a0"}, 1),
            ({"actor": "dmin@aaa.com"}, 0),
            ({"action": "Archive Product "}, 1),
            ({"subject": "a\u0308B "}, 1),
            ({"subject": "ab"}, 0),
            ({"actor": " "}, 1),
        ],
    )
    async def test_filters_by_text_however_it_is_typed(
        self, client: httpx2.AsyncClient, database: Database, params: dict[str, str], found: int
    ) -> None:
        # Given
        await AuditTrail(database).add(
            actor="admin@aaa.com",
            action="archive product",
            subject="\u00e4b",
            before=None,
            after=None,
            at=NOON,
            session=None,
        )
        # When
        response = await client.get(AUDIT, params=params)
        # Then
        assert len(response.json()["entries"]) == found

    @pytest.mark.parametrize(
        "params",
        [
            {"since": "2026-05-04T14:00:00"},
            {"since": "noon"},
            {"until": "0001-01-01T00:00:00+14:00"},
            {"limit": 0},
            {"limit": 101},
            {"actor": "x" * 321},
            {"cursor": "invalid"},
            {"cursor": "x" * 4_001},
            {"limit": "1_0"},
        ],
    )
    async def test_refuses_an_invalid_query(
        self, client: httpx2.AsyncClient, params: dict[str, Any]
    ) -> None:
        response = await client.get(AUDIT, params=params)
        assert response.status_code == 422
        assert response.json()["type"] == "/problems/validation"
        assert response.json()["errors"][0]["field"] == next(iter(params))


class TestDeadLetters:
    @pytest.fixture(autouse=True)
    async def _stored(self, database: Database, clock: Clock) -> None:
        await DeadLetterRepository(database, clock).add(POISON, "why")

    async def test_shows_the_event_as_text_with_invalid_bytes_replaced(
        self, client: httpx2.AsyncClient
    ) -> None:
        response = await client.get(f"{DEAD_LETTERS}/{POISON.id}")
        assert response.json() == {
            "id": POISON.id,
            "topic": "shop.orders",
            "partition": 3,
            "offset": 7,
            "type": "OrderCancel",
            "key": "key",
            "event": "{\ufffd",
            "reason": "why",
            "status": "parked",
            "parked_at": "2026-05-04T12:00:00Z",
            "history": [],
        }
        assert (await client.get(DEAD_LETTERS)).json() == {
            "dead_letters": [response.json()],
            "next_cursor": None,
        }

    async def test_responds_with_a_conflict_if_the_replay_fails(
        self, client: httpx2.AsyncClient
    ) -> None:
        response = await client.post(f"{DEAD_LETTERS}/{POISON.id}/replay")
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/replay-failed"
        assert response.json()["detail"] == "The event could not be applied: still bad"

    async def test_discards_once(self, client: httpx2.AsyncClient) -> None:
        url = f"{DEAD_LETTERS}/{POISON.id}/discard"
        # When
        first = await client.post(url, json={"reason": " nonsense "})
        second = await client.post(url, json={"reason": "again"})
        # Then
        assert first.json()["history"] == [
            {
                "at": "2026-05-04T12:00:00Z",
                "actor": "admin@aaa.com",
                "action": "discard",
                "detail": "nonsense",
            }
        ]
        assert second.status_code == 409
        assert second.json()["type"] == "/problems/dead-letter-settled"
        assert (await client.get(f"{DEAD_LETTERS}/{POISON.id}")).json() == first.json()

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
    async def test_requires_a_reason_to_discard(
        self, client: httpx2.AsyncClient, reason: str
    ) -> None:
        response = await client.post(f"{DEAD_LETTERS}/{POISON.id}/discard", json={"reason": reason})
        assert response.status_code == 422
        letter = (await client.get(f"{DEAD_LETTERS}/{POISON.id}")).json()
        assert letter["status"] == "parked"

    async def test_responds_with_not_found_if_there_is_no_such_letter(
        self, client: httpx2.AsyncClient
    ) -> None:
        response = await client.get(f"{DEAD_LETTERS}/{'0' * 64}")
        assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")

    @pytest.mark.parametrize(("headers", "status"), [({}, 401), (caller_headers("a@a.com"), 403)])
    async def test_refuses_callers_who_are_not_admins(
        self, application: FastAPI, headers: dict[str, str], status: int
    ) -> None:
        async with client_of(application) as client:
            for path in (AUDIT, DEAD_LETTERS, f"{DEAD_LETTERS}/{POISON.id}"):
                assert (await client.get(path, headers=headers)).status_code == status
