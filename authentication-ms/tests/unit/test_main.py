import httpx2
import pytest
from fastapi import FastAPI
from pymongo.errors import AutoReconnect, OperationFailure

from authentication.services.accounts import AccountService
from shopkit.testing.proofs import caller_headers


class TestDatabaseErrors:
    @pytest.mark.parametrize(
        ("error", "status", "problem"),
        [
            (AutoReconnect("10.0.0.1:27017: secret"), 503, "/problems/unavailable"),
            (OperationFailure("secret", code=121), 500, "/problems/internal"),
        ],
    )
    async def test_are_reported_without_the_messages_of_the_database(
        self,
        client: httpx2.AsyncClient,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
        status: int,
        problem: str,
    ) -> None:
        # Given
        async def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(AccountService, "get", fail)
        # When
        response = await client.get("/api/me", headers=caller_headers("ann@shop.com"))
        # Then
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["type"] == problem
        assert "secret" not in response.text
        assert "27017" not in response.text


class TestUnreadableBody:
    @pytest.mark.parametrize(
        ("content", "status"), [(b"\xff\xfe{", 400), (b"{", 422), (b"[" * 100_000, 400)]
    )
    async def test_is_refused_with_a_problem(
        self, client: httpx2.AsyncClient, content: bytes, status: int
    ) -> None:
        response = await client.post(
            "/api/login", content=content, headers={"Content-Type": "application/json"}
        )
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"


class TestOpenApi:
    @pytest.mark.parametrize(
        ("method", "path", "statuses"),
        [
            ("post", "/api/register", {"201", "400", "422", "429", "503"}),
            ("post", "/api/login", {"200", "400", "401", "422", "429", "503"}),
            ("post", "/api/refresh", {"200", "400", "401", "422", "429", "503"}),
            ("post", "/api/logout", {"204", "400", "422", "503"}),
            ("get", "/api/me", {"200", "401", "503"}),
            ("post", "/api/me/password", {"204", "400", "401", "422", "429", "503"}),
            ("get", "/api/users", {"200", "401", "403", "422", "503"}),
            (
                "patch",
                "/api/users/{account_id}",
                {"200", "400", "401", "403", "404", "409", "422", "503"},
            ),
            ("get", "/api/admin/audit/authentication", {"200", "401", "403", "422", "503"}),
            ("get", "/api/.well-known/jwks.json", {"200"}),
        ],
    )
    def test_documents_every_status(
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
    def test_documents_the_headers(
        self, app: FastAPI, path: str, status: str, headers: set[str]
    ) -> None:
        documented = app.openapi()["paths"][path]["post"]["responses"][status]["headers"]
        assert set(documented) == headers

    def test_leaves_out_internal_endpoints(self, app: FastAPI) -> None:
        assert all(path.startswith("/api/") for path in app.openapi()["paths"])
