"""Types of request fields that several services use."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, WithJsonSchema

from shopkit.storage.keyset import CURSOR_LIMIT
from shopkit.text import Text, normalize_filter

MAX_PRICE = 1_000_000

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,20}")
_DECIMAL_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")


def _require_whole_number(value: Any) -> Any:
    return _require_digits(value, _WHOLE_NUMBER, "must be a whole number, written in digits 0 to 9")


def _require_decimal_number(value: Any) -> Any:
    return _require_digits(value, _DECIMAL_NUMBER, "must be a number, written in digits 0 to 9")


def _require_digits(value: Any, pattern: re.Pattern[str], message: str) -> Any:
    # Python would also accept true, "1_0", " 5 ", "1e3" and the digits of all scripts.
    if isinstance(value, bool) or (isinstance(value, str) and not pattern.fullmatch(value)):
        raise ValueError(message)
    return value


def _to_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be between the years 1 and 9999") from error


WholeNumber = BeforeValidator(_require_whole_number)
"""A number in JSON, or a text of the digits 0 to 9. Every `int` in a request has it.

Add it to the `Annotated` after the limits, so that the API document shows them.
"""

Price = Annotated[
    Decimal,
    Field(ge=0, le=MAX_PRICE, max_digits=9, decimal_places=2),
    BeforeValidator(_require_decimal_number),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MAX_PRICE, "multipleOf": 0.01}),
]
"""An amount of money with at most two decimals."""

Time = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A time with a time zone, converted to UTC."""

Limit = Annotated[int, Field(ge=1, le=100), WholeNumber]
"""The maximum number of rows in a page of a list."""

Cursor = Annotated[str, Field(max_length=CURSOR_LIMIT)]
"""The cursor of the next page of a list."""

FilterText = Annotated[Text, Field(max_length=320), AfterValidator(normalize_filter)]
"""Text that a list is filtered by, in the form in which it is stored. None if it is blank."""


def to_cents(price: Decimal) -> int:
    """Return a price in cents."""
    return int(price * 100)
