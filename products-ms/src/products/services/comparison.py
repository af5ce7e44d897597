"""Lets orders-ms compare its data with products-db, and repairs what differs."""

from collections.abc import Mapping, Sequence

from products.models.decision import SOURCE
from products.models.product import Product
from products.repositories.decisions import DecisionRepository, Settlement
from products.repositories.products import ProductRepository
from products.services.decisions import DecisionService
from shopkit.clock import Clock
from shopkit.contract.events import OrderCancel, ProductState, ProductUpdate
from shopkit.contract.internal import (
    ORDERS_DB,
    PAGE,
    PRODUCTS_DB,
    RangeDigest,
    digest_orders,
    digest_products,
)
from shopkit.messaging.envelope import Delivery, wrap
from shopkit.storage.database_identity import DatabaseIdentity, OtherDatabaseError
from shopkit.storage.unit_of_work import HTTP_SECONDS, Message, Transactions, UnitOfWork
from shopkit.tracing.context import current_trace_context


class ComparisonService:
    """Lists products and decisions by id, and repairs what differs."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        decisions: DecisionRepository,
        decision_service: DecisionService,
        identity: DatabaseIdentity,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._decisions = decisions
        self._decision_service = decision_service
        self._identity = identity
        self._clock = clock

    async def check_databases(self, orders_db: str, products_db: str | None) -> str:
        """Check which databases are compared, and return the identity of products-db.

        Args:
            orders_db: The identity of orders-db. The first one is remembered.
            products_db: The identity that orders-ms expects, None if it does not know one.

        Raises:
            OtherDatabaseError: One of them is another database.
            shopkit.storage.database_identity.IdentityMissingError: products-db is not migrated.
        """
        own = await self._identity.own()
        if products_db not in {None, own}:
            raise OtherDatabaseError(f"This is {PRODUCTS_DB} {own}, not {products_db}.")
        await self._identity.check(ORDERS_DB, orders_db)
        return own

    async def accept_orders_db(self, orders_db: str) -> str:
        """Accept another orders-db from now on, and return the identity of products-db."""
        await self._identity.accept(ORDERS_DB, orders_db)
        return await self._identity.own()

    async def products(self, after: str | None, until: str | None) -> list[ProductState]:
        """Return the first products of a range of ids, ordered by id."""
        return await self._products.find_range(after, until, PAGE)

    async def digest_products(self, after: str | None, until: str | None) -> RangeDigest:
        """Return a digest of the products that `products` returns."""
        products = await self.products(after, until)
        last = products[-1].id if products else None
        return RangeDigest(count=len(products), last=last, digest=digest_products(products))

    async def decisions(
        self, after: str | None, until: str | None
    ) -> list[tuple[Settlement, float]]:
        """Return the first decisions of a range of order ids, and their ages in seconds."""
        now = self._clock()
        settlements = await self._decisions.find_range(after, until, PAGE)
        return [(settled, (now - settled.settled_at).total_seconds()) for settled in settlements]

    async def digest_decisions(self, after: str | None, until: str | None) -> RangeDigest:
        """Return a digest of the decisions that `decisions` returns."""
        settlements = await self._decisions.find_range(after, until, PAGE)
        last = settlements[-1].order_id if settlements else None
        statuses = ((settled.order_id, settled.status) for settled in settlements)
        return RangeDigest(count=len(settlements), last=last, digest=digest_orders(statuses))

    async def resend(self, known: Mapping[str, int]) -> list[str]:
        """Send products again, and return the ids of those that do not exist.

        Args:
            known: The versions that orders-ms has, by product id. Higher ones are sent.
        """

        async def work(unit: UnitOfWork) -> list[str]:
            stored = await self._products.find_by_ids(known, session=unit.session)
            raised = [product.with_version_above(known[id_]) for id_, product in stored.items()]
            if raised:
                increments = {
                    product.id: product.version - stored[product.id].version for product in raised
                }
                await self._products.raise_versions(increments, session=unit.session)
            unit.publish(*(self._message(product) for product in raised))
            return [id_ for id_ in known if id_ not in stored]

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    def _message(self, product: Product) -> Message:
        event = ProductUpdate(product=product.state)
        trace_context = current_trace_context()
        return wrap(event, source=SOURCE, time=self._clock(), trace_context=trace_context)

    async def cancel(self, order_ids: Sequence[str]) -> None:
        """Return the stock of orders that do not exist in orders-db."""
        trace_context, now = current_trace_context(), self._clock()
        await self._decision_service.cancel(
            [Delivery(OrderCancel(order_id=order_id), trace_context, now) for order_id in order_ids]
        )
