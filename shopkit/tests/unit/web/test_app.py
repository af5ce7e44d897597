import platform
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from prometheus_client import REGISTRY

from shopkit.checks import Check
from shopkit.settings import Environment, Settings
from shopkit.testing.apps import client_of
from shopkit.web import app as shop_app
from shopkit.web import identity, server
from shopkit.web.problems import ProblemType

SETTINGS = Settings(environment=Environment.DEVELOPMENT, port=8123)


class OwnError(Exception):
    """An error of one service."""


class EmptyServices:
    """Services without readiness checks."""

    checks: Mapping[str, Check] = {}


SERVICES = EmptyServices()


@asynccontextmanager
async def running() -> AsyncIterator[EmptyServices]:
    yield SERVICES


def create_app() -> FastAPI:
    app = shop_app.create(
        "orders",
        SETTINGS,
        run=running,
        table={OwnError: ProblemType("own", "Its own", 409)},
    )

    @app.get("/raise/{what}")
    async def fail(what: str) -> None:
        kinds = {
            "own": OwnError,
            "visitor": identity.AuthenticationRequiredError,
            "user": identity.AdminRequiredError,
        }
        raise kinds[what]

    return app


class TestCreate:
    @pytest.mark.parametrize(
        ("what", "status", "type_"),
        [
            ("own", 409, "/problems/own"),
            ("visitor", 401, "/problems/unauthenticated"),
            ("user", 403, "/problems/forbidden"),
        ],
    )
    async def test_renders_common_problems_and_those_of_the_service(
        self, what: str, status: int, type_: str
    ) -> None:
        async with client_of(create_app()) as client:
            answer = await client.get(f"/raise/{what}")
        assert (answer.status_code, answer.json()["type"]) == (status, type_)

    async def test_tells_visitors_how_to_authenticate(self) -> None:
        async with client_of(create_app()) as client:
            answer = await client.get("/raise/visitor")
        assert answer.headers["www-authenticate"] == "Bearer"

    async def test_describes_itself_and_has_no_documentation_pages(self) -> None:
        async with client_of(create_app()) as client:
            described = (await client.get("/openapi.json")).json()
            pages = [(await client.get(path)).status_code for path in ("/docs", "/redoc")]
        assert described["info"] == {"title": "orders-ms", "version": "1.0.0"}
        assert set(described["paths"]["/raise/{what}"]["get"]["responses"]) == {"200", "422"}
        assert pages == [404, 404]

    async def test_provides_its_services_while_it_runs(self) -> None:
        app = create_app()
        async with client_of(app):
            assert app.state.services is SERVICES


class TestServe:
    def test_trusts_no_forwarded_header_and_keeps_connections_open(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        served: list[tuple[uvicorn.Config, dict[str, Any]]] = []
        monkeypatch.setattr(shop_app, "_tune_garbage_collection", lambda: None)
        monkeypatch.setattr(
            server, "run", lambda config, **options: served.append((config, options))
        )
        app = create_app()
        # When
        settings = SETTINGS.model_copy(update={"drain_seconds": 5, "monitoring_port": 9123})
        shop_app.serve(app, settings, app.state)
        # Then
        [(config, options)] = served
        assert (config.app, config.host, config.port) == (app, "127.0.0.1", 8123)
        assert not config.proxy_headers
        assert not config.server_header
        assert (config.timeout_keep_alive, config.timeout_graceful_shutdown) == (75, 20)
        assert (options["monitoring_port"], options["drain_seconds"]) == (9123, 5)

    def test_says_what_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Given
        monkeypatch.setattr(shop_app, "_tune_garbage_collection", lambda: None)
        monkeypatch.setattr(server, "run", lambda *_arguments, **_options: None)
        monkeypatch.setattr(shop_app, "digest_of", lambda *packages: "+".join(packages))
        app = create_app()
        # When
        shop_app.serve(app, SETTINGS, app.state)
        # Then
        service = app.state.service
        labels = {
            "service": f"{service}-ms",
            "release": f"{service}+shopkit",
            "python": platform.python_version(),
        }
        assert REGISTRY.get_sample_value("build_info", labels) == 1


class TestDocument:
    def test_lists_validation_errors_only_for_operations_with_input(self) -> None:
        # Given
        app = create_app()

        @app.get("/without-input")
        async def without_input() -> None: ...

        @app.get("/with-input")
        async def with_input(number: int) -> int:
            return number

        # When
        document = app.openapi()
        # Then
        assert "422" not in document["paths"]["/without-input"]["get"]["responses"]
        assert "422" in document["paths"]["/with-input"]["get"]["responses"]
        assert {"ProblemDocument", "FieldError"} <= set(document["components"]["schemas"])
