"""Serves the comparison with orders-db, and mends what it has found."""

from collections.abc import Mapping, Sequence

from products.models.decision import SOURCE, Stub
from products.models.product import Product
from products.repositories.decisions import StubRepository
from products.repositories.products import ProductRepository
from products.services.decisions import DecisionService
from shopkit.clock import Clock
from shopkit.contract.events import Delivery, Message, OrderCancel, ProductState, ProductUpdate
from shopkit.messaging.outbox import HandOver, Outbox, Row
from shopkit.storage.mongo import HTTP_SECONDS, Session, Transactions
from shopkit.tracing.context import current_origin


class ComparisonService:
    """Shows what products-db holds, by id, and sends again what is known otherwise elsewhere."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        stubs: StubRepository,
        decisions: DecisionService,
        outbox: Outbox,
        hand_over: HandOver,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._stubs = stubs
        self._decisions = decisions
        self._outbox = outbox
        self._hand_over = hand_over
        self._clock = clock

    async def products(self, after: str | None, limit: int) -> list[ProductState]:
        """Return products with a greater id, by id."""
        return [product.state for product in await self._products.after(after, limit)]

    async def stubs(self, after: str | None, limit: int) -> list[tuple[Stub, float]]:
        """Return stubs with a greater order id, by id, and each one's age in seconds."""
        now = self._clock()
        found = await self._stubs.after(after, limit)
        return [(stub, (now - stub.settled_at).total_seconds()) for stub in found]

    async def resend(self, known: Mapping[str, int]) -> int:
        """Send products again, each in a version above the one known elsewhere.

        Args:
            known: Products' ids and the versions known of them.

        Returns:
            How many were sent; those that do not exist are not.
        """
        rows = await self._transactions.run(
            lambda session: self._resend(known, session), seconds=HTTP_SECONDS
        )
        self._hand_over(rows)
        return len(rows)

    async def _resend(self, known: Mapping[str, int], session: Session) -> list[Row]:
        before = await self._products.by_ids(known, session=session)
        raised = [one.raised_above(known[id_]) for id_, one in before.items()]
        if not raised:
            return []
        by = {product.id: product.version - before[product.id].version for product in raised}
        await self._products.raise_versions(by, session=session)
        rows = [Row(self._message(product)) for product in raised]
        await self._outbox.add(rows, session=session)
        return rows

    def _message(self, product: Product) -> Message:
        event = ProductUpdate(product=product.state)
        return Message.of(event, source=SOURCE, time=self._clock(), origin=current_origin())

    async def cancel(self, order_ids: Sequence[str]) -> None:
        """Give back what orders took that nobody placed."""
        origin, now = current_origin(), self._clock()
        await self._decisions.cancel(
            [Delivery(OrderCancel(order_id=order_id), origin, now) for order_id in order_ids]
        )
