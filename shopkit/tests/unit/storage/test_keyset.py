import base64
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st
from pymongo import ASCENDING, DESCENDING

from shopkit.storage.keyset import (
    CURSOR_LIMIT,
    InvalidCursorError,
    Key,
    Keyset,
    decode_cursor,
    encode_cursor,
    id_key,
    number_key,
    text_key,
    time_key,
)
from shopkit.storage.mongo import Database, Document
from shopkit.testing.deliveries import NOON, an_id


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def base64_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


class TestCursor:
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
    def test_decodes_what_was_encoded(self, parts: list[str]) -> None:
        assert decode_cursor(encode_cursor(*parts), parts=len(parts)) == parts

    @pytest.mark.parametrize("text", ["😀" * 320, "\x00" * 320, '"' * 320, "\u0800" * 320])
    def test_of_the_longest_text_is_within_the_limit(self, text: str) -> None:
        assert len(encode_cursor("-price", "1", text, an_id(1))) < 2_700 < CURSOR_LIMIT

    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=320))
    def test_of_any_text_is_within_the_limit(self, text: str) -> None:
        cursor = encode_cursor("-price", "1", text, an_id(1))
        assert len(cursor) <= CURSOR_LIMIT
        assert decode_cursor(cursor, parts=4)[2] == text

    def test_decodes_the_escapes_of_an_earlier_release(self) -> None:
        assert decode_cursor(base64_of('["\\ud83d\\ude00"]'), parts=1) == ["😀"]

    def test_contains_only_characters_that_are_safe_in_urls(self) -> None:
        assert encode_cursor("ÿ>?", "~").replace("-", "").replace("_", "").isalnum()

    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "!",
            "é",
            "abcde",
            base64_of("no JSON"),
            base64_of('{"a": "b"}'),
            base64_of('"ab"'),
            base64_of("[1, 2]"),
            base64_of('["a", null]'),
            base64_of('["a"]'),
            base64_of('["a", "b", "c"]'),
            base64_of('["a", "\\ud800"]'),
            base64_of("[" * 100_000),
            base64.urlsafe_b64encode(b"\xff\xfe\xfa").decode(),
        ],
    )
    def test_refuses_a_cursor_that_it_did_not_encode(self, cursor: str) -> None:
        with pytest.raises(InvalidCursorError) as raised:
            decode_cursor(cursor, parts=2)
        assert raised.value.field_errors() == [
            (
                "cursor",
                "The cursor does not belong to this list. Start again without a cursor.",
            )
        ]

    @given(st.text(max_size=60))
    def test_decodes_or_refuses_any_text(self, cursor: str) -> None:
        with suppress(InvalidCursorError):
            assert len(decode_cursor(cursor, parts=1)) == 1


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "value", "part"),
        [
            (id_key(ASCENDING), ObjectId(an_id(10)), an_id(10)),
            (text_key("name", ASCENDING), "chair", "chair"),
            (number_key("price", ASCENDING), 7, "7"),
            (number_key("price", ASCENDING), 10**15 - 1, "9" * 15),
            (
                time_key("at", ASCENDING),
                datetime(2026, 5, 4, 12, 0, 0, 123_000, tzinfo=UTC),
                "2026-05-04T12:00:00.123000+00:00",
            ),
        ],
    )
    def test_encode_and_decode_a_value(self, key: Key, value: object, part: str) -> None:
        assert key.encode(value) == part
        assert key.decode(part) == value

    def test_time_key_decodes_to_utc(self) -> None:
        time = time_key("at", ASCENDING).decode("2026-05-04T14:00:00+02:00")
        assert time == NOON
        assert time.tzinfo is UTC

    @pytest.mark.parametrize(
        "part",
        ["", "noon", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
    )
    def test_time_key_refuses_text_that_is_not_a_time(self, part: str) -> None:
        with pytest.raises(InvalidCursorError):
            time_key("at", ASCENDING).decode(part)

    @pytest.mark.parametrize("part", ["", "0" * 23, "0" * 25, "A" * 24, "g" * 24, "0" * 24 + "\n"])
    def test_id_key_refuses_text_that_is_not_an_id(self, part: str) -> None:
        with pytest.raises(InvalidCursorError):
            id_key(ASCENDING).decode(part)

    @pytest.mark.parametrize("part", ["", "-1", "1.0", "1e3", "²", "٣", " 1", "1" * 16])
    def test_number_key_refuses_text_that_is_not_a_number(self, part: str) -> None:
        with pytest.raises(InvalidCursorError):
            number_key("price", ASCENDING).decode(part)


class TestAfter:
    def test_compares_all_keys_in_order(self) -> None:
        keyset = Keyset(
            text_key("category", ASCENDING), number_key("price", DESCENDING), id_key(DESCENDING)
        )
        oid = ObjectId(an_id(1))
        assert keyset.after(["kitchen", "5", an_id(1)]) == {
            "$or": [
                {"category": {"$gt": "kitchen"}},
                {"category": "kitchen", "price": {"$lt": 5}},
                {"category": "kitchen", "price": 5, "_id": {"$lt": oid}},
            ]
        }

    def test_has_no_alternatives_for_a_list_in_ranges(self) -> None:
        keyset = Keyset(
            text_key("category", ASCENDING), number_key("price", DESCENDING), id_key(ASCENDING)
        )
        oid = ObjectId(an_id(1))
        assert keyset.after_in_ranges(["kitchen", "5", an_id(1)]) == {
            "category": {"$gte": "kitchen"},
            "$nor": [
                {"category": "kitchen", "price": {"$gt": 5}},
                {"category": "kitchen", "price": 5, "_id": {"$lt": oid}},
                {"category": "kitchen", "price": 5, "_id": oid},
            ],
        }

    def test_needs_no_alternatives_for_one_key(self) -> None:
        assert Keyset(text_key("email", ASCENDING)).after(["a@a.com"]) == {
            "email": {"$gt": "a@a.com"}
        }


class TestPage:
    KEYSET = Keyset(number_key("price", ASCENDING), id_key(ASCENDING))

    async def pages(self, database: Database, limit: int) -> list[list[Document]]:
        pages = []
        cursor = None
        while True:
            page, cursor = await self.KEYSET.page(
                database["things"], {"sold": False}, limit=limit, cursor=cursor
            )
            pages.append(page)
            if cursor is None:
                return pages

    @pytest.mark.parametrize(
        ("limit", "sizes"), [(1, [1, 1, 1, 1]), (2, [2, 2]), (3, [3, 1]), (4, [4]), (5, [4])]
    )
    async def test_pages_contain_every_matching_row_once_and_in_order(
        self, database: Database, limit: int, sizes: list[int]
    ) -> None:
        # Given
        prices = [(1, 20), (2, 10), (3, 20), (4, 20)]
        rows = [{"_id": ObjectId(an_id(n)), "price": p, "sold": False} for n, p in prices]
        await database["things"].insert_many([*rows, {"price": 20, "sold": True}])
        # When
        pages = await self.pages(database, limit)
        # Then
        assert [len(page) for page in pages] == sizes
        ids = [row["_id"] for page in pages for row in page]
        assert ids == [ObjectId(an_id(number)) for number in (2, 1, 3, 4)]

    async def test_pages_continue_after_any_text(self, database: Database) -> None:
        # Given
        keyset = Keyset(text_key("name", ASCENDING), id_key(ASCENDING))
        names = sorted(
            [
                *(
                    "",
                    "\x00",
                    "\x00" * 320,
                    '"' * 320,
                    "\\" * 320,
                    "\n",
                    "\x7f",
                    "e\u0301",
                    "\u00e9",
                ),
                *("\u0800" * 320, "\uffff", "\U0001f600" * 319, "\U0001f600" * 320, "\U0010ffff"),
            ]
        )
        await database["things"].insert_many([{"name": name} for name in names for _ in range(2)])
        # When
        shown: list[str] = []
        cursor = None
        while not shown or cursor:
            page, cursor = await keyset.page(database["things"], {}, limit=1, cursor=cursor)
            shown += [row["name"] for row in page]
            assert len(cursor or "") <= CURSOR_LIMIT
        # Then
        assert shown == [name for name in names for _ in range(2)]

    async def test_refuses_a_cursor_of_another_list(self, database: Database) -> None:
        with pytest.raises(InvalidCursorError):
            await self.KEYSET.page(
                database["things"], {}, limit=1, cursor=encode_cursor("cheap", an_id(1))
            )
