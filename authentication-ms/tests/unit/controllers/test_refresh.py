from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest
from jose import jwt

from authentication.models.account import Account
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.proofs import service_headers

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]

EMAIL = "ann@shop.com"
REFRESH, MARKER = "shop-refresh-8080", "shop-signed-in-8080"


async def refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/api/refresh", json={"refresh_token": token})


async def refresh_by_cookie(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/api/refresh", headers={"Cookie": f"{REFRESH}={token}"})


def cookies_of(response: httpx2.Response) -> SimpleCookie:
    cookies: SimpleCookie = SimpleCookie()
    for line in response.headers.get_list("set-cookie"):
        cookies.load(line)
    return cookies


def claims_of(response: httpx2.Response) -> dict[str, Any]:
    return dict(jwt.get_unverified_claims(response.json()["access_token"]))


@pytest.fixture
async def login(add_account: AddAccount, log_in: LogIn) -> httpx2.Response:
    """A session with the refresh token in the body."""
    await add_account()
    return await log_in()


@pytest.fixture
def token(login: httpx2.Response) -> str:
    refresh_token: str = login.json()["refresh_token"]
    return refresh_token


class TestRefresh:
    async def test_returns_a_new_token_of_the_same_session(
        self, client: httpx2.AsyncClient, login: httpx2.Response, clock: FakeClock, token: str
    ) -> None:
        # Given
        clock.advance(minutes=14)
        # When
        first = await refresh(client, token)
        second = await refresh(client, first.json()["refresh_token"])
        # Then
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.headers["Token-Type"] == "Bearer"
        assert claims_of(second)["sid"] == claims_of(login)["sid"]
        assert claims_of(second)["iat"] == claims_of(login)["iat"] + 14 * 60
        assert claims_of(second)["jti"] != claims_of(first)["jti"]

    async def test_returns_a_token_with_the_current_role(
        self, client: httpx2.AsyncClient, database: Database, token: str
    ) -> None:
        await database["users"].update_one({"email": EMAIL}, {"$set": {"role": "admin"}})
        assert claims_of(await refresh(client, token))["role"] == "admin"

    async def test_ends_90_days_after_the_login(
        self, client: httpx2.AsyncClient, clock: FakeClock, token: str
    ) -> None:
        # Given
        for _ in range(8):
            clock.advance(days=10)
            response = await refresh(client, token)
            token = response.json()["refresh_token"]
        # When
        clock.advance(days=9, hours=23)
        last = await refresh(client, token)
        clock.advance(hours=2)
        refused = await refresh(client, last.json()["refresh_token"])
        # Then
        assert (last.status_code, refused.status_code) == (200, 401)

    async def test_is_blocked_for_an_address_after_six_refused_tokens(
        self, client: httpx2.AsyncClient, clock: FakeClock, token: str
    ) -> None:
        # Given
        refused = [(await refresh(client, f"guess {number}")).status_code for number in range(7)]
        # When
        blocked = await refresh(client, token)
        clock.advance(minutes=15)
        accepted = await refresh(client, token)
        # Then
        assert refused == [401] * 6 + [429]
        assert (blocked.status_code, blocked.headers["Retry-After"]) == (429, "900")
        assert accepted.status_code == 200

    async def test_is_not_blocked_by_valid_tokens(
        self, client: httpx2.AsyncClient, token: str
    ) -> None:
        for _ in range(8):
            response = await refresh(client, token)
            assert response.status_code == 200
            token = response.json()["refresh_token"]

    async def test_extends_the_session(
        self, client: httpx2.AsyncClient, clock: FakeClock, token: str
    ) -> None:
        for _ in range(4):
            clock.advance(days=13)
            response = await refresh(client, token)
            assert response.status_code == 200
            token = response.json()["refresh_token"]

    async def test_refuses_an_expired_token_without_revoking_anything(
        self, client: httpx2.AsyncClient, clock: FakeClock, database: Database, token: str
    ) -> None:
        clock.advance(days=14)
        assert (await refresh(client, token)).status_code == 401
        assert await database["revocations"].count_documents({}) == 0

    async def test_refuses_a_token_of_a_deleted_account(
        self, client: httpx2.AsyncClient, database: Database, token: str
    ) -> None:
        await database["users"].delete_many({})
        assert (await refresh(client, token)).status_code == 401

    @pytest.mark.parametrize("body", [None, {}, {"refresh_token": "unknown"}])
    async def test_refuses_a_missing_or_unknown_token(
        self, client: httpx2.AsyncClient, database: Database, body: dict[str, str] | None
    ) -> None:
        response = await client.post("/api/refresh", json=body)
        assert response.status_code == 401
        assert response.json()["detail"] == "The session has ended. Sign in again."
        assert await database["revocations"].count_documents({}) == 0


class TestReusedToken:
    async def test_ends_the_session(
        self,
        client: httpx2.AsyncClient,
        login: httpx2.Response,
        database: Database,
        token: str,
    ) -> None:
        # Given
        new_token = (await refresh(client, token)).json()["refresh_token"]
        # When
        response = await refresh(client, token)
        # Then
        assert response.status_code == 401
        assert response.json()["type"] == "/problems/session-ended"
        assert (await refresh(client, new_token)).status_code == 401
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        assert revocation["session"] == claims_of(login)["sid"]

    async def test_causes_a_single_revocation(
        self, client: httpx2.AsyncClient, database: Database, token: str
    ) -> None:
        for _ in range(3):
            await refresh(client, token)
        assert await database["revocations"].count_documents({}) == 1

    async def test_does_not_end_other_sessions(
        self, client: httpx2.AsyncClient, log_in: LogIn, token: str
    ) -> None:
        # Given
        other_token = (await log_in()).json()["refresh_token"]
        # When
        for _ in range(2):
            await refresh(client, token)
        # Then
        assert (await refresh(client, other_token)).status_code == 200


class TestRefreshByCookie:
    @pytest.fixture
    async def login(self, add_account: AddAccount, log_in: LogIn) -> httpx2.Response:
        """A session with the refresh token in a cookie."""
        await add_account()
        return await log_in(cookie=True)

    @pytest.fixture
    def token(self, login: httpx2.Response) -> str:
        return cookies_of(login)[REFRESH].value

    async def test_returns_the_new_token_only_in_the_cookie(
        self, client: httpx2.AsyncClient, token: str
    ) -> None:
        # When
        response = await refresh_by_cookie(client, token)
        # Then
        assert response.status_code == 200
        assert set(response.json()) == {"access_token"}
        assert cookies_of(response)[REFRESH].value not in {token, ""}
        assert cookies_of(response)[MARKER].value == "1"

    async def test_accepts_a_token_again_within_ten_seconds(
        self, client: httpx2.AsyncClient, login: httpx2.Response, clock: FakeClock, token: str
    ) -> None:
        # Given
        first = await refresh_by_cookie(client, token)
        clock.advance(seconds=10)
        # When
        second = await refresh_by_cookie(client, token)
        # Then
        assert second.status_code == 200
        assert claims_of(second)["sid"] == claims_of(login)["sid"]
        for response in (first, second):
            new_token = cookies_of(response)[REFRESH].value
            assert (await refresh_by_cookie(client, new_token)).status_code == 200

    async def test_ends_the_session_if_a_token_is_reused_later(
        self, client: httpx2.AsyncClient, clock: FakeClock, token: str
    ) -> None:
        # Given
        new_token = cookies_of(await refresh_by_cookie(client, token))[REFRESH].value
        clock.advance(seconds=11)
        # When
        response = await refresh_by_cookie(client, token)
        # Then
        assert response.status_code == 401
        assert (await refresh_by_cookie(client, new_token)).status_code == 401

    async def test_clears_the_marker_if_the_token_is_refused(
        self, client: httpx2.AsyncClient
    ) -> None:
        # When
        response = await refresh_by_cookie(client, "unknown")
        # Then
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json()["type"] == "/problems/session-ended"
        cookies = cookies_of(response)
        assert set(cookies) == {MARKER}
        assert (cookies[MARKER].value, cookies[MARKER]["max-age"]) == ("", "0")

    async def test_refuses_a_spent_token_after_a_logout(
        self, client: httpx2.AsyncClient, token: str
    ) -> None:
        # Given
        await refresh_by_cookie(client, token)
        await client.post("/api/logout", headers={"Cookie": f"{REFRESH}={token}"})
        # When
        response = await refresh_by_cookie(client, token)
        # Then
        assert response.status_code == 401

    async def test_ends_the_session_if_a_spent_token_is_sent_in_a_body(
        self, client: httpx2.AsyncClient, token: str
    ) -> None:
        # Given
        new_token = cookies_of(await refresh_by_cookie(client, token))[REFRESH].value
        # When
        response = await refresh(client, token)
        # Then
        assert response.status_code == 401
        assert (await refresh_by_cookie(client, new_token)).status_code == 401

    async def test_ignores_the_cookie_if_the_body_has_a_token(
        self, client: httpx2.AsyncClient, token: str
    ) -> None:
        # When
        response = await client.post(
            "/api/refresh",
            json={"refresh_token": "unknown"},
            headers={"Cookie": f"{REFRESH}={token}"},
        )
        # Then
        assert response.status_code == 401
        assert "set-cookie" not in response.headers


class TestLogout:
    async def test_ends_the_session_and_revokes_its_tokens(
        self, client: httpx2.AsyncClient, login: httpx2.Response, clock: FakeClock, token: str
    ) -> None:
        # When
        response = await client.post("/api/logout", json={"refresh_token": token})
        # Then
        assert response.status_code == 204
        assert response.content == b""
        assert (await refresh(client, token)).status_code == 401
        gateway = service_headers("gateway-ms", "authentication-ms")
        assert (await client.get("/internal/revocations", headers=gateway)).json() == {
            "revocations": [
                {
                    "account": None,
                    "email": None,
                    "session": claims_of(login)["sid"],
                    "before": clock.now.timestamp(),
                    "except_session": None,
                }
            ],
            "next_cursor": None,
        }

    async def test_clears_both_cookies(
        self, client: httpx2.AsyncClient, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account()
        token = cookies_of(await log_in(cookie=True))[REFRESH].value
        # When
        response = await client.post("/api/logout", headers={"Cookie": f"{REFRESH}={token}"})
        # Then
        assert response.status_code == 204
        cookies = cookies_of(response)
        for name in (REFRESH, MARKER):
            assert (cookies[name].value, cookies[name]["max-age"]) == ("", "0")
            assert (cookies[name]["path"], cookies[name]["samesite"]) == ("/", "strict")
        assert (await refresh_by_cookie(client, token)).status_code == 401

    @pytest.mark.parametrize("body", [None, {}, {"refresh_token": "unknown"}])
    async def test_ignores_a_missing_or_unknown_token(
        self, client: httpx2.AsyncClient, database: Database, body: dict[str, str] | None
    ) -> None:
        response = await client.post("/api/logout", json=body)
        assert response.status_code == 204
        assert await database["revocations"].count_documents({}) == 0
