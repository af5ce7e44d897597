"""Decides orders and takes back cancelled ones, a batch in one transaction."""

from collections.abc import Awaitable, Callable, Iterator, Sequence

from products.models.decision import (
    SOURCE,
    Shelf,
    Stub,
    cancelled_unseen,
    given_back,
    rejected_unreadable,
)
from products.models.product import Product
from products.repositories.decisions import StubRepository
from products.repositories.products import ProductRepository
from shopkit.clock import Clock
from shopkit.contract.events import (
    Delivery,
    Message,
    OrderCancel,
    OrderCreate,
    OrderStatus,
    ProductsQuantityUpdate,
)
from shopkit.messaging.outbox import HandOver, Outbox, Row
from shopkit.storage.mongo import Session, Transactions
from shopkit.tracing.context import Origin


class DecisionService:
    """The one place where orders are decided.

    Every method may be given the same event any number of times: an order's stub says what was
    decided, and the answer is then given again.
    """

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        stubs: StubRepository,
        outbox: Outbox,
        hand_over: HandOver,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._stubs = stubs
        self._outbox = outbox
        self._hand_over = hand_over
        self._clock = clock

    async def decide(self, deliveries: Sequence[Delivery[OrderCreate]]) -> None:
        """Decide orders in the order in which they came.

        Args:
            deliveries: Orders; one that was decided before is answered again.
        """
        await self._commit(lambda session: self._decide(deliveries, session))

    async def _decide(
        self, deliveries: Sequence[Delivery[OrderCreate]], session: Session
    ) -> list[Row]:
        orders = {delivery.event.order.id: delivery for delivery in deliveries}
        decided = await self._stubs.by_ids(orders, session=session)
        undecided = [orders[order_id] for order_id in orders if order_id not in decided]
        products = await self._products.by_ids(_product_ids(undecided), session=session)
        shelf = Shelf(products)
        now = self._clock()
        new = [shelf.decide(one.event.order, now, one.origin) for one in undecided]
        taken = {product_id: -count for product_id, count in shelf.taken().items()}
        await self._products.change_stock(taken, now, session=session)
        await self._stubs.insert(new, session=session)
        changed = [products[product_id].moved(delta, now) for product_id, delta in taken.items()]
        rows = await self._add(new, changed, session)
        return rows + await self._answer_again(list(decided.values()), session)

    async def reject_unreadable(self, order_id: str, origin: Origin) -> None:
        """Answer an order of which only the id can be read, as before where it is decided."""
        await self._commit(lambda session: self._reject_unreadable(order_id, origin, session))

    async def _reject_unreadable(
        self, order_id: str, origin: Origin, session: Session
    ) -> list[Row]:
        decided = await self._stubs.by_ids([order_id], session=session)
        if decided:
            return await self._answer_again(list(decided.values()), session)
        stub = rejected_unreadable(order_id, self._clock(), origin)
        await self._stubs.insert([stub], session=session)
        return await self._add([stub], [], session)

    async def cancel(self, deliveries: Sequence[Delivery[OrderCancel]]) -> None:
        """Give back what cancelled orders had taken, once, and confirm.

        Args:
            deliveries: Cancellations, also of orders that were never seen: these are found
                decided when they come.
        """
        await self._commit(lambda session: self._cancel(deliveries, session))

    async def _cancel(
        self, deliveries: Sequence[Delivery[OrderCancel]], session: Session
    ) -> list[Row]:
        cancels = {delivery.event.order_id: delivery for delivery in deliveries}
        decided = await self._stubs.by_ids(cancels, session=session)
        standing = [stub for stub in decided.values() if stub.status is not OrderStatus.CANCELLED]
        back = given_back(standing)
        products = await self._products.by_ids(back, session=session)
        now = self._clock()
        changes = [(stub.status, stub.cancelled(now)) for stub in standing]
        unseen = [
            cancelled_unseen(order_id, now, delivery.origin)
            for order_id, delivery in cancels.items()
            if order_id not in decided
        ]
        await self._products.change_stock(back, now, session=session)
        await self._stubs.settle(changes, session=session)
        await self._stubs.insert(unseen, session=session)
        changed = [products[product_id].moved(delta, now) for product_id, delta in back.items()]
        rows = await self._add([*unseen, *(stub for _, stub in changes)], changed, session)
        again = [stub for stub in decided.values() if stub.status is OrderStatus.CANCELLED]
        return rows + await self._answer_again(again, session)

    async def _commit(self, work: Callable[[Session], Awaitable[list[Row]]]) -> None:
        self._hand_over(await self._transactions.run(work))

    async def _answer_again(self, stubs: Sequence[Stub], session: Session) -> list[Row]:
        rows = [Row(stub.answer()) for stub in stubs]
        if rows:
            await self._outbox.send_again(rows, session=session)
        return rows

    async def _add(
        self, stubs: Sequence[Stub], changed: Sequence[Product], session: Session
    ) -> list[Row]:
        answers = [stub.answer() for stub in stubs]
        rows = [Row(message) for message in [*answers, *_stock_messages(changed, stubs)]]
        await self._outbox.add(rows, session=session)
        return rows


def _stock_messages(changed: Sequence[Product], stubs: Sequence[Stub]) -> Iterator[Message]:
    for product in changed:
        event = ProductsQuantityUpdate(products=(product.state,))
        yield Message.of(event, source=SOURCE, time=product.updated_at, origin=stubs[0].origin)


def _product_ids(deliveries: Sequence[Delivery[OrderCreate]]) -> set[str]:
    return {line.product_id for one in deliveries for line in one.event.order.lines}
