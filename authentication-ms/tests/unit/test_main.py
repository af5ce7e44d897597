from functools import partial

import httpx2
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from pymongo.errors import AutoReconnect, OperationFailure

from authentication import main
from authentication.errors import UnusableKeyError
from authentication.services.accounts import Accounts
from authentication.services.passwords import argon2id
from authentication.settings import AuthenticationSettings


async def test_Given_NoDatabase_When_Started_Then_ItLivesAndIsNotReady(
    settings: AuthenticationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(main, "argon2id", partial(argon2id, memory_kib=8, rounds=1))
    monkeypatch.setattr("shopkit.web.health.CHECK_SECONDS", 0.2)
    app = main.create_app(settings)
    async with LifespanManager(app):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://auth") as client:
            # When
            health = await client.get("/api/authentication_health")
            ready = await client.get("/ready")
    # Then
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert ready.status_code == 503
    assert set(ready.json()["failing"]) == {"database", "migrations"}


def test_Given_UnusablePreviousKey_When_Created_Then_ItRefusesToStart(
    settings: AuthenticationSettings, signing_pem: str
) -> None:
    broken = settings.model_copy(update={"previous_key": settings.signing_key})
    assert main.create_app(broken).title == "authentication-ms"
    with pytest.raises(UnusableKeyError, match="PREVIOUS_KEY"):
        main.create_app(
            AuthenticationSettings(**settings.model_dump() | {"previous_key": "nonsense"})
        )


class TestDatabaseFailures:
    @pytest.mark.parametrize(
        ("error", "status", "kind"),
        [
            (AutoReconnect("10.0.0.1:27017: secret"), 503, "/problems/unavailable"),
            (OperationFailure("secret", code=121), 500, "/problems/internal"),
        ],
    )
    async def test_Given_FailingDatabase_When_Asked_Then_ItsOwnWordsStayInside(
        self,
        client: httpx2.AsyncClient,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
        status: int,
        kind: str,
    ) -> None:
        async def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(Accounts, "get", fail)
        headers = {"X-User-Email": "ann@shop.com", "X-User-Role": "user"}
        response = await client.get("/api/me", headers=headers)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["type"] == kind
        assert "secret" not in response.text
        assert "27017" not in response.text


class TestOpenApi:
    @pytest.mark.parametrize(
        ("method", "path", "statuses"),
        [
            ("post", "/api/register", {"201", "400", "422", "429", "503"}),
            ("post", "/api/login", {"200", "400", "401", "422", "429", "503"}),
            ("post", "/api/refresh", {"200", "400", "401", "422", "503"}),
            ("post", "/api/logout", {"204", "400", "422", "503"}),
            ("get", "/api/me", {"200", "401", "503"}),
            ("post", "/api/me/password", {"204", "400", "401", "422", "429", "503"}),
            ("get", "/api/users", {"200", "401", "403", "422", "503"}),
            (
                "patch",
                "/api/users/{email}",
                {"200", "400", "401", "403", "404", "409", "422", "503"},
            ),
            ("get", "/api/admin/audit/authentication", {"200", "401", "403", "422", "503"}),
            ("get", "/api/.well-known/jwks.json", {"200"}),
        ],
    )
    def test_Given_Endpoint_When_Documented_Then_EveryStatusIs(
        self, app: FastAPI, method: str, path: str, statuses: set[str]
    ) -> None:
        assert set(app.openapi()["paths"][path][method]["responses"]) == statuses

    @pytest.mark.parametrize(
        ("path", "status", "headers"),
        [
            ("/api/login", "200", {"Token-Type", "Set-Cookie", "Cache-Control"}),
            ("/api/login", "401", {"WWW-Authenticate"}),
            ("/api/login", "429", {"Retry-After"}),
            ("/api/login", "503", {"Retry-After"}),
            ("/api/refresh", "401", {"WWW-Authenticate", "Set-Cookie"}),
            ("/api/logout", "204", {"Set-Cookie"}),
        ],
    )
    def test_Given_Answer_When_Documented_Then_ItsHeadersAre(
        self, app: FastAPI, path: str, status: str, headers: set[str]
    ) -> None:
        documented = app.openapi()["paths"][path]["post"]["responses"][status]["headers"]
        assert set(documented) == headers

    def test_Given_Document_When_Read_Then_NothingInternalIsInIt(self, app: FastAPI) -> None:
        assert all(path.startswith("/api/") for path in app.openapi()["paths"])

    async def test_Given_BytesThatAreNoJson_When_Sent_Then_TheAnswerIsADocumentedProblem(
        self, client: httpx2.AsyncClient
    ) -> None:
        for content, status in ((b"\xff\xfe{", 400), (b"{", 422), (b"[" * 100_000, 400)):
            response = await client.post(
                "/api/login", content=content, headers={"Content-Type": "application/json"}
            )
            assert response.status_code == status
            assert response.headers["content-type"] == "application/problem+json"
