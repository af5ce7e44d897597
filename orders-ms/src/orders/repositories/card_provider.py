"""What the shop needs of a provider of card payments. To add one, implement `CardProvider`."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple, Protocol

from orders.models.cards import CardAttempt, CardSession, ProviderEvent


class RefundOrder(NamedTuple):
    """A refund to carry out.

    Attributes:
        key: The idempotency key.
        refund_id: The id of the refund here, which the provider stores with it.
        payment_intent: The payment.
    """

    key: str
    refund_id: str
    order_id: str
    payment_intent: str
    amount_cents: int


class CardProvider(Protocol):
    """A provider of card payments.

    Every method but `read_event` raises ProviderUnavailableError, and ProviderRefusedError if the
    request is wrong.
    """

    @property
    def live(self) -> bool:
        """Whether it moves real money."""
        ...

    async def create_session(self, attempt: CardAttempt) -> CardSession:
        """Create the page for an attempt to pay. A repeated call returns the same page."""
        ...

    async def expire_session(self, session_id: str) -> None:
        """Close a page, so that nobody can pay on it. Nothing happens if it is closed."""
        ...

    async def find_session(self, session_id: str) -> CardSession | None:
        """Return what the provider knows about a session, its refunds and disputes included."""
        ...

    async def find_session_of(self, payment_intent: str) -> CardSession | None:
        """Return the session that a payment belongs to."""
        ...

    async def refund(self, order: RefundOrder) -> None:
        """Pay a part of a payment back."""
        ...

    def events_since(self, since: datetime) -> AsyncIterator[ProviderEvent]:
        """Return the events that the shop needs since a time, newest first."""
        ...

    def read_event(self, body: bytes, signature: str) -> ProviderEvent | None:
        """Return an event that the provider has sent, None if the shop does not need it.

        Raises:
            InvalidEventError: It is not signed by the provider, or too old.
        """
        ...
