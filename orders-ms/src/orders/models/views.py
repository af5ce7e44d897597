"""The lists of orders that wait for an admin."""

from enum import StrEnum

from orders.models.fulfilment import UNFINISHED
from orders.models.order import Order
from orders.models.payment import PaymentMethod, PaymentState
from shopkit.contract.events import OrderStatus


class OrderView(StrEnum):
    """A list of orders that wait for an admin."""

    TO_PAY = "to-pay"
    TO_SHIP = "to-ship"
    TO_REFUND = "to-refund"
    PROBLEMS = "problems"


def views_of(order: Order) -> list[OrderView]:
    """Return the lists that an order is in."""
    payment, unfinished = order.payment, order.fulfilment.state in UNFINISHED
    accepted = order.status is OrderStatus.ACCEPTED
    unpaid = payment.state is PaymentState.DUE
    # Orders of earlier releases have no payment. They were handled elsewhere.
    ready = payment.state is PaymentState.PAID or not order.total_cents
    collected = order.delivery.is_collection and payment.method is PaymentMethod.ON_COLLECTION
    return [
        view
        for view, applies in {
            OrderView.TO_PAY: unpaid,
            OrderView.TO_SHIP: accepted and unfinished and (ready or (unpaid and collected)),
            OrderView.TO_REFUND: any(refund.waits_for_admin for refund in payment.refunds),
            OrderView.PROBLEMS: order.problem is not None,
        }.items()
        if applies
    ]
