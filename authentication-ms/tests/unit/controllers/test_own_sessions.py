from collections.abc import Awaitable, Callable

import httpx2
import pytest
from jose import jwt

from authentication.models.account import Account
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.proofs import caller_headers

AddAccount = Callable[..., Awaitable[Account]]

EMAIL, PASSWORD = "ann@shop.com", "correct horse"
PATH = "/api/me/sessions"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Session:
    """A session of Ann."""

    def __init__(self, client: httpx2.AsyncClient, tokens: dict[str, str]) -> None:
        self._client = client
        self._tokens = tokens
        claims = jwt.get_unverified_claims(tokens["access_token"])
        self.id = claims["sid"]
        self.iat = claims["iat"]
        self.headers = caller_headers(claims["email"], session=self.id)

    async def refresh(self) -> int:
        body = {"refresh_token": self._tokens["refresh_token"]}
        response = await self._client.post("/api/refresh", json=body)
        if response.status_code == 200:
            self._tokens = response.json()
        return response.status_code


LogIn = Callable[..., Awaitable[Session]]


@pytest.fixture
async def log_in(client: httpx2.AsyncClient, add_account: AddAccount) -> LogIn:
    await add_account()
    await add_account("bob@shop.com")

    async def log_in(user_agent: str = FIREFOX, email: str = EMAIL) -> Session:
        response = await client.post(
            "/api/login",
            json={"email": email, "password": PASSWORD},
            headers=caller_headers("", "visitor") | {"User-Agent": user_agent},
        )
        return Session(client, response.json())

    return log_in


class TestList:
    async def test_shows_devices_and_last_uses_newest_first(
        self, client: httpx2.AsyncClient, log_in: LogIn, clock: FakeClock
    ) -> None:
        # Given
        first = await log_in()
        clock.advance(hours=1)
        second = await log_in("curl/8.0 <script>")
        await log_in(email="bob@shop.com")
        clock.advance(hours=1)
        assert await first.refresh() == 200
        # When
        response = await client.get(PATH, headers=second.headers)
        # Then
        assert response.json() == {
            "sessions": [
                {
                    "id": second.id,
                    "device": "Unknown device",
                    "started_at": "2026-05-04T13:00:00Z",
                    "last_used_at": "2026-05-04T13:00:00Z",
                    "current": True,
                },
                {
                    "id": first.id,
                    "device": "Firefox on Windows",
                    "started_at": "2026-05-04T12:00:00Z",
                    "last_used_at": "2026-05-04T14:00:00Z",
                    "current": False,
                },
            ]
        }

    async def test_omits_sessions_that_have_ended(
        self, client: httpx2.AsyncClient, log_in: LogIn, clock: FakeClock
    ) -> None:
        # Given
        await log_in()
        clock.advance(days=14)
        current = await log_in()
        # When
        response = await client.get(PATH, headers=current.headers)
        # Then
        assert [session["id"] for session in response.json()["sessions"]] == [current.id]

    async def test_shows_a_session_that_the_previous_release_started(
        self, client: httpx2.AsyncClient, log_in: LogIn, database: Database
    ) -> None:
        # Given
        current = await log_in()
        await database["sessions"].update_many({}, {"$unset": {"device": "", "last_used_at": ""}})
        # When
        response = await client.get(PATH, headers=current.headers)
        # Then
        [session] = response.json()["sessions"]
        assert (session["device"], session["last_used_at"]) == (
            "Unknown device",
            session["started_at"],
        )


class TestEnd:
    async def test_ends_one_session_and_its_access_tokens(
        self, client: httpx2.AsyncClient, log_in: LogIn, database: Database
    ) -> None:
        # Given
        lost, current = await log_in(), await log_in()
        # When
        response = await client.delete(f"{PATH}/{lost.id}", headers=current.headers)
        again = await client.delete(f"{PATH}/{lost.id}", headers=current.headers)
        # Then
        assert (response.status_code, again.status_code) == (204, 204)
        assert (await lost.refresh(), await current.refresh()) == (401, 200)
        [revocation] = await database["revocations"].find().to_list()
        assert revocation["session"] == lost.id

    async def test_does_not_end_a_session_of_someone_else(
        self, client: httpx2.AsyncClient, log_in: LogIn, database: Database
    ) -> None:
        # Given
        own, others = await log_in(), await log_in(email="bob@shop.com")
        # When
        response = await client.delete(f"{PATH}/{others.id}", headers=own.headers)
        unknown = await client.delete(f"{PATH}/{'0' * 32}", headers=own.headers)
        # Then
        assert (response.status_code, unknown.status_code) == (404, 404)
        assert await others.refresh() == 200
        assert await database["revocations"].count_documents({}) == 0

    async def test_ends_all_sessions_with_the_current_one(
        self, client: httpx2.AsyncClient, log_in: LogIn, database: Database
    ) -> None:
        # Given
        first, current = await log_in(), await log_in()
        others = await log_in(email="bob@shop.com")
        # When
        response = await client.delete(PATH, headers=current.headers)
        # Then
        assert response.status_code == 204
        assert (await first.refresh(), await current.refresh()) == (401, 401)
        assert await others.refresh() == 200
        [revocation] = await database["revocations"].find().to_list()
        assert revocation["before"] == current.iat + 1
        assert (await log_in()).iat == current.iat + 1

    async def test_a_visitor_has_no_sessions(self, client: httpx2.AsyncClient) -> None:
        for method, path in (("GET", PATH), ("DELETE", PATH), ("DELETE", f"{PATH}/{'0' * 32}")):
            assert (await client.request(method, path)).status_code == 401

    async def test_a_deleted_account_is_signed_out(self, client: httpx2.AsyncClient) -> None:
        headers = caller_headers("gone@shop.com")

        assert (await client.delete(PATH, headers=headers)).status_code == 401
