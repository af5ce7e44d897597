"""Types of request fields that several services use."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, WithJsonSchema

MAX_PRICE = 1_000_000


def refuse_boolean(value: Any) -> Any:
    """Return the value.

    Raises:
        ValueError: The value is true or false, which Python would accept as 1 or 0.
    """
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic expects a ValueError.
    return value


def _to_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be between the years 1 and 9999") from error


NoBoolean = BeforeValidator(refuse_boolean)
"""Add it to a number's `Annotated` after the limits, so that the API document shows them."""

Price = Annotated[
    Decimal,
    Field(ge=0, le=MAX_PRICE, max_digits=9, decimal_places=2),
    NoBoolean,
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MAX_PRICE, "multipleOf": 0.01}),
]
"""An amount of money with at most two decimals."""

Time = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A time with a time zone, converted to UTC."""

Limit = Annotated[int, Field(ge=1, le=100)]
"""The maximum number of rows in a page of a list."""

Cursor = Annotated[str, Field(max_length=1_000)]
"""The cursor of the next page of a list."""


def to_cents(price: Decimal) -> int:
    """Return a price in cents."""
    return int(price * 100)
