"""Lets customers pay their orders by card, on a page of the provider."""

import structlog

from orders.errors import (
    OrderNotFoundError,
    OrderStateError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from orders.models.cards import (
    CardAttempt,
    Seller,
    SessionState,
    is_payable,
    new_attempt,
    require_payable,
)
from orders.models.payment import PaymentTerms
from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.card_provider import CardProvider
from orders.repositories.orders import OrderRepository
from orders.services.card_settlement import CardSettlement
from shopkit.clock import Clock
from shopkit.identity import Identity
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork

log = structlog.get_logger(__name__)


class CardPaymentService:
    """Starts payments. Returning from the provider's page proves nothing: events do.

    Args:
        provider: The provider, None if no cards are taken.
        shop_address: The address of the shop, to which customers return.
    """

    def __init__(
        self,
        *,
        provider: CardProvider | None,
        shop_address: str,
        transactions: Transactions,
        orders: OrderRepository,
        attempts: CardAttemptRepository,
        settlement: CardSettlement,
        terms: PaymentTerms,
        clock: Clock,
    ) -> None:
        self._provider = provider
        self._seller = Seller(provider.live if provider else False, shop_address)
        self._transactions = transactions
        self._orders = orders
        self._attempts = attempts
        self._settlement = settlement
        self._terms = terms
        self._clock = clock

    async def pay(self, order_id: str, caller: Identity) -> str:
        """Return the address of the page on which the caller pays an order.

        Raises:
            OrderNotFoundError: The order does not exist or belongs to someone else.
            OrderStateError: No payment by card is due.
            ProviderUnavailableError: The provider does not answer. The order stays due.
        """
        provider, attempt = await self._open_attempt(order_id, caller)
        if attempt.session_id:
            session = await provider.find_session(attempt.session_id)
            if session and session.state is SessionState.OPEN:
                return session.url
            # It has expired, or was paid, so that the next line finds nothing due.
            if session:
                await self._settlement.apply(session)
            else:
                await self._settlement.abandon(attempt)
            provider, attempt = await self._open_attempt(order_id, caller)
        url = await self._start(provider, attempt)
        order = await self._orders.find_by_id(order_id)
        # A cancellation that was committed before the page was stored did not know of the page.
        if order is None or not is_payable(order, self._clock()):
            await self._attempts.wake([order_id], session=None)
            raise OrderStateError(order_id, "No payment by card is due for this order.")
        return url

    async def _open_attempt(
        self, order_id: str, caller: Identity
    ) -> tuple[CardProvider, CardAttempt]:
        """Return the open attempt to pay an order, or a new one, which is stored first."""

        async def work(unit: UnitOfWork) -> tuple[CardProvider, CardAttempt]:
            order = await self._orders.find_by_id(order_id, session=unit.session)
            if order is None or not order.belongs_to(caller):
                raise OrderNotFoundError(order_id)
            require_payable(order, self._clock())
            if self._provider is None:
                raise OrderStateError(order_id, "The shop takes no cards at the moment.")
            last = await self._attempts.find_last(order_id, session=unit.session)
            if last and last.open:
                return self._provider, last
            attempt = new_attempt(
                order, last.number + 1 if last else 1, self._clock(), self._terms, self._seller
            )
            await self._attempts.insert(attempt, session=unit.session)
            return self._provider, attempt

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _start(self, provider: CardProvider, attempt: CardAttempt) -> str:
        """Create the page of an attempt, and return its address."""
        try:
            session = await provider.create_session(attempt)
        except ProviderRefusedError as error:
            log.warning("the payment provider refuses a page", attempt=attempt.key, code=error.code)
            await self._settlement.abandon(attempt)
            raise ProviderUnavailableError(error.code) from error
        except ProviderUnavailableError as error:
            if error.is_repeated:
                await self._settlement.abandon(attempt)
            raise
        await self._attempts.set_session(attempt.key, session.id)
        return session.url
