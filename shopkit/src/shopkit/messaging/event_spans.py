"""Spans of events: one when an event is sent, and one when it is applied."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from opentelemetry.trace import SpanKind

from shopkit.messaging.envelope import Delivery, Event
from shopkit.storage.unit_of_work import Message
from shopkit.tracing import spans


def start_send(message: Message) -> spans.Span:
    """Start the span of sending a message."""
    attributes = _attributes("send", message.topic, message.id, message.type)
    name = f"send {message.topic}"
    return spans.start(SpanKind.PRODUCER, name, message.trace_context, attributes)


@contextmanager
def applying(deliveries: Sequence[Delivery[Event]]) -> Iterator[Sequence[Delivery[Event]]]:
    """Record a span for each event of a batch, and yield the events with their spans' contexts.

    A single span for the batch could belong to one trace only, and the traces of the other orders
    would be incomplete.
    """
    if not spans.enabled():
        yield deliveries
        return
    with ExitStack() as stack:
        traced = []
        for delivery in deliveries:
            span = stack.enter_context(_start_process(delivery, len(deliveries)))
            traced.append(replace(delivery, trace_context=span.trace_context))
        yield traced


def _start_process(delivery: Delivery[Event], batch_size: int) -> spans.Span:
    event = delivery.event
    attributes = _attributes("process", event.topic, event.id, event.type)
    attributes["messaging.batch.message_count"] = batch_size
    name = f"process {event.topic}"
    return spans.start(SpanKind.CONSUMER, name, delivery.trace_context, attributes)


def _attributes(operation: str, topic: str, event_id: str, event_type: str) -> dict[str, str | int]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
        "messaging.message.id": event_id,
        "cloudevents.event_type": event_type,
    }
