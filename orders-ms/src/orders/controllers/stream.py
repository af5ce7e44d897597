"""The endpoint by which shoppers follow their orders: Server-Sent Events."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent

from orders import problems
from orders.dependencies import Live
from orders.schemas import OrderBody
from orders.services.live import Told
from shopkit.web.database_problems import AWAY
from shopkit.web.identity import User
from shopkit.web.problems import UNAUTHENTICATED, document

routes = APIRouter(prefix="/api/orders", tags=["orders"])

COMMENT_SECONDS = 15


class SnapshotBody(BaseModel):
    """The beginning of a stream: the orders that are pending or have changed lately."""

    orders: list[OrderBody]


@routes.get(
    "/stream",
    response_class=EventSourceResponse,
    responses={
        **document(UNAUTHENTICATED, AWAY, problems.TOO_MANY_STREAMS),
        200: {
            "description": "`snapshot` once, where nothing can be resumed; then `order`, whole, "
            "each time the status of one of the caller's orders changes",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
)
async def follow_orders(
    caller: User,
    live: Live,
    last_event_id: Annotated[str | None, Header(max_length=2_000)] = None,
    x_token_expires: Annotated[float | None, Header(include_in_schema=False)] = None,
) -> EventSourceResponse:
    """Follow the status of the caller's own orders, until the access token expires."""
    told = live.follow(caller.email, last_event_id)
    return EventSourceResponse(_events(told, x_token_expires), ping=COMMENT_SECONDS)


async def _events(
    told: AsyncIterator[Told], expires: float | None
) -> AsyncIterator[ServerSentEvent]:
    seconds = None if expires is None else max(0.0, expires - time.time())
    deadline = None if seconds is None else asyncio.get_running_loop().time() + seconds
    try:
        while True:
            async with asyncio.timeout_at(deadline):
                one = await anext(told, None)
            if one is None:
                return
            yield _event(one)
    except TimeoutError:
        return
    finally:
        await told.aclose()  # type: ignore[attr-defined]


def _event(told: Told) -> ServerSentEvent:
    bodies = [OrderBody.of(order) for order in told.orders]
    body = SnapshotBody(orders=bodies) if told.snapshot else bodies[0]
    return ServerSentEvent(
        body.model_dump_json(), event="snapshot" if told.snapshot else "order", id=told.token
    )
