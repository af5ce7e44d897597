from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import CollectionInvalid

from shopkit.storage import migrations
from shopkit.storage.migrations import Migration, MigrationsMissingError
from shopkit.storage.mongo import Database


class Steps:
    """Migrations that remember in which order they were applied."""

    def __init__(self) -> None:
        self.applied: list[str] = []
        self.fails: set[str] = set()

    def __call__(self, *names: str) -> list[Migration]:
        return [Migration(name, self._step(name)) for name in names]

    def _step(self, name: str) -> Any:
        async def apply(_database: Database) -> None:
            if name in self.fails:
                raise ZeroDivisionError
            self.applied.append(name)

        return apply


@pytest.fixture
def steps() -> Steps:
    return Steps()


class TestApply:
    async def test_applies_each_migration_once_and_in_order(
        self, database: Database, steps: Steps
    ) -> None:
        assert await migrations.apply(database, steps("1", "2")) == ["1", "2"]
        assert await migrations.apply(database, steps("1", "2", "3")) == ["3"]
        assert await migrations.apply(database, steps("1", "2", "3")) == []
        assert steps.applied == ["1", "2", "3"]

    async def test_stops_at_a_failed_migration_and_retries_it_next_time(
        self, database: Database, steps: Steps
    ) -> None:
        # Given
        steps.fails = {"2"}
        # When
        with pytest.raises(ZeroDivisionError):
            await migrations.apply(database, steps("1", "2", "3"))
        steps.fails = set()
        # Then: the lock is free again.
        assert await migrations.apply(database, steps("1", "2", "3")) == ["2", "3"]

    async def test_waits_for_the_lock(
        self, database: Database, steps: Steps, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        locks = database["migrations"]
        until = datetime.now(UTC) + timedelta(minutes=5)
        await locks.insert_one({"_id": "lock", "until": until, "token": "another"})
        waited: list[float] = []

        async def sleep(seconds: float) -> None:
            assert steps.applied == []
            waited.append(seconds)
            if len(waited) == 3:
                await locks.delete_one({"_id": "lock"})

        monkeypatch.setattr("asyncio.sleep", sleep)
        # When
        await migrations.apply(database, steps("1"))
        # Then
        assert waited == [0.2, 0.2, 0.2]
        assert steps.applied == ["1"]

    async def test_takes_over_an_expired_lock(self, database: Database, steps: Steps) -> None:
        # Given
        until = datetime.now(UTC) - timedelta(seconds=1)
        await database["migrations"].insert_one({"_id": "lock", "until": until, "token": "dead"})
        # When / Then
        assert await migrations.apply(database, steps("1")) == ["1"]
        assert await database["migrations"].count_documents({"_id": "lock"}) == 0


class TestCheck:
    async def test_names_missing_migrations(self, database: Database, steps: Steps) -> None:
        # Given
        await migrations.apply(database, steps("1"))
        # When
        with pytest.raises(MigrationsMissingError) as raised:
            await migrations.check(database, steps("1", "2", "3"))
        # Then
        assert raised.value.names == ["2", "3"]
        assert str(raised.value) == "migrations not applied: 2, 3; run `migrate`"
        await migrations.check(database, steps("1"))


class TestEnsureCollection:
    @pytest.mark.parametrize("there", [False, True])
    async def test_creates_a_collection_or_updates_its_schema(self, there: bool) -> None:
        # Given
        done: list[Any] = []

        class Fake:
            async def create_collection(self, name: str, *, validator: Any) -> None:
                if there:
                    raise CollectionInvalid
                done.append(("create", name, validator))

            async def command(self, command: str, name: str, *, validator: Any) -> None:
                done.append((command, name, validator))

        fake: Any = Fake()
        # When
        await migrations.ensure_collection(fake, "things", {"bsonType": "object"})
        # Then
        verb = "collMod" if there else "create"
        assert done == [(verb, "things", {"$jsonSchema": {"bsonType": "object"}})]
