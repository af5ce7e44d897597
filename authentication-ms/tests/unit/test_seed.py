import httpx2
import pytest

from authentication.repositories.accounts import AccountRepository
from authentication.seed import add_accounts, seed
from authentication.services.passwords import PasswordHasher
from authentication.settings import DatabaseSettings
from shopkit.commands import CommandError
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock

EMAILS = ["aaa@aaa.com", "bbb@bbb.com", "admin@admin.com", "ccc@ccc.com"]


@pytest.fixture
def accounts(database: Database) -> AccountRepository:
    return AccountRepository(database)


class TestAddAccounts:
    async def test_adds_the_four_accounts_once(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        accounts: AccountRepository,
        hasher: PasswordHasher,
        clock: FakeClock,
    ) -> None:
        # When
        added = [await add_accounts(accounts, hasher, clock) for _ in range(2)]
        # Then
        assert added == [EMAILS, []]
        roles = {row["email"]: row["role"] async for row in database["users"].find()}
        assert roles == dict(zip(EMAILS, ["user", "user", "admin", "admin"], strict=True))
        for email in EMAILS:
            body = {"email": email, "password": email}
            assert (await client.post("/api/login", json=body)).status_code == 200

    async def test_keeps_an_existing_account(
        self,
        database: Database,
        accounts: AccountRepository,
        hasher: PasswordHasher,
        clock: FakeClock,
    ) -> None:
        # Given
        row = {"_id": 1, "email": "aaa@aaa.com", "role": "admin", "password_hash": "changed"}
        await database["users"].insert_one(row)
        # When
        added = await add_accounts(accounts, hasher, clock)
        # Then
        assert added == EMAILS[1:]
        assert await database["users"].find_one({"_id": 1}) == row

    async def test_keeps_an_account_that_is_registered_meanwhile(
        self,
        database: Database,
        accounts: AccountRepository,
        hasher: PasswordHasher,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # Given
        row = {"_id": 1, "email": "aaa@aaa.com", "role": "admin", "password_hash": "own"}
        original = hasher.hash

        async def hash_while_someone_registers(password: str) -> str:
            if password == "aaa@aaa.com":
                await database["users"].insert_one(row)
            return await original(password)

        monkeypatch.setattr(hasher, "hash", hash_while_someone_registers)
        # When
        added = await add_accounts(accounts, hasher, clock)
        # Then
        assert added == EMAILS[1:]
        assert await database["users"].find_one({"_id": 1}) == row


class TestSeed:
    async def test_refuses_production(self) -> None:
        settings = DatabaseSettings(mongo_url="mongodb://u:p@127.0.0.1:1")
        with pytest.raises(CommandError, match="SEED=demo"):
            await seed(settings)
