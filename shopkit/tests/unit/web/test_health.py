import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest
from fastapi import FastAPI

from shopkit import checks
from shopkit.checks import Check, PausedError
from shopkit.clock import Clock, utc_now
from shopkit.settings import Environment, Settings
from shopkit.testing.apps import client_of, monitor_of
from shopkit.testing.proofs import caller_headers, verifier_of
from shopkit.web import app as shop_app


async def works() -> None:
    """A check that passes."""


async def broken() -> None:
    raise ConnectionError("the database has no writable primary")


async def paused() -> None:
    raise PausedError


async def silent() -> None:
    raise KeyError


async def hangs() -> None:
    await asyncio.Event().wait()


@dataclass
class Services:
    checks: Mapping[str, Check]
    clock: Clock = utc_now


def service(checks: Mapping[str, Check], *, chaos: bool = False) -> FastAPI:
    @asynccontextmanager
    async def running() -> AsyncIterator[Services]:
        yield Services(checks)

    settings = Settings(environment=Environment.DEVELOPMENT, port=1, chaos_endpoints=chaos)
    proofs = verifier_of("orders-ms")
    return shop_app.create("orders", settings, run=running, table={}, proofs=proofs)


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The signals that would have been sent, with their processes."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda process, number: sent.append((process, number)))
    return sent


class TestHealth:
    async def test_is_ok_whatever_the_dependencies_do(self) -> None:
        async with client_of(service({"database": broken})) as client:
            response = await client.get("/api/orders_health")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


class TestReady:
    async def ask(self, **parts: Check) -> httpx2.Response:
        app = service(parts)
        async with client_of(app), monitor_of(app) as monitor:
            return await monitor.get("/ready")

    async def test_is_not_shown_to_callers(self) -> None:
        async with client_of(service({})) as client:
            statuses = [(await client.get(path)).status_code for path in ("/ready", "/metrics")]
        assert statuses == [404, 404]

    async def test_monitoring_shows_nothing_else(self) -> None:
        # Given
        app = service({}, chaos=True)
        # When
        async with client_of(app), monitor_of(app) as monitor:
            admin = caller_headers("a@a.com", "admin")
            paths = ("/metrics", "/api/orders_health", "/api/orders_error", "/openapi.json")
            statuses = [(await monitor.get(path, headers=admin)).status_code for path in paths]
        # Then
        assert statuses == [200, 404, 404, 404]

    async def test_is_ok_if_all_parts_work(self) -> None:
        response = await self.ask(database=works, loops=works)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})

    async def test_names_failing_parts_with_their_reasons(self) -> None:
        # When
        response = await self.ask(database=broken, loops=works, other=silent)
        # Then
        assert response.status_code == 503
        assert response.json() == {
            "status": "unavailable",
            "failing": {"database": "the database has no writable primary", "other": "KeyError"},
        }

    async def test_is_ok_and_names_the_parts_that_are_paused(self) -> None:
        response = await self.ask(database=works, consumer=paused)
        assert response.status_code == 200
        assert response.json() == {"status": "ok", "paused": ["consumer"]}

    async def test_names_paused_parts_if_others_fail(self) -> None:
        response = await self.ask(loops=silent, consumer=paused)
        assert response.status_code == 503
        assert response.json() == {
            "status": "unavailable",
            "failing": {"loops": "KeyError"},
            "paused": ["consumer"],
        }

    async def test_does_not_wait_for_a_part_that_hangs(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr(checks, "CHECK_SECONDS", 0.01)
        # When
        response = await self.ask(database=hangs, loops=works)
        # Then
        assert response.status_code == 503
        assert response.json()["failing"] == {"database": "no answer within 0.01 s"}


class TestChaos:
    async def test_kills_the_process_after_the_response_to_an_admin(
        self, killed: list[tuple[int, int]]
    ) -> None:
        # When
        async with client_of(service({}, chaos=True)) as client:
            response = await client.get(
                "/api/orders_error", headers=caller_headers("a@a.com", "admin")
            )
        # Then
        assert (response.status_code, response.json()) == (202, {"status": "ending"})
        assert killed == [(os.getpid(), signal.SIGKILL)]

    @pytest.mark.parametrize(
        ("headers", "status"), [({}, 401), (caller_headers("aaa@aaa.com", "user"), 403)]
    )
    async def test_refuses_others_and_kills_nothing(
        self, killed: list[tuple[int, int]], headers: dict[str, str], status: int
    ) -> None:
        # When
        async with client_of(service({}, chaos=True)) as client:
            response = await client.get("/api/orders_error", headers=headers)
        # Then
        assert response.status_code == status
        assert killed == []

    async def test_does_not_exist_if_it_is_off(self, killed: list[tuple[int, int]]) -> None:
        # When
        async with client_of(service({}, chaos=False)) as client:
            response = await client.get(
                "/api/orders_error", headers=caller_headers("a@a.com", "admin")
            )
            described = (await client.get("/openapi.json")).json()
        # Then
        assert response.status_code == 404
        assert killed == []
        assert set(described["paths"]) == {"/api/orders_health"}
