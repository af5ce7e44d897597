"""Takes orders. Concurrent orders share one transaction."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bson import ObjectId

from orders.errors import DeliveryRefusedError, LinesRefusedError
from orders.models.delivery import DeliveryMethod
from orders.models.number import new_number
from orders.models.order import HistoryEntry, Order, value_of
from orders.models.payment import Payment, PaymentTerms
from orders.models.placement import ProductCatalogue, RequestedOrder
from orders.repositories.delivery_methods import DeliveryMethodRepository
from orders.repositories.orders import OrderRepository
from orders.repositories.projection import ProjectionRepository
from shopkit.batching import Batcher, HasLeft, never_leaves
from shopkit.clock import Clock
from shopkit.contract.events import OrderStatus
from shopkit.gathering import Gathering
from shopkit.storage.idempotency import IdempotencyKeys, KeyRecord, KeyReusedError, key_ids
from shopkit.storage.mongo import is_temporary
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork
from shopkit.tracing.context import TraceContext, current_trace_context


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order that was taken.

    Attributes:
        order: The order as it was placed.
        replayed: Whether an earlier request with the same key placed it.
    """

    order: Order
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """A request.

    Attributes:
        order: The order.
        key_ids: The stored ids of the idempotency key, none if there is no key.
        trace_context: The trace of the request.
        deadline: When its transaction must have ended, by the monotonic clock.
    """

    order: RequestedOrder
    key_ids: tuple[str, ...]
    trace_context: TraceContext
    deadline: float

    def find_record(self, records: Mapping[str, KeyRecord]) -> KeyRecord | None:
        """Return the record of the idempotency key, if it has been used."""
        return next((records[id_] for id_ in self.key_ids if id_ in records), None)


MIN_SECONDS = 1.0
"""How long a transaction may be retried even if its requests have waited for almost 12 s."""

Refusal = LinesRefusedError | DeliveryRefusedError
Outcome = PlacedOrder | Exception


class IntakeService:
    """Takes orders, together with their idempotency keys and their events."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        keys: IdempotencyKeys,
        projection: ProjectionRepository,
        methods: DeliveryMethodRepository,
        terms: PaymentTerms,
        clock: Clock,
        number: Callable[[], str] = new_number,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._keys = keys
        self._projection = projection
        self._methods = methods
        self._terms = terms
        self._number = number
        self._clock = clock
        self._monotonic = monotonic
        self._batcher: Batcher[_Request, PlacedOrder] = Batcher(
            self._place_batch,
            gathering=Gathering("intake", clock=monotonic),
            retry_one_by_one=lambda error: not is_temporary(error),
            clock=monotonic,
        )

    async def place(self, order: RequestedOrder, has_left: HasLeft = never_leaves) -> PlacedOrder:
        """Take an order as PENDING, or return the order that the same key placed before.

        Args:
            order: The order.
            has_left: Whether the shopper no longer waits. The order is not taken if the shopper
                leaves while it is queued.

        Raises:
            LinesRefusedError: Some lines cannot be sold. Nothing is stored.
            KeyReusedError: The key was used for a different order.
            shopkit.batching.OverloadedError: Too many orders are waiting. Nothing is stored.
            pymongo.errors.PyMongoError: The order may or may not be stored.
        """
        deadline = self._monotonic() + HTTP_SECONDS
        ids = key_ids(order.shopper, order.key) if order.key else ()
        request = _Request(order, ids, current_trace_context(), deadline)
        return await self._batcher.submit(request, deadline=deadline, has_left=has_left)

    async def drain(self) -> None:
        """Wait until all submitted orders are taken or refused."""
        await self._batcher.drain()

    async def _place_batch(self, requests: Sequence[_Request]) -> Sequence[Outcome]:
        catalogue = await self._read_catalogue(requests)
        methods = await self._read_methods(requests)
        # Orders are created before the transaction, because its work may run more than once.
        created = [self._create(request, catalogue, methods) for request in requests]
        refusals = [refusal for refusal in created if isinstance(refusal, Exception)]
        # A repeated request gets the order of the first one, even if it would be refused now.
        if len(refusals) == len(requests) and not await self._find_keys(requests):
            return refusals
        seconds = min(request.deadline for request in requests) - self._monotonic()
        return await self._transactions.run(
            lambda unit: self._store(requests, created, unit), seconds=max(seconds, MIN_SECONDS)
        )

    async def _store(
        self,
        requests: Sequence[_Request],
        created: Sequence[Order | Refusal],
        unit: UnitOfWork,
    ) -> Sequence[Outcome]:
        records = await self._find_keys(requests, unit)
        orders = await self._find_orders(records, unit)
        outcomes: list[Outcome] = []
        new_orders: list[Order] = []
        new_records: list[KeyRecord] = []
        for request, order in zip(requests, created, strict=True):
            if record := request.find_record(records):
                outcomes.append(_replay(request.order, record, orders))
            elif isinstance(order, Order):
                # Each attempt draws another number, in case this one is taken.
                order = replace(order, number=self._number())  # noqa: PLW2901
                outcomes.append(PlacedOrder(order, replayed=False))
                new_orders.append(order)
                orders[order.id] = order
                for key_id in request.key_ids:
                    record = KeyRecord(
                        key_id, request.order.fingerprint, order.id, order.created_at
                    )
                    new_records.append(record)
                    records[record.id] = record
            else:
                outcomes.append(order)
        if new_orders:
            await self._keys.insert(new_records, session=unit.session)
            await self._orders.insert(new_orders, session=unit.session)
            unit.publish(*(order.create_message() for order in new_orders))
        return outcomes

    async def _find_keys(
        self, requests: Sequence[_Request], unit: UnitOfWork | None = None
    ) -> dict[str, KeyRecord]:
        ids = [id_ for request in requests for id_ in request.key_ids]
        return await self._keys.find_by_ids(ids, session=unit.session if unit else None)

    async def _find_orders(
        self, records: Mapping[str, KeyRecord], unit: UnitOfWork
    ) -> dict[str, Order]:
        if not records:
            return {}
        ids = {record.result for record in records.values()}
        return await self._orders.find_by_ids(ids, session=unit.session)

    async def _read_catalogue(self, requests: Sequence[_Request]) -> ProductCatalogue:
        lines = [line for request in requests for line in request.order.lines]
        ids = {line.product_id for line in lines if line.product_id is not None}
        names = {line.name for line in lines if line.name is not None}
        return ProductCatalogue(await self._projection.find(ids, names) if lines else [])

    async def _read_methods(self, requests: Sequence[_Request]) -> Mapping[str, DeliveryMethod]:
        if all(request.order.details.address is None for request in requests):
            return {}
        return {method.id: method for method in await self._methods.find_all()}

    def _create(
        self,
        request: _Request,
        catalogue: ProductCatalogue,
        methods: Mapping[str, DeliveryMethod],
    ) -> Order | Refusal:
        details = request.order.details
        try:
            lines = catalogue.lines_for(request.order)
            delivery = details.delivery(value_of(lines), methods, self._terms)
        except (LinesRefusedError, DeliveryRefusedError) as error:
            return error
        return Order(
            id=str(ObjectId()),
            email=request.order.shopper.email,
            account_id=request.order.shopper.account_id,
            lines=lines,
            history=(HistoryEntry(OrderStatus.PENDING, self._clock()),),
            trace_context=request.trace_context,
            contact=details.contact,
            delivery=delivery,
            note=details.note,
            payment=Payment(details.payment),
        )


def _replay(requested: RequestedOrder, record: KeyRecord, orders: Mapping[str, Order]) -> Outcome:
    try:
        record.check(requested.fingerprint, requested.key or "")
    except KeyReusedError as error:
        return error
    return PlacedOrder(orders[record.result].as_placed(), replayed=True)
