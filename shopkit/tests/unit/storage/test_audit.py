from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from shopkit.identity import Identity
from shopkit.storage import audit
from shopkit.storage.audit import AuditFilter, AuditTrail, TooManyActorsError
from shopkit.storage.keyset import InvalidCursorError, encode_cursor
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id
from shopkit.tracing import context

ANN = Identity(account_id="a" * 24, email="ann@shop.com")


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def trail(database: Database) -> AuditTrail:
    return AuditTrail(database)


async def add(trail: AuditTrail, minutes: int = 0, **changes: Any) -> None:
    values: dict[str, Any] = {
        "actor": "admin@aaa.com",
        "action": "change product",
        "subject": an_id(1),
        "before": {"price_cents": 1},
        "after": {"price_cents": 2},
    }
    at = NOON + timedelta(minutes=minutes)
    await trail.add(**{**values, **changes}, at=at, session=None)


class TestAdd:
    async def test_stores_who_changed_what_and_when(self, trail: AuditTrail) -> None:
        # Given
        context.activate(TRACE_CONTEXT)
        # When
        await add(trail)
        # Then
        (entry,), _ = await trail.page(AuditFilter(), limit=20, cursor=None)
        assert {**asdict(entry), "id": ""} == {
            "id": "",
            "at": NOON,
            "actor": "admin@aaa.com",
            "action": "change product",
            "subject": an_id(1),
            "before": {"price_cents": 1},
            "after": {"price_cents": 2},
            "request_id": "request-1",
            "actor_id": None,
            "subject_id": None,
        }

    async def test_keeps_the_account_and_the_email_of_that_time(self, trail: AuditTrail) -> None:
        # When
        await add(trail, actor=ANN, subject="bob@shop.com", subject_id="b" * 24)
        # Then
        (entry,), _ = await trail.page(AuditFilter(), limit=20, cursor=None)
        assert (entry.actor, entry.actor_id) == ("ann@shop.com", "a" * 24)
        assert (entry.subject, entry.subject_id) == ("bob@shop.com", "b" * 24)

    async def test_ignores_fields_of_later_releases(
        self, trail: AuditTrail, database: Database
    ) -> None:
        await add(trail)
        await database["audit"].update_one({}, {"$set": {"later": 1}})
        entries, _ = await trail.page(AuditFilter(), limit=20, cursor=None)
        assert [entry.actor for entry in entries] == ["admin@aaa.com"]


class TestPage:
    @pytest.mark.parametrize(
        ("conditions", "expected"),
        [
            (AuditFilter(actor="ann@shop.com"), ["bob@shop.com", "c" * 24]),
            (AuditFilter(actor="a" * 24), ["bob@shop.com", "c" * 24]),
            (AuditFilter(actor="b" * 24), []),
            (AuditFilter(subject="bob@shop.com"), ["bob@shop.com"]),
            (AuditFilter(subject="b" * 24), ["bob@shop.com"]),
            (AuditFilter(subject="c" * 24), ["c" * 24]),
            (AuditFilter(actor="a" * 24, subject="b" * 24), ["bob@shop.com"]),
        ],
    )
    async def test_accepts_an_account_id_or_an_email_address(
        self, trail: AuditTrail, conditions: AuditFilter, expected: list[str]
    ) -> None:
        # Given
        await add(trail, 0, actor=ANN, subject="c" * 24)
        await add(trail, 1, actor=ANN, subject="bob@shop.com", subject_id="b" * 24)
        await add(trail, 2, actor="command line", subject="eve@shop.com", subject_id="e" * 24)
        # When
        subjects: list[str] = []
        cursor = None
        while True:
            page, cursor = await trail.page(conditions, limit=1, cursor=cursor)
            subjects += [entry.subject for entry in page]
            if cursor is None:
                break
        # Then
        assert subjects == expected

    @pytest.mark.parametrize(
        ("conditions", "expected"),
        [
            (AuditFilter(), ["c", "b", "a"]),
            (AuditFilter(actor="one"), ["b", "a"]),
            (AuditFilter(action="archive"), ["c", "b"]),
            (AuditFilter(subject="b"), ["b"]),
            (AuditFilter(actor="one", action="archive"), ["b"]),
            (AuditFilter(actor="o.e"), []),
            (AuditFilter(actor="on"), ["b", "a"]),
            (AuditFilter(actor="shop.te"), ["c"]),
            (AuditFilter(since=NOON + timedelta(minutes=1)), ["c", "b"]),
            (AuditFilter(until=NOON + timedelta(minutes=1)), ["a"]),
            (
                AuditFilter(since=NOON + timedelta(seconds=1), until=NOON + timedelta(minutes=2)),
                ["b"],
            ),
        ],
    )
    async def test_returns_entries_that_match_all_conditions(
        self, trail: AuditTrail, conditions: AuditFilter, expected: list[str]
    ) -> None:
        # Given
        await add(trail, 0, actor="one", action="create", subject="a")
        await add(trail, 1, actor="one", action="archive", subject="b")
        await add(trail, 2, actor="two@shop.test", action="archive", subject="c")
        # When
        entries, _ = await trail.page(conditions, limit=20, cursor=None)
        # Then
        assert [entry.subject for entry in entries] == expected

    @pytest.mark.parametrize("limit", [1, 2, 5])
    async def test_pages_neither_skip_nor_repeat_entries_of_the_same_time(
        self, trail: AuditTrail, limit: int
    ) -> None:
        # Given
        for number in range(5):
            await add(trail, subject=str(number))
        # When
        subjects: list[str] = []
        cursor = None
        while True:
            page, cursor = await trail.page(AuditFilter(), limit=limit, cursor=cursor)
            subjects += [entry.subject for entry in page]
            if cursor is None:
                break
            await add(trail, minutes=1, subject="new")
        # Then
        assert subjects == ["4", "3", "2", "1", "0"]

    @pytest.mark.parametrize("cursor", ["x", encode_cursor("a"), encode_cursor("noon", an_id(1))])
    async def test_refuses_a_cursor_of_another_list(self, trail: AuditTrail, cursor: str) -> None:
        with pytest.raises(InvalidCursorError):
            await trail.page(AuditFilter(), limit=20, cursor=cursor)


class TestActors:
    async def test_refuses_a_text_that_matches_too_many_people(
        self, trail: AuditTrail, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setattr(audit, "ACTOR_LIMIT", 2)
        for name in ("anna", "annika", "ann"):
            await add(trail, actor=f"{name}@shop.test")
        # When
        entries, _ = await trail.page(AuditFilter(actor="anni"), limit=20, cursor=None)
        # Then
        assert [entry.actor for entry in entries] == ["annika@shop.test"]
        with pytest.raises(
            TooManyActorsError, match="More than 2 people match this text"
        ) as raised:
            await trail.page(AuditFilter(actor="ann"), limit=20, cursor=None)
        assert raised.value.field_errors() == [("actor", str(raised.value))]

    async def test_finds_the_address_of_an_entry_of_the_previous_release(
        self, trail: AuditTrail, database: Database
    ) -> None:
        await add(trail, actor="ann@shop.test")
        await database["audit_actors"].delete_many({})
        entries, _ = await trail.page(AuditFilter(actor="ann@shop.test"), limit=20, cursor=None)
        assert [entry.actor for entry in entries] == ["ann@shop.test"]

    @pytest.mark.mongod
    async def test_a_migration_adds_the_actors_of_all_entries_and_can_run_again(
        self, real_database: Database
    ) -> None:
        # Given
        database, trail = real_database, AuditTrail(real_database)
        for minute, name in enumerate(("ann", "ben", "ann")):
            await add(trail, minute, actor=f"{name}@shop.test", subject=str(minute))
        await database["audit_actors"].delete_many({})
        # When
        for _ in range(2):
            await AuditTrail.migrate_actors(database)
        # Then
        entries, _ = await trail.page(AuditFilter(actor="@shop"), limit=20, cursor=None)
        assert [entry.subject for entry in entries] == ["2", "1", "0"]
        actors = await database["audit_actors"].find().sort("_id", 1).to_list()
        assert [actor["_id"] for actor in actors] == ["ann@shop.test", "ben@shop.test"]

    async def test_are_not_part_of_the_entries(self, trail: AuditTrail, database: Database) -> None:
        await add(trail)
        entry = await database["audit"].find_one()
        assert entry is not None
        fields = {"_id", "at", "actor", "action", "subject", "before", "after", "request_id"}
        assert set(entry) == fields | {"actor_id", "subject_id"}
