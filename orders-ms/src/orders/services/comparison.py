"""Compares orders-db with products-db, range by range.

The two sides first compare a digest of each range of up to 500 ids. A range whose digests differ is
read in detail, and compared again a few seconds later, because events may still be on their way.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from orders.models.comparison import (
    HasId,
    IdRange,
    OrderDifference,
    OrderSummary,
    common_part,
    lasting,
    order_differences,
    product_differences,
)
from orders.repositories.orders import OrderRepository
from orders.repositories.products_client import ProductsClient
from orders.repositories.projection import ProjectionRepository
from shopkit.contract.events import ProductState
from shopkit.contract.internal import (
    PAGE,
    DecidedOrder,
    RangeDigest,
    digest_orders,
    digest_products,
)

SETTLE_SECONDS = 5.0
"""How long events may travel. Only differences that last longer are drift."""
SECTION = 20
"""How many ranges are compared before those that differ are compared again."""

D = TypeVar("D")
L = TypeVar("L", bound=HasId)
R = TypeVar("R", bound=HasId)

Sleep = Callable[[float], Awaitable[None]]
Rest = Callable[[float], Awaitable[None]]
"""Is called after each range, with the seconds that it took."""


class Comparison(ABC, Generic[D]):
    """A comparison that proceeds range by range."""

    @abstractmethod
    async def compare(self, after: str | None) -> tuple[IdRange, Mapping[str, D]]:
        """Return the next range, and what differs in it, by id."""

    @abstractmethod
    async def compare_again(self, ids: IdRange) -> Mapping[str, D]:
        """Return what differs in a range, by id."""


class DatabaseComparison(Comparison[D], Generic[L, R, D]):
    """A comparison of orders-db with products-db."""

    async def compare(self, after: str | None) -> tuple[IdRange, Mapping[str, D]]:
        """Compare the digests of the next range, and its entries if the digests differ."""
        entries = await self.local(IdRange(after, None))
        until = entries[-1].id if len(entries) == PAGE else None
        remote = await self.remote_digest(IdRange(after, until))
        if remote.count == PAGE:
            until = remote.last
            entries = [entry for entry in entries if entry.id <= (until or "")]
        if self.digest(entries) == remote.digest:
            return IdRange(after, until), {}
        return await self._compare_entries(IdRange(after, until))

    async def compare_again(self, ids: IdRange) -> Mapping[str, D]:
        """Compare the entries of a range."""
        _, differences = await self._compare_entries(ids)
        return differences

    async def _compare_entries(self, ids: IdRange) -> tuple[IdRange, Mapping[str, D]]:
        # orders-db is read first, so that it has no settled order without a decision.
        left, right = await self.local(ids), await self.remote(ids)
        left, right, until = common_part(left, right, PAGE)
        return IdRange(ids.after, until or ids.until), self.differences(left, right)

    @abstractmethod
    async def local(self, ids: IdRange) -> Sequence[L]:
        """Return the first entries of a range in orders-db."""

    @abstractmethod
    async def remote(self, ids: IdRange) -> Sequence[R]:
        """Return the first entries of a range in products-db."""

    @abstractmethod
    async def remote_digest(self, ids: IdRange) -> RangeDigest:
        """Return a digest of the first entries of a range in products-db."""

    @abstractmethod
    def digest(self, entries: Sequence[L]) -> str:
        """Return the digest of entries of orders-db."""

    @abstractmethod
    def differences(self, left: Sequence[L], right: Sequence[R]) -> Mapping[str, D]:
        """Return what differs, by id."""


class ProductComparison(DatabaseComparison[ProductState, ProductState, int]):
    """Compares a projection with the products. The differences are the known versions."""

    def __init__(self, projection: ProjectionRepository, client: ProductsClient) -> None:
        self._projection = projection
        self._client = client

    async def local(self, ids: IdRange) -> Sequence[ProductState]:
        """Return products of the projection."""
        return await self._projection.find_range(ids, PAGE)

    async def remote(self, ids: IdRange) -> Sequence[ProductState]:
        """Return products."""
        return await self._client.products(ids)

    async def remote_digest(self, ids: IdRange) -> RangeDigest:
        """Return a digest of products."""
        return await self._client.digest_products(ids)

    def digest(self, entries: Sequence[ProductState]) -> str:
        """Return the digest of products of the projection."""
        return digest_products(entries)

    def differences(
        self, left: Sequence[ProductState], right: Sequence[ProductState]
    ) -> Mapping[str, int]:
        """Return the versions in the projection of products that differ."""
        return product_differences(left, right)


class OrderComparison(DatabaseComparison[OrderSummary, DecidedOrder, OrderDifference]):
    """Compares the orders with the decisions about them."""

    def __init__(self, orders: OrderRepository, client: ProductsClient) -> None:
        self._orders = orders
        self._client = client

    async def local(self, ids: IdRange) -> Sequence[OrderSummary]:
        """Return orders."""
        return await self._orders.find_range(ids, PAGE)

    async def remote(self, ids: IdRange) -> Sequence[DecidedOrder]:
        """Return decisions."""
        return await self._client.decisions(ids)

    async def remote_digest(self, ids: IdRange) -> RangeDigest:
        """Return a digest of decisions."""
        return await self._client.digest_decisions(ids)

    def digest(self, entries: Sequence[OrderSummary]) -> str:
        """Return the digest of orders."""
        return digest_orders((order.id, order.status) for order in entries)

    def differences(
        self, left: Sequence[OrderSummary], right: Sequence[DecidedOrder]
    ) -> Mapping[str, OrderDifference]:
        """Return orders whose decision is missing or different, and lost orders."""
        return order_differences(left, right)


@dataclass(frozen=True, slots=True)
class Section(Generic[D]):
    """The result of comparing some ranges.

    Attributes:
        until: The id up to which everything is compared, None at the end.
        drift: What differs lastingly, by id.
    """

    until: str | None
    drift: Mapping[str, D]


async def compare_sections(
    comparison: Comparison[D],
    after: str | None = None,
    *,
    sleep: Sleep = asyncio.sleep,
    rest: Rest | None = None,
) -> AsyncIterator[Section[D]]:
    """Compare everything after an id, and yield what differs lastingly, section by section."""
    while True:
        suspects: list[tuple[IdRange, Mapping[str, D]]] = []
        for _ in range(SECTION):
            began = time.monotonic()
            ids, differences = await comparison.compare(after)
            if differences:
                suspects.append((ids, differences))
            after = ids.until
            if rest:
                await rest(time.monotonic() - began)
            if after is None:
                break
        yield Section(after, await _lasting_differences(comparison, suspects, sleep))
        if after is None:
            return


async def _lasting_differences(
    comparison: Comparison[D], suspects: Sequence[tuple[IdRange, Mapping[str, D]]], sleep: Sleep
) -> dict[str, D]:
    if not suspects:
        return {}
    await sleep(SETTLE_SECONDS)
    drift: dict[str, D] = {}
    for ids, differences in suspects:
        drift |= lasting(differences, await comparison.compare_again(ids))
    return drift
