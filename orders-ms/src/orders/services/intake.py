"""Takes orders: many at the same time in one transaction, each with its key and its event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bson import ObjectId

from orders.errors import LinesRefusedError
from orders.models.order import Order, Step
from orders.models.placement import Shelf, Wanted
from orders.repositories.orders import OrderRepository
from orders.repositories.projection import ProjectionRepository
from shopkit.batching import Batcher
from shopkit.clock import Clock
from shopkit.contract.events import OrderStatus
from shopkit.messaging.outbox import HandOver, Outbox, Row
from shopkit.storage.idempotency import IdempotencyKeys, KeyRecord, KeyReusedError, key_id
from shopkit.storage.mongo import HTTP_SECONDS, Session, Transactions, is_temporary
from shopkit.tracing.context import Origin, current_origin


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that was taken, now or by an earlier request of the same key."""

    order: Order
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Request:
    wanted: Wanted
    origin: Origin

    @property
    def key_id(self) -> str | None:
        """What its Idempotency-Key is stored under."""
        return key_id(self.wanted.email, self.wanted.key) if self.wanted.key else None


Outcome = Placed | Exception


class IntakeService:
    """The one place where orders are taken."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        orders: OrderRepository,
        keys: IdempotencyKeys,
        projection: ProjectionRepository,
        outbox: Outbox,
        hand_over: HandOver,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._orders = orders
        self._keys = keys
        self._projection = projection
        self._outbox = outbox
        self._hand_over = hand_over
        self._clock = clock
        self._batcher: Batcher[_Request, Placed] = Batcher(self._place_all)

    async def place(self, wanted: Wanted) -> Placed:
        """Take an order, PENDING, or return the one that the same key has made before.

        Raises:
            LinesRefusedError: Some lines can't be sold; nothing is stored.
            KeyReusedError: The key was used for another body.
            pymongo.errors.PyMongoError: The order may or may not have been taken.
        """
        return await self._batcher.submit(_Request(wanted, current_origin()))

    async def drain(self) -> None:
        """Wait until every order on its way is taken or refused."""
        await self._batcher.drain()

    async def _place_all(self, requests: Sequence[_Request]) -> Sequence[Outcome]:
        try:
            return await self._place_batch(requests)
        except Exception as error:
            if len(requests) == 1 or is_temporary(error):
                raise
        # One of them breaks the transaction; the others must not pay for it.
        outcomes: list[Outcome] = []
        for request in requests:
            try:
                outcomes += await self._place_batch([request])
            except Exception as error:  # noqa: BLE001 - its caller gets it.
                outcomes.append(error)
        return outcomes

    async def _place_batch(self, requests: Sequence[_Request]) -> Sequence[Outcome]:
        used = await self._used(requests)
        shelf = await self._shelf([one for one in requests if one.key_id not in used])
        # Judged once, before the transaction: its work may be run again.
        judged = [self._judge(one, shelf) if one.key_id not in used else None for one in requests]
        if not any(isinstance(order, Order) for order in judged) and not used:
            return [order for order in judged if isinstance(order, Exception)]
        outcomes, rows = await self._transactions.run(
            lambda session: self._store(requests, judged, session), seconds=HTTP_SECONDS
        )
        self._hand_over(rows)
        return outcomes

    async def _used(
        self, requests: Sequence[_Request], session: Session = None
    ) -> dict[str, KeyRecord]:
        ids = [one.key_id for one in requests if one.key_id]
        return await self._keys.by_ids(ids, session=session)

    async def _shelf(self, requests: Sequence[_Request]) -> Shelf:
        lines = [line for request in requests for line in request.wanted.lines]
        ids = {line.product_id for line in lines if line.product_id is not None}
        names = {line.name for line in lines if line.name is not None}
        return Shelf(await self._projection.find(ids, names) if lines else [])

    def _judge(self, request: _Request, shelf: Shelf) -> Order | LinesRefusedError:
        try:
            lines = shelf.lines_for(request.wanted)
        except LinesRefusedError as error:
            return error
        return Order(
            id=str(ObjectId()),
            email=request.wanted.email,
            lines=lines,
            history=(Step(OrderStatus.PENDING, self._clock()),),
            origin=request.origin,
        )

    async def _store(
        self,
        requests: Sequence[_Request],
        judged: Sequence[Order | LinesRefusedError | None],
        session: Session,
    ) -> tuple[Sequence[Outcome], list[Row]]:
        used = await self._used(requests, session)
        earlier = await self._orders.by_ids(
            {record.result for record in used.values()}, session=session
        )
        new: dict[str, Order] = {}
        keys: list[KeyRecord] = []
        outcomes: list[Outcome] = []
        for request, order in zip(requests, judged, strict=True):
            record = used.get(request.key_id or "")
            if record:
                outcomes.append(_replay(request, record, {**earlier, **new}))
            elif isinstance(order, Order):
                new[order.id] = order
                outcomes.append(Placed(order, replayed=False))
                if request.key_id:
                    record = _record(request, order)
                    used[record.id] = record
                    keys.append(record)
            else:
                assert order is not None  # noqa: S101 - only a used key leaves a request unjudged.
                outcomes.append(order)
        return outcomes, await self._insert(list(new.values()), keys, session)

    async def _insert(
        self, orders: Sequence[Order], keys: Sequence[KeyRecord], session: Session
    ) -> list[Row]:
        if not orders:
            return []
        rows = [Row(order.create_message(), kept=True) for order in orders]
        await self._keys.insert(keys, session=session)
        await self._orders.insert(orders, session=session)
        await self._outbox.add(rows, session=session)
        return rows


def _record(request: _Request, order: Order) -> KeyRecord:
    return KeyRecord(request.key_id or "", request.wanted.fingerprint, order.id, order.created_at)


def _replay(request: _Request, record: KeyRecord, orders: Mapping[str, Order]) -> Outcome:
    try:
        record.check(request.wanted.fingerprint, request.wanted.key or "")
    except KeyReusedError as error:
        return error
    return Placed(orders[record.result].as_placed(), replayed=True)
