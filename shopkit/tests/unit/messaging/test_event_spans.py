from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from shopkit.contract.events import OrderCancel
from shopkit.messaging.envelope import Delivery, wrap
from shopkit.messaging.event_spans import applying, start_send
from shopkit.testing.collector import recorded
from shopkit.testing.deliveries import NOON, an_id
from shopkit.tracing.context import TraceContext


def trace_context(number: int) -> TraceContext:
    return TraceContext(f"request-{number}", f"00-{number:032x}-{number:016x}-01")


def delivery(number: int) -> Delivery[OrderCancel]:
    return Delivery(OrderCancel(order_id=an_id(number)), trace_context(number), NOON)


MESSAGE = wrap(
    OrderCancel(order_id=an_id(1)), source="orders-ms", time=NOON, trace_context=trace_context(1)
)


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    with recorded() as exporter:
        yield exporter


class TestStartSend:
    def test_is_the_parent_of_the_event(self, exported: InMemorySpanExporter) -> None:
        # When
        with start_send(MESSAGE) as span:
            pass
        # Then
        (done,) = exported.get_finished_spans()
        assert (done.name, done.kind) == ("send shop.orders", SpanKind.PRODUCER)
        assert done.parent
        assert (done.parent.trace_id, done.parent.span_id) == (1, 1)
        assert done.context
        own = f"00-{1:032x}-{done.context.span_id:016x}-01"
        assert span.trace_context == TraceContext("request-1", own)
        assert done.attributes == {
            "messaging.system": "kafka",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.destination.name": "shop.orders",
            "messaging.message.id": f"OrderCancel/{an_id(1)}",
            "cloudevents.event_type": "OrderCancel",
        }


class TestApplying:
    def test_each_event_of_a_batch_has_a_span_in_its_trace(
        self, exported: InMemorySpanExporter
    ) -> None:
        # When
        with applying([delivery(1), delivery(2)]) as applied:
            pass
        # Then
        spans = sorted(exported.get_finished_spans(), key=lambda span: span.context.trace_id)
        assert [span.name for span in spans] == ["process shop.orders"] * 2
        assert [(span.parent.trace_id, span.parent.span_id) for span in spans if span.parent] == [
            (1, 1),
            (2, 2),
        ]
        own = [f"00-{n:032x}-{s.context.span_id:016x}-01" for n, s in enumerate(spans, 1)]
        assert [received.trace_context for received in applied] == [
            TraceContext("request-1", own[0]),
            TraceContext("request-2", own[1]),
        ]
        assert [received.event for received in applied] == [delivery(1).event, delivery(2).event]
        assert spans[0].attributes
        assert spans[0].attributes["messaging.batch.message_count"] == 2

    def test_marks_all_spans_as_failed_if_the_batch_fails(
        self, exported: InMemorySpanExporter
    ) -> None:
        with pytest.raises(ZeroDivisionError), applying([delivery(1), delivery(2)]):
            raise ZeroDivisionError
        codes = [span.status.status_code for span in exported.get_finished_spans()]
        assert codes == [StatusCode.ERROR] * 2

    def test_does_not_change_events_if_traces_are_off(self) -> None:
        deliveries = [delivery(1), delivery(2)]
        with applying(deliveries) as applied:
            assert applied is deliveries
