"""The spans of events: one where an event is sent, one where it is applied."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from opentelemetry.trace import SpanKind

from shopkit.contract.events import Delivery, Event, Message
from shopkit.tracing import spans


def sending(message: Message) -> spans.Span:
    """Return the sending of a message; what is made of the message follows from it."""
    attributes = _attributes("send", message.topic, message.id, message.type)
    return spans.span(SpanKind.PRODUCER, f"send {message.topic}", message.origin, attributes)


@contextmanager
def applying(deliveries: Sequence[Delivery[Event]]) -> Iterator[Sequence[Delivery[Event]]]:
    """Yield events with the origins of what they lead to, while they are applied.

    Each is a span, though all are applied at once: so the trace of an order is whole, where one
    span for the batch could be part of one trace only, and link to the others.
    """
    if not spans.on():
        yield deliveries
        return
    with ExitStack() as stack:
        begun = [stack.enter_context(_applying(one, len(deliveries))) for one in deliveries]
        pairs = zip(deliveries, begun, strict=True)
        yield [replace(delivery, origin=span.origin) for delivery, span in pairs]


def _applying(delivery: Delivery[Event], count: int) -> spans.Span:
    event = delivery.event
    attributes = _attributes("process", event.topic, event.id, event.type)
    attributes["messaging.batch.message_count"] = count
    return spans.span(SpanKind.CONSUMER, f"process {event.topic}", delivery.origin, attributes)


def _attributes(operation: str, topic: str, event_id: str, kind: str) -> dict[str, str | int]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
        "messaging.message.id": event_id,
        "cloudevents.event_type": kind,
    }
