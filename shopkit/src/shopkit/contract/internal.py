"""The internal HTTP endpoints of products-ms, which orders-ms calls on the private network.

orders-ms reads products and decisions page by page, in the order of their ids, to compare them
with its own data. The gateway does not route to these endpoints.
"""

from typing import Annotated

from pydantic import BaseModel, Field

from shopkit.contract.events import Id, OrderStatus, ProductState

PAGE = 500


class ProductStates(BaseModel):
    """A page of products, ordered by id."""

    products: list[ProductState]


class DecidedOrder(BaseModel):
    """The decision about an order, and how long ago its status last changed."""

    id: Id
    status: OrderStatus
    age_seconds: float


class DecidedOrders(BaseModel):
    """A page of decisions, ordered by the orders' ids."""

    orders: list[DecidedOrder]


class KnownProduct(BaseModel):
    """A product and its version in the projection, which is 0 if it is missing there."""

    id: Id
    version: int


class ResendProducts(BaseModel):
    """Products to send again, each with a version above both known versions."""

    products: Annotated[list[KnownProduct], Field(max_length=PAGE)]


class CancelOrders(BaseModel):
    """Orders that do not exist in orders-db, and whose stock products-ms returns."""

    ids: Annotated[list[Id], Field(max_length=PAGE)]
