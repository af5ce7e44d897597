"""Makes the projection again from the compacted topic, beside the live one, while orders go on."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import structlog

from orders.repositories.products_client import RemoteProducts
from orders.repositories.projection import ProjectionRepository
from orders.services.projection import ProductEvent, ProjectionService
from orders.services.reconcile import ReconcileService
from shopkit.contract.events import Delivery
from shopkit.storage.mongo import Transactions

TRIES = 10

log = structlog.get_logger(__name__)


class DriftRemainsError(Exception):
    """The new projection did not come to agree with products-ms; the live one is as it was."""

    def __init__(self, product_ids: Sequence[str]) -> None:
        super().__init__(f"still different: {', '.join(product_ids[:10])}")
        self.product_ids = product_ids


class Topic(Protocol):
    """The products' events, read on from where the last reading ended."""

    def read_to_end(self) -> AsyncIterator[Sequence[Delivery[ProductEvent]]]:
        """Yield what was not read yet."""
        ...


class RebuildService:
    """Replaces the projection by one made from the topic."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        live: ProjectionRepository,
        beside: ProjectionRepository,
        reconcile: ReconcileService,
        remote: RemoteProducts,
    ) -> None:
        self._transactions = transactions
        self._live = live
        self._beside = beside
        self._reconcile = reconcile
        self._remote = remote

    async def rebuild(self, topic: Topic) -> int:
        """Make the projection anew and return how many products it has.

        The topic may be empty after a loss of the broker's data, or hold an older version as a
        product's last: so the new projection is compared with products-ms, which sends again
        what differs, before it takes the live one's place.

        Raises:
            DriftRemainsError: It did not come to agree in ten tries.
        """
        await self._beside.recreate()
        await self._read(topic, self._beside)
        await self._agree(topic)
        await self._beside.replace(self._live)
        # What came between the last reading and the replacement went to the old projection only.
        await self._read(topic, self._live)
        return await self._live.count()

    async def _agree(self, topic: Topic) -> None:
        differing: list[str] = []
        for _ in range(TRIES):
            drift = await self._reconcile.drift(self._beside)
            differing = list(drift.products)
            if not differing:
                return
            log.info("asked for again", products=len(differing))
            await self._remote.resend(drift.products)
            await self._read(topic, self._beside)
        raise DriftRemainsError(differing)

    async def _read(self, topic: Topic, projection: ProjectionRepository) -> None:
        service = ProjectionService(self._transactions, projection)
        async for deliveries in topic.read_to_end():
            await service.apply(deliveries)
