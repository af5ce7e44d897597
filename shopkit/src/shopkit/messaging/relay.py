"""The relay: carries the outbox to Kafka, at least once.

Writers hand their rows over in memory after the acknowledged commit, for speed; a sweeper finds
what a crash, a full queue or an absent broker left behind.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge
from pymongo.errors import PyMongoError

from shopkit.contract.events import Message
from shopkit.messaging.event_traces import sending
from shopkit.messaging.outbox import Outbox, Row
from shopkit.storage.mongo import is_temporary

BATCH = 500
QUEUE = 20_000
SEND_SECONDS = 10.0
_LONGEST_DELAY = timedelta(seconds=30)

SENT = Counter("outbox_sent_total", "Messages that Kafka has acknowledged.", ["topic"])
FAILED = Counter("outbox_send_failures_total", "Tries that Kafka has not acknowledged.")
UNSENT = Gauge("outbox_unsent", "Rows that wait to be sent, counted to 10,000.")
BROKER_UP = Gauge("broker_up", "1 where the last message was acknowledged, 0 where it was not.")

log = structlog.get_logger(__name__)


class Sender(Protocol):
    """What brings messages to the broker."""

    async def send(self, messages: Sequence[Message]) -> list[bool]:
        """Return for each message whether the broker has acknowledged it."""
        ...


class KafkaSender:
    """An idempotent producer that waits for all in-sync replicas, rebuilt after an error.

    It connects when there is something to send, so a service starts without a broker.
    """

    def __init__(self, bootstrap_servers: str, client_id: str) -> None:
        self._servers = bootstrap_servers
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None

    async def send(self, messages: Sequence[Message]) -> list[bool]:
        """Return for each message whether the broker has acknowledged it, within 10 s."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                producer = await self._connected()
                results = await asyncio.gather(
                    *(self._send_one(producer, message) for message in messages)
                )
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("broker away", error=repr(error))
            results = [False] * len(messages)
        if not all(results):
            # What a producer refuses once, such as an epoch that the broker forgot, it refuses
            # for ever; a new one starts from nothing.
            await self.close()
        return results

    async def close(self) -> None:
        """Leave the broker."""
        producer, self._producer = self._producer, None
        if producer:
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await producer.stop()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("producer did not stop", error=repr(error))

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._servers,
                client_id=self._client_id,
                enable_idempotence=True,
                acks="all",
                linger_ms=2,
                max_batch_size=256 * 1024,
                request_timeout_ms=5_000,
                retry_backoff_ms=100,
                metadata_max_age_ms=30_000,
            )
            self._producer = producer
            await producer.start()
        return self._producer

    async def _send_one(self, producer: AIOKafkaProducer, message: Message) -> bool:
        with sending(message) as span:
            try:
                acknowledged = await producer.send(
                    message.topic,
                    message.value,
                    key=message.key.encode(),
                    headers=replace(message, origin=span.origin).headers(),
                    timestamp_ms=int(message.time.timestamp() * 1000),
                )
                await acknowledged
            except KafkaError as error:
                span.failed(type(error).__name__)
                log.warning("not sent", event_id=message.id, topic=message.topic, error=repr(error))
                return False
        return True


class Relay:
    """Sends the outbox's rows, those handed over first, and marks them sent."""

    def __init__(self, outbox: Outbox, sender: Sender) -> None:
        self._outbox = outbox
        self._sender = sender
        self._queue: deque[Row] = deque()
        self._wake = asyncio.Event()

    def hand_over(self, rows: Sequence[Row]) -> None:
        """Have rows sent at once whose transaction is known to be committed.

        Where the queue is full they stay with the sweeper.
        """
        room = QUEUE - len(self._queue)
        self._queue.extend(rows[:room])
        self._wake.set()

    async def run(self) -> None:
        """Send what is handed over, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._run_once()

    async def _run_once(self) -> None:
        count = min(BATCH, len(self._queue))
        rows = [self._queue.popleft() for _ in range(count)]
        try:
            await self.send(rows)
        except PyMongoError as error:
            if not is_temporary(error):
                raise
            # Whether they were sent or not: the sweeper finds them once the database is back.
            log.warning("left to the sweeper", rows=len(rows), error=repr(error))

    async def sweep(self) -> None:
        """Send what nobody holds, a batch at a time, until there is no more or a send fails."""
        while await self._sweep_once():
            pass

    async def _sweep_once(self) -> bool:
        rows = await self._outbox.take_unsent(BATCH)
        UNSENT.set(await self._outbox.count_unsent())
        return bool(rows) and await self.send(rows) and len(rows) == BATCH

    async def send(self, rows: Sequence[Row]) -> bool:
        """Send rows and note what came of each; return whether all were acknowledged."""
        acknowledged = await self._sender.send([row.message for row in rows])
        pairs = list(zip(rows, acknowledged, strict=True))
        sent = [row for row, done in pairs if done]
        failed = [row for row, done in pairs if not done]
        BROKER_UP.set(0 if failed else 1)
        if sent:
            await self._outbox.mark_sent(sent)
            for row in sent:
                SENT.labels(row.message.topic).inc()
        if failed:
            FAILED.inc(len(failed))
            await self._outbox.postpone(failed, _delay(failed))
        return not failed

    async def drain(self, seconds: float) -> None:
        """Send what has been handed over, for at most so long; the rest stays in the outbox."""
        try:
            async with asyncio.timeout(seconds):
                while self._queue:
                    await self._run_once()
        except TimeoutError:
            log.warning("left in the outbox", rows=len(self._queue))


def _delay(rows: Sequence[Row]) -> timedelta:
    attempts = min(row.attempts for row in rows)
    return min(timedelta(seconds=0.5 * 2 ** min(attempts, 10)), _LONGEST_DELAY)
