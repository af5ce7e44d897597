from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shopkit.contract.events import (
    BY_TYPE,
    EVENTS,
    LineReason,
    OrderCancel,
    OrderCreate,
    OrderLine,
    OrderSnapshot,
    OrderStatus,
    OrderStatusUpdate,
    ProductCreate,
    ProductsQuantityUpdate,
    ProductState,
    ProductUpdate,
)
from shopkit.messaging.envelope import Event, UndecodableError, decode
from shopkit.storage.unit_of_work import Message
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id, state
from shopkit.tracing.context import TraceContext

LINE = OrderLine(product_id=an_id(1), name="spoon", price_cents=599, quantity=2)
EACH: list[Event] = [
    ProductCreate(product=state(1, version=2)),
    ProductUpdate(product=state(1, version=3)),
    ProductsQuantityUpdate(products=(state(1, version=4),)),
    OrderCreate(order=OrderSnapshot(id=an_id(9), lines=(LINE,))),
    OrderCancel(order_id=an_id(9)),
    OrderStatusUpdate(
        order_id=an_id(9),
        status=OrderStatus.REJECTED,
        reason="Not everything in it could be had.",
        lines=(LineReason(product_id=an_id(1), reason="None left."),),
    ),
]


def message(event: Event) -> Message:
    return Message.of(event, source="products-ms", time=NOON, trace_context=TRACE_CONTEXT)


class TestEvent:
    def test_there_are_six(self) -> None:
        assert [type(event) for event in EACH] == list(EVENTS)
        assert list(BY_TYPE) == [event.type for event in EACH]

    @pytest.mark.parametrize(
        ("event", "topic", "key", "id_"),
        [
            (EACH[0], "shop.products", an_id(1), f"ProductCreate/{an_id(1)}/2"),
            (EACH[1], "shop.products", an_id(1), f"ProductUpdate/{an_id(1)}/3"),
            (EACH[2], "shop.products", an_id(1), f"ProductsQuantityUpdate/{an_id(1)}/4"),
            (EACH[3], "shop.orders", an_id(9), f"OrderCreate/{an_id(9)}"),
            (EACH[4], "shop.orders", an_id(9), f"OrderCancel/{an_id(9)}"),
            (EACH[5], "shop.order-status", an_id(9), f"OrderStatusUpdate/{an_id(9)}/REJECTED"),
        ],
    )
    def test_topic_key_and_id_derive_from_what_happened(
        self, event: Event, topic: str, key: str, id_: str
    ) -> None:
        assert (event.topic, event.key, event.id) == (topic, key, id_)

    @pytest.mark.parametrize("event", EACH[:3])
    def test_a_products_event_carries_it_whole(self, event: Any) -> None:
        assert isinstance(event.state, ProductState)
        assert event.state.model_dump() == state(1, version=event.state.version).model_dump()

    def test_can_not_be_changed(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            LINE.quantity = 3  # type: ignore[misc]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"id": an_id(1).upper() + "F"},
            {"id": "short"},
            {"id": "F" * 24},
            {"price_cents": -1},
            {"price_cents": 100_000_001},
            {"quantity": -1},
            {"quantity": 1_000_000_001},
            {"version": 0},
        ],
    )
    def test_a_state_is_within_bounds(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            state(1, **wrong)

    def test_an_order_has_1_to_50_lines(self) -> None:
        assert len(OrderSnapshot(id=an_id(9), lines=(LINE,) * 50).lines) == 50
        for count in (0, 51):
            with pytest.raises(ValidationError):
                OrderSnapshot(id=an_id(9), lines=(LINE,) * count)

    def test_no_order_is_told_to_be_pending(self) -> None:
        with pytest.raises(ValidationError):
            OrderStatusUpdate(order_id=an_id(9), status="PENDING")


class TestMessage:
    def test_has_these_bytes(self) -> None:
        assert message(EACH[4]).value == (
            b'{"type":"OrderCancel","schema_version":1,"order_id":"000000000000000000000009"}'
        )
        assert message(EACH[2]).value == (
            b'{"type":"ProductsQuantityUpdate","schema_version":1,"products":[{"id":'
            b'"000000000000000000000001","name":"product 1","price_cents":100,"quantity":10,'
            b'"archived":false,"version":4}]}'
        )

    @pytest.mark.parametrize("event", EACH)
    def test_has_the_same_bytes_each_time(self, event: Event) -> None:
        again = type(event).model_validate_json(event.model_dump_json())
        assert message(event) == message(again)

    def test_says_nothing_of_what_is_not_there(self) -> None:
        accepted = OrderStatusUpdate(order_id=an_id(9), status=OrderStatus.ACCEPTED)
        assert b"reason" not in message(accepted).value

    def test_has_cloud_events_attributes_as_headers(self) -> None:
        assert message(EACH[4]).headers() == [
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

    def test_leaves_out_an_origin_that_is_not_known(self) -> None:
        seeded = Message.of(
            EACH[4], source="orders-ms", time=NOON, trace_context=TraceContext("", "")
        )
        names = [name for name, _ in seeded.headers()]
        assert "ce_requestid" not in names
        assert "ce_traceparent" not in names


class TestDecode:
    @pytest.mark.parametrize("event", EACH)
    def test_gives_back_what_was_sent(self, event: Event) -> None:
        sent = message(event)
        delivery = decode(sent.headers(), sent.value)
        assert (delivery.event, delivery.trace_context, delivery.time) == (
            event,
            TRACE_CONTEXT,
            NOON,
        )

    def test_keeps_milliseconds(self) -> None:
        # Given
        time = datetime(2026, 5, 4, 12, 0, 0, 123_000, tzinfo=UTC)
        sent = Message.of(EACH[4], source="orders-ms", time=time, trace_context=TRACE_CONTEXT)
        # When / Then
        assert decode(sent.headers(), sent.value).time == time

    def test_passes_over_fields_and_headers_that_it_does_not_know(self) -> None:
        # Given
        sent = message(EACH[4])
        value = sent.value.replace(b'"order_id"', b'"later": {"a": [1]}, "order_id"')
        # When
        delivery = decode([*sent.headers(), ("ce_later", b"1")], value)
        # Then
        assert delivery.event == EACH[4]

    def test_bears_that_the_origin_is_missing(self) -> None:
        headers = [pair for pair in message(EACH[4]).headers() if "request" not in pair[0]]
        headers = [pair for pair in headers if "trace" not in pair[0]]
        assert decode(headers, message(EACH[4]).value).trace_context == TraceContext("", "")

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
    def test_refuses_what_the_contract_does_not_say(
        self, changed: dict[str, bytes | None], value: bytes | None
    ) -> None:
        # Given
        sent = message(EACH[4])
        headers = dict(sent.headers()) | changed
        given = [(name, text) for name, text in headers.items() if text is not None]
        # When / Then
        with pytest.raises(UndecodableError):
            decode(given, sent.value if value is None else value)

    def test_a_tombstone_is_no_event(self) -> None:
        with pytest.raises(UndecodableError):
            decode(message(EACH[4]).headers(), None)

    def test_a_message_without_headers_is_none(self) -> None:
        with pytest.raises(UndecodableError, match="unknown or missing: 'ce_type'"):
            decode([], message(EACH[4]).value)

    def test_a_header_may_have_no_value_as_kafka_allows(self) -> None:
        sent = message(EACH[4])
        with pytest.raises(UndecodableError):
            decode([("ce_type", None)], sent.value)
        assert decode([*sent.headers(), ("other", None)], sent.value).event == EACH[4]
