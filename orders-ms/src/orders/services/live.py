"""Streams changes of orders to shoppers, from whichever replica they are connected to.

Each replica reads the log once for all its streams, and only while there are any. A stream starts
with the orders that changed since the client's last update, or recently. So the work of a
connection depends on the shopper's own orders only, even if all clients reconnect at once.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Gauge

from orders.errors import TooManyStreamsError
from orders.models.order import Order
from orders.repositories.changes import LogLostError, OrderChanges
from orders.repositories.orders import OrderRepository
from shopkit.clock import Clock
from shopkit.identity import Identity, misread

MAX_STREAMS = 1_000
MAX_STREAMS_OF_SHOPPER = 5
MAX_STREAMS_OF_ADDRESS = 200
MAX_QUEUED = 100
"""How many updates may wait for a slow client before its stream ends. The client reconnects."""
START_SECONDS = 2.0
"""How long a stream waits until this replica reads the log."""
RECENT = timedelta(minutes=10)
OVERLAP = timedelta(seconds=30)
"""How much longer ago an order can have changed than its change appeared in the log."""
BATCH = 500

STREAMS = Gauge("order_streams_open", "Open streams of orders.")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """What a stream sends.

    Attributes:
        id: The time that this update covers, in milliseconds since 1970. A client that reconnects
            sends the last one.
        orders: The current state of the orders. There is one unless this is a snapshot.
        snapshot: Whether these are all orders that changed before the stream started.
    """

    id: str
    orders: Sequence[Order]
    snapshot: bool = False


class Follower:
    """An open stream of a shopper's orders."""

    def __init__(self, shopper: Identity) -> None:
        self.shopper = shopper
        self._queue: asyncio.Queue[Order | None] = asyncio.Queue(MAX_QUEUED + 1)
        self._ended = False

    def send(self, order: Order) -> None:
        """Queue an order. If the queue is full, end the stream instead."""
        if self._queue.qsize() >= MAX_QUEUED:
            self.end()
        if not self._ended:
            self._queue.put_nowait(order)

    def end(self) -> None:
        """End the stream after the queued orders."""
        if not self._ended:
            self._ended = True
            self._queue.put_nowait(None)

    @property
    def owners(self) -> tuple[str, str]:
        """What the orders of the shopper have as their owner, see `_owner_of`."""
        return self.shopper.account_id, misread(self.shopper.email)

    async def next(self) -> Order | None:
        """Return the next order, or None at the end of the stream."""
        return await self._queue.get()


class LiveService:
    """Reads the log and sends updates to the followers."""

    def __init__(self, *, orders: OrderRepository, changes: OrderChanges, clock: Clock) -> None:
        self._orders = orders
        self._changes = changes
        self._clock = clock
        self._read_token: str | None = None
        self._queue: asyncio.Queue[str] = asyncio.Queue(10 * BATCH)
        self._followed = asyncio.Event()
        self._reading = asyncio.Event()
        self._unsent: list[str] = []
        self._open: set[Follower] = set()
        self._followers: dict[str, set[Follower]] = defaultdict(set)
        self._addresses: Counter[str] = Counter()

    async def read(self) -> None:
        """Read the log while there are streams, until it fails.

        The next call continues from there, unless the log is lost.
        """
        while True:
            if not self._open:
                self._start_anew()
                await self._followed.wait()
            try:
                await self._read_while_followed()
            except LogLostError:
                log.warning("the log is lost; all streams start again")
                self._start_anew()
                self.end_all()
                return

    async def _read_while_followed(self) -> None:
        async with self._changes.watch(self._read_token) as feed:
            self._read_token = feed.position
            self._reading.set()
            while self._open:
                change = await feed.next()
                if change.order_id is not None:
                    await self._queue.put(change.order_id)
                self._read_token = change.token

    def _start_anew(self) -> None:
        # Streams that start now wait until the log is read again, so that they miss nothing.
        self._read_token = None
        self._reading.clear()

    async def dispatch(self) -> None:
        """Send updates to followers, forever. The next call continues with what was not sent."""
        while True:
            if not self._unsent:
                self._unsent = [await self._queue.get()]
            while not self._queue.empty() and len(self._unsent) < BATCH:
                self._unsent.append(self._queue.get_nowait())
            await self._send(self._unsent)
            self._unsent = []

    async def _send(self, ids: Sequence[str]) -> None:
        orders = await self._orders.find_by_ids(set(ids)) if self._open else {}
        for order_id in ids:
            if order := orders.get(order_id):
                for follower in self._followers.get(_owner_of(order), ()):
                    follower.send(order)

    def follow(self, shopper: Identity, last_id: str | None) -> AsyncGenerator[LiveUpdate, None]:
        """Return a stream of a shopper's orders: a snapshot, then each change.

        Args:
            shopper: The shopper.
            last_id: The id of the last update that the client received.

        Raises:
            TooManyStreamsError: The shopper, the address or this replica has too many open streams.
        """
        of_shopper = len(self._followers.get(shopper.account_id, ()))
        if of_shopper >= MAX_STREAMS_OF_SHOPPER:
            raise TooManyStreamsError("You are following your orders in too many places.")
        if (
            self._addresses[shopper.client_address] >= MAX_STREAMS_OF_ADDRESS
            or len(self._open) >= MAX_STREAMS
        ):
            raise TooManyStreamsError("Too many clients are following their orders.")
        follower = Follower(shopper)
        self._open.add(follower)
        self._followed.set()
        self._addresses[shopper.client_address] += 1
        for owner in follower.owners:
            self._followers[owner].add(follower)
        STREAMS.inc()
        return self._updates(follower, last_id)

    async def _updates(
        self, follower: Follower, last_id: str | None
    ) -> AsyncGenerator[LiveUpdate, None]:
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._reading.wait()
            now = self._clock()
            since = _time_of(last_id, now) or now - RECENT
            snapshot = await self._orders.find_changed(follower.shopper, since)
            yield LiveUpdate(_id_of(now), snapshot, snapshot=True)
            # A queued order may have been read before the snapshot.
            sent = {order.id: order.progress for order in snapshot}
            while order := await follower.next():
                if order.id not in sent or order.progress > sent[order.id]:
                    sent[order.id] = order.progress
                    yield LiveUpdate(_id_of(order.changed_at), [order])
        except TimeoutError:
            log.warning("the log cannot be read; a stream ends")
        finally:
            self._remove(follower)

    def _remove(self, follower: Follower) -> None:
        self._open.discard(follower)
        if not self._open:
            self._followed.clear()
        self._addresses -= Counter([follower.shopper.client_address])
        for owner in follower.owners:
            self._followers[owner].discard(follower)
            if not self._followers[owner]:
                del self._followers[owner]
        STREAMS.dec()

    def end_all(self) -> None:
        """End all streams. Their clients reconnect."""
        for follower in self._open:
            follower.end()


def _owner_of(order: Order) -> str:
    """Return the account id, or the email address of an order without an account."""
    return order.account_id or order.email


def _id_of(time: datetime) -> str:
    return str(round(time.timestamp() * 1000))


def _time_of(last_id: str | None, now: datetime) -> datetime | None:
    """Return the time since which a client missed changes, None if its last id is unusable."""
    if not last_id or not last_id.isascii() or not last_id.isdigit() or len(last_id) > 13:
        return None
    return min(datetime.fromtimestamp(int(last_id) / 1000, UTC), now) - OVERLAP
