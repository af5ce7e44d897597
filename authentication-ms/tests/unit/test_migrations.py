from unittest.mock import patch

import pytest

from authentication import migrations as module
from authentication.migrations import (
    FORGETFUL,
    make_collections,
    make_indexes,
    normalise_emails,
    wrap_sha256,
)
from authentication.services.passwords import Passwords, argon2id, sha256_digest
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "argon2id", lambda: argon2id(memory_kib=8, rounds=1))


class TestMakeCollections:
    async def test_Given_Schemas_When_Made_Then_EachCollectionGetsItsOwn(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: dict[str, list[str]] = {}

        async def note(_: Database, name: str, schema: dict[str, list[str]]) -> None:
            made[name] = schema["required"]

        monkeypatch.setattr(module, "ensure_collection", note)
        await make_collections(database)
        assert made["users"] == ["email", "role", "password_hash"]
        assert set(made) == {*FORGETFUL, "users", "audit"}


class TestMakeIndexes:
    async def test_Given_Collections_When_IndexedTwice_Then_EmailsAreUniqueAndTheRestExpires(
        self, database: Database, clock: FakeClock
    ) -> None:
        with patch("mongomock.utcnow", lambda: clock.now.replace(tzinfo=None)):
            await database["users"].drop_indexes()
            await make_indexes(database)
            await make_indexes(database)
            users = await database["users"].index_information()
            assert users["email"]["unique"] is True
            for name in FORGETFUL:
                indexes = await database[name].index_information()
                assert indexes["expiry"]["expireAfterSeconds"] == 0


class TestNormaliseEmails:
    async def test_Given_OtherSpellings_When_Normalised_Then_EachIsKeptAsItIsLookedUp(
        self, database: Database
    ) -> None:
        await database["users"].insert_many(
            [{"_id": number, "email": email} for number, email in enumerate(["A@B.com", "c@d.com"])]
        )
        await normalise_emails(database)
        kept = [row["email"] async for row in database["users"].find()]
        assert kept == ["a@b.com", "c@d.com"]

    async def test_Given_TwoOfOneEmail_When_Normalised_Then_NeitherIsLost(
        self, database: Database
    ) -> None:
        rows = [{"_id": 1, "email": "A@b.com"}, {"_id": 2, "email": "a@b.com"}]
        await database["users"].insert_many(rows)
        await normalise_emails(database)
        assert await database["users"].find().to_list() == rows


class TestWrapSha256:
    async def test_Given_Digest_When_WrappedTwice_Then_ItIsWrappedOnceAndStillMatches(
        self, database: Database, passwords: Passwords
    ) -> None:
        # Given
        digest = sha256_digest("aaa@aaa.com").upper()
        await database["users"].insert_one({"_id": 1, "password_hash": digest})
        # When
        await wrap_sha256(database)
        once = await database["users"].find_one({})
        await wrap_sha256(database)
        # Then
        assert once is not None
        assert await database["users"].find_one({}) == once
        assert once["wrapped_sha256"] is True
        context = argon2id(memory_kib=8, rounds=1)
        assert context.verify(sha256_digest("aaa@aaa.com"), once["password_hash"])

    async def test_Given_Argon2id_When_Wrapping_Then_ItIsLeftAlone(
        self, database: Database, passwords: Passwords
    ) -> None:
        row = {"_id": 1, "password_hash": await passwords.hash("x")}
        await database["users"].insert_one(row)
        await wrap_sha256(database)
        assert await database["users"].find().to_list() == [row]
