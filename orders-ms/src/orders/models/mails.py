"""The mails about orders. The contact is the email address that the order was placed with."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from orders.models.fulfilment import Shipment
from orders.models.order import Order
from orders.models.payment import PaymentMethod, PaymentState, PaymentTerms, Refund
from orders.models.transfer import transfer_of
from shopkit.contract.events import OrderStatus
from shopkit.identity import correct_misread
from shopkit.storage.unit_of_work import Mail

TEMPLATES: Mapping[OrderStatus, str] = {
    OrderStatus.ACCEPTED: "order-accepted",
    OrderStatus.REJECTED: "order-rejected",
    OrderStatus.CANCELLED: "order-cancelled",
}
REMINDER, PAID, REFUNDED, SHIPPED, DELIVERED = (
    "payment-reminder",
    "payment-received",
    "payment-refunded",
    "order-shipped",
    "order-delivered",
)

_TRANSFER = {
    "iban": "DE02120300000000202051",
    "bic": "BYLADEM1001",
    "holder": "Kiosk Ltd",
    "amount_cents": 126_440,
    "reference": "7K3Q9ZDM",
}
_SAMPLE = {
    "order_id": "64b0c0ffee64b0c0ffee64b0",
    "number": "7K3Q9ZDM",
    "lines": [
        {"name": "Cutlery", "quantity": 2, "price_cents": 1_250, "reason": None},
        {"name": "Kitchen chair <oak>", "quantity": 1, "price_cents": 123_450, "reason": None},
    ],
    "delivery": {
        "name": "Parcel",
        "fee_cents": 490,
        "collection": False,
        "address": ["Ann <Lee>", "Unter den Linden 1", "10117 Berlin", "DE"],
    },
    "total_cents": 126_440,
    "pay_on_collection": False,
    "pay_by_card": False,
    "due_on": "5 December 2026",
    "transfer": _TRANSFER,
    "refund_cents": 0,
    "reason": None,
}
SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "order-accepted": _SAMPLE,
    "order-rejected": {
        **_SAMPLE,
        "lines": [{**line, "reason": "Only 1 left."} for line in _SAMPLE["lines"]],  # type: ignore[attr-defined]
        "reason": "There is not enough stock.",
        "due_on": None,
        "transfer": None,
    },
    "order-cancelled": {
        **_SAMPLE,
        "reason": "The order was not paid in time.",
        "refund_cents": 10_000,
        "due_on": None,
        "transfer": None,
    },
    REMINDER: _SAMPLE,
    PAID: {**_SAMPLE, "due_on": None, "transfer": None},
    REFUNDED: {**_SAMPLE, "due_on": None, "transfer": None, "paid_back_cents": 10_000},
    SHIPPED: {
        **_SAMPLE,
        "due_on": None,
        "transfer": None,
        "parcel": [{"name": "Cutlery", "quantity": 2}],
        "carrier": "Parcel Express",
        "tracking_number": "00340434161094000000",
        "tracking_url": "https://carrier.example/00340434161094000000",
        "complete": False,
    },
    DELIVERED: {**_SAMPLE, "due_on": None, "transfer": None},
}
"""Sample data of each template."""


def mail_about(order: Order, terms: PaymentTerms) -> Mail:
    """Return the mail that reports the current status of an order, which is not PENDING."""
    return _mail(order, terms, order.status, TEMPLATES[order.status])


def reminder_mail(order: Order, terms: PaymentTerms) -> Mail:
    """Return the mail that reminds the customer of the payment."""
    return _mail(order, terms, "reminder", REMINDER)


def payment_mail(order: Order, terms: PaymentTerms) -> Mail:
    """Return the mail that confirms the payment."""
    return _mail(order, terms, f"paid/{order.payment.receipts[-1].id}", PAID)


def refund_mail(order: Order, refund: Refund, terms: PaymentTerms) -> Mail:
    """Return the mail that says that money was paid back to the customer's card."""
    return _mail(
        order,
        terms,
        f"refunded/{refund.id}",
        REFUNDED,
        paid_back_cents=refund.amount_cents,
    )


def shipment_mail(order: Order, shipment: Shipment, terms: PaymentTerms) -> Mail:
    """Return the mail that says what is on its way, and how to follow it."""
    names = {line.product_id: line.name for line in order.lines}
    return _mail(
        order,
        terms,
        f"shipped/{shipment.id}",
        SHIPPED,
        parcel=[
            {"name": names[part.product_id], "quantity": part.quantity} for part in shipment.lines
        ],
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        tracking_url=shipment.tracking_url,
        complete=not order.open_parts,
    )


def delivered_mail(order: Order, terms: PaymentTerms) -> Mail:
    """Return the mail that says that the order has arrived."""
    return _mail(order, terms, "delivered", DELIVERED)


def _mail(order: Order, terms: PaymentTerms, event: str, template: str, **more: Any) -> Mail:
    transfer = transfer_of(order, terms)
    due_at = order.payment.due_at
    return Mail(
        cause=f"order/{order.id}/{event}",
        template=template,
        # Without an account, the order has the address as earlier releases stored it.
        recipient=order.email if order.account_id else correct_misread(order.email),
        data={
            "order_id": order.id,
            "number": order.number,
            "lines": [
                {
                    "name": line.name,
                    "quantity": line.quantity,
                    "price_cents": line.price_cents,
                    "reason": line.reason,
                }
                for line in order.lines
            ],
            "delivery": _delivery(order),
            "total_cents": order.total_cents,
            "pay_on_collection": (
                bool(due_at) and order.payment.method is PaymentMethod.ON_COLLECTION
            ),
            "pay_by_card": (
                order.payment.state is PaymentState.DUE
                and order.payment.method is PaymentMethod.CARD
            ),
            "due_on": f"{due_at.day} {due_at:%B %Y}" if due_at else None,
            "transfer": (
                {
                    **asdict(transfer.account),
                    "amount_cents": transfer.amount_cents,
                    "reference": transfer.reference,
                }
                if transfer
                else None
            ),
            "refund_cents": order.payment.refund_requested_cents - order.payment.refunded_cents,
            "reason": order.reason,
            **more,
        },
    )


def _delivery(order: Order) -> dict[str, Any]:
    address = order.delivery.address
    city = f"{address.postcode} {address.city} {address.region}".strip() if address else ""
    return {
        "name": order.delivery.name,
        "fee_cents": order.delivery.fee_cents,
        "collection": order.delivery.is_collection,
        "address": (
            [
                part
                for part in (address.name, address.company, *address.lines, city, address.country)
                if part
            ]
            if address
            else []
        ),
    }
