"""The relay: sends the messages of the outbox to Kafka at least once.

Transactions hand their messages over in memory after the acknowledged commit. The sweeper finds
messages that a crash, a full queue or an unavailable broker left behind.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge
from pymongo.errors import PyMongoError

from shopkit.messaging.outbox import Outbox
from shopkit.storage.mongo import is_temporary
from shopkit.storage.unit_of_work import Message, Publication

BATCH = 500
QUEUE = 20_000
_MAX_DELAY = timedelta(seconds=30)

SENT = Counter("outbox_sent_total", "Messages that Kafka has acknowledged.", ["topic"])
FAILED = Counter("outbox_send_failures_total", "Attempts that Kafka has not acknowledged.")
UNSENT = Gauge("outbox_unsent", "Messages that are not sent yet, at most 10,000.")
BROKER_UP = Gauge("broker_up", "1 if the last message was acknowledged, otherwise 0.")

log = structlog.get_logger(__name__)


class Sender(Protocol):
    """Sends messages to the broker."""

    async def send(self, messages: Sequence[Message]) -> list[bool]:
        """Send messages and return, for each, whether the broker acknowledged it."""
        ...


class Relay:
    """Sends messages, those that were handed over first, and marks them as sent."""

    def __init__(self, outbox: Outbox, sender: Sender) -> None:
        self._outbox = outbox
        self._sender = sender
        self._queue: deque[Publication] = deque()
        self._wake = asyncio.Event()

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
            self._wake.clear()
            while self._queue:
                await self._run_once()

    async def _run_once(self) -> None:
        size = min(BATCH, len(self._queue))
        publications = [self._queue.popleft() for _ in range(size)]
        try:
            await self.send(publications)
        except PyMongoError as error:
            if not is_temporary(error):
                raise
            # They may or may not have been sent. The sweeper finds them when the database is back.
            log.warning("left to the sweeper", messages=len(publications), error=repr(error))

    async def sweep(self) -> None:
        """Send messages without a valid lease until there are none left or sending fails."""
        while await self._sweep_once():
            pass

    async def _sweep_once(self) -> bool:
        publications = await self._outbox.lease_unsent(BATCH)
        UNSENT.set(await self._outbox.count_unsent())
        if not publications:
            return False
        return await self.send(publications) and len(publications) == BATCH

    async def send(self, publications: Sequence[Publication]) -> bool:
        """Send messages, store the results, and return whether all were acknowledged."""
        acknowledged = await self._sender.send([item.message for item in publications])
        results = list(zip(publications, acknowledged, strict=True))
        sent = [publication for publication, success in results if success]
        failed = [publication for publication, success in results if not success]
        BROKER_UP.set(0 if failed else 1)
        if sent:
            await self._outbox.mark_sent(sent)
            for publication in sent:
                SENT.labels(publication.message.topic).inc()
        if failed:
            FAILED.inc(len(failed))
            await self._outbox.postpone(failed, _delay(failed))
        return not failed

    async def drain(self, seconds: float) -> None:
        """Send queued messages within a time limit. The rest stays in the outbox."""
        try:
            async with asyncio.timeout(seconds):
                while self._queue:
                    await self._run_once()
        except TimeoutError:
            log.warning("left in the outbox", messages=len(self._queue))


def _delay(publications: Sequence[Publication]) -> timedelta:
    attempts = min(publication.attempts for publication in publications)
    return min(timedelta(seconds=0.5 * 2 ** min(attempts, 10)), _MAX_DELAY)
