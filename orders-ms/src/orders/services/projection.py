"""Keeps what orders-ms knows of the products as new as what products-ms tells."""

from collections.abc import Iterable, Sequence

from orders.repositories.projection import ProjectionRepository
from shopkit.contract.events import (
    Delivery,
    ProductCreate,
    ProductsQuantityUpdate,
    ProductState,
    ProductUpdate,
)
from shopkit.storage.mongo import Session, Transactions

ProductEvent = ProductCreate | ProductUpdate | ProductsQuantityUpdate


class ProjectionService:
    """Applies products' states, the newest of each."""

    def __init__(self, transactions: Transactions, projection: ProjectionRepository) -> None:
        self._transactions = transactions
        self._projection = projection

    async def apply(self, deliveries: Sequence[Delivery[ProductEvent]]) -> None:
        """Insert or replace products where their version is newer than the one known.

        Args:
            deliveries: Products' states, each any number of times and in any order.
        """
        await self.apply_states([delivery.event.state for delivery in deliveries])

    async def apply_states(self, states: Iterable[ProductState]) -> None:
        """Insert or replace products where the state is newer than the one known."""
        newest: dict[str, ProductState] = {}
        for state in states:
            if state.id not in newest or newest[state.id].version < state.version:
                newest[state.id] = state
        await self._transactions.run(lambda session: self._apply(newest, session))

    async def _apply(self, newest: dict[str, ProductState], session: Session) -> None:
        known = await self._projection.versions(newest, session=session)
        newer = [state for id_, state in newest.items() if known.get(id_, 0) < state.version]
        await self._projection.put(newer, known, session=session)
