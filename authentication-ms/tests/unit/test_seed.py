import httpx2
import pytest

from authentication import seed
from authentication.repositories.accounts import AccountRepository
from authentication.services.passwords import Passwords
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock


class TestPlant:
    async def test_Given_EmptyDatabase_When_PlantedTwice_Then_TheFourAreThereOnce(
        self,
        client: httpx2.AsyncClient,
        database: Database,
        passwords: Passwords,
        clock: FakeClock,
    ) -> None:
        accounts = AccountRepository(database)
        emails = ["aaa@aaa.com", "bbb@bbb.com", "admin@admin.com", "ccc@ccc.com"]
        assert await seed.plant(accounts, passwords, clock) == emails
        assert await seed.plant(accounts, passwords, clock) == []
        roles = {row["email"]: row["role"] async for row in database["users"].find()}
        assert roles == dict(zip(emails, ["user", "user", "admin", "admin"], strict=True))
        for email in emails:
            body = {"email": email, "password": email}
            assert (await client.post("/api/login", json=body)).status_code == 200

    async def test_Given_ChangedAccount_When_Planted_Then_ItStaysAsItIs(
        self, database: Database, passwords: Passwords, clock: FakeClock
    ) -> None:
        row = {"_id": 1, "email": "aaa@aaa.com", "role": "admin", "password_hash": "changed"}
        await database["users"].insert_one(row)
        added = await seed.plant(AccountRepository(database), passwords, clock)
        assert "aaa@aaa.com" not in added
        assert await database["users"].find_one({"_id": 1}) == row

    async def test_Given_AccountMadeMeanwhile_When_Planted_Then_ItStaysAsItIs(
        self,
        database: Database,
        passwords: Passwords,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        row = {"_id": 1, "email": "aaa@aaa.com", "role": "admin", "password_hash": "own"}
        make_hash = passwords.hash

        async def hash_while_another_registers(password: str) -> str:
            if password == "aaa@aaa.com":
                await database["users"].insert_one(row)
            return await make_hash(password)

        monkeypatch.setattr(passwords, "hash", hash_while_another_registers)
        added = await seed.plant(AccountRepository(database), passwords, clock)
        assert added == ["bbb@bbb.com", "admin@admin.com", "ccc@ccc.com"]
        assert await database["users"].find_one({"_id": 1}) == row
