"""Compares card payments with the provider: pages, deadlines and refunds."""

from datetime import timedelta

import structlog
from prometheus_client import Counter

from orders.errors import ProviderRefusedError, ProviderUnavailableError
from orders.models.cards import (
    CaptureState,
    CardAttempt,
    SessionState,
    is_payable,
    refunds_to_request,
)
from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.card_provider import CardProvider, RefundOrder
from orders.repositories.orders import OrderRepository
from orders.services.card_settlement import CardSettlement
from shopkit.clock import Clock

ATTEMPTS_PER_RUN = 100
LONG_PROCESSING = timedelta(days=1)

STUCK = Counter(
    "card_payments_long_processing_total",
    "Looks at card payments about which the provider has not decided for a day.",
)

log = structlog.get_logger(__name__)


class CardCheckService:
    """Looks at the attempts whose time has come, each in one process at a time."""

    def __init__(
        self,
        *,
        provider: CardProvider,
        orders: OrderRepository,
        attempts: CardAttemptRepository,
        settlement: CardSettlement,
        clock: Clock,
    ) -> None:
        self._provider = provider
        self._orders = orders
        self._attempts = attempts
        self._settlement = settlement
        self._clock = clock

    async def check(self) -> None:
        """Look at up to 100 attempts.

        Raises:
            ProviderUnavailableError: The provider does not answer. The rest is looked at later.
        """
        for _ in range(ATTEMPTS_PER_RUN):
            attempt = await self._attempts.take_due()
            if attempt is None:
                return
            await self._check(attempt)

    async def _check(self, attempt: CardAttempt) -> None:
        session_id = attempt.session_id or await self._finish(attempt)
        session = await self._provider.find_session(session_id) if session_id else None
        if session is None:
            await self._settlement.abandon(attempt)
            return
        if session.state is SessionState.OPEN and not await self._is_payable(attempt):
            await self._provider.expire_session(session_id)
            session = await self._provider.find_session(session_id) or session
        if session.capture is CaptureState.PROCESSING and (
            self._clock() - attempt.created_at > LONG_PROCESSING
        ):
            STUCK.inc()
        order = await self._settlement.apply(session)
        for refund in refunds_to_request(order, session) if order else []:
            key = f"{refund.id}-{attempt.refund_tries}"
            wanted = RefundOrder(
                key, refund.id, attempt.order_id, session.payment_intent, refund.amount_cents
            )
            try:
                await self._provider.refund(wanted)
            except ProviderRefusedError as error:
                await self._settlement.fail(attempt.order_id, refund, error.code)
            except ProviderUnavailableError as error:
                if error.is_repeated:
                    await self._attempts.count_refund_try(attempt.key)
                raise

    async def _finish(self, attempt: CardAttempt) -> str:
        """Repeat the request for a page that was not answered, and return the session's id."""
        try:
            session = await self._provider.create_session(attempt)
        except ProviderRefusedError as error:
            log.info("a page was not created", attempt=attempt.key, code=error.code)
            return ""
        except ProviderUnavailableError as error:
            if not error.is_repeated:
                raise
            return ""
        await self._attempts.set_session(attempt.key, session.id)
        return session.id

    async def _is_payable(self, attempt: CardAttempt) -> bool:
        order = await self._orders.find_by_id(attempt.order_id)
        return order is not None and is_payable(order, self._clock())
