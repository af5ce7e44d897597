import json
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest
from jose import jwt

from authentication.models.account import Account
from authentication.models.login_session import digest
from authentication.services import sessions
from authentication.services.passwords import PasswordHasher, argon2id, sha256_digest
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]
ChangeHashes = Callable[[list[str | None]], None]

EMAIL, PASSWORD = "ann@shop.com", "correct horse"
REFRESH, MARKER = "shop-refresh-8080", "shop-signed-in-8080"


def cookies_of(response: httpx2.Response) -> SimpleCookie:
    cookies: SimpleCookie = SimpleCookie()
    for line in response.headers.get_list("set-cookie"):
        cookies.load(line)
    return cookies


def claims_of(response: httpx2.Response) -> dict[str, Any]:
    return dict(jwt.get_unverified_claims(response.json()["access_token"]))


class TestSessions:
    async def test_ends_the_oldest_session_beyond_the_limit(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        log_in: LogIn,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        monkeypatch.setattr(sessions, "SESSION_LIMIT", 2)
        await add_account()
        tokens = []
        # When
        for _ in range(3):
            tokens.append((await log_in()).json())
            clock.advance(seconds=1)
        # Then
        refreshed = [await client.post("/api/refresh", json=pair) for pair in tokens]
        assert [response.status_code for response in refreshed] == [401, 200, 200]


class TestTokens:
    async def test_are_returned_in_the_body(self, add_account: AddAccount, log_in: LogIn) -> None:
        # Given
        await add_account()
        # When
        response = await log_in()
        # Then
        assert response.status_code == 200
        assert set(response.json()) == {"access_token", "refresh_token"}
        assert response.headers["Token-Type"] == "Bearer"
        assert response.headers["Cache-Control"] == "no-store"
        assert "set-cookie" not in response.headers

    async def test_identify_the_user_for_15_minutes(
        self, add_account: AddAccount, log_in: LogIn, clock: FakeClock
    ) -> None:
        # Given
        account = await add_account()
        now = int(clock.now.timestamp())
        # When
        claims = claims_of(await log_in())
        # Then
        assert len(claims.pop("jti")) == 32
        assert len(claims.pop("sid")) == 32
        assert claims == {
            "sub": str(account.id),
            "email": EMAIL,
            "role": "user",
            "verified": False,
            "iat": now,
            "exp": now + 900,
            "iss": "authentication-ms",
            "aud": "shop",
        }

    async def test_are_set_as_cookies_on_request(
        self, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account()
        # When
        response = await log_in(cookie=True)
        # Then
        assert set(response.json()) == {"access_token"}
        cookies = cookies_of(response)
        assert cookies[REFRESH]["httponly"] is True
        assert cookies[MARKER]["httponly"] == ""
        assert cookies[MARKER].value == "1"
        for cookie in cookies.values():
            assert cookie["path"] == "/"
            assert cookie["samesite"] == "strict"
            assert cookie["max-age"] == str(14 * 24 * 3600)
            assert cookie["secure"] == ""

    async def test_are_stored_only_as_digests(
        self, add_account: AddAccount, log_in: LogIn, database: Database
    ) -> None:
        # Given
        await add_account()
        # When
        token = (await log_in()).json()["refresh_token"]
        # Then
        stored = await database["refresh_tokens"].find().to_list()
        assert [row["_id"] for row in stored] == [digest(token)]
        assert token not in str(stored)


class TestCredentials:
    async def test_may_have_another_spelling_of_the_email(
        self, add_account: AddAccount, log_in: LogIn
    ) -> None:
        await add_account()
        assert claims_of(await log_in("  Ann@SHOP.com "))["email"] == EMAIL

    async def test_are_refused_in_the_same_way_for_known_and_unknown_accounts(
        self, add_account: AddAccount, log_in: LogIn, database: Database
    ) -> None:
        # Given
        await add_account()
        # When
        wrong = await log_in(password="wrong")
        unknown = await log_in("bob@shop.com")
        # Then
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.headers["WWW-Authenticate"] == "Bearer"
        wrong_body, unknown_body = wrong.json(), unknown.json()
        del wrong_body["request_id"], unknown_body["request_id"]
        assert wrong_body == unknown_body
        assert wrong_body["detail"] == (
            "No account has this email and password. Check both and try again."
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
    async def test_are_refused_if_they_are_malformed(
        self, client: httpx2.AsyncClient, body: dict[str, Any]
    ) -> None:
        response = await client.post(
            "/api/login", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["errors"]


class TestWrappedDigest:
    @pytest.fixture
    async def user(self, database: Database, hasher: PasswordHasher) -> dict[str, Any]:
        """A user whose hash is that of a SHA-256 digest."""
        user = {
            "email": EMAIL,
            "role": "user",
            "password_hash": await hasher.hash(sha256_digest(PASSWORD)),
            "wrapped_sha256": True,
        }
        await database["users"].insert_one(dict(user))
        return user

    async def test_is_replaced_with_a_hash_of_the_password(
        self, log_in: LogIn, database: Database, user: dict[str, Any]
    ) -> None:
        # When
        response = await log_in()
        # Then
        assert response.status_code == 200
        stored = await database["users"].find_one({})
        assert stored is not None
        assert "wrapped_sha256" not in stored
        assert stored["password_hash"] != user["password_hash"]
        assert (await log_in()).status_code == 200
        assert (await log_in(password=sha256_digest(PASSWORD))).status_code == 401

    async def test_is_kept_if_the_password_is_wrong(
        self, log_in: LogIn, database: Database, user: dict[str, Any]
    ) -> None:
        assert (await log_in(password="wrong")).status_code == 401
        assert await database["users"].find_one({}, {"_id": 0}) == user


class TestPasswordThatWasNotNormalized:
    async def test_is_accepted_as_it_was_typed_and_normalized_then(
        self, log_in: LogIn, add_account: AddAccount, database: Database
    ) -> None:
        # Given
        account = await add_account()
        old = argon2id(memory_kib=8, rounds=1).hash("pa\u0308ssword")
        await database["users"].update_one(
            {"email": account.email}, {"$set": {"password_hash": old}}
        )
        # Then
        assert (await log_in(password="p\u00e4ssword")).status_code == 401
        for typed in ("pa\u0308ssword", "p\u00e4ssword", "pa\u0308ssword"):
            assert (await log_in(password=typed)).status_code == 200


class TestConcurrentChange:
    @pytest.fixture
    def change_hashes(
        self, hasher: PasswordHasher, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> ChangeHashes:
        """Changes the stored hash after each successful check. None deletes the account."""
        check = hasher.matches

        def change_hashes(new_hashes: list[str | None]) -> None:
            async def matches(password: str, account: Account | None) -> bool:
                result = await check(password, account)
                if result and new_hashes:
                    new_hash = new_hashes.pop(0)
                    if new_hash is None:
                        await database["users"].delete_one({"email": EMAIL})
                    else:
                        await database["users"].update_one(
                            {"email": EMAIL}, {"$set": {"password_hash": new_hash}}
                        )
                return result

            monkeypatch.setattr(hasher, "matches", matches)

        return change_hashes

    async def test_of_the_hash_makes_the_password_be_checked_again(
        self,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
        hasher: PasswordHasher,
        change_hashes: ChangeHashes,
    ) -> None:
        # Given
        await add_account()
        upgraded = await hasher.hash(PASSWORD)
        change_hashes([upgraded])
        # When
        response = await log_in()
        # Then
        assert response.status_code == 200
        user = await database["users"].find_one({"email": EMAIL})
        assert user is not None
        assert user["password_hash"] == upgraded

    async def test_of_the_hash_twice_is_refused(
        self,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
        hasher: PasswordHasher,
        change_hashes: ChangeHashes,
    ) -> None:
        # Given
        await add_account()
        change_hashes([await hasher.hash(PASSWORD) for _ in range(2)])
        # When
        response = await log_in()
        # Then
        assert response.status_code == 401
        assert await database["sessions"].count_documents({}) == 0

    async def test_of_the_password_is_refused(
        self,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
        hasher: PasswordHasher,
        change_hashes: ChangeHashes,
    ) -> None:
        # Given
        await add_account()
        change_hashes([await hasher.hash("another password")])
        # When
        response = await log_in()
        # Then
        assert response.status_code == 401
        assert await database["sessions"].count_documents({}) == 0
        assert await database["refresh_tokens"].count_documents({}) == 0

    async def test_that_deletes_the_account_is_refused(
        self,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
        change_hashes: ChangeHashes,
    ) -> None:
        # Given
        await add_account()
        change_hashes([None])
        # When
        response = await log_in()
        # Then
        assert response.status_code == 401
        assert await database["sessions"].count_documents({}) == 0
