from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from shopkit.storage.cursors import InvalidCursorError

from shopkit.settings import Environment, Settings
from shopkit.testing.apps import client_of
from shopkit.web import app as shop_app
from shopkit.web import identity, server
from shopkit.web.problems import ProblemType

SETTINGS = Settings(environment=Environment.DEVELOPMENT, port=8123)


class OwnError(Exception):
    """It is this service's own."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.built = True
    yield


def created() -> FastAPI:
    app = shop_app.create(
        "orders",
        SETTINGS,
        lifespan=lifespan,
        table={OwnError: ProblemType("own", "Its own", 409)},
        checks=lambda _request: {},
    )

    @app.get("/raise/{what}")
    async def fail(what: str) -> None:
        kinds = {
            "own": OwnError,
            "visitor": identity.AuthenticationRequiredError,
            "user": identity.AdminRequiredError,
            "cursor": InvalidCursorError,
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
            ("cursor", 422, "/problems/validation"),
        ],
    )
    async def test_knows_the_problems_that_all_services_share_and_its_own(
        self, what: str, status: int, type_: str
    ) -> None:
        async with client_of(created()) as client:
            answer = await client.get(f"/raise/{what}")
        assert (answer.status_code, answer.json()["type"]) == (status, type_)

    async def test_a_visitor_is_told_how_to_sign_in(self) -> None:
        async with client_of(created()) as client:
            answer = await client.get("/raise/visitor")
        assert answer.headers["www-authenticate"] == "Bearer"

    async def test_describes_itself_and_shows_no_page_from_elsewhere(self) -> None:
        async with client_of(created()) as client:
            described = (await client.get("/openapi.json")).json()
            pages = [(await client.get(path)).status_code for path in ("/docs", "/redoc")]
        assert described["info"] == {"title": "orders-ms", "version": "1.0.0"}
        assert set(described["paths"]["/raise/{what}"]["get"]["responses"]) == {"200", "422"}
        assert pages == [404, 404]

    async def test_builds_what_it_lives_on_once_it_is_started(self) -> None:
        app = created()
        async with client_of(app):
            assert app.state.built


class TestServe:
    def test_trusts_no_forwarded_header_and_keeps_connections_open(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        served: list[tuple[uvicorn.Config, float]] = []
        monkeypatch.setattr(shop_app, "_spare_the_collector", lambda: None)
        monkeypatch.setattr(
            server, "run", lambda config, *, drain_seconds: served.append((config, drain_seconds))
        )
        app = created()
        # When
        shop_app.serve(app, SETTINGS.model_copy(update={"drain_seconds": 5}))
        # Then
        [(config, drain_seconds)] = served
        assert (config.app, config.host, config.port) == (app, "127.0.0.1", 8123)
        assert not config.proxy_headers
        assert not config.server_header
        assert (config.timeout_keep_alive, config.timeout_graceful_shutdown) == (75, 20)
        assert drain_seconds == 5


class TestDocument:
    def test_names_a_refused_input_only_where_there_is_input(self) -> None:
        # Given
        app = created()

        @app.get("/nothing-asked")
        async def nothing() -> None: ...

        @app.get("/something-asked")
        async def something(number: int) -> int:
            return number

        # When
        document = app.openapi()
        # Then
        assert "422" not in document["paths"]["/nothing-asked"]["get"]["responses"]
        assert "422" in document["paths"]["/something-asked"]["get"]["responses"]
        assert {"ProblemDocument", "FieldError"} <= set(document["components"]["schemas"])
