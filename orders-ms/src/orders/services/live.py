"""Streams changes of orders to shoppers, from whichever replica they are connected to.

Each replica reads the log once for all its streams. A client that reconnects with the token of the
last change that it received gets the changes since then. If the log no longer contains the token,
or the client is new, the stream starts with a snapshot.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from prometheus_client import Gauge

from orders.errors import TooManyStreamsError
from orders.models.order import Order
from orders.repositories.changes import Change, LogLostError, OrderChanges
from orders.repositories.orders import OrderRepository
from shopkit.clock import Clock

MAX_STREAMS = 1_000
MAX_QUEUED = 100
"""How many updates may wait for a slow client before its stream ends. The client reconnects."""
MAX_MISSED = 500
"""How many missed changes are read from the log. If there are more, a snapshot is sent."""
CATCH_UP_SECONDS = 2.0
RECENT = timedelta(minutes=10)
BATCH = 500

_LOG_START = "0"
"""Sorts before every token of the log."""
_TOKEN = re.compile(r"[0-9A-F]{2,2000}")

STREAMS = Gauge("order_streams_open", "Open streams of orders.")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LiveUpdate:
    """What a stream sends.

    Attributes:
        token: The position in the log that the client has reached with this update.
        orders: The current state of the orders. There is one unless this is a snapshot.
        snapshot: Whether the update contains all recent orders instead of a change.
    """

    token: str
    orders: Sequence[Order]
    snapshot: bool = False


class Follower:
    """An open stream.

    Attributes:
        email: The shopper whose orders it follows.
        position: The token from which it receives updates.
    """

    def __init__(self, email: str, position: str) -> None:
        self.email = email
        self.position = position
        self._queue: asyncio.Queue[LiveUpdate | None] = asyncio.Queue(MAX_QUEUED + 1)
        self._ended = False

    def send(self, update: LiveUpdate) -> None:
        """Queue an update. If the queue is full, end the stream instead."""
        if self._queue.qsize() >= MAX_QUEUED:
            self.end()
        if not self._ended:
            self._queue.put_nowait(update)

    def end(self) -> None:
        """End the stream after the queued updates."""
        if not self._ended:
            self._ended = True
            self._queue.put_nowait(None)

    async def next(self) -> LiveUpdate | None:
        """Return the next update, or None at the end of the stream."""
        return await self._queue.get()


class LiveService:
    """Reads the log and sends updates to the followers.

    Attributes:
        position: The token of the last change that was sent, empty until the first one.
    """

    def __init__(self, *, orders: OrderRepository, changes: OrderChanges, clock: Clock) -> None:
        self._orders = orders
        self._changes = changes
        self._clock = clock
        self._queue: asyncio.Queue[Change] = asyncio.Queue(10 * BATCH)
        self._read_token: str | None = None
        self.position = ""
        self._followers: dict[str, set[Follower]] = defaultdict(set)

    async def read(self) -> None:
        """Read the log until it fails. The next call continues from there."""
        try:
            async with self._changes.watch(self._read_token) as feed:
                while True:
                    change = await feed.next()
                    self._read_token = change.token
                    await self._queue.put(change)
        except LogLostError:
            # Changes were missed, so every stream has to start again with a snapshot.
            log.warning("the log is lost; all streams start again")
            self._read_token = None
            self.end_all()

    async def dispatch(self) -> None:
        """Send updates to followers, forever."""
        while True:
            changes = [await self._queue.get()]
            while not self._queue.empty() and len(changes) < BATCH:
                changes.append(self._queue.get_nowait())
            await self._send(changes)

    async def _send(self, changes: Sequence[Change]) -> None:
        ids = {change.order_id for change in changes if change.order_id}
        orders = await self._orders.find_by_ids(ids) if ids and self._followers else {}
        for change in changes:
            if order := orders.get(change.order_id or ""):
                for follower in self._followers.get(order.email, ()):
                    follower.send(LiveUpdate(change.token, [order]))
            self.position = change.token

    def follow(self, email: str, last_token: str | None) -> AsyncGenerator[LiveUpdate, None]:
        """Return a stream of a shopper's orders: missed changes or a snapshot, then live updates.

        Args:
            email: The shopper's email address.
            last_token: The token of the last update that the client received.

        Raises:
            TooManyStreamsError: This replica has too many open streams.
        """
        if sum(map(len, self._followers.values())) >= MAX_STREAMS:
            raise TooManyStreamsError
        follower = Follower(email, self.position)
        self._followers[email].add(follower)
        STREAMS.inc()
        return self._updates(follower, last_token)

    async def _updates(
        self, follower: Follower, last_token: str | None
    ) -> AsyncGenerator[LiveUpdate, None]:
        try:
            first_updates = await self._first_updates(follower, last_token)
            for update in first_updates:
                yield update
            resumed = not any(update.snapshot for update in first_updates)
            seen = last_token if resumed and last_token else ""
            while next_update := await follower.next():
                if next_update.token > seen:
                    yield next_update
        except LogLostError:
            log.warning("the log cannot be read; a stream ends")
        finally:
            self._remove(follower)

    def _remove(self, follower: Follower) -> None:
        followers = self._followers[follower.email]
        followers.discard(follower)
        if not followers:
            del self._followers[follower.email]
        STREAMS.dec()

    async def _first_updates(self, follower: Follower, last_token: str | None) -> list[LiveUpdate]:
        if not follower.position:
            # This replica has just started and does not know its position in the log yet.
            await self._catch_up(_LOG_START)
            follower.position = self.position
        if last_token and _TOKEN.fullmatch(last_token):
            try:
                return await self._missed_updates(follower, last_token)
            except LogLostError:
                log.info("a stream starts again")
        since = self._clock() - RECENT
        orders = await self._orders.find_pending_or_changed(follower.email, since)
        return [LiveUpdate(follower.position, orders, snapshot=True)]

    async def _missed_updates(self, follower: Follower, last_token: str) -> list[LiveUpdate]:
        if last_token > follower.position:
            # The replica that the client was connected to before had read further.
            await self._catch_up(last_token)
            return []
        changes = await self._changes.between(
            last_token, follower.position, follower.email, MAX_MISSED
        )
        orders = await self._orders.find_by_ids({change.order_id or "" for change in changes})
        return [
            LiveUpdate(change.token, [orders[change.order_id]])
            for change in changes
            if change.order_id in orders
        ]

    async def _catch_up(self, token: str) -> None:
        try:
            async with asyncio.timeout(CATCH_UP_SECONDS):
                while self.position < token:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise LogLostError from None

    def end_all(self) -> None:
        """End all streams. Their clients reconnect."""
        for followers in self._followers.values():
            for follower in followers:
                follower.end()
