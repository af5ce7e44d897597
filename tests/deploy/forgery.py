"""Forges the outcome of an order from the container of a service.

`python - ORDER_ID WHO` reads this file from standard input, and prints what the brokers replied.
WHO is `user` (of the service), `nobody` (no encryption, no user) or `stranger` (a wrong password).
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from shopkit.contract.events import OrderStatus, OrderStatusUpdate
from shopkit.messaging import envelope
from shopkit.settings import KafkaConnection, KafkaSettings
from shopkit.tracing.context import TraceContext

FORGERY = Path(__file__)
REFUSALS = {
    "user": "TopicAuthorizationFailedError",
    "nobody": "KafkaConnectionError",
    "stranger": "KafkaConnectionError",
}
"""What the brokers reply to each, if the service is orders-ms."""
SECONDS = 10


def connection_of(who: str) -> KafkaConnection:
    """Return the options with which to connect as someone."""
    settings = KafkaSettings(port=1)
    if who == "nobody":
        return {"bootstrap_servers": settings.kafka_bootstrap_servers}
    if who == "stranger":
        settings = settings.model_copy(update={"kafka_password": SecretStr("a guess")})
    return settings.kafka_connection


async def forge(order_id: str, who: str) -> str:
    """Send the outcome REJECTED for an order, and return what the brokers replied."""
    event = OrderStatusUpdate(order_id=order_id, status=OrderStatus.REJECTED)
    trace_context = TraceContext("forged", "")
    message = envelope.wrap(
        event, source="/products-ms", time=datetime.now(UTC), trace_context=trace_context
    )
    producer = AIOKafkaProducer(**connection_of(who), request_timeout_ms=3_000)
    try:
        async with asyncio.timeout(SECONDS):
            await producer.start()
            await producer.send_and_wait(
                message.topic,
                message.value,
                key=message.key.encode(),
                headers=envelope.headers(message),
            )
    except (KafkaError, TimeoutError) as error:
        return type(error).__name__
    finally:
        await producer.stop()
    return "written"


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(forge(*sys.argv[1:])))
