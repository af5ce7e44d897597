import base64
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopkit.storage.cursors import InvalidCursorError

from shopkit.storage import cursors


def of_text(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


class TestDecode:
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
    def test_gives_back_what_was_encoded(self, parts: list[str]) -> None:
        assert cursors.decode(cursors.encode(*parts), parts=len(parts)) == parts

    def test_a_cursor_can_stand_in_an_address(self) -> None:
        assert cursors.encode("ÿ>?", "~").replace("-", "").replace("_", "").isalnum()

    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "!",
            "é",
            "abcde",
            of_text("no JSON"),
            of_text('{"a": "b"}'),
            of_text('"ab"'),
            of_text("[1, 2]"),
            of_text('["a", null]'),
            of_text('["a"]'),
            of_text('["a", "b", "c"]'),
            of_text('["a", "\\ud800"]'),
            of_text("[" * 100_000),
            base64.urlsafe_b64encode(b"\xff\xfe\xfa").decode(),
        ],
    )
    def test_refuses_what_no_list_gave(self, cursor: str) -> None:
        with pytest.raises(InvalidCursorError) as raised:
            cursors.decode(cursor, parts=2)
        assert raised.value.field_errors() == [
            ("cursor", "The cursor is not one that this list gave; begin again without one.")
        ]

    @given(st.text(max_size=60))
    def test_whatever_is_sent_is_decoded_or_refused(self, cursor: str) -> None:
        with suppress(InvalidCursorError):
            assert len(cursors.decode(cursor, parts=1)) == 1


class TestMoment:
    def test_is_in_utc(self) -> None:
        moment = cursors.moment("2026-05-04T14:00:00.123000+02:00")
        assert moment == datetime(2026, 5, 4, 12, 0, 0, 123_000, tzinfo=UTC)
        assert moment.tzinfo is UTC

    @pytest.mark.parametrize(
        "key", ["", "noon", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    )
    def test_refuses_what_is_no_time(self, key: str) -> None:
        with pytest.raises(InvalidCursorError):
            cursors.moment(key)


class TestObjectId:
    def test_gives_back_an_id(self) -> None:
        assert cursors.object_id("0" * 23 + "a") == "0" * 23 + "a"

    @pytest.mark.parametrize("key", ["", "0" * 23, "0" * 25, "A" * 24, "g" * 24, "0" * 24 + "\n"])
    def test_refuses_what_is_none(self, key: str) -> None:
        with pytest.raises(InvalidCursorError):
            cursors.object_id(key)


class TestWholeNumber:
    @pytest.mark.parametrize(("key", "number"), [("0", 0), ("007", 7), ("9" * 15, 10**15 - 1)])
    def test_gives_the_number(self, key: str, number: int) -> None:
        assert cursors.whole_number(key) == number

    @pytest.mark.parametrize("key", ["", "-1", "1.0", "1e3", "²", "٣", " 1", "1" * 16])
    def test_refuses_what_is_none(self, key: str) -> None:
        with pytest.raises(InvalidCursorError):
            cursors.whole_number(key)
