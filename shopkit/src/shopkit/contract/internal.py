"""What services tell each other over HTTP on their private network; the gateway lets none of it by.

It serves the comparison of two databases: pages by id, so that each side is read once.
"""

from collections.abc import AsyncIterator
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

from shopkit.contract.events import Id, OrderStatus, ProductState

PAGE = 500


class ProductStates(BaseModel):
    """Products with an id greater than that asked for, by id."""

    products: list[ProductState]


class DecidedOrder(BaseModel):
    """What is recorded of an order, and for how long it has been so."""

    id: Id
    status: OrderStatus
    age_seconds: float


class DecidedOrders(BaseModel):
    """Orders with an id greater than that asked for, by id."""

    orders: list[DecidedOrder]


class KnownProduct(BaseModel):
    """A product and the version in which the other side knows it, 0 where it does not."""

    id: Id
    version: int


class ResendProducts(BaseModel):
    """Products to be sent again, each in a version above both sides'."""

    products: Annotated[list[KnownProduct], Field(max_length=PAGE)]


class CancelOrders(BaseModel):
    """Orders that nobody placed, and whose stock is to be given back."""

    ids: Annotated[list[Id], Field(max_length=PAGE)]


L = TypeVar("L")
R = TypeVar("R")


async def merge(
    left: AsyncIterator[tuple[str, L]], right: AsyncIterator[tuple[str, R]]
) -> AsyncIterator[tuple[str, L | None, R | None]]:
    """Yield each id of two streams ordered by id, with what each side has of it."""
    one, other = await anext(left, None), await anext(right, None)
    while one or other:
        if other is None or (one is not None and one[0] < other[0]):
            assert one  # noqa: S101 - one of the two is there.
            yield one[0], one[1], None
            one = await anext(left, None)
        elif one is None or other[0] < one[0]:
            yield other[0], None, other[1]
            other = await anext(right, None)
        else:
            yield one[0], one[1], other[1]
            one, other = await anext(left, None), await anext(right, None)
