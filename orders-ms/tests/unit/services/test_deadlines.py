"""Reminders and cancellations of unpaid orders, with a fake clock. Leases need a real database."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from orders.dependencies import Services
from orders.models.order import Order
from orders.models.payment import PaymentState, ReceiptMethod
from orders.models.transitions import SHOP
from orders.services.desk import DeskRequest, ReceivedPayment
from shopkit.contract.events import OrderStatus, OrderStatusUpdate
from shopkit.identity import Role
from shopkit.messaging.envelope import Delivery
from shopkit.storage.job_leases import JobLeases
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import NOON, delivery, state
from shopkit.testing.proofs import identity_of

Know = Callable[..., Awaitable[None]]
Place = Callable[..., Awaitable[Order]]

OWNER = identity_of("aaa@aaa.com")
ADMIN = identity_of("admin@aaa.com", Role.ADMIN)


def accepted(order_id: str) -> Delivery[OrderStatusUpdate]:
    outcome = {"order_id": order_id, "status": OrderStatus.ACCEPTED}
    return delivery(OrderStatusUpdate.model_validate(outcome))


@pytest.fixture(autouse=True)
def _leases(monkeypatch: pytest.MonkeyPatch) -> None:
    async def acquire(_leases: JobLeases, _job: str, _duration: timedelta) -> bool:
        return True

    monkeypatch.setattr(JobLeases, "acquire", acquire)


@pytest.fixture
async def order(
    know: Know, place: Place, services: Services, transactions: FakeTransactions
) -> Order:
    """An order that was accepted at noon."""
    await know(state(1, quantity=1_000))
    order = await place({1: 2})
    await services.orders.settle([accepted(order.id)])
    transactions.mails.clear()
    return await services.orders.get(order.id, OWNER)


async def test_reminds_once_two_days_before_the_deadline(
    services: Services, order: Order, clock: FakeClock, transactions: FakeTransactions
) -> None:
    # Given
    clock.now = NOON + timedelta(days=12, milliseconds=-1)
    await services.deadlines.act()
    assert transactions.mails == []
    # When
    clock.advance(milliseconds=1)
    await services.deadlines.act()
    await services.deadlines.act()
    # Then
    [mail] = transactions.mails
    assert (mail.cause, mail.template) == (f"order/{order.id}/reminder", "payment-reminder")
    assert mail.data["due_on"] == "18 May 2026"
    after = await services.orders.get(order.id, OWNER)
    assert after.status is OrderStatus.ACCEPTED
    assert [entry.action for entry in after.timeline] == ["remind"]
    assert transactions.published == []


async def test_cancels_half_a_minute_after_the_deadline_and_not_before(
    services: Services, order: Order, clock: FakeClock, transactions: FakeTransactions
) -> None:
    # Given
    clock.now = NOON + timedelta(days=12)
    await services.deadlines.act()
    transactions.mails.clear()
    clock.now = NOON + timedelta(days=14, seconds=29)
    await services.deadlines.act()
    assert (await services.orders.get(order.id, OWNER)).status is OrderStatus.ACCEPTED
    assert transactions.published == []
    # When
    clock.advance(seconds=1)
    await services.deadlines.act()
    await services.deadlines.act()
    # Then
    after = await services.orders.get(order.id, OWNER)
    assert (after.status, after.reason) == (
        OrderStatus.CANCELLED,
        "The order was not paid in time.",
    )
    assert after.payment.state is PaymentState.NONE
    assert after.timeline[-1] == (clock.now, SHOP, "expire", "")
    assert transactions.published_ids == [f"OrderCancel/{order.id}"]
    assert [mail.template for mail in transactions.mails] == ["order-cancelled"]


async def test_a_shop_that_was_down_cancels_without_a_reminder(
    services: Services, order: Order, clock: FakeClock, transactions: FakeTransactions
) -> None:
    clock.now = NOON + timedelta(days=20)
    await services.deadlines.act()

    assert (await services.orders.get(order.id, OWNER)).status is OrderStatus.CANCELLED
    assert [mail.template for mail in transactions.mails] == ["order-cancelled"]


async def test_leaves_paid_and_cancelled_orders_alone(
    services: Services,
    order: Order,
    place: Place,
    clock: FakeClock,
    transactions: FakeTransactions,
) -> None:
    # Given
    cancelled = await place({1: 1})
    await services.orders.settle([accepted(cancelled.id)])
    await services.orders.cancel(cancelled.id, OWNER)
    request = DeskRequest(order.id, ADMIN, None, "")
    await services.desk.record_payment(request, ReceivedPayment(200, ReceiptMethod.CASH, ""))
    transactions.mails.clear()
    transactions.published.clear()
    # When
    clock.now = NOON + timedelta(days=20)
    await services.deadlines.act()
    # Then
    assert (await services.orders.get(order.id, OWNER)).status is OrderStatus.ACCEPTED
    assert (transactions.mails, transactions.published) == ([], [])
