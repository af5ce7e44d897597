from typing import Any

import pytest
from pydantic import ValidationError

from shopkit.contract.events import OrderStatus
from shopkit.contract.internal import (
    PAGE,
    CancelOrders,
    ResendProducts,
    digest_orders,
    digest_products,
)
from shopkit.testing.deliveries import an_id, state


class TestBodies:
    def test_accept_their_limits_and_no_more(self) -> None:
        ids = [an_id(number) for number in range(PAGE + 1)]
        assert len(CancelOrders(ids=ids[:10]).ids) == 10
        with pytest.raises(ValidationError, match="at most 10 items"):
            CancelOrders(ids=ids[:11])
        with pytest.raises(ValidationError, match="at most 500 items"):
            ResendProducts.model_validate({"products": [{"id": id_, "version": 1} for id_ in ids]})


class TestDigests:
    def test_depend_on_every_field_of_a_product(self) -> None:
        changes: list[dict[str, Any]] = [
            {"name": "other"},
            {"price_cents": 1},
            {"quantity": 1},
            {"archived": True},
            {"version": 3},
        ]
        states = [state(1), state(2), *(state(1, **change) for change in changes)]
        assert len({digest_products([state]) for state in states}) == len(states)
        assert digest_products([state(1), state(2)]) != digest_products([state(1)])

    def test_depend_on_ids_and_statuses_of_orders(self) -> None:
        accepted, rejected = OrderStatus.ACCEPTED, OrderStatus.REJECTED
        orders = [[], [("a", accepted)], [("a", rejected)], [("b", accepted)]]
        assert len({digest_orders(some) for some in orders}) == 4
        assert digest_orders([("a", accepted)]) == digest_orders([("a", accepted)])
