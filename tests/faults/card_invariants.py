"""The invariants of money: C12 to C15, for orders that are paid by card.

Each returns a line for each violation. Orders are documents of orders-db, and the other objects are
those of the provider.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Document = Mapping[str, Any]

DEADLINE = timedelta(seconds=60)
"""How much longer than its deadline an unpaid order may hold its stock."""
_FORGONE = {"ALLOWANCE", "DISPUTE"}


@dataclass(frozen=True)
class Provider:
    """What the provider knows.

    Args:
        payments: The payments.
        refunds: The refunds.
        disputes: The disputes.
    """

    payments: Sequence[Document] = ()
    refunds: Sequence[Document] = ()
    disputes: Sequence[Document] = ()

    def captured(self, order_id: str) -> list[Document]:
        """Return the payments of an order that succeeded."""
        return [
            payment
            for payment in self.payments
            if payment["metadata"].get("order_id") == order_id and payment["status"] == "succeeded"
        ]

    def kept_cents(self, order_id: str) -> int:
        """Return what the shop has received for an order, and not paid back."""
        payments: dict[str, int] = {
            payment["id"]: payment["amount"] for payment in self.captured(order_id)
        }
        back = [refund for refund in self.refunds if refund["status"] == "succeeded"]
        back += [dispute for dispute in self.disputes if dispute["status"] == "lost"]
        paid_back: list[int] = [row["amount"] for row in back if row["payment_intent"] in payments]
        return sum(payments.values()) - sum(paid_back)

    def is_disputed(self, order_id: str) -> bool:
        """Return whether a payment of an order is disputed."""
        ids = {payment["id"] for payment in self.captured(order_id)}
        return any(
            dispute["payment_intent"] in ids and dispute["status"] == "needs_response"
            for dispute in self.disputes
        )


def wrong_sums(orders: Iterable[Document], provider: Provider) -> list[str]:
    """C12: what was received and not paid back is what the customer had to pay, here and there."""
    return list(_wrong_sums(orders, provider))


def _wrong_sums(orders: Iterable[Document], provider: Provider) -> Iterator[str]:
    for order in orders:
        captured, refunded = _captured_cents(order), _refunded_cents(order)
        kept, there = captured - refunded, provider.kept_cents(str(order["_id"]))
        if kept != there:
            yield f"order {order['_id']}: {kept} cents here, {there} at the provider"
        expected = max(0, _payable_cents(order) - _forgone_cents(order))
        if captured and kept != expected and not provider.is_disputed(str(order["_id"])):
            yield f"order {order['_id']}: {kept} cents instead of {expected}"


def kept_money(orders: Iterable[Document], provider: Provider) -> list[str]:
    """C13: nothing that was captured stays with an order that is cancelled or rejected."""
    return [
        f"order {order['_id']}: {cents} cents of a {order['status']} order"
        for order in orders
        if order["status"] in {"CANCELLED", "REJECTED"}
        and not provider.is_disputed(str(order["_id"]))
        and (cents := provider.kept_cents(str(order["_id"])))
    ]


def wrong_receipts(orders: Iterable[Document], provider: Provider) -> list[str]:
    """C14: each payment is booked once, and nothing that is not paid leaves the shop."""
    return list(_wrong_receipts(orders, provider))


def _wrong_receipts(orders: Iterable[Document], provider: Provider) -> Iterator[str]:
    for order in orders:
        receipts = order["payment"].get("receipts", ())
        booked = sorted(receipt["reference"] for receipt in receipts)
        paid = sorted(payment["id"] for payment in provider.captured(str(order["_id"])))
        if booked != paid:
            yield f"order {order['_id']}: booked {booked}, paid {paid}"
        left_shop = order.get("fulfilment", {"state": "OPEN"})["state"] != "OPEN"
        if left_shop and _captured_cents(order) < _payable_cents(order):
            yield f"order {order['_id']}: unpaid, but {order['fulfilment']['state']}"


def overdue(orders: Iterable[Document], now: datetime) -> list[str]:
    """C15: an unpaid order holds its stock no longer than a minute after its deadline."""
    return [
        f"order {order['_id']}: due since {order['payment']['due_at']:%H:%M:%S}"
        for order in orders
        if order["status"] == "ACCEPTED"
        and order["payment"]["state"] == "DUE"
        and order["payment"]["due_at"] + DEADLINE < now
    ]


def is_unfinished(order: Document, now: datetime) -> bool:
    """Return whether the shop still has something to do for an order by itself."""
    payment = order["payment"]
    overdue = payment["state"] == "DUE" and payment["due_at"] < now
    waits = any(
        refund.get("receipt_id") and not refund["paid_at"] and not refund.get("failed")
        for refund in payment.get("refunds", ())
    )
    return payment["state"] == "PROCESSING" or overdue or waits


def _captured_cents(order: Document) -> int:
    return sum(receipt["amount_cents"] for receipt in order["payment"].get("receipts", ()))


def _refunded_cents(order: Document) -> int:
    refunds = order["payment"].get("refunds", ())
    return sum(refund["amount_cents"] for refund in refunds if refund["paid_at"])


def _forgone_cents(order: Document) -> int:
    refunds = order["payment"].get("refunds", ())
    return sum(refund["amount_cents"] for refund in refunds if refund["kind"] in _FORGONE)


def _payable_cents(order: Document) -> int:
    if order["status"] != "ACCEPTED":
        return 0
    return int(order["cost_cents"] + order.get("delivery", {"fee_cents": 0})["fee_cents"])
