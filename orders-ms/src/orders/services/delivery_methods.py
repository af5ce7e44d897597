"""Offers delivery methods to shoppers, and lets admins edit them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from orders.errors import MethodNotFoundError, TooManyMethodsError
from orders.models.delivery import COLLECTION, DeliveryMethod
from orders.models.payment import PaymentMethod, PaymentTerms
from orders.repositories.delivery_methods import LIMIT, DeliveryMethodRepository
from shopkit.clock import Clock
from shopkit.identity import Identity
from shopkit.storage.audit import AuditTrail
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork


@dataclass(frozen=True, slots=True)
class Offer:
    """A delivery method for an order.

    Attributes:
        days: How many days it takes, None for a collection.
        needs_address: Whether the order goes to an address.
    """

    id: str
    name: str
    fee_cents: int
    days: int | None
    needs_address: bool
    payment_methods: Sequence[PaymentMethod]


class DeliveryMethodService:
    """Reads and edits delivery methods."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        methods: DeliveryMethodRepository,
        trail: AuditTrail,
        terms: PaymentTerms,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._methods = methods
        self._trail = trail
        self._terms = terms
        self._clock = clock

    async def offers(self, country: str | None, value_cents: int) -> list[Offer]:
        """Return the methods for an order that can be paid for.

        Args:
            country: The country of the address, None if there is no address.
            value_cents: The total of the lines.
        """
        offers = []
        if self._terms.collection:
            payable = self._terms.methods_for(value_cents, collection=True)
            offers.append(Offer(COLLECTION.method_id, COLLECTION.name, 0, None, False, payable))
        if country is None:
            return offers
        for method in await self._methods.find_all():
            fee = method.fee_cents(value_cents)
            payable = self._terms.methods_for(value_cents + fee, collection=False)
            if payable and method.delivers_to(country):
                offers.append(Offer(method.id, method.name, fee, method.days, True, payable))
        return offers

    async def find_all(self) -> Sequence[DeliveryMethod]:
        """Return all methods that admins have defined."""
        return await self._methods.find_all()

    async def get(self, method_id: str) -> DeliveryMethod:
        """Return a method.

        Raises:
            MethodNotFoundError: There is no such method.
        """
        method = await self._methods.find_by_id(method_id)
        if method is None:
            raise MethodNotFoundError(method_id)
        return method

    async def put(self, method: DeliveryMethod, actor: Identity) -> DeliveryMethod:
        """Add a method, or replace the one with its id. Orders keep what they were placed with.

        Raises:
            TooManyMethodsError: There are 50 already.
        """

        async def work(unit: UnitOfWork) -> DeliveryMethod:
            known = {
                found.id: found for found in await self._methods.find_all(session=unit.session)
            }
            if method.id not in known and len(known) >= LIMIT:
                raise TooManyMethodsError(LIMIT)
            await self._methods.put(method, session=unit.session)
            await self._audit("put delivery method", known.get(method.id), method, actor, unit)
            return method

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def delete(self, method_id: str, actor: Identity) -> None:
        """Delete a method. Orders keep it.

        Raises:
            MethodNotFoundError: There is no such method.
        """

        async def work(unit: UnitOfWork) -> None:
            before = await self._methods.find_by_id(method_id, session=unit.session)
            if before is None:
                raise MethodNotFoundError(method_id)
            await self._methods.delete(method_id, session=unit.session)
            await self._audit("delete delivery method", before, None, actor, unit)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _audit(
        self,
        action: str,
        before: DeliveryMethod | None,
        after: DeliveryMethod | None,
        actor: Identity,
        unit: UnitOfWork,
    ) -> None:
        await self._trail.add(
            actor=actor,
            action=action,
            subject=(before or after).id,  # type: ignore[union-attr]
            before=_for_audit(before),
            after=_for_audit(after),
            at=self._clock(),
            session=unit.session,
        )


def _for_audit(method: DeliveryMethod | None) -> dict[str, Any] | None:
    if method is None:
        return None
    fees = [step._asdict() for step in method.fees]
    return asdict(method) | {"countries": list(method.countries), "fees": fees}
