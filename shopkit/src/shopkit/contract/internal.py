"""The internal HTTP endpoints of products-ms and authentication-ms, which only orders-ms may call.

orders-ms compares products and decisions with its own data, range by range in the order of their
ids. It first compares a digest of a range, and reads the range only if the digests differ. The
gateway does not route to these endpoints.

Each request says which databases the caller compares, and products-ms refuses it if one of them is
not the database that it knows.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from shopkit.contract.events import Id, OrderStatus, ProductState
from shopkit.text import Text

ORDERS = "orders-ms"
"""The service that calls the internal endpoints."""
PRODUCTS = "products-ms"
AUTHENTICATION = "authentication-ms"

PAGE = 500
"""The maximum number of entries in a range, and in a request."""
CANCEL_LIMIT = 10
"""The maximum number of orders that one request cancels."""

ORDERS_DB = "orders-db"
PRODUCTS_DB = "products-db"
ORDERS_DB_HEADER = "Orders-Database"
"""Contains the identity of the caller's database."""
PRODUCTS_DB_HEADER = "Products-Database"
"""Contains the identity of the database that the caller expects, if it knows one."""

Identity = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class DatabaseBody(BaseModel):
    """The identity of a database."""

    identity: Identity


class RangeDigest(BaseModel):
    """The first entries of a range of ids.

    Attributes:
        count: The number of entries, at most `PAGE`.
        last: The id of the last entry.
        digest: A hash of the entries.
    """

    count: int
    last: Id | None
    digest: str


class ProductStates(BaseModel):
    """The first products of a range, ordered by id."""

    products: list[ProductState]


class DecidedOrder(BaseModel):
    """The decision about an order, and how long ago its status last changed."""

    id: Id
    status: OrderStatus
    age_seconds: float


class DecidedOrders(BaseModel):
    """The first decisions of a range, ordered by the orders' ids."""

    orders: list[DecidedOrder]


class KnownProduct(BaseModel):
    """A product and its version in the projection, which is 0 if it is missing there."""

    id: Id
    version: int


class ResendProducts(BaseModel):
    """Products to send again, each with a version above both known versions."""

    products: Annotated[list[KnownProduct], Field(max_length=PAGE)]


class ResentProducts(BaseModel):
    """The answer to `ResendProducts`.

    Attributes:
        unknown: The ids of products that do not exist in products-db.
    """

    unknown: list[Id]


class CancelOrders(BaseModel):
    """Orders that do not exist in orders-db, and whose stock products-ms returns."""

    ids: Annotated[list[Id], Field(max_length=CANCEL_LIMIT)]


class FindAccounts(BaseModel):
    """The normalized email addresses of accounts to find."""

    emails: Annotated[list[Text], Field(max_length=PAGE)]


class FoundAccounts(BaseModel):
    """The ids of the accounts that exist, by normalized email address."""

    accounts: dict[str, str]


def digest_orders(orders: Iterable[tuple[str, OrderStatus]]) -> str:
    """Return a hash of the ids and statuses of orders."""
    return _digest(f"{order_id} {status}" for order_id, status in orders)


def digest_products(products: Iterable[ProductState]) -> str:
    """Return a hash of products."""
    return _digest(product.model_dump_json() for product in products)


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
