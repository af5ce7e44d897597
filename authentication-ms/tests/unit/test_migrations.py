from unittest.mock import patch

import pytest

from authentication import migrations as module
from authentication.migrations import (
    EXPIRING,
    create_collections,
    create_indexes,
    normalize_emails,
    wrap_sha256,
)
from authentication.services.passwords import PasswordHasher, argon2id, sha256_digest
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "argon2id", lambda: argon2id(memory_kib=8, rounds=1))


class TestCreateCollections:
    async def test_creates_each_collection_with_its_schema(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        required: dict[str, list[str]] = {}

        async def record(_: Database, name: str, schema: dict[str, list[str]]) -> None:
            required[name] = schema["required"]

        monkeypatch.setattr(module, "ensure_collection", record)
        monkeypatch.setattr("shopkit.storage.audit.ensure_collection", record)
        # When
        await create_collections(database)
        # Then
        assert required["users"] == ["email", "role", "password_hash"]
        assert required["audit"] == ["at", "actor", "action", "subject"]
        assert set(required) == {
            *EXPIRING,
            "users",
            "audit",
            "mail_links",
            "reset_requests",
            "addresses",
        }


class TestCreateIndexes:
    async def test_makes_emails_unique_and_the_rest_expire(
        self, database: Database, clock: FakeClock
    ) -> None:
        with patch("mongomock.utcnow", lambda: clock.now.replace(tzinfo=None)):
            # Given
            await database["users"].drop_indexes()
            # When
            await create_indexes(database)
            await create_indexes(database)
            # Then
            users = await database["users"].index_information()
            assert users["email"]["unique"] is True
            for name in EXPIRING:
                indexes = await database[name].index_information()
                assert indexes["expiry"]["expireAfterSeconds"] == 0


class TestNormalizeEmails:
    async def test_normalizes_all_addresses(self, database: Database) -> None:
        # Given
        await database["users"].insert_many(
            [{"_id": number, "email": email} for number, email in enumerate(["A@B.com", "c@d.com"])]
        )
        # When
        await normalize_emails(database)
        # Then
        assert [row["email"] async for row in database["users"].find()] == ["a@b.com", "c@d.com"]

    async def test_keeps_both_accounts_that_would_have_the_same_address(
        self, database: Database
    ) -> None:
        # Given
        users = [{"_id": 1, "email": "A@b.com"}, {"_id": 2, "email": "a@b.com"}]
        await database["users"].insert_many(users)
        # When
        await normalize_emails(database)
        # Then
        assert await database["users"].find().to_list() == users


class TestWrapSha256:
    async def test_wraps_a_digest_once(self, database: Database) -> None:
        # Given
        digest = sha256_digest("aaa@aaa.com").upper()
        await database["users"].insert_one({"_id": 1, "password_hash": digest})
        # When
        await wrap_sha256(database)
        wrapped = await database["users"].find_one({})
        await wrap_sha256(database)
        # Then
        assert wrapped is not None
        assert await database["users"].find_one({}) == wrapped
        assert wrapped["wrapped_sha256"] is True
        context = argon2id(memory_kib=8, rounds=1)
        assert context.verify(sha256_digest("aaa@aaa.com"), wrapped["password_hash"])

    async def test_keeps_an_argon2id_hash(self, database: Database, hasher: PasswordHasher) -> None:
        # Given
        user = {"_id": 1, "password_hash": await hasher.hash("x")}
        await database["users"].insert_one(user)
        # When
        await wrap_sha256(database)
        # Then
        assert await database["users"].find().to_list() == [user]
