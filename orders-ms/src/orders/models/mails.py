"""The mails about orders. The contact is the email address that the order was placed with."""

from collections.abc import Mapping
from typing import Any

from orders.models.order import Order
from shopkit.contract.events import OrderStatus
from shopkit.identity import correct_misread
from shopkit.storage.unit_of_work import Mail

TEMPLATES: Mapping[OrderStatus, str] = {
    OrderStatus.ACCEPTED: "order-accepted",
    OrderStatus.REJECTED: "order-rejected",
    OrderStatus.CANCELLED: "order-cancelled",
}

_SAMPLE = {
    "order_id": "64b0c0ffee64b0c0ffee64b0",
    "lines": [
        {"name": "Cutlery", "quantity": 2, "price_cents": 1_250, "reason": None},
        {"name": "Kitchen chair <oak>", "quantity": 1, "price_cents": 123_450, "reason": None},
    ],
    "total_cents": 125_950,
    "reason": None,
}
SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "order-accepted": _SAMPLE,
    "order-rejected": {
        **_SAMPLE,
        "lines": [{**line, "reason": "Only 1 left."} for line in _SAMPLE["lines"]],  # type: ignore[attr-defined]
        "reason": "There is not enough stock.",
    },
    "order-cancelled": _SAMPLE,
}
"""Sample data of each template."""


def mail_about(order: Order) -> Mail:
    """Return the mail that reports the current status of an order, which is not PENDING."""
    return Mail(
        cause=f"order/{order.id}/{order.status}",
        template=TEMPLATES[order.status],
        # Without an account, the order has the address as earlier releases stored it.
        recipient=order.email if order.account_id else correct_misread(order.email),
        data={
            "order_id": order.id,
            "lines": [
                {
                    "name": line.name,
                    "quantity": line.quantity,
                    "price_cents": line.price_cents,
                    "reason": line.reason,
                }
                for line in order.lines
            ],
            "total_cents": order.cost_cents,
            "reason": order.reason,
        },
    )
