import json
from collections.abc import Awaitable, Callable
from http.cookiejar import DefaultCookiePolicy
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest
from jose import jwt

from authentication.models.accounts import Account, AccountRole
from authentication.models.sessions import digest
from authentication.services.passwords import Passwords, sha256_digest
from shopkit.mongo import Database
from shopkit.testing import HeldClock

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


@pytest.fixture(autouse=True)
def _no_cookie_jar(client: httpx2.AsyncClient) -> None:
    # Each test says which cookie it presents.
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))


class TestLogIn:
    async def test_Given_Account_When_LoggingIn_Then_BothTokensAreInTheBody(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        response = await log_in(client)
        assert response.status_code == 200
        assert set(response.json()) == {"access_token", "refresh_token"}
        assert response.headers["Token-Type"] == "Bearer"
        assert response.headers["Cache-Control"] == "no-store"
        assert "set-cookie" not in response.headers

    async def test_Given_Account_When_LoggingIn_Then_TheTokenSaysWhoItIsAndForHowLong(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: HeldClock
    ) -> None:
        account = await add_account()
        now = int(clock.now.timestamp())
        claims = claims_of(await log_in(client))
        assert len(claims.pop("jti")) == 32
        assert len(claims.pop("sid")) == 32
        assert claims == {
            "sub": str(account.id),
            "email": EMAIL,
            "role": "user",
            "iat": now,
            "exp": now + 900,
            "iss": "authentication-ms",
            "aud": "shop",
        }

    async def test_Given_OtherSpelling_When_LoggingIn_Then_ItIsTheSameAccount(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        response = await log_in(client, email="  Ann@SHOP.com ", unknown_field=1)
        assert claims_of(response)["email"] == EMAIL

    async def test_Given_CookieIsAsked_When_LoggingIn_Then_NoScriptSeesTheRefreshToken(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        response = await log_in(client, cookie=True)
        assert set(response.json()) == {"access_token"}
        secret, marker = cookies_of(response)[REFRESH], cookies_of(response)[MARKER]
        assert secret["httponly"] is True
        assert marker["httponly"] == ""
        assert marker.value == "1"
        for cookie in (secret, marker):
            assert cookie["path"] == "/"
            assert cookie["samesite"] == "strict"
            assert cookie["max-age"] == str(14 * 24 * 3600)
            assert cookie["secure"] == ""

    async def test_Given_RefreshToken_When_Stored_Then_OnlyItsDigestIs(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        token = (await log_in(client)).json()["refresh_token"]
        rows = await database["refresh_tokens"].find().to_list()
        assert [row["_id"] for row in rows] == [digest(token)]
        assert token not in str(rows)

    async def test_Given_WrongPasswordOrNoAccount_When_LoggingIn_Then_TheAnswersAreTheSame(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        wrong = await log_in(client, password="wrong")
        unknown = await log_in(client, email="bob@shop.com")
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.headers["WWW-Authenticate"] == "Bearer"
        wrong_body, unknown_body = wrong.json(), unknown.json()
        del wrong_body["request_id"], unknown_body["request_id"]
        assert wrong_body == unknown_body
        assert wrong_body["detail"] == "Wrong e-mail or password."
        assert await database["sessions"].count_documents({}) == 0

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"email": EMAIL},
            {"email": 5, "password": "x"},
            {"email": "x" * 321, "password": "x"},
            {"email": EMAIL, "password": "x" * 1025},
            {"email": "\ud800", "password": "x"},
            {"email": EMAIL, "password": "\udc00"},
        ],
    )
    async def test_Given_MalformedBody_When_LoggingIn_Then_ItIs422(
        self, client: httpx2.AsyncClient, body: dict[str, Any]
    ) -> None:
        response = await client.post(
            "/api/login", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["errors"]

    async def test_Given_WrappedDigest_When_LoggingIn_Then_ThePasswordIsHashedAnew(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        passwords: Passwords,
    ) -> None:
        # Given
        wrapped = await passwords.hash(sha256_digest(PASSWORD))
        await database["users"].insert_one(
            {"email": EMAIL, "role": "user", "password_hash": wrapped, "wrapped_sha256": True}
        )
        # When
        first = await log_in(client)
        # Then
        row = await database["users"].find_one({"email": EMAIL})
        assert first.status_code == 200
        assert row is not None
        assert "wrapped_sha256" not in row
        assert row["password_hash"] != wrapped
        assert (await log_in(client)).status_code == 200
        assert (await log_in(client, password=sha256_digest(PASSWORD))).status_code == 401

    async def test_Given_WrappedDigest_When_PasswordIsWrong_Then_NothingIsHashedAnew(
        self, client: httpx2.AsyncClient, database: Database, passwords: Passwords
    ) -> None:
        wrapped = await passwords.hash(sha256_digest(PASSWORD))
        row = {"email": EMAIL, "role": "user", "password_hash": wrapped, "wrapped_sha256": True}
        await database["users"].insert_one(dict(row))
        assert (await log_in(client, password="wrong")).status_code == 401
        assert await database["users"].find_one({}, {"_id": 0}) == row


class TestLogInRaces:
    async def test_Given_HashMadeAnewMeanwhile_When_LoggingIn_Then_ItIsCheckedOnceMore(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        passwords: Passwords,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        await add_account()
        again = await passwords.hash(PASSWORD)
        _replace_hash_after_check(monkeypatch, passwords, database, [again])
        # When
        response = await log_in(client)
        # Then
        assert response.status_code == 200
        row = await database["users"].find_one({"email": EMAIL})
        assert row is not None
        assert row["password_hash"] == again

    async def test_Given_HashReplacedAgainAndAgain_When_LoggingIn_Then_NoSessionIsOpened(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        passwords: Passwords,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await add_account()
        again: list[str | None] = [await passwords.hash(PASSWORD) for _ in range(2)]
        _replace_hash_after_check(monkeypatch, passwords, database, again)
        assert (await log_in(client)).status_code == 401
        assert await database["sessions"].count_documents({}) == 0

    async def test_Given_PasswordChangedMeanwhile_When_LoggingInWithTheOld_Then_NoSessionIsOpened(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        passwords: Passwords,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await add_account()
        other = await passwords.hash("another password")
        _replace_hash_after_check(monkeypatch, passwords, database, [other])
        assert (await log_in(client)).status_code == 401
        assert await database["sessions"].count_documents({}) == 0
        assert await database["refresh_tokens"].count_documents({}) == 0

    async def test_Given_AccountGoneMeanwhile_When_LoggingIn_Then_NoSessionIsOpened(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        passwords: Passwords,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await add_account()
        _replace_hash_after_check(monkeypatch, passwords, database, [None])
        assert (await log_in(client)).status_code == 401
        assert await database["sessions"].count_documents({}) == 0


def _replace_hash_after_check(
    monkeypatch: pytest.MonkeyPatch,
    passwords: Passwords,
    database: Database,
    hashes: list[str | None],
) -> None:
    """Let another request come between the check and the transaction: new hashes, None deletes."""
    check = passwords.matches

    async def matches(password: str, account: Account | None) -> bool:
        result = await check(password, account)
        if result and hashes:
            new = hashes.pop(0)
            if new is None:
                await database["users"].delete_one({"email": EMAIL})
            else:
                await database["users"].update_one(
                    {"email": EMAIL}, {"$set": {"password_hash": new}}
                )
        return result

    monkeypatch.setattr(passwords, "matches", matches)


class TestRefresh:
    async def test_Given_Token_When_Refreshed_Then_ItIsSpentAndItsSuccessorIsGood(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: HeldClock
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
        clock: HeldClock,
        database: Database,
    ) -> None:
        await add_account()
        token = (await log_in(client)).json()["refresh_token"]
        clock.advance(days=14)
        assert (await refresh(client, token)).status_code == 401
        assert await database["revocations"].count_documents({}) == 0

    async def test_Given_UseNowAndThen_When_Refreshed_Then_TheSessionIsProlonged(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: HeldClock
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
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: HeldClock
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
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: HeldClock
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
        clock: HeldClock,
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


class TestThrottledLogIn:
    async def test_Given_ThreeFailuresOfAPair_When_TryingAgain_Then_EvenTheRightPasswordIs429(
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: HeldClock
    ) -> None:
        # Given
        await add_account()
        for _ in range(3):
            assert (await log_in(client, password="wrong")).status_code == 401
        clock.advance(seconds=60)
        # When
        response = await log_in(client)
        # Then
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "840"
        assert response.json()["type"] == "/problems/too-many-attempts"
        clock.advance(seconds=840)
        assert (await log_in(client)).status_code == 200

    async def test_Given_UnknownAccount_When_TriedTooOften_Then_ItIs429Alike(
        self, client: httpx2.AsyncClient
    ) -> None:
        statuses = [(await log_in(client, email="no@shop.com")).status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]

    async def test_Given_BlockedPair_When_TheOwnerComesFromElsewhere_Then_TheyGetIn(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        for _ in range(4):
            await log_in(client, password="wrong")
        assert (await log_in(client, address="198.51.100.9")).status_code == 200

    async def test_Given_CorrectLogIn_When_FailingLater_Then_ThePairIsCountedAnew(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        passwords = ["wrong", "wrong", PASSWORD, "wrong", "wrong", PASSWORD]
        statuses = [(await log_in(client, password=each)).status_code for each in passwords]
        assert statuses == [401, 401, 200, 401, 401, 200]

    async def test_Given_SixFailuresOfAnAddress_When_TryingAnyAccount_Then_ItIs429(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        for number in range(6):
            await log_in(client, email=f"u{number}@shop.com")
        assert (await log_in(client)).status_code == 429
        assert (await log_in(client, address="198.51.100.9")).status_code == 200

    async def test_Given_BlockedPair_When_HammeredOn_Then_TheAddressIsNotBlockedForOthers(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        for _ in range(20):
            await log_in(client, email="other@shop.com")
        assert (await log_in(client)).status_code == 200

    async def test_Given_ManyGoodLogIns_When_LoggingIn_Then_NothingIsCounted(
        self, client: httpx2.AsyncClient, add_account: AddAccount, database: Database
    ) -> None:
        await add_account()
        statuses = {(await log_in(client)).status_code for _ in range(10)}
        assert statuses == {200}
        counts = [row["count"] async for row in database["throttles"].find()]
        assert counts == [0, 0]

    async def test_Given_AccountTriedFromManyAddresses_When_TheOwnerLogsIn_Then_ItIsOnlySlowed(
        self, client: httpx2.AsyncClient, add_account: AddAccount, slept: list[float]
    ) -> None:
        # Given
        await add_account()
        for number in range(6):
            await log_in(client, password="wrong", address=f"203.0.113.{number}")
        assert slept == [0.25]
        # When
        response = await log_in(client)
        # Then
        assert response.status_code == 200
        assert slept == [0.25, 0.5]

    async def test_Given_QueueIsFull_When_LoggingIn_Then_ItIs503AndNoFailureIsCounted(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        passwords: Passwords,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await add_account(role=AccountRole.USER)
        monkeypatch.setattr(passwords, "_under_way", 22)
        response = await log_in(client)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "2"
        assert response.json()["type"] == "/problems/busy"
        assert [row["count"] async for row in database["throttles"].find()] == [0, 0, 0]
