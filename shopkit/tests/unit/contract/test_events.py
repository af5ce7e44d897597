from collections.abc import Iterator
from typing import Any, get_args

import annotated_types
import bson
import pytest
from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic.fields import FieldInfo

from shopkit.contract.events import (
    EVENTS,
    OrderLine,
    OrderSnapshot,
    OrderStatusUpdate,
    ProductState,
)
from shopkit.messaging.envelope import Event
from shopkit.testing.deliveries import EVENT_EXAMPLES, ORDER_LINE, an_id, state


def _numbers(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the fields of a model, and of the models in it, that are integers."""
    for name, field in model.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if kind is int:
                yield f"{model.__name__}.{name}", field
            elif isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _numbers(kind)


def _has_limit(field: FieldInfo) -> bool:
    return any(isinstance(rule, (annotated_types.Le, AfterValidator)) for rule in field.metadata)


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
            {"version": 10**15 + 1},
            {"version": 2**63},
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

    def test_the_numbers_of_an_order_fit_into_the_database(self) -> None:
        line = ORDER_LINE.model_dump()
        for quantity in (0, 10**15 + 1, 2**63):
            with pytest.raises(ValidationError):
                OrderLine(**line | {"quantity": quantity})
        most = OrderLine(**line | {"quantity": 10**15})
        order = OrderSnapshot(id=an_id(9), lines=(most,) * 50)
        assert bson.encode({"total": sum(line.quantity for line in order.lines)})

    @pytest.mark.parametrize("event_type", EVENTS)
    def test_every_number_of_an_event_has_a_limit(self, event_type: type[Event]) -> None:
        # A number that does not fit into the database would look like a fault of the release, and
        # pause the consumer.
        unlimited = [name for name, field in _numbers(event_type) if not _has_limit(field)]
        assert unlimited == []

    def test_an_outcome_is_never_pending(self) -> None:
        with pytest.raises(ValidationError):
            OrderStatusUpdate(order_id=an_id(9), status="PENDING")
