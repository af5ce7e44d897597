"""Every action in every state of an order, and what follows from it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from orders.errors import (
    LinesExceedOrderError,
    NotCancellableError,
    OrderStateError,
    RefundNotFoundError,
    RefundTooLargeError,
)
from orders.models import transitions
from orders.models.delivery import COLLECTION, OrderDelivery
from orders.models.fulfilment import (
    ClosedLine,
    Fulfilment,
    FulfilmentState,
    LinePart,
    Parcel,
    Shipment,
)
from orders.models.order import HistoryEntry, Line, Order, TimelineEntry
from orders.models.payment import (
    GRACE,
    Payment,
    PaymentMethod,
    PaymentState,
    PaymentTerms,
    Receipt,
    ReceiptMethod,
    Refund,
    RefundKind,
)
from orders.models.transitions import SHOP, Act, OrderAction
from orders.models.views import OrderView, views_of
from shopkit.contract.events import OrderStatus, OrderStatusUpdate
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

ACT = Act("admin@aaa.com", NOON + timedelta(hours=1), an_id(99))
PARCEL = OrderDelivery("parcel", "Parcel", 500, 3)
TERMS = PaymentTerms()
HISTORIES = {
    OrderStatus.PENDING: (OrderStatus.PENDING,),
    OrderStatus.ACCEPTED: (OrderStatus.PENDING, OrderStatus.ACCEPTED),
    OrderStatus.REJECTED: (OrderStatus.PENDING, OrderStatus.REJECTED),
    OrderStatus.CANCELLED: (OrderStatus.PENDING, OrderStatus.CANCELLED),
}
RECEIPT = Receipt(an_id(1), 2_500, ReceiptMethod.TRANSFER, "", NOON)
UNPAID_REFUND = Refund(an_id(2), RefundKind.ALLOWANCE, 100, "", NOON)
PAYMENTS = {
    PaymentState.NONE: Payment(),
    PaymentState.DUE: Payment(
        state=PaymentState.DUE,
        due_at=NOON,
        act_at=NOON,
        receipts=(RECEIPT._replace(amount_cents=500),),
        refunds=(UNPAID_REFUND,),
    ),
    PaymentState.PROCESSING: Payment(
        state=PaymentState.PROCESSING,
        receipts=(RECEIPT._replace(amount_cents=500),),
        refunds=(UNPAID_REFUND,),
    ),
    PaymentState.PAID: Payment(
        state=PaymentState.PAID, receipts=(RECEIPT,), refunds=(UNPAID_REFUND,)
    ),
    PaymentState.REFUNDED: Payment(
        state=PaymentState.REFUNDED,
        receipts=(RECEIPT,),
        refunds=(replace(UNPAID_REFUND, amount_cents=2_500, paid_at=NOON),),
    ),
}


def shipped(*parts: LinePart) -> Shipment:
    return Shipment(an_id(50), NOON, parts, "", "", "")


ALL, SOME = (LinePart(an_id(7), 2),), (LinePart(an_id(7), 1),)
FULFILMENTS = {
    FulfilmentState.OPEN: Fulfilment(),
    FulfilmentState.PARTLY_SHIPPED: Fulfilment(FulfilmentState.PARTLY_SHIPPED, (shipped(*SOME),)),
    FulfilmentState.SHIPPED: Fulfilment(FulfilmentState.SHIPPED, (shipped(*ALL),)),
    FulfilmentState.DELIVERED: Fulfilment(FulfilmentState.DELIVERED, (shipped(*ALL),)),
    FulfilmentState.COLLECTED: Fulfilment(FulfilmentState.COLLECTED),
}


def an_order(
    status: OrderStatus = OrderStatus.ACCEPTED,
    payment: PaymentState = PaymentState.NONE,
    fulfilment: FulfilmentState = FulfilmentState.OPEN,
    *,
    delivery: OrderDelivery = PARCEL,
    **more: Any,
) -> Order:
    """Return an order of two units at 10.00. Its delivery costs 5.00."""
    values: dict[str, Any] = {
        "payment": PAYMENTS[payment],
        "fulfilment": FULFILMENTS[fulfilment],
    } | more
    return Order(
        id=an_id(9),
        email="ann@shop.com",
        lines=(Line(an_id(7), "Chair", 1_000, 2),),
        history=tuple(HistoryEntry(step, NOON) for step in HISTORIES[status]),
        trace_context=TRACE_CONTEXT,
        number="7K3Q9ZDM",
        delivery=delivery,
        **values,
    )


ACTIONS: Mapping[OrderAction, Callable[[Order], Order]] = {
    OrderAction.CANCEL: lambda order: transitions.cancel(order, ACT),
    OrderAction.EXPIRE: lambda order: transitions.expire(order, ACT),
    OrderAction.REMIND: lambda order: transitions.remind(order, ACT),
    OrderAction.NOTE: lambda order: transitions.note(order, ACT, "Hello", resolve=False),
    OrderAction.PAYMENT: lambda order: transitions.record_payment(order, ACT, RECEIPT),
    OrderAction.REFUND: lambda order: transitions.request_refund(order, ACT, 1, "Scratched"),
    OrderAction.PAYOUT: lambda order: transitions.pay_out(order, ACT, UNPAID_REFUND.id, ""),
    OrderAction.SHIP: lambda order: transitions.ship(order, ACT, Parcel()),
    OrderAction.DELIVER: lambda order: transitions.deliver(order, ACT),
    OrderAction.COLLECT: lambda order: transitions.collect(order, ACT),
    OrderAction.CLOSE_LINES: lambda order: transitions.close_lines(order, ACT, SOME, "Broken"),
    OrderAction.PROCESS: lambda order: transitions.process(order, ACT),
    OrderAction.PAYMENT_FAILED: lambda order: transitions.fail_payment(order, ACT, TERMS),
    OrderAction.DISPUTE: lambda order: transitions.dispute(
        order, ACT, disputed=True, detail="du_1"
    ),
    OrderAction.PROBLEM: lambda order: transitions.report(order, ACT, "Something is wrong."),
}

P, A, R, C = OrderStatus.PENDING, OrderStatus.ACCEPTED, OrderStatus.REJECTED, OrderStatus.CANCELLED
NONE, DUE, PROCESSING, PAID, REFUNDED = (
    PaymentState.NONE,
    PaymentState.DUE,
    PaymentState.PROCESSING,
    PaymentState.PAID,
    PaymentState.REFUNDED,
)
OPEN, PARTLY, SHIPPED, DELIVERED = (
    FulfilmentState.OPEN,
    FulfilmentState.PARTLY_SHIPPED,
    FulfilmentState.SHIPPED,
    FulfilmentState.DELIVERED,
)
EVERY_PAYMENT, EVERY_FULFILMENT = set(PaymentState), set(FulfilmentState)
ALLOWED: Mapping[OrderAction, tuple[set[Any], set[Any], set[Any]]] = {
    OrderAction.CANCEL: ({P, A}, EVERY_PAYMENT, {OPEN}),
    OrderAction.EXPIRE: ({A}, {DUE}, {OPEN}),
    OrderAction.REMIND: ({A}, {DUE}, {OPEN}),
    OrderAction.NOTE: ({P, A, R, C}, EVERY_PAYMENT, EVERY_FULFILMENT),
    OrderAction.PAYMENT: ({A, R, C}, EVERY_PAYMENT, EVERY_FULFILMENT),
    OrderAction.REFUND: ({A, R, C}, {DUE, PAID}, EVERY_FULFILMENT),
    OrderAction.PAYOUT: ({A, R, C}, {DUE, PROCESSING, PAID}, EVERY_FULFILMENT),
    # An order with a total that nobody was asked to pay does not ship.
    OrderAction.SHIP: ({A}, {PAID}, {OPEN, PARTLY}),
    OrderAction.DELIVER: ({A}, {NONE, PAID, REFUNDED}, {SHIPPED}),
    OrderAction.COLLECT: (set(), set(), set()),
    OrderAction.CLOSE_LINES: ({A}, {NONE, DUE, PAID, REFUNDED}, {PARTLY}),
    OrderAction.PROCESS: ({A}, {DUE}, {OPEN}),
    OrderAction.PAYMENT_FAILED: ({A}, {PROCESSING}, {OPEN}),
    OrderAction.DISPUTE: ({P, A, R, C}, EVERY_PAYMENT, EVERY_FULFILMENT),
    OrderAction.PROBLEM: ({P, A, R, C}, EVERY_PAYMENT, EVERY_FULFILMENT),
}
"""What an order allows that is delivered to an address."""
OF_COLLECTIONS: Mapping[OrderAction, tuple[set[Any], set[Any], set[Any]]] = {
    **ALLOWED,
    OrderAction.SHIP: (set(), set(), set()),
    OrderAction.DELIVER: (set(), set(), set()),
    OrderAction.COLLECT: ({A}, {NONE, PAID}, {OPEN}),
    OrderAction.CLOSE_LINES: (set(), set(), set()),
}


@pytest.mark.parametrize("delivery", [PARCEL, COLLECTION], ids=["delivered", "collected"])
@pytest.mark.parametrize("action", OrderAction)
def test_each_action_is_allowed_exactly_where_the_table_says(
    action: OrderAction, delivery: OrderDelivery
) -> None:
    table = ALLOWED if delivery is PARCEL else OF_COLLECTIONS
    statuses, payments, fulfilments = table[action]
    tried = 0
    for status, payment, fulfilment in product(OrderStatus, PaymentState, FulfilmentState):
        order = an_order(status, payment, fulfilment, delivery=delivery)
        expected = status in statuses and payment in payments and fulfilment in fulfilments
        assert transitions.is_allowed(order, action) == expected, (status, payment, fulfilment)
        if expected:
            after = ACTIONS[action](order)
            assert after.version > order.version
            assert after.timeline[-1][:3] == (ACT.at, ACT.by, action)
        else:
            with pytest.raises((OrderStateError, NotCancellableError)):
                ACTIONS[action](order)
        tried += 1
    assert tried == 100


def test_the_actions_of_an_admin_are_those_that_are_allowed() -> None:
    assert transitions.allowed_actions(an_order(A, PAID)) == [
        OrderAction.CANCEL,
        OrderAction.NOTE,
        OrderAction.PAYMENT,
        OrderAction.REFUND,
        OrderAction.PAYOUT,
        OrderAction.SHIP,
    ]


@pytest.mark.parametrize(
    ("delivery", "fulfilment", "blocked"),
    [
        (PARCEL, OPEN, {OrderAction.SHIP, OrderAction.REFUND}),
        (PARCEL, PARTLY, {OrderAction.SHIP, OrderAction.REFUND, OrderAction.CLOSE_LINES}),
        (COLLECTION, OPEN, {OrderAction.COLLECT, OrderAction.REFUND}),
    ],
)
def test_a_dispute_blocks_shipping_and_refunds(
    delivery: OrderDelivery, fulfilment: FulfilmentState, blocked: set[OrderAction]
) -> None:
    order = an_order(A, PAID, fulfilment, delivery=delivery)
    disputed = transitions.dispute(order, ACT, disputed=True, detail="du_1")
    actions = set(transitions.allowed_actions(order))
    assert actions - set(transitions.allowed_actions(disputed)) == blocked
    over = transitions.dispute(disputed, ACT, disputed=False, detail="du_1")
    assert set(transitions.allowed_actions(over)) == actions


class TestSettle:
    def outcome(self, status: OrderStatus) -> OrderStatusUpdate:
        return OrderStatusUpdate.model_validate({"order_id": an_id(9), "status": status})

    def test_makes_an_accepted_order_due(self) -> None:
        # When
        after = transitions.settle(an_order(P), self.outcome(A), NOON, TERMS, an_id(3))
        # Then
        assert after is not None
        due_at = NOON + timedelta(days=14)
        assert after.payment == Payment(state=DUE, due_at=due_at, act_at=due_at - timedelta(days=2))
        assert (after.payable_cents, after.open_cents) == (2_500, 2_500)
        assert views_of(after) == [OrderView.TO_PAY]

    def test_waits_for_a_collection_without_a_deadline(self) -> None:
        terms = replace(TERMS, collection_period=None)
        after = transitions.settle(an_order(P), self.outcome(A), NOON, terms, an_id(3))
        assert after is not None
        assert after.payment == Payment(state=DUE)
        assert views_of(after) == [OrderView.TO_PAY]

    def test_gives_a_transfer_seven_days(self) -> None:
        order = an_order(P)
        order = replace(order, payment=Payment(PaymentMethod.TRANSFER))
        after = transitions.settle(order, self.outcome(A), NOON, TERMS, an_id(3))
        assert after is not None
        assert after.payment.due_at == NOON + timedelta(days=7)

    def test_skips_a_reminder_that_would_come_at_once(self) -> None:
        terms = replace(TERMS, collection_period=timedelta(days=1))
        after = transitions.settle(an_order(P), self.outcome(A), NOON, terms, an_id(3))
        assert after is not None
        assert after.payment.act_at == NOON + timedelta(days=1) + GRACE

    def test_asks_for_no_payment_of_an_order_that_costs_nothing(self) -> None:
        order = replace(an_order(P, delivery=COLLECTION), lines=(Line(an_id(7), "Gift", 0, 1),))
        after = transitions.settle(order, self.outcome(A), NOON, TERMS, an_id(3))
        assert after is not None
        assert after.payment == Payment()
        assert views_of(after) == [OrderView.TO_SHIP]
        assert transitions.collect(after, ACT).fulfilment.state is FulfilmentState.COLLECTED

    def test_refunds_an_unshipped_order_that_products_ms_cancelled(self) -> None:
        paid = an_order(A, PAID).payment
        order = replace(an_order(A), payment=replace(paid, refunds=()))
        after = transitions.settle(order, self.outcome(C), NOON, TERMS, an_id(3))
        assert after is not None
        assert after.payment.refunds == (Refund(an_id(3), RefundKind.CANCELLED, 2_500, "", NOON),)
        assert (after.status, after.problem) == (C, None)
        assert views_of(after) == [OrderView.TO_REFUND]

    def test_parks_a_shipped_order_that_products_ms_cancelled(self) -> None:
        order = an_order(A, PAID, SHIPPED)
        after = transitions.settle(order, self.outcome(C), NOON, TERMS, an_id(3))
        assert after is not None
        assert after.payment == order.payment
        assert after.problem == "products-ms cancelled this order after it was shipped."
        assert OrderView.PROBLEMS in views_of(after)
        resolved = transitions.note(after, ACT, "The customer keeps it.", resolve=True)
        assert resolved.problem is None


class TestMoney:
    def test_cancelling_requests_what_was_received(self) -> None:
        order = replace(an_order(), payment=Payment(state=PAID, receipts=(RECEIPT,)))
        after = transitions.cancel(order, ACT)
        assert after.payment.refunds == (Refund(ACT.id, RefundKind.CANCELLED, 2_500, "", ACT.at),)
        assert after.payment.state is PAID
        paid_out = transitions.pay_out(after, ACT, ACT.id, "R1")
        assert paid_out.payment.state is REFUNDED
        assert paid_out.payment.refunded_cents == 2_500
        assert views_of(paid_out) == []
        with pytest.raises(OrderStateError):
            transitions.pay_out(paid_out, ACT, ACT.id, "again")

    def test_cancelling_an_unpaid_order_ends_its_deadline(self) -> None:
        order = replace(an_order(), payment=Payment(state=DUE, due_at=NOON, act_at=NOON))
        assert transitions.cancel(order, ACT).payment == Payment()

    def test_parts_add_up_to_the_total(self) -> None:
        order = replace(an_order(), payment=Payment(state=DUE, due_at=NOON, act_at=NOON))
        first = RECEIPT._replace(amount_cents=2_499)
        part = transitions.record_payment(order, ACT, first)
        assert (part.payment.state, part.open_cents) == (DUE, 1)
        assert part.payment.due_at == NOON
        whole = transitions.record_payment(part, ACT, RECEIPT._replace(amount_cents=1))
        assert (whole.payment.state, whole.open_cents, whole.payment.act_at) == (PAID, 0, None)
        assert whole.payment.refunds == ()

    def test_what_is_too_much_has_to_be_paid_back(self) -> None:
        order = replace(an_order(), payment=Payment(state=DUE, due_at=NOON, act_at=NOON))
        after = transitions.record_payment(order, ACT, RECEIPT._replace(amount_cents=2_600))
        assert after.payment.refunds == (Refund(ACT.id, RefundKind.OVERPAID, 100, "", ACT.at),)

    def test_money_for_a_cancelled_order_has_to_be_paid_back(self) -> None:
        after = transitions.record_payment(an_order(C), ACT, RECEIPT)
        assert after.payment.refunds == (Refund(ACT.id, RefundKind.CANCELLED, 2_500, "", ACT.at),)

    def test_a_refund_never_exceeds_what_is_left(self) -> None:
        order = replace(an_order(), payment=Payment(state=PAID, receipts=(RECEIPT,)))
        after = transitions.request_refund(order, ACT, 2_000, "Scratched")
        assert after.payment.kept_cents == 500
        with pytest.raises(RefundTooLargeError, match=r"At most 5\.00 can be paid back\."):
            transitions.request_refund(after, ACT, 501, "More")
        assert after.open_cents == 0

    def test_closing_lines_pays_them_back_beside_an_allowance(self) -> None:
        payment = Payment(
            state=PAID,
            receipts=(RECEIPT,),
            refunds=(Refund(an_id(4), RefundKind.ALLOWANCE, 300, "", NOON),),
        )
        order = replace(an_order(fulfilment=PARTLY), payment=payment)
        after = transitions.close_lines(order, ACT, SOME, "Broken")
        assert after.payment.refunds[1:] == (
            Refund(ACT.id, RefundKind.CLOSED_LINES, 1_000, "", ACT.at),
        )
        assert after.fulfilment.closed == (ClosedLine(an_id(7), 1, "Broken"),)
        assert after.fulfilment.state is SHIPPED
        # Captured - requested = total - closed lines - allowances.
        assert after.payment.kept_cents == 2_500 - 1_000 - 300

    def test_an_unknown_refund_cannot_be_paid_out(self) -> None:
        with pytest.raises(RefundNotFoundError):
            transitions.pay_out(an_order(A, PAID), ACT, an_id(1234), "")


class TestShip:
    def test_ships_everything_that_is_open(self) -> None:
        after = transitions.ship(
            an_order(A, PAID, PARTLY), ACT, Parcel((), "DHL", "1", "https://a")
        )
        assert after.fulfilment.shipments[-1] == Shipment(
            ACT.id, ACT.at, SOME, "DHL", "1", "https://a"
        )
        assert after.fulfilment.state is SHIPPED
        assert after.timeline == (TimelineEntry(ACT.at, ACT.by, "ship", "DHL 1"),)

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ((LinePart(an_id(7), 3),), (0, "Only 2 are open.")),
            ((LinePart(an_id(7), 1), LinePart(an_id(7), 2)), (1, "Only 1 are open.")),
            ((LinePart(an_id(8), 1),), (0, "Only 0 are open.")),
        ],
    )
    def test_refuses_more_than_is_open(
        self, parts: tuple[LinePart, ...], message: tuple[int, str]
    ) -> None:
        with pytest.raises(LinesExceedOrderError) as raised:
            transitions.ship(an_order(A, PAID), ACT, Parcel(parts))
        assert raised.value.lines == [message]

    def test_a_shipped_order_cannot_be_cancelled(self) -> None:
        with pytest.raises(
            NotCancellableError, match="The order is partly shipped and cannot be cancelled"
        ):
            transitions.cancel(an_order(A, PAID, PARTLY), ACT)


def test_an_expired_order_says_why() -> None:
    after = transitions.expire(an_order(A, DUE), replace(ACT, by=SHOP))
    assert (after.status, after.reason) == (C, "The order was not paid in time.")
    # What was received of it, less the refund that was requested before.
    assert after.payment.refunds[1:] == (Refund(ACT.id, RefundKind.CANCELLED, 400, "", ACT.at),)


def test_a_full_timeline_refuses_notes_and_still_allows_to_cancel() -> None:
    entry = TimelineEntry(NOON, "admin@aaa.com", "note", "")
    order = replace(an_order(), timeline=(entry,) * 500)
    with pytest.raises(OrderStateError, match="timeline of the order is full"):
        transitions.note(order, ACT, "One more", resolve=False)
    assert len(transitions.cancel(order, ACT).timeline) == 501
