from datetime import UTC, datetime

import pytest

from shopkit.contract.events import (
    EVENTS,
    OrderStatus,
    OrderStatusUpdate,
)
from shopkit.messaging.envelope import (
    Event,
    UndecodableError,
    decode,
    headers,
    read_trace_context,
    type_name,
    wrap,
)
from shopkit.storage.unit_of_work import Message
from shopkit.testing.deliveries import EVENT_EXAMPLES, NOON, TRACE_CONTEXT, an_id
from shopkit.tracing.context import TraceContext

TYPES = {type_name(event_type): event_type for event_type in EVENTS}


def message(event: Event) -> Message:
    return wrap(event, source="products-ms", time=NOON, trace_context=TRACE_CONTEXT)


class TestWrap:
    def test_serializes_the_event_as_json(self) -> None:
        assert message(EVENT_EXAMPLES[4]).value == (
            b'{"type":"OrderCancel","schema_version":1,"order_id":"000000000000000000000009"}'
        )
        assert message(EVENT_EXAMPLES[2]).value == (
            b'{"type":"ProductsQuantityUpdate","schema_version":1,"products":[{"id":'
            b'"000000000000000000000001","name":"product 1","price_cents":100,"quantity":10,'
            b'"archived":false,"version":4}]}'
        )

    @pytest.mark.parametrize("event", EVENT_EXAMPLES)
    def test_gives_the_same_bytes_for_the_same_event(self, event: Event) -> None:
        again = type(event).model_validate_json(event.model_dump_json())
        assert message(event) == message(again)

    def test_leaves_out_missing_fields(self) -> None:
        accepted = OrderStatusUpdate(order_id=an_id(9), status=OrderStatus.ACCEPTED)
        assert b"reason" not in message(accepted).value

    def test_headers_contain_the_cloud_events_attributes(self) -> None:
        assert headers(message(EVENT_EXAMPLES[4])) == [
            ("ce_specversion", b"1.0"),
            ("ce_id", f"OrderCancel/{an_id(9)}".encode()),
            ("ce_type", b"OrderCancel"),
            ("ce_source", b"/products-ms"),
            ("ce_subject", an_id(9).encode()),
            ("ce_time", b"2026-05-04T12:00:00.000Z"),
            ("ce_requestid", b"request-1"),
            ("ce_traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            ("content-type", b"application/json"),
        ]

    def test_headers_leave_out_an_empty_trace_context(self) -> None:
        seeded = wrap(
            EVENT_EXAMPLES[4], source="orders-ms", time=NOON, trace_context=TraceContext("", "")
        )
        names = [name for name, _ in headers(seeded)]
        assert "ce_requestid" not in names
        assert "ce_traceparent" not in names


class TestDecode:
    @pytest.mark.parametrize("event", EVENT_EXAMPLES)
    def test_decodes_what_was_sent(self, event: Event) -> None:
        sent = message(event)
        delivery = decode(TYPES, headers(sent), sent.value)
        assert (delivery.event, delivery.trace_context, delivery.time) == (
            event,
            TRACE_CONTEXT,
            NOON,
        )

    def test_keeps_milliseconds(self) -> None:
        # Given
        time = datetime(2026, 5, 4, 12, 0, 0, 123_000, tzinfo=UTC)
        sent = wrap(EVENT_EXAMPLES[4], source="orders-ms", time=time, trace_context=TRACE_CONTEXT)
        # When / Then
        assert decode(TYPES, headers(sent), sent.value).time == time

    def test_ignores_unknown_fields_and_headers(self) -> None:
        # Given
        sent = message(EVENT_EXAMPLES[4])
        value = sent.value.replace(b'"order_id"', b'"later": {"a": [1]}, "order_id"')
        # When
        delivery = decode(TYPES, [*headers(sent), ("ce_later", b"1")], value)
        # Then
        assert delivery.event == EVENT_EXAMPLES[4]

    def test_accepts_a_missing_trace_context(self) -> None:
        known = [pair for pair in headers(message(EVENT_EXAMPLES[4])) if "request" not in pair[0]]
        known = [pair for pair in known if "trace" not in pair[0]]
        assert decode(TYPES, known, message(EVENT_EXAMPLES[4]).value).trace_context == TraceContext(
            "", ""
        )

    @pytest.mark.parametrize(
        ("request_id", "traceparent"),
        [(b"x" * 129, b"00-0-0-01"), (b"a b\n", b""), (b"\xc3\xa9", b"\xc3\xa9")],
    )
    def test_ignores_an_invalid_trace_context(self, request_id: bytes, traceparent: bytes) -> None:
        sent = message(EVENT_EXAMPLES[4])
        changed = {"ce_requestid": request_id, "ce_traceparent": traceparent}
        received = (dict(headers(sent)) | changed).items()
        assert decode(TYPES, received, sent.value).trace_context == TraceContext("", "")

    @pytest.mark.parametrize(
        ("changed", "value"),
        [
            ({"ce_type": None}, None),
            ({"ce_type": b"OrderDelete"}, None),
            ({"ce_type": b""}, None),
            ({"ce_type": b"\xff"}, None),
            ({"ce_time": None}, None),
            ({"ce_time": b"noon"}, None),
            ({"ce_source": b"\xff\xfe"}, None),
            ({"ce_type": b"OrderCreate"}, None),
            ({}, b""),
            ({}, b"null"),
            ({}, b"[]"),
            ({}, b'"text"'),
            ({}, b"{"),
            ({}, b"\xff\xfe\x00"),
            ({}, b"{}"),
            ({}, b'{"type":"OrderCancel","order_id":"x"}'),
            ({}, b'{"type":"OrderCancel","order_id":7}'),
            ({}, b'{"type":"OrderCreate","order_id":"000000000000000000000009"}'),
            ({}, b'{"schema_version":2,"order_id":"000000000000000000000009"}'),
            ({}, b"[" * 100_000),
        ],
    )
    def test_refuses_what_violates_the_contract(
        self, changed: dict[str, bytes | None], value: bytes | None
    ) -> None:
        # Given
        sent = message(EVENT_EXAMPLES[4])
        changed_headers = dict(headers(sent)) | changed
        received = [pair for pair in changed_headers.items() if pair[1] is not None]
        # When / Then
        with pytest.raises(UndecodableError):
            decode(TYPES, received, sent.value if value is None else value)

    def test_refuses_a_tombstone(self) -> None:
        with pytest.raises(UndecodableError):
            decode(TYPES, headers(message(EVENT_EXAMPLES[4])), None)

    @pytest.mark.parametrize(
        ("changed", "value", "reason"),
        [
            ({}, b"{}", "The event is invalid. order_id: This value is required."),
            ({}, b"{", "The event is invalid. This is not valid JSON."),
            (
                {},
                b'{"schema_version": 2, "order_id": "x"}',
                (
                    "The event is invalid. schema_version: Must be 1. "
                    "order_id: This value has the wrong format."
                ),
            ),
            ({"ce_time": b"noon"}, None, "The time of the event is not valid."),
            ({"ce_source": b"\xff"}, None, "A header of the message is not in UTF-8."),
            (
                {"ce_type": b"Strange"},
                None,
                "This service does not handle events of the type Strange.",
            ),
        ],
    )
    def test_gives_the_reason_in_sentences(
        self, changed: dict[str, bytes], value: bytes | None, reason: str
    ) -> None:
        # Given
        sent = message(EVENT_EXAMPLES[4])
        received = (dict(headers(sent)) | changed).items()
        # When
        with pytest.raises(UndecodableError) as raised:
            decode(TYPES, received, sent.value if value is None else value)
        # Then
        assert str(raised.value) == reason

    def test_refuses_a_message_without_headers(self) -> None:
        with pytest.raises(UndecodableError, match="The message has no header 'ce_type'"):
            decode(TYPES, [], message(EVENT_EXAMPLES[4]).value)

    def test_accepts_headers_without_a_value(self) -> None:
        sent = message(EVENT_EXAMPLES[4])
        with pytest.raises(UndecodableError):
            decode(TYPES, [("ce_type", None)], sent.value)
        assert (
            decode(TYPES, [*headers(sent), ("other", None)], sent.value).event == EVENT_EXAMPLES[4]
        )


class TestReadTraceContext:
    def test_reads_it_from_a_message_that_cannot_be_decoded(self) -> None:
        sent = headers(message(EVENT_EXAMPLES[4]))
        assert read_trace_context([*sent, ("ce_source", b"\xff"), ("ce_x", None)]) == TRACE_CONTEXT

    def test_is_empty_if_it_cannot_be_read(self) -> None:
        received = [("ce_requestid", b"\xff"), ("ce_traceparent", None)]
        assert read_trace_context(received) == TraceContext("", "")
