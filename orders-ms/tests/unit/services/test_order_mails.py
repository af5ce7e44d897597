"""Each decision about an order is mailed once, in the transaction that stores it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from orders.dependencies import Services
from orders.errors import ConflictingOutcomeError, NotCancellableError
from orders.models.order import Order
from shopkit.contract.events import OrderStatusUpdate
from shopkit.messaging.envelope import Delivery
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import an_id, delivery, state
from shopkit.testing.proofs import identity_of

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

OWNER = identity_of("aaa@aaa.com")


def outcome(order: Order, status: str, **more: Any) -> Delivery[OrderStatusUpdate]:
    return delivery(
        OrderStatusUpdate.model_validate({"order_id": order.id, "status": status, **more})
    )


@pytest.fixture(autouse=True)
async def _shelf(know: Know) -> None:
    await know(state(1, quantity=1_000), state(2, quantity=1_000))


async def test_a_new_order_is_not_mailed(place: Place, transactions: FakeTransactions) -> None:
    await place({1: 1})

    assert transactions.mails == []


async def test_an_accepted_order_is_mailed_with_its_lines_and_total(
    services: Services, place: Place, transactions: FakeTransactions
) -> None:
    # Given
    order = await place({1: 2, 2: 1})
    # When
    await services.orders.settle([outcome(order, "ACCEPTED")])
    # Then
    [mail] = transactions.mails
    assert (mail.cause, mail.template) == (f"order/{order.id}/ACCEPTED", "order-accepted")
    assert mail.recipient == "aaa@aaa.com"
    assert mail.data == {
        "order_id": order.id,
        "number": order.number,
        "lines": [
            {
                "name": line.name,
                "quantity": line.quantity,
                "price_cents": line.price_cents,
                "reason": None,
            }
            for line in order.lines
        ],
        "delivery": {
            "name": "Collection in the shop",
            "fee_cents": 0,
            "collection": True,
            "address": [],
        },
        "total_cents": order.cost_cents,
        "pay_on_collection": True,
        "pay_by_card": False,
        "due_on": "18 May 2026",
        "transfer": None,
        "refund_cents": 0,
        "reason": None,
    }


async def test_a_rejected_order_is_mailed_with_the_reason_of_each_line(
    services: Services, place: Place, transactions: FakeTransactions
) -> None:
    # Given
    order = await place({1: 2, 2: 1})
    # When
    reasons = [{"product_id": an_id(2), "reason": "None left."}]
    await services.orders.settle(
        [outcome(order, "REJECTED", reason="There is not enough stock.", lines=reasons)]
    )
    # Then
    [mail] = transactions.mails
    assert (mail.cause, mail.template) == (f"order/{order.id}/REJECTED", "order-rejected")
    assert mail.data["reason"] == "There is not enough stock."
    assert [line["reason"] for line in mail.data["lines"]] == [None, "None left."]


async def test_a_cancellation_is_mailed_when_it_is_made_and_not_when_it_is_confirmed(
    services: Services, place: Place, transactions: FakeTransactions
) -> None:
    # Given
    order = await place({1: 2})
    # When
    await services.orders.cancel(order.id, OWNER)
    await services.orders.settle([outcome(order, "CANCELLED")])
    # Then
    assert [(mail.cause, mail.template) for mail in transactions.mails] == [
        (f"order/{order.id}/CANCELLED", "order-cancelled")
    ]


async def test_repeated_and_refused_changes_are_not_mailed(
    services: Services, place: Place, transactions: FakeTransactions
) -> None:
    # Given
    order = await place({1: 2})
    await services.orders.settle([outcome(order, "REJECTED")])
    transactions.mails.clear()
    # When
    await services.orders.settle([outcome(order, "REJECTED")])
    with pytest.raises(NotCancellableError):
        await services.orders.cancel(order.id, OWNER)
    with pytest.raises(ConflictingOutcomeError):
        await services.orders.settle([outcome(order, "ACCEPTED")])
    # Then
    assert transactions.mails == []
