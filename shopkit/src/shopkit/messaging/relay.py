"""The relay: sends the messages of the outbox to Kafka at least once.

Transactions hand their messages over in memory after the acknowledged commit. The sweeper finds
messages that a crash, a full queue or an unavailable broker left behind.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge
from pymongo.errors import PyMongoError

from shopkit.gathering import Gathering
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.producer import SendResult
from shopkit.storage.mongo import is_temporary
from shopkit.storage.unit_of_work import Message, Publication

BATCH = 500
QUEUE = 20_000
RENEW_SECONDS = 1.0
UNAVAILABLE_DELAY = timedelta(seconds=1)
_MAX_DELAY = timedelta(seconds=30)

SENT = Counter("outbox_sent_total", "Messages that Kafka has acknowledged.", ["topic"])
FAILED = Counter("outbox_send_failures_total", "Attempts that Kafka has not acknowledged.")
UNSENT = Gauge("outbox_unsent", "Messages that are not sent yet, at most 10,000.")
OLDEST = Gauge(
    "outbox_oldest_unsent_seconds", "The age of the oldest message that is not sent yet."
)
BROKER_UP = Gauge("broker_up", "1 if the broker answered the last messages, otherwise 0.")
# It is unknown until something was sent: an idle service must not report that the broker is down.
BROKER_UP.set(math.nan)

log = structlog.get_logger(__name__)


class Sender(Protocol):
    """Sends messages to the broker."""

    async def send(self, messages: Sequence[Message]) -> list[SendResult]:
        """Send messages and return the result of each."""
        ...


class Relay:
    """Sends messages, those that were handed over first, and marks them as sent."""

    def __init__(self, outbox: Outbox, sender: Sender) -> None:
        self._outbox = outbox
        self._sender = sender
        self._queue: deque[Publication] = deque()
        self._sending: dict[str, Publication] = {}
        self._wake = asyncio.Event()
        self._gathering = Gathering("relay")

    def hand_over(self, publications: Sequence[Publication]) -> None:
        """Queue messages whose transaction is committed.

        If the queue is full, the sweeper sends the rest.
        """
        room = QUEUE - len(self._queue)
        self._queue.extend(publications[:room])
        self._wake.set()

    async def run(self) -> None:
        """Send messages as they are handed over, forever."""
        while True:
            await self._wake.wait()
            while self._queue:
                await asyncio.sleep(self._gathering.seconds())
                await self._run_once()
            self._wake.clear()

    async def _run_once(self) -> None:
        size = min(BATCH, len(self._queue))
        publications = [self._queue.popleft() for _ in range(size)]
        began = time.monotonic()
        try:
            await self.send(publications)
            self._gathering.record(size, time.monotonic() - began)
        except PyMongoError as error:
            if not is_temporary(error):
                raise
            # They may or may not have been sent. The sweeper finds them when the database is back.
            log.warning("left to the sweeper", messages=len(publications), error=repr(error))

    async def renew_leases(self) -> None:
        """Renew the leases of the messages that wait here, so that sweepers skip them."""
        await self._outbox.renew([*self._sending, *(item.message.id for item in self._queue)])

    async def sweep(self) -> None:
        """Send messages without a valid lease until none is left or the broker is unavailable."""
        while await self._sweep_once():
            pass

    async def _sweep_once(self) -> bool:
        publications = await self._outbox.lease_unsent(BATCH)
        if not publications:
            return False
        return await self.send(publications)

    async def measure(self) -> None:
        """Update the metrics of the messages that are not sent yet."""
        backlog = await self._outbox.measure()
        UNSENT.set(backlog.unsent)
        OLDEST.set(backlog.age.total_seconds())

    async def send(self, publications: Sequence[Publication]) -> bool:
        """Send messages, store the results, and return whether the broker is available.

        A message that the broker refuses is postponed longer each time, and holds up no other: the
        consumers accept the messages of a key in any order.
        """
        self._sending |= {item.message.id: item for item in publications}
        try:
            results = await self._sender.send([item.message for item in publications])
            await self._store(publications, results)
        except asyncio.CancelledError:
            # The shutdown sends them again, so that they do not wait until their leases expire.
            self._queue.extendleft(reversed(publications))
            raise
        finally:
            for item in publications:
                self._sending.pop(item.message.id, None)
        return SendResult.UNAVAILABLE not in results

    async def _store(
        self, publications: Sequence[Publication], results: Sequence[SendResult]
    ) -> None:
        by_result: dict[SendResult, list[Publication]] = {result: [] for result in SendResult}
        for publication, result in zip(publications, results, strict=True):
            by_result[result].append(publication)
        sent = by_result[SendResult.ACKNOWLEDGED]
        refused, unavailable = by_result[SendResult.REFUSED], by_result[SendResult.UNAVAILABLE]
        BROKER_UP.set(0 if unavailable else 1)
        FAILED.inc(len(refused) + len(unavailable))
        if sent:
            await self._outbox.mark_sent(sent)
            for publication in sent:
                SENT.labels(publication.message.topic).inc()
        if unavailable:
            await self._outbox.postpone(unavailable, UNAVAILABLE_DELAY)
        for publication in refused:
            log.warning(
                "message refused",
                event_id=publication.message.id,
                topic=publication.message.topic,
                attempts=publication.attempts + 1,
            )
            await self._outbox.postpone([publication], _delay(publication.attempts))

    async def drain(self, seconds: float) -> None:
        """Send queued messages within a time limit. The rest stays in the outbox."""
        try:
            async with asyncio.timeout(seconds):
                while self._queue:
                    await self._run_once()
        except TimeoutError:
            log.warning("left in the outbox", messages=len(self._queue))


def _delay(attempts: int) -> timedelta:
    return min(timedelta(seconds=0.5 * 2 ** min(attempts, 10)), _MAX_DELAY)
