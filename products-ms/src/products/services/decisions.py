"""Decides orders and returns the stock of cancelled ones, one transaction for each batch."""

from collections.abc import Sequence
from datetime import datetime

from products.models.decision import (
    SOURCE,
    Decision,
    Stock,
    cancel_unseen,
    reject_unreadable,
    returned_stock,
)
from products.models.product import after_stock_change
from products.repositories.decisions import DecisionRepository
from products.repositories.products import ProductRepository
from shopkit.clock import Clock
from shopkit.contract.events import (
    OrderCancel,
    OrderCreate,
    OrderStatus,
    ProductsQuantityUpdate,
    ProductState,
)
from shopkit.messaging.envelope import Delivery, wrap
from shopkit.storage.unit_of_work import Transactions, UnitOfWork
from shopkit.tracing.context import TraceContext


class DecisionService:
    """Decides orders.

    All methods are safe to repeat: if there is already a decision about an order, the same answer
    is sent again.
    """

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        decisions: DecisionRepository,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._decisions = decisions
        self._clock = clock

    async def decide(self, deliveries: Sequence[Delivery[OrderCreate]]) -> None:
        """Decide orders in the order of their arrival.

        Args:
            deliveries: The orders, with any number of duplicates.
        """
        orders = {delivery.event.order.id: delivery for delivery in deliveries}

        async def work(unit: UnitOfWork) -> None:
            decided = await self._decisions.find_by_ids(orders, session=unit.session)
            undecided = [orders[order_id] for order_id in orders if order_id not in decided]
            products = await self._products.find_states(
                _product_ids(undecided), session=unit.session
            )
            stock = Stock(products)
            now = self._clock()
            decisions = [
                stock.decide(delivery.event.order, now, delivery.trace_context)
                for delivery in undecided
            ]
            deltas = {product_id: -quantity for product_id, quantity in stock.taken().items()}
            await self._products.change_stock(deltas, now, session=unit.session)
            await self._decisions.insert(decisions, session=unit.session)
            changed = [after_stock_change(products[id_], d) for id_, d in deltas.items()]
            _publish(unit, decisions, changed, now)
            _answer_again(unit, list(decided.values()))

        await self._transactions.run(work)

    async def reject_unreadable(self, order_id: str, trace_context: TraceContext) -> None:
        """Reject an order of which only the id can be read, unless it is already decided."""

        async def work(unit: UnitOfWork) -> None:
            decided = await self._decisions.find_by_ids([order_id], session=unit.session)
            if decided:
                _answer_again(unit, list(decided.values()))
                return
            decision = reject_unreadable(order_id, self._clock(), trace_context)
            await self._decisions.insert([decision], session=unit.session)
            unit.publish(decision.answer())

        await self._transactions.run(work)

    async def cancel(self, deliveries: Sequence[Delivery[OrderCancel]]) -> None:
        """Return the stock of cancelled orders, once each, and confirm the cancellations.

        Args:
            deliveries: The cancellations, with any number of duplicates. If an order has not
                arrived yet, it is found to be cancelled when it arrives.
        """
        cancels = {delivery.event.order_id: delivery for delivery in deliveries}

        async def work(unit: UnitOfWork) -> None:
            decided = await self._decisions.find_by_ids(cancels, session=unit.session)
            again = [d for d in decided.values() if d.status is OrderStatus.CANCELLED]
            standing = [d for d in decided.values() if d.status is not OrderStatus.CANCELLED]
            deltas = returned_stock(standing)
            products = await self._products.find_states(deltas, session=unit.session)
            now = self._clock()
            changes = [(decision, decision.cancelled(now)) for decision in standing]
            unseen = [
                cancel_unseen(order_id, now, delivery.trace_context)
                for order_id, delivery in cancels.items()
                if order_id not in decided
            ]
            await self._products.change_stock(deltas, now, session=unit.session)
            await self._decisions.update(changes, session=unit.session)
            await self._decisions.insert(unseen, session=unit.session)
            changed = [after_stock_change(products[id_], d) for id_, d in deltas.items()]
            _publish(unit, [*unseen, *(after for _, after in changes)], changed, now)
            _answer_again(unit, again)

        await self._transactions.run(work)


def _publish(
    unit: UnitOfWork,
    decisions: Sequence[Decision],
    changed: Sequence[ProductState],
    now: datetime,
) -> None:
    unit.publish(*(decision.answer() for decision in decisions))
    for state in changed:
        event = ProductsQuantityUpdate(products=(state,))
        trace_context = decisions[0].trace_context
        unit.publish(wrap(event, source=SOURCE, time=now, trace_context=trace_context))


def _answer_again(unit: UnitOfWork, decisions: Sequence[Decision]) -> None:
    unit.publish_again(*(decision.answer() for decision in decisions))


def _product_ids(deliveries: Sequence[Delivery[OrderCreate]]) -> set[str]:
    return {line.product_id for delivery in deliveries for line in delivery.event.order.lines}
