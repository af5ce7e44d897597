"""The endpoint that streams a shopper's orders as Server-Sent Events."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header
from sse_starlette import EventSourceResponse, ServerSentEvent

from orders import problems
from orders.dependencies import Live, Terms
from orders.models.payment import PaymentTerms
from orders.schemas.orders import OrderBody, SnapshotBody
from orders.services.live import LiveUpdate
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import User
from shopkit.web.problems import UNAUTHENTICATED, responses

router = APIRouter(prefix="/api/orders", tags=["orders"])

PING_SECONDS = 15


@router.get(
    "/stream",
    response_class=EventSourceResponse,
    responses={
        **responses(UNAUTHENTICATED, DATABASE_UNAVAILABLE, problems.TOO_MANY_STREAMS),
        200: {
            "description": "`snapshot` once, with the orders that changed since `Last-Event-ID` or "
            "in the last ten minutes. Then `order`, with the complete order, each time an order "
            "changes.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
)
async def follow_orders(
    caller: User,
    live: Live,
    terms: Terms,
    last_event_id: Annotated[str | None, Header(max_length=2_000)] = None,
) -> EventSourceResponse:
    """Stream changes of the caller's own orders until the access token expires."""
    updates = live.follow(caller, last_event_id)
    return EventSourceResponse(_events(updates, caller.expires_at, terms), ping=PING_SECONDS)


async def _events(
    updates: AsyncGenerator[LiveUpdate, None], expires_at: float, terms: PaymentTerms
) -> AsyncIterator[ServerSentEvent]:
    deadline = asyncio.get_running_loop().time() + max(0.0, expires_at - time.time())
    async with aclosing(updates):
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    update = await anext(updates, None)
            except TimeoutError:
                return
            if update is None:
                return
            yield _event(update, terms)


def _event(update: LiveUpdate, terms: PaymentTerms) -> ServerSentEvent:
    bodies = [OrderBody.of(order, terms) for order in update.orders]
    body = SnapshotBody(orders=bodies) if update.snapshot else bodies[0]
    name = "snapshot" if update.snapshot else "order"
    return ServerSentEvent(body.model_dump_json(), event=name, id=update.id)
