"""Opaque cursors: where the next page of a list begins."""

import base64
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import TypeAdapter

from shopkit.text import Text

_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_KEYS = TypeAdapter(list[Text])


class InvalidCursorError(Exception):
    """The cursor is not one that this list gave."""

    def __str__(self) -> str:
        """Say what to do."""
        return "The cursor is not one that this list gave; begin again without one."

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the field that is wrong."""
        return [("cursor", str(self))]


def encode(*parts: str) -> str:
    """Return a cursor of the sort keys of a page's last row."""
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, *, parts: int) -> Sequence[str]:
    """Return the sort keys that a cursor was made of.

    Args:
        cursor: What the client sent.
        parts: How many keys this list's cursors have.

    Raises:
        InvalidCursorError: It was not made by `encode` of so many keys.
    """
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        keys = _KEYS.validate_python(keys, strict=True)
    except (ValueError, RecursionError) as error:
        raise InvalidCursorError from error
    if len(keys) != parts:
        raise InvalidCursorError
    return keys


def moment(key: str) -> datetime:
    """Return the time of a sort key.

    Raises:
        InvalidCursorError: It is none.
    """
    try:
        return datetime.fromisoformat(key).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidCursorError from error


def object_id(key: str) -> str:
    """Return the id of a sort key.

    Raises:
        InvalidCursorError: It is none.
    """
    if not _OBJECT_ID.fullmatch(key):
        raise InvalidCursorError
    return key


def whole_number(key: str) -> int:
    """Return the number of a sort key: not negative, and such as JSON carries exactly.

    Raises:
        InvalidCursorError: It is none.
    """
    if not key.isascii() or not key.isdecimal() or len(key) > 15:
        raise InvalidCursorError
    return int(key)
