"""Endpoints with which admins record what happens to an order.

A repeated request with the same Idempotency-Key changes nothing, and gets the order as it is now.
"""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from orders import problems
from orders.controllers.orders import OrderId
from orders.dependencies import Desk, Terms
from orders.models.payment import PaymentTerms
from orders.schemas.desk import (
    AdminOrderBody,
    CloseLinesRequest,
    CollectionRequest,
    DeliveredRequest,
    NoteRequest,
    PaymentRecordRequest,
    PayoutRequest,
    RefundRequest,
    ShipmentRequest,
)
from orders.services.desk import Recorded
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.idempotency import REPLAYED_DOCUMENT, mark_replayed
from shopkit.web.identity import Admin
from shopkit.web.problems import KEY_REUSED, NOT_FOUND, UNREADABLE, ProblemType, responses
from shopkit.web.request_types import to_cents

router = APIRouter(prefix="/api/admin/orders", tags=["admin"])

RefundId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits")]
DeskKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x20-\x7e]{1,255}$",
        description="A repeated request with the same key and body changes nothing, and gets the "
        "order as it is now.",
    ),
]


def _responses(*more: ProblemType) -> dict[int | str, dict[str, object]]:
    return {
        **responses(*ADMIN_PROBLEMS, NOT_FOUND, UNREADABLE, KEY_REUSED, *more),
        200: {"headers": REPLAYED_DOCUMENT},
    }


def _answer(recorded: Recorded, response: Response, terms: PaymentTerms) -> AdminOrderBody:
    mark_replayed(response, replayed=recorded.replayed)
    return AdminOrderBody.of(recorded.order, terms)


@router.get("/{order_id}", responses=responses(*ADMIN_PROBLEMS, NOT_FOUND))
async def get_order_for_admin(
    order_id: OrderId, _caller: Admin, desk: Desk, terms: Terms
) -> AdminOrderBody:
    """Return an order with its timeline and the actions that it allows now."""
    return AdminOrderBody.of(await desk.get(order_id), terms)


@router.post("/{order_id}/notes", responses=_responses(problems.ORDER_STATE))
async def add_note(
    order_id: OrderId,
    body: NoteRequest,
    caller: Admin,
    desk: Desk,
    terms: Terms,
    response: Response,
    key: DeskKey = None,
) -> AdminOrderBody:
    """Add a note for admins."""
    request = body.request(f"/{order_id}/notes", order_id, caller, key)
    return _answer(await desk.add_note(request, body.text, resolve=body.resolve), response, terms)


@router.post("/{order_id}/payments", responses=_responses(problems.ORDER_STATE))
async def record_payment(
    order_id: OrderId,
    body: PaymentRecordRequest,
    caller: Admin,
    desk: Desk,
    terms: Terms,
    response: Response,
    key: DeskKey = None,
) -> AdminOrderBody:
    """Record money that was received. What is too much has to be paid back."""
    request = body.request(f"/{order_id}/payments", order_id, caller, key)
    return _answer(await desk.record_payment(request, body.received()), response, terms)


@router.post(
    "/{order_id}/refunds", responses=_responses(problems.ORDER_STATE, problems.REFUND_TOO_LARGE)
)
async def request_refund(
    order_id: OrderId,
    body: RefundRequest,
    caller: Admin,
    desk: Desk,
    terms: Terms,
    response: Response,
    key: DeskKey = None,
) -> AdminOrderBody:
    """Request a refund as an allowance."""
    request = body.request(f"/{order_id}/refunds", order_id, caller, key)
    return _answer(
        await desk.request_refund(request, to_cents(body.amount), body.reason), response, terms
    )


@router.post("/{order_id}/refunds/{refund_id}/paid", responses=_responses(problems.ORDER_STATE))
async def record_payout(
    order_id: OrderId,
    refund_id: RefundId,
    body: PayoutRequest,
    caller: Admin,
    desk: Desk,
    terms: Terms,
    response: Response,
    key: DeskKey = None,
) -> AdminOrderBody:
    """Record that a refund was paid out."""
    request = body.request(f"/{order_id}/refunds/{refund_id}/paid", order_id, caller, key)
    return _answer(await desk.pay_out(request, refund_id, body.reference), response, terms)


@router.post(
    "/{order_id}/shipments", responses=_responses(problems.ORDER_STATE, problems.LINES_EXCEED_ORDER)
)
async def ship_order(
    order_id: OrderId,
    body: ShipmentRequest,
    caller: Admin,
    desk: Desk,
    terms: Terms,
    response: Response,
    key: DeskKey = None,
) -> AdminOrderBody:
    """Record a shipment of all lines, or of some."""
    request = body.request(f"/{order_id}/shipments", order_id, caller, key)
    return _answer(await desk.ship(request, body.parcel()), response, terms)


@router.post("/{order_id}/delivered", responses=_responses(problems.ORDER_STATE))
async def mark_delivered(
    order_id: OrderId,
    body: DeliveredRequest,
    caller: Admin,
    desk: Desk,
    terms: Terms,
    response: Response,
    key: DeskKey = None,
) -> AdminOrderBody:
    """Record that the order has arrived."""
    request = body.request(f"/{order_id}/delivered", order_id, caller, key)
    return _answer(await desk.deliver(request), response, terms)


@router.post("/{order_id}/collected", responses=_responses(problems.ORDER_STATE))
async def mark_collected(
    order_id: OrderId,
    body: CollectionRequest,
    caller: Admin,
    desk: Desk,
    terms: Terms,
    response: Response,
    key: DeskKey = None,
) -> AdminOrderBody:
    """Record that the customer has collected the order, and what was paid then."""
    request = body.request(f"/{order_id}/collected", order_id, caller, key)
    return _answer(
        await desk.collect(request, body.payment.received() if body.payment else None),
        response,
        terms,
    )


@router.post(
    "/{order_id}/close-lines",
    responses=_responses(problems.ORDER_STATE, problems.LINES_EXCEED_ORDER),
)
async def close_lines(
    order_id: OrderId,
    body: CloseLinesRequest,
    caller: Admin,
    desk: Desk,
    terms: Terms,
    response: Response,
    key: DeskKey = None,
) -> AdminOrderBody:
    """Close parts of lines that cannot be shipped. What was paid for them is paid back."""
    request = body.request(f"/{order_id}/close-lines", order_id, caller, key)
    return _answer(
        await desk.close_lines(request, [line.to_part() for line in body.lines], body.reason),
        response,
        terms,
    )
