import json
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest
from jose import jwt

from authentication.models.accounts import Account
from authentication.models.sessions import digest
from authentication.services.passwords import Passwords, sha256_digest
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

AddAccount = Callable[..., Awaitable[Account]]

EMAIL, PASSWORD = "ann@shop.com", "correct horse"
REFRESH, MARKER = "shop-refresh-8080", "shop-signed-in-8080"


async def log_in(client: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    body = {"email": EMAIL, "password": PASSWORD} | changes
    address = body.pop("address", "192.0.2.1")
    return await client.post("/api/login", json=body, headers={"X-Client-Address": address})


def cookies_of(response: httpx2.Response) -> SimpleCookie:
    cookies: SimpleCookie = SimpleCookie()
    for line in response.headers.get_list("set-cookie"):
        cookies.load(line)
    return cookies


def claims_of(response: httpx2.Response) -> dict[str, Any]:
    return dict(jwt.get_unverified_claims(response.json()["access_token"]))


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
        self, client: httpx2.AsyncClient, add_account: AddAccount, clock: FakeClock
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
        assert wrong_body["detail"] == (
            "No account has this e-mail and password. Check both and try again."
        )
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
