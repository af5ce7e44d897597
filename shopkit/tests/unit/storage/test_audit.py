from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from shopkit.storage.audit import AuditFilter, AuditTrail
from shopkit.storage.keyset import InvalidCursorError, encode_cursor
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id
from shopkit.tracing import context


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
        }


class TestPage:
    @pytest.mark.parametrize(
        ("conditions", "expected"),
        [
            (AuditFilter(), ["c", "b", "a"]),
            (AuditFilter(actor="one"), ["b", "a"]),
            (AuditFilter(action="archive"), ["c", "b"]),
            (AuditFilter(subject="b"), ["b"]),
            (AuditFilter(actor="one", action="archive"), ["b"]),
            (AuditFilter(actor="o.e"), []),
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
        await add(trail, 2, actor="two", action="archive", subject="c")
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
