"""The stored form of orders."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from bson import ObjectId

from orders.models.delivery import COLLECTION, Contact, OrderDelivery
from orders.models.fulfilment import ClosedLine, Fulfilment, FulfilmentState, LinePart, Shipment
from orders.models.order import HistoryEntry, Line, Order, TimelineEntry
from orders.models.payment import (
    Payment,
    PaymentMethod,
    PaymentState,
    Receipt,
    ReceiptMethod,
    Refund,
    RefundKind,
)
from shopkit.addresses import Address
from shopkit.contract.events import OrderStatus
from shopkit.storage.email_search import EmailSearch
from shopkit.storage.mongo import Document
from shopkit.tracing.context import TraceContext

RESEND_AFTER = timedelta(seconds=30)
"""How long to wait for an answer before the first resend. The delay doubles each time."""
CUSTOMERS = EmailSearch("client_email")

_CARD_ONLY = frozenset({"receipt_id", "failed"})
_NEW: Final = Order("", "", (), (), TraceContext("", ""))
"""An order whose optional parts are as in most orders."""


def first_resend(since: datetime) -> Document:
    """Return when the event of an order is sent again for the first time."""
    return {
        "resend_at": since + RESEND_AFTER,
        "resend_delay_seconds": int(RESEND_AFTER.total_seconds()),
    }


def line_document(line: Line) -> Document:
    """Return the stored form of a line."""
    return {
        "product_id": ObjectId(line.product_id),
        "name": line.name,
        "price_cents": line.price_cents,
        "quantity": line.quantity,
        "reason": line.reason,
    }


def document_of(order: Order) -> Document:
    """Return the stored form of a new order. What is as in most orders is left out."""
    return {
        "_id": ObjectId(order.id),
        "client_email": order.email,
        "account_id": order.account_id,
        **CUSTOMERS.keys(order.email),
        "status": order.status,
        "cost_cents": order.cost_cents,
        "products": [line_document(line) for line in order.lines],
        "reason": order.reason,
        "history": [entry._asdict() for entry in order.history],
        "created_at": order.created_at,
        "changed_at": order.changed_at,
        "updated_at": order.changed_at,
        "cancel_confirmed": order.cancel_confirmed,
        "request_id": order.trace_context.request_id,
        "traceparent": order.trace_context.traceparent,
        **({"number": order.number} if order.number else {}),
        **({"contact": asdict(order.contact)} if order.contact != Contact() else {}),
        **({"delivery": _delivery_document(order.delivery)} if not _is_plain(order) else {}),
        **({"note": order.note} if order.note else {}),
        **changed_parts(_NEW, order),
        **(first_resend(order.changed_at) if order.awaits_answer else {}),
    }


def changed_parts(before: Order, after: Order) -> Document:
    """Return the stored form of the parts in which an order differs from what it was."""
    parts: Document = {}
    if after.payment != before.payment:
        parts["payment"] = _payment_document(after.payment)
    if after.fulfilment != before.fulfilment:
        parts["fulfilment"] = _fulfilment_document(after.fulfilment)
    if after.timeline != before.timeline:
        parts["timeline"] = [entry._asdict() for entry in after.timeline]
    if after.problem != before.problem:
        parts["problem"] = after.problem
    return parts


def _is_plain(order: Order) -> bool:
    return order.delivery == COLLECTION


def _delivery_document(delivery: OrderDelivery) -> Document:
    return {
        "method_id": delivery.method_id,
        "name": delivery.name,
        "fee_cents": delivery.fee_cents,
        "days": delivery.days,
        "address": asdict(delivery.address) if delivery.address else None,
    }


def _payment_document(payment: Payment) -> Document:
    document: Document = {"method": payment.method, "state": payment.state}
    if payment.due_at:
        document["due_at"] = payment.due_at
    if payment.act_at:
        document["act_at"] = payment.act_at
    if payment.receipts:
        document["receipts"] = [receipt._asdict() for receipt in payment.receipts]
    if payment.refunds:
        document["refunds"] = [_refund_document(refund) for refund in payment.refunds]
    if payment.disputed:
        document["disputed"] = True
    return document


def _refund_document(refund: Refund) -> Document:
    document = asdict(refund)
    # A replica of the release before reads refunds of transfers, which lack these.
    return {key: document[key] for key in document if key not in _CARD_ONLY or document[key]}


def _fulfilment_document(fulfilment: Fulfilment) -> Document:
    return {
        "state": fulfilment.state,
        "shipments": [
            shipment._asdict() | {"lines": [line._asdict() for line in shipment.lines]}
            for shipment in fulfilment.shipments
        ],
        "closed": [part._asdict() for part in fulfilment.closed],
    }


def order_of(document: Document) -> Order:
    """Return the order of a stored document."""
    return Order(
        id=str(document["_id"]),
        email=document["client_email"],
        account_id=document.get("account_id"),
        lines=tuple(
            Line(
                product_id=str(line["product_id"]),
                name=line["name"],
                price_cents=line["price_cents"],
                quantity=line["quantity"],
                reason=line["reason"],
            )
            for line in document["products"]
        ),
        history=tuple(
            HistoryEntry(OrderStatus(entry["status"]), entry["at"]) for entry in document["history"]
        ),
        trace_context=TraceContext(document["request_id"], document["traceparent"]),
        reason=document["reason"],
        cancel_confirmed=document["cancel_confirmed"],
        number=document.get("number", ""),
        contact=Contact(**document["contact"]) if "contact" in document else _NEW.contact,
        delivery=_delivery(document["delivery"]) if "delivery" in document else COLLECTION,
        note=document.get("note", ""),
        payment=_payment(document["payment"]) if "payment" in document else _NEW.payment,
        fulfilment=(
            _fulfilment(document["fulfilment"]) if "fulfilment" in document else _NEW.fulfilment
        ),
        timeline=tuple(TimelineEntry(**entry) for entry in document.get("timeline", ())),
        problem=document.get("problem"),
        version=document.get("version", 0),
    )


def _delivery(document: Document) -> OrderDelivery:
    address = document["address"]
    if address:
        address = Address(**address | {"lines": tuple(address["lines"])})
    return OrderDelivery(**document | {"address": address})


def _payment(document: Document) -> Payment:
    return Payment(
        method=PaymentMethod(document["method"]),
        state=PaymentState(document["state"]),
        due_at=document.get("due_at"),
        act_at=document.get("act_at"),
        receipts=tuple(
            Receipt(**row | {"method": ReceiptMethod(row["method"])})
            for row in document.get("receipts", ())
        ),
        refunds=tuple(
            Refund(**row | {"kind": RefundKind(row["kind"])}) for row in document.get("refunds", ())
        ),
        disputed=document.get("disputed", False),
    )


def _fulfilment(document: Document) -> Fulfilment:
    return Fulfilment(
        state=FulfilmentState(document["state"]),
        shipments=tuple(
            Shipment(**row | {"lines": tuple(LinePart(**line) for line in row["lines"])})
            for row in document["shipments"]
        ),
        closed=tuple(ClosedLine(**row) for row in document["closed"]),
    )
