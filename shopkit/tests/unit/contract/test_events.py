from typing import Any

import pytest
from pydantic import ValidationError

from shopkit.contract.events import (
    EVENTS,
    OrderSnapshot,
    OrderStatusUpdate,
    ProductState,
)
from shopkit.messaging.envelope import Event
from shopkit.testing.deliveries import EVENT_EXAMPLES, ORDER_LINE, an_id, state


class TestEvent:
    def test_the_contract_has_six_events(self) -> None:
        assert [type(event) for event in EVENT_EXAMPLES] == list(EVENTS)

    @pytest.mark.parametrize(
        ("event", "topic", "key", "id_"),
        [
            (EVENT_EXAMPLES[0], "shop.products", an_id(1), f"ProductCreate/{an_id(1)}/2"),
            (EVENT_EXAMPLES[1], "shop.products", an_id(1), f"ProductUpdate/{an_id(1)}/3"),
            (EVENT_EXAMPLES[2], "shop.products", an_id(1), f"ProductsQuantityUpdate/{an_id(1)}/4"),
            (EVENT_EXAMPLES[3], "shop.orders", an_id(9), f"OrderCreate/{an_id(9)}"),
            (EVENT_EXAMPLES[4], "shop.orders", an_id(9), f"OrderCancel/{an_id(9)}"),
            (
                EVENT_EXAMPLES[5],
                "shop.order-status",
                an_id(9),
                f"OrderStatusUpdate/{an_id(9)}/REJECTED",
            ),
        ],
    )
    def test_topic_key_and_id_are_derived_from_the_event(
        self, event: Event, topic: str, key: str, id_: str
    ) -> None:
        assert (event.topic, event.key, event.id) == (topic, key, id_)

    @pytest.mark.parametrize("event", EVENT_EXAMPLES[:3])
    def test_product_events_contain_the_whole_product(self, event: Any) -> None:
        assert isinstance(event.state, ProductState)
        assert event.state.model_dump() == state(1, version=event.state.version).model_dump()

    def test_is_immutable(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            ORDER_LINE.quantity = 3  # type: ignore[misc]

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
    def test_refuses_a_state_outside_the_limits(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            state(1, **wrong)

    def test_an_order_has_1_to_50_lines(self) -> None:
        assert len(OrderSnapshot(id=an_id(9), lines=(ORDER_LINE,) * 50).lines) == 50
        for count in (0, 51):
            with pytest.raises(ValidationError):
                OrderSnapshot(id=an_id(9), lines=(ORDER_LINE,) * count)

    def test_an_outcome_is_never_pending(self) -> None:
        with pytest.raises(ValidationError):
            OrderStatusUpdate(order_id=an_id(9), status="PENDING")
