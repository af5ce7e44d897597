"""The bodies of payments by card."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from orders.repositories.provider_events import ParkedEvent


class PaymentPageBody(BaseModel):
    """The page of the provider on which the customer pays."""

    url: str


class ReceivedBody(BaseModel):
    """An event was stored, or is not needed."""

    received: bool = True


class ParkedEventBody(BaseModel):
    """An event that could not be applied. Its ids are those of the provider."""

    id: str
    type: str
    created_at: datetime
    live: bool
    session_id: str
    payment_intent: str
    reason: str


class ParkedEventsBody(BaseModel):
    """Events that could not be applied, newest first."""

    events: list[ParkedEventBody]

    @classmethod
    def of(cls, parked: Iterable[ParkedEvent]) -> Self:
        """Return the body for events."""
        return cls(
            events=[ParkedEventBody(**event._asdict(), reason=reason) for event, reason in parked]
        )
