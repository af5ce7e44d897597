from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from shopkit.storage.cursors import InvalidCursorError

from shopkit.storage import cursors
from shopkit.storage.audit import AuditTrail, Query
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id
from shopkit.tracing import context


@pytest.fixture
def trail(database: Database) -> AuditTrail:
    return AuditTrail(database)


async def note(trail: AuditTrail, at: datetime = NOON, **changes: Any) -> None:
    values: dict[str, Any] = {
        "actor": "admin@aaa.com",
        "action": "change product",
        "subject": an_id(1),
        "before": {"price_cents": 1},
        "after": {"price_cents": 2},
    }
    await trail.add(**{**values, **changes}, at=at, session=None)


async def subjects(trail: AuditTrail, **asked: Any) -> list[str]:
    return [entry.subject for entry in (await trail.page(Query(**asked))).entries]


class TestAdd:
    async def test_keeps_who_changed_what_when_before_and_after(self, trail: AuditTrail) -> None:
        # Given
        context.activate(TRACE_CONTEXT)
        # When
        await note(trail)
        # Then
        (entry,) = (await trail.page(Query())).entries
        assert entry.model_dump(exclude={"id"}) == {
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
        ("asked", "expected"),
        [
            ({}, ["c", "b", "a"]),
            ({"actor": "one"}, ["b", "a"]),
            ({"action": "archive"}, ["c", "b"]),
            ({"subject": "b"}, ["b"]),
            ({"actor": "one", "action": "archive"}, ["b"]),
            ({"actor": "o.e"}, []),
            ({"since": NOON + timedelta(minutes=1)}, ["c", "b"]),
            ({"until": NOON + timedelta(minutes=1)}, ["a"]),
            (
                {
                    "since": NOON + timedelta(seconds=1),
                    "until": NOON + timedelta(minutes=2),
                },
                ["b"],
            ),
        ],
    )
    async def test_all_filters_have_to_hold(
        self, trail: AuditTrail, asked: dict[str, Any], expected: list[str]
    ) -> None:
        # Given
        for minute, (actor, action, subject) in enumerate(
            [("one", "create", "a"), ("one", "archive", "b"), ("two", "archive", "c")]
        ):
            at = NOON + timedelta(minutes=minute)
            await note(trail, at, actor=actor, action=action, subject=subject)
        # When / Then
        assert await subjects(trail, **asked) == expected

    @pytest.mark.parametrize("limit", [1, 2, 5])
    async def test_pages_skip_and_repeat_nothing_where_times_are_the_same(
        self, trail: AuditTrail, limit: int
    ) -> None:
        # Given
        for number in range(5):
            await note(trail, subject=str(number))
        # When
        shown: list[str] = []
        cursor = None
        while True:
            page = await trail.page(Query(limit=limit, cursor=cursor))
            shown += [entry.subject for entry in page.entries]
            cursor = page.next_cursor
            if cursor is None:
                break
            await note(trail, NOON + timedelta(minutes=1), subject="new")
        # Then
        assert shown == ["4", "3", "2", "1", "0"]

    @pytest.mark.parametrize("cursor", ["x", cursors.encode("a"), cursors.encode("noon", an_id(1))])
    async def test_refuses_a_cursor_that_it_did_not_give(
        self, trail: AuditTrail, cursor: str
    ) -> None:
        with pytest.raises(InvalidCursorError):
            await trail.page(Query(cursor=cursor))


class TestQuery:
    def test_times_are_told_in_utc(self) -> None:
        query = Query.model_validate({"since": "2026-05-04T14:00:00+02:00"})
        assert query.since == NOON
        assert query.since is not None
        assert query.since.tzinfo is UTC

    @pytest.mark.parametrize(
        "asked",
        [
            {"since": "2026-05-04T14:00:00"},
            {"since": "noon"},
            {"until": "0001-01-01T00:00:00+14:00"},
            {"limit": 0},
            {"limit": 101},
            {"actor": "x" * 321},
            {"actor": "\ud800"},
        ],
    )
    def test_refuses_what_is_none(self, asked: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Query.model_validate(asked)
