"""Tells shoppers of their orders as they change, from whatever replica they ask.

Each replica reads the log once, for all who follow it. Who comes back with the token of the last
change that they saw is told what came since, from the log; where that no longer reaches back so
far, and for who comes new, the beginning is a snapshot.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from prometheus_client import Gauge

from orders.models.order import Order
from orders.repositories.changes import Change, LogLostError, OrderChanges
from orders.repositories.orders import OrderRepository
from shopkit.clock import Clock

MOST_STREAMS = 1_000
MOST_WAITING = 100
"""How many changes may wait for a slow client before its stream ends; it comes back for them."""
MOST_MISSED = 500
REACH_SECONDS = 2.0
RECENT = timedelta(minutes=10)
BATCH = 500

_TOKEN = re.compile(r"[0-9A-F]{2,2000}")

STREAMS = Gauge("order_streams_open", "Clients that follow their orders.")

log = structlog.get_logger(__name__)


class TooManyStreamsError(Exception):
    """This replica has as many streams open as it can bear."""

    headers = {"Retry-After": "5"}  # noqa: RUF012 - never written.

    def __str__(self) -> str:
        """Say what to do."""
        return "Too many are following their orders here just now; please try again in a moment."


@dataclass(frozen=True, slots=True)
class Told:
    """What a follower is told: orders as they are, and the token of how far that reaches."""

    token: str
    orders: Sequence[Order]
    snapshot: bool = False


class Follower:
    """One open stream."""

    def __init__(self, email: str, position: str) -> None:
        self.email = email
        self.position = position
        self._waiting: asyncio.Queue[Told | None] = asyncio.Queue(MOST_WAITING + 1)
        self._ended = False

    def tell(self, told: Told) -> None:
        """Pass on a change; who reads too slowly is ended, and comes back for the rest."""
        if self._waiting.qsize() >= MOST_WAITING:
            self.end()
        if not self._ended:
            self._waiting.put_nowait(told)

    def end(self) -> None:
        """Have the stream end after what waits."""
        if not self._ended:
            self._ended = True
            self._waiting.put_nowait(None)

    async def next(self) -> Told | None:
        """Return what is told next, None at the end."""
        return await self._waiting.get()


class LiveService:
    """Reads the log and tells the followers."""

    def __init__(self, *, orders: OrderRepository, changes: OrderChanges, clock: Clock) -> None:
        self._orders = orders
        self._changes = changes
        self._clock = clock
        self._read: asyncio.Queue[Change] = asyncio.Queue(10 * BATCH)
        self._read_to: str | None = None
        self._position = ""
        self._followers: dict[str, set[Follower]] = defaultdict(set)

    async def read(self) -> None:
        """Read the log until it fails; called again, read on from there."""
        try:
            async with self._changes.watch(self._read_to) as feed:
                while True:
                    change = await feed.next()
                    self._read_to = change.token
                    await self._read.put(change)
        except LogLostError:
            # Nobody can be told what was missed: all begin again, with a snapshot.
            log.warning("the log does not reach back; all streams begin again")
            self._read_to = None
            self.end_all()

    async def dispatch(self) -> None:
        """Tell followers of what was read, for ever."""
        while True:
            batch = [await self._read.get()]
            while not self._read.empty() and len(batch) < BATCH:
                batch.append(self._read.get_nowait())
            await self._tell(batch)

    async def _tell(self, batch: Sequence[Change]) -> None:
        ids = {change.order_id for change in batch if change.order_id}
        orders = await self._orders.by_ids(ids) if ids and self._followers else {}
        for change in batch:
            order = orders.get(change.order_id or "")
            for follower in self._followers.get(order.email, ()) if order else ():
                follower.tell(Told(change.token, [order] if order else []))
            self._position = change.token

    def follow(self, email: str, last_token: str | None) -> AsyncIterator[Told]:
        """Return what someone is told: first what they have missed or a snapshot, then live.

        Raises:
            TooManyStreamsError: As many as can be are following here already.
        """
        if sum(map(len, self._followers.values())) >= MOST_STREAMS:
            raise TooManyStreamsError
        follower = Follower(email, self._position)
        self._followers[email].add(follower)
        STREAMS.inc()
        return self._told(follower, last_token)

    async def _told(self, follower: Follower, last_token: str | None) -> AsyncIterator[Told]:
        try:
            beginning = await self._beginning(follower, last_token)
            for told in beginning:
                yield told
            resumed = not any(told.snapshot for told in beginning)
            seen = last_token if resumed and last_token else ""
            while told_next := await follower.next():
                if told_next.token > seen:
                    yield told_next
        except LogLostError:
            log.warning("the log can't be read; a stream ends", email=follower.email)
        finally:
            self._leave(follower)

    def _leave(self, follower: Follower) -> None:
        followers = self._followers[follower.email]
        followers.discard(follower)
        if not followers:
            del self._followers[follower.email]
        STREAMS.dec()

    async def _beginning(self, follower: Follower, last_token: str | None) -> list[Told]:
        if not follower.position:
            # This replica has only just begun to read: until it knows where it stands, it can't
            # tell what came before.
            await self._reach("0")
            follower.position = self._position
        if last_token and _TOKEN.fullmatch(last_token):
            try:
                return await self._missed(follower, last_token)
            except LogLostError:
                log.info("a stream begins again", email=follower.email)
        since = self._clock() - RECENT
        orders = await self._orders.pending_or_changed(follower.email, since)
        return [Told(follower.position, orders, snapshot=True)]

    async def _missed(self, follower: Follower, last_token: str) -> list[Told]:
        if last_token > follower.position:
            # Another replica was ahead of this one, by the time that the log travels.
            await self._reach(last_token)
            return []
        changes = await self._changes.between(
            last_token, follower.position, follower.email, MOST_MISSED
        )
        orders = await self._orders.by_ids({change.order_id or "" for change in changes})
        return [
            Told(change.token, [orders[change.order_id]])
            for change in changes
            if change.order_id in orders
        ]

    async def _reach(self, token: str) -> None:
        try:
            async with asyncio.timeout(REACH_SECONDS):
                while self._position < token:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise LogLostError from None

    def end_all(self) -> None:
        """Have all streams end; their clients come back, here or elsewhere."""
        for followers in self._followers.values():
            for follower in followers:
                follower.end()
