"""Receives the events of the provider of card payments, and applies each of them once."""

from datetime import timedelta

import structlog
from prometheus_client import Counter

from orders.errors import InvalidEventError, ProviderRefusedError
from orders.models.cards import CardSession, ProviderEvent
from orders.repositories.card_provider import CardProvider
from orders.repositories.provider_events import ParkedEvent, ProviderEventRepository
from orders.services.card_settlement import CardSettlement
from shopkit.clock import Clock
from shopkit.storage.job_leases import JobLeases

EVENTS_PER_RUN = 100
LEASE = timedelta(seconds=10)
OVERLAP = timedelta(minutes=5)
"""How much of the list is read again, because clocks differ and events appear late."""
PROVIDER_KEEPS = timedelta(days=29)

PARKED = Counter("provider_events_parked_total", "Events that were set aside for an admin.")

log = structlog.get_logger(__name__)


class ProviderEventService:
    """Stores events, and applies them later.

    Args:
        provider: The provider, None if no cards are taken.
    """

    def __init__(
        self,
        *,
        provider: CardProvider | None,
        events: ProviderEventRepository,
        settlement: CardSettlement,
        leases: JobLeases,
        clock: Clock,
    ) -> None:
        self._provider = provider
        self._events = events
        self._settlement = settlement
        self._leases = leases
        self._clock = clock

    async def receive(self, body: bytes, signature: str) -> None:
        """Store an event that the provider has sent.

        Raises:
            InvalidEventError: It is not signed by the provider, or too old.
        """
        if self._provider is None:
            raise InvalidEventError
        event = self._provider.read_event(body, signature)
        if event:
            await self._events.add([event])

    async def find_parked(self) -> list[ParkedEvent]:
        """Return the last events that were set aside, newest first."""
        return await self._events.find_parked()

    async def apply_pending(self) -> None:
        """Apply up to 100 events.

        Raises:
            ProviderUnavailableError: The provider does not answer. The rest is applied later.
        """
        for _ in range(EVENTS_PER_RUN):
            event = await self._events.take_pending()
            if event is None:
                return
            await self._apply(event)

    async def catch_up(self) -> None:
        """Store the events that the provider could not deliver.

        Raises:
            ProviderUnavailableError: The provider does not answer.
        """
        provider = self._provider
        if provider is None or not await self._leases.acquire("provider events", LEASE):
            return
        now = self._clock()
        since = max(await self._events.position() - OVERLAP, now - PROVIDER_KEEPS)
        events = [event async for event in provider.events_since(since)]
        if events and (added := await self._events.add(events)):
            log.info("caught up with events of the payment provider", count=added)
        await self._events.move_position(now)

    async def _apply(self, event: ProviderEvent) -> None:
        provider = self._provider
        if provider is None or event.live is not provider.live:
            await self._park(event, "It concerns the other mode (live or test).")
            return
        try:
            session = await _session_of(event, provider)
        except ProviderRefusedError as error:
            await self._park(event, f"The provider refuses to show its session: {error.code}.")
            return
        if session is None:
            await self._park(event, "The provider knows no session for it.")
        elif not session.key or await self._settlement.apply(session, event.id) is None:
            await self._park(event, f"Session {session.id} belongs to no order of the shop.")

    async def _park(self, event: ProviderEvent, reason: str) -> None:
        await self._events.park(event.id, reason)
        PARKED.inc()
        log.warning("event of the payment provider was set aside", event_id=event.id)


async def _session_of(event: ProviderEvent, provider: CardProvider) -> CardSession | None:
    if event.session_id:
        return await provider.find_session(event.session_id)
    if event.payment_intent:
        return await provider.find_session_of(event.payment_intent)
    return None
