from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest
from jose import jwt

from authentication.models.accounts import Account
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

AddAccount = Callable[..., Awaitable[Account]]

EMAIL, PASSWORD = "ann@shop.com", "correct horse"
REFRESH, MARKER = "shop-refresh-8080", "shop-signed-in-8080"


async def log_in(client: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    body = {"email": EMAIL, "password": PASSWORD} | changes
    address = body.pop("address", "192.0.2.1")
    return await client.post("/api/login", json=body, headers={"X-Client-Address": address})


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


class TestRefresh:
    async def test_Given_Token_When_Refreshed_Then_ItIsSpentAndItsSuccessorIsGood(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: FakeClock
    ) -> None:
        # Given
        await add_account()
        opened = await log_in(client)
        clock.advance(minutes=14)
        # When
        first = await refresh(client, opened.json()["refresh_token"])
        second = await refresh(client, first.json()["refresh_token"])
        # Then
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.headers["Token-Type"] == "Bearer"
        assert claims_of(second)["sid"] == claims_of(opened)["sid"]
        assert claims_of(second)["iat"] == claims_of(opened)["iat"] + 14 * 60
        assert claims_of(second)["jti"] != claims_of(first)["jti"]

    async def test_Given_RoleChangedMeanwhile_When_Refreshed_Then_TheNewRoleIsInTheToken(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        token = (await log_in(client)).json()["refresh_token"]
        await database["users"].update_one({"email": EMAIL}, {"$set": {"role": "admin"}})
        assert claims_of(await refresh(client, token))["role"] == "admin"

    async def test_Given_SpentToken_When_PresentedAgain_Then_ItsWholeFamilyIsRevoked(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        await add_account()
        opened = await log_in(client)
        spent = opened.json()["refresh_token"]
        successor = (await refresh(client, spent)).json()["refresh_token"]
        # When
        again = await refresh(client, spent)
        # Then
        assert again.status_code == 401
        assert again.json()["type"] == "/problems/session-ended"
        assert (await refresh(client, successor)).status_code == 401
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        assert revocation["session"] == claims_of(opened)["sid"]

    async def test_Given_SpentToken_When_PresentedTwice_Then_OneRevocationIsWritten(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        spent = (await log_in(client)).json()["refresh_token"]
        for _ in range(3):
            await refresh(client, spent)
        assert await database["revocations"].count_documents({}) == 1

    async def test_Given_OtherSession_When_AFamilyIsRevoked_Then_ItGoesOn(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        spent = (await log_in(client)).json()["refresh_token"]
        other = (await log_in(client)).json()["refresh_token"]
        await refresh(client, spent)
        await refresh(client, spent)
        assert (await refresh(client, other)).status_code == 200

    @pytest.mark.parametrize("body", [None, {}, {"refresh_token": "unknown"}])
    async def test_Given_NoOrUnknownToken_When_Refreshed_Then_ItIs401AndNothingIsWritten(
        self, client: httpx2.AsyncClient, database: Database, body: dict[str, str] | None
    ) -> None:
        response = await client.post("/api/refresh", json=body)
        assert response.status_code == 401
        assert response.json()["detail"] == "The session has ended; please sign in again."
        assert await database["revocations"].count_documents({}) == 0

    async def test_Given_FourteenDaysLater_When_Refreshed_Then_ItIsRefusedButNotTakenForTheft(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        clock: FakeClock,
        database: Database,
    ) -> None:
        await add_account()
        token = (await log_in(client)).json()["refresh_token"]
        clock.advance(days=14)
        assert (await refresh(client, token)).status_code == 401
        assert await database["revocations"].count_documents({}) == 0

    async def test_Given_UseNowAndThen_When_Refreshed_Then_TheSessionIsProlonged(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: FakeClock
    ) -> None:
        await add_account()
        token = (await log_in(client)).json()["refresh_token"]
        for _ in range(4):
            clock.advance(days=13)
            response = await refresh(client, token)
            assert response.status_code == 200
            token = response.json()["refresh_token"]

    async def test_Given_AccountIsGone_When_Refreshed_Then_ItIs401(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        token = (await log_in(client)).json()["refresh_token"]
        await database["users"].delete_many({})
        assert (await refresh(client, token)).status_code == 401


class TestRefreshByCookie:
    async def test_Given_Cookie_When_Refreshed_Then_TheNewTokenIsInTheCookieOnly(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        token = cookies_of(await log_in(client, cookie=True))[REFRESH].value
        response = await refresh_by_cookie(client, token)
        assert response.status_code == 200
        assert set(response.json()) == {"access_token"}
        assert cookies_of(response)[REFRESH].value not in {token, ""}
        assert cookies_of(response)[MARKER].value == "1"

    async def test_Given_SpentTenSecondsAgo_When_PresentedByCookie_Then_ItGivesASibling(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: FakeClock
    ) -> None:
        # Given
        await add_account()
        opened = await log_in(client, cookie=True)
        token = cookies_of(opened)[REFRESH].value
        first = await refresh_by_cookie(client, token)
        clock.advance(seconds=10)
        # When
        second = await refresh_by_cookie(client, token)
        # Then
        assert second.status_code == 200
        assert claims_of(second)["sid"] == claims_of(opened)["sid"]
        for response in (first, second):
            successor = cookies_of(response)[REFRESH].value
            assert (await refresh_by_cookie(client, successor)).status_code == 200

    async def test_Given_SpentElevenSecondsAgo_When_PresentedByCookie_Then_TheFamilyIsRevoked(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: FakeClock
    ) -> None:
        await add_account()
        token = cookies_of(await log_in(client, cookie=True))[REFRESH].value
        successor = cookies_of(await refresh_by_cookie(client, token))[REFRESH].value
        clock.advance(seconds=11)
        refused = await refresh_by_cookie(client, token)
        assert refused.status_code == 401
        assert cookies_of(refused)[MARKER]["max-age"] == "0"
        assert (await refresh_by_cookie(client, successor)).status_code == 401

    async def test_Given_RevokedFamily_When_ASpentTokenIsPresentedInTime_Then_NoSiblingIsGiven(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        token = cookies_of(await log_in(client, cookie=True))[REFRESH].value
        await refresh_by_cookie(client, token)
        await client.post("/api/logout", headers={"Cookie": f"{REFRESH}={token}"})
        assert (await refresh_by_cookie(client, token)).status_code == 401

    async def test_Given_CookieToken_When_PresentedAgainInABody_Then_TheFamilyIsRevoked(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        token = cookies_of(await log_in(client, cookie=True))[REFRESH].value
        successor = cookies_of(await refresh_by_cookie(client, token))[REFRESH].value
        assert (await refresh(client, token)).status_code == 401
        assert (await refresh_by_cookie(client, successor)).status_code == 401

    async def test_Given_BadTokenInTheBodyAndAGoodCookie_When_Refreshed_Then_TheBodyCounts(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        token = cookies_of(await log_in(client, cookie=True))[REFRESH].value
        response = await client.post(
            "/api/refresh",
            json={"refresh_token": "unknown"},
            headers={"Cookie": f"{REFRESH}={token}"},
        )
        assert response.status_code == 401
        assert "set-cookie" not in response.headers


class TestLogOut:
    async def test_Given_Session_When_LoggingOut_Then_ItEndsAndTheGatewayIsTold(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        opened = await log_in(client)
        token = opened.json()["refresh_token"]
        # When
        response = await client.post("/api/logout", json={"refresh_token": token})
        # Then
        assert response.status_code == 204
        assert response.content == b""
        assert (await refresh(client, token)).status_code == 401
        listed = (await client.get("/internal/revocations")).json()
        assert listed == {
            "revocations": [
                {
                    "email": None,
                    "session": claims_of(opened)["sid"],
                    "before": clock.now.timestamp(),
                    "except_session": None,
                }
            ]
        }

    async def test_Given_Cookie_When_LoggingOut_Then_BothCookiesAreCleared(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        token = cookies_of(await log_in(client, cookie=True))[REFRESH].value
        response = await client.post("/api/logout", headers={"Cookie": f"{REFRESH}={token}"})
        assert response.status_code == 204
        cleared = cookies_of(response)
        for name in (REFRESH, MARKER):
            assert (cleared[name].value, cleared[name]["max-age"]) == ("", "0")
            assert (cleared[name]["path"], cleared[name]["samesite"]) == ("/", "strict")
        assert (await refresh_by_cookie(client, token)).status_code == 401

    @pytest.mark.parametrize("body", [None, {}, {"refresh_token": "unknown"}])
    async def test_Given_NoOrUnknownToken_When_LoggingOut_Then_ItIs204AndNothingIsRevoked(
        self, client: httpx2.AsyncClient, database: Database, body: dict[str, str] | None
    ) -> None:
        response = await client.post("/api/logout", json=body)
        assert response.status_code == 204
        assert await database["revocations"].count_documents({}) == 0
