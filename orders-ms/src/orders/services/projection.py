"""Keeps the projection up to date with the events from products-ms."""

from collections.abc import Iterable, Sequence

from orders.repositories.projection import ProjectionRepository
from shopkit.contract.events import (
    ProductCreate,
    ProductsQuantityUpdate,
    ProductState,
    ProductUpdate,
)
from shopkit.messaging.envelope import Delivery

CHUNK = 200
"""How many keys are added at a time."""

ProductEvent = ProductCreate | ProductUpdate | ProductsQuantityUpdate


class ProjectionService:
    """Stores the latest state of each product."""

    def __init__(self, projection: ProjectionRepository) -> None:
        self._projection = projection

    async def apply(self, deliveries: Sequence[Delivery[ProductEvent]]) -> None:
        """Store products whose version is higher than the stored one.

        Args:
            deliveries: The events, in any order and with any number of duplicates.
        """
        await self.apply_states(delivery.event.state for delivery in deliveries)

    async def add_missing_keys(self) -> None:
        """Add keys of names that a replica of the previous release stored without one."""
        await self._projection.add_missing_keys(CHUNK)

    async def apply_states(self, states: Iterable[ProductState]) -> None:
        """Store products whose version is higher than the stored one."""
        latest: dict[str, ProductState] = {}
        for state in states:
            if state.id not in latest or latest[state.id].version < state.version:
                latest[state.id] = state
        await self._projection.put(list(latest.values()))
