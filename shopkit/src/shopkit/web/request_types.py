"""Fields of requests that several services take."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

MAX_PRICE = 1_000_000


def no_boolean(value: Any) -> Any:
    """Return the value.

    Raises:
        ValueError: It is true or false, which Python takes for 1 or 0.
    """
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic reads ValueError.
    return value


Number = Annotated[int, BeforeValidator(no_boolean, json_schema_input_type=int)]
Price = Annotated[
    Decimal,
    BeforeValidator(no_boolean, json_schema_input_type=float),
    Field(ge=0, le=MAX_PRICE, max_digits=9, decimal_places=2),
]
"""An amount of money with at most two decimals."""


def to_cents(price: Decimal) -> int:
    """Return a price of at most two decimals in cents."""
    return int(price * 100)
