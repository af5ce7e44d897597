"""Lets orders-ms compare its data with products-db, and repairs what differs."""

from collections.abc import Mapping, Sequence

from products.models.decision import SOURCE, Decision
from products.models.product import Product
from products.repositories.decisions import DecisionRepository
from products.repositories.products import ProductRepository
from products.services.decisions import DecisionService
from shopkit.clock import Clock
from shopkit.contract.events import OrderCancel, ProductState, ProductUpdate
from shopkit.messaging.envelope import Delivery, wrap
from shopkit.storage.unit_of_work import HTTP_SECONDS, Message, Transactions, UnitOfWork
from shopkit.tracing.context import current_trace_context


class ComparisonService:
    """Lists products and decisions by id, and sends products again."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        decisions: DecisionRepository,
        decision_service: DecisionService,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._decisions = decisions
        self._decision_service = decision_service
        self._clock = clock

    async def products(self, after: str | None, limit: int) -> list[ProductState]:
        """Return the products after an id, ordered by id."""
        return [product.state for product in await self._products.find_after(after, limit)]

    async def decisions(self, after: str | None, limit: int) -> list[tuple[Decision, float]]:
        """Return the decisions after an order id, ordered by id, and their ages in seconds."""
        now = self._clock()
        decisions = await self._decisions.find_after(after, limit)
        return [(decision, (now - decision.settled_at).total_seconds()) for decision in decisions]

    async def resend(self, known: Mapping[str, int]) -> int:
        """Send products again, each with a version above the known one, and return how many.

        Args:
            known: The versions that orders-ms has, by product id. Unknown products are skipped.
        """

        async def work(unit: UnitOfWork) -> int:
            stored = await self._products.find_by_ids(known, session=unit.session)
            raised = [product.with_version_above(known[id_]) for id_, product in stored.items()]
            if raised:
                increments = {
                    product.id: product.version - stored[product.id].version for product in raised
                }
                await self._products.raise_versions(increments, session=unit.session)
            unit.publish(*(self._message(product) for product in raised))
            return len(raised)

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
