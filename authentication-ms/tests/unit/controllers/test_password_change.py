from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from bson import ObjectId
from jose import jwt

from authentication.models.account import Account
from authentication.services.passwords import PasswordHasher, sha256_digest
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.proofs import account_id_of, caller_headers

AddAccount = Callable[..., Awaitable[Account]]
LogIn = Callable[..., Awaitable[httpx2.Response]]

EMAIL, PASSWORD, NEW_PASSWORD = "ann@shop.com", "correct horse", "battery staple"


def claims_of(response: httpx2.Response) -> dict[str, Any]:
    return dict(jwt.get_unverified_claims(response.json()["access_token"]))


async def change_password(
    client: httpx2.AsyncClient,
    *,
    session_id: str = "",
    current: str = PASSWORD,
    new: str = NEW_PASSWORD,
) -> httpx2.Response:
    headers = caller_headers(EMAIL, session=session_id or "", address="192.0.2.1")
    return await client.post(
        "/api/me/password", json={"current": current, "new": new}, headers=headers
    )


class TestNormalForm:
    async def test_of_both_passwords_does_not_depend_on_the_keyboard(
        self, client: httpx2.AsyncClient, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account(password="p\u00e4ssword")
        # When
        response = await change_password(
            client, current="pa\u0308ssword", new="correct\u00a0ho\u0308rse"
        )
        # Then
        assert response.status_code == 204
        assert (await log_in(password="correct h\u00f6rse")).status_code == 200


class TestSessions:
    async def test_end_except_the_callers(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        own, other = await log_in(), await log_in()
        # When
        response = await change_password(client, session_id=claims_of(own)["sid"])
        # Then
        assert (response.status_code, response.content) == (204, b"")
        statuses = [
            (await client.post("/api/refresh", json=login.json())).status_code
            for login in (own, other)
        ]
        assert statuses == [200, 401]
        assert (await log_in()).status_code == 401
        assert (await log_in(password=NEW_PASSWORD)).status_code == 200
        revocation = await database["revocations"].find_one({}, {"_id": 0, "expires_at": 0})
        assert revocation == {
            "account": account_id_of(EMAIL),
            "email": EMAIL,
            "session": None,
            "before": clock.now.timestamp() + 1,
            "except_session": claims_of(own)["sid"],
        }

    async def test_all_end_if_the_callers_is_unknown(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
    ) -> None:
        # Given
        await add_account()
        login = await log_in()
        # When
        response = await change_password(client)
        # Then
        assert response.status_code == 204
        assert (await client.post("/api/refresh", json=login.json())).status_code == 401
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        assert revocation["except_session"] is None

    async def test_that_start_in_the_same_second_have_valid_tokens(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
    ) -> None:
        # Given
        await add_account()
        earlier = await log_in()
        # When
        await change_password(client)
        later = await log_in(password=NEW_PASSWORD)
        # Then
        revocation = await database["revocations"].find_one({})
        assert revocation is not None
        assert claims_of(earlier)["iat"] < revocation["before"] <= claims_of(later)["iat"]


class TestChangePassword:
    async def test_adds_an_audit_entry_without_hashes(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        clock: FakeClock,
    ) -> None:
        # Given
        await add_account()
        # When
        await change_password(client)
        # Then
        entry = await database["audit"].find_one({}, {"_id": 0, "request_id": 0})
        assert entry == {
            "at": clock.now,
            "actor": EMAIL,
            "actor_id": account_id_of(EMAIL),
            "action": "password-changed",
            "subject": EMAIL,
            "subject_id": account_id_of(EMAIL),
            "before": None,
            "after": None,
        }

    async def test_refuses_a_wrong_current_password(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        log_in: LogIn,
        database: Database,
    ) -> None:
        # Given
        await add_account()
        login = await log_in()
        # When
        response = await change_password(client, current="wrong")
        # Then
        assert response.status_code == 422
        assert response.json()["errors"] == [
            {"field": "current", "message": "The current password is wrong."}
        ]
        assert (await client.post("/api/refresh", json=login.json())).status_code == 200
        assert (await log_in()).status_code == 200
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0

    async def test_shares_the_throttle_of_logins(
        self, client: httpx2.AsyncClient, add_account: AddAccount, log_in: LogIn
    ) -> None:
        # Given
        await add_account()
        # When
        statuses = [(await change_password(client, current="wrong")).status_code for _ in range(4)]
        # Then
        assert statuses == [422, 422, 422, 429]
        assert (await log_in()).status_code == 429

    async def test_refuses_a_short_password(
        self, client: httpx2.AsyncClient, add_account: AddAccount
    ) -> None:
        await add_account()
        response = await change_password(client, new="short")
        assert [error["field"] for error in response.json()["errors"]] == ["new"]

    async def test_refuses_a_visitor(self, client: httpx2.AsyncClient) -> None:
        body = {"current": PASSWORD, "new": NEW_PASSWORD}
        assert (await client.post("/api/me/password", json=body)).status_code == 401

    async def test_refuses_a_caller_whose_account_was_deleted(
        self, client: httpx2.AsyncClient
    ) -> None:
        assert (await change_password(client)).status_code == 401

    async def test_replaces_a_wrapped_digest(
        self,
        client: httpx2.AsyncClient,
        log_in: LogIn,
        database: Database,
        hasher: PasswordHasher,
    ) -> None:
        # Given
        wrapped = await hasher.hash(sha256_digest(PASSWORD))
        await database["users"].insert_one(
            {
                "_id": ObjectId(account_id_of(EMAIL)),
                "email": EMAIL,
                "role": "user",
                "password_hash": wrapped,
                "wrapped_sha256": True,
            }
        )
        # When
        response = await change_password(client)
        # Then
        assert response.status_code == 204
        assert (await log_in(password=NEW_PASSWORD)).status_code == 200

    @pytest.mark.parametrize("new_hash", ["replaced", None])
    async def test_stores_nothing_if_the_account_changes_meanwhile(
        self,
        client: httpx2.AsyncClient,
        add_account: AddAccount,
        database: Database,
        hasher: PasswordHasher,
        monkeypatch: pytest.MonkeyPatch,
        new_hash: str | None,
    ) -> None:
        # Given
        await add_account()
        original = hasher.hash

        async def hash_while_the_account_changes(password: str) -> str:
            if new_hash:
                await database["users"].update_one({}, {"$set": {"password_hash": new_hash}})
            else:
                await database["users"].delete_many({})
            return await original(password)

        monkeypatch.setattr(hasher, "hash", hash_while_the_account_changes)
        # When
        response = await change_password(client)
        # Then
        assert response.status_code == 422
        assert await database["audit"].count_documents({}) == 0
        assert await database["revocations"].count_documents({}) == 0
