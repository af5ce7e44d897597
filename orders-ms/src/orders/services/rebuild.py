"""Rebuilds the projection from the products topic, next to the live projection."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import structlog

from orders.errors import ProjectionDiffersError
from orders.repositories.products_client import ProductsClient
from orders.repositories.projection import ProjectionRepository
from orders.services.comparison import ProductComparison, Sleep, compare_sections
from orders.services.projection import ProductEvent, ProjectionService
from shopkit.messaging.envelope import Delivery

ATTEMPTS = 10

log = structlog.get_logger(__name__)


class Topic(Protocol):
    """The products topic, read from where the last call ended."""

    def read_to_end(self) -> AsyncIterator[Sequence[Delivery[ProductEvent]]]:
        """Yield batches of the events that have not been read yet."""
        ...


class RebuildService:
    """Replaces the live projection with one that is rebuilt from the topic."""

    def __init__(
        self,
        *,
        live: ProjectionRepository,
        rebuilt: ProjectionRepository,
        client: ProductsClient,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._live = live
        self._rebuilt = rebuilt
        self._client = client
        self._sleep = sleep

    async def rebuild(self, topic: Topic) -> int:
        """Rebuild the projection and return its number of products.

        The topic may be incomplete after the broker lost data. So before the rebuilt projection
        goes live, it is compared with products-ms, which sends again what differs. Products that
        products-ms does not know are removed.

        Raises:
            ProjectionDiffersError: The projection still differs after ten attempts.
            IdentityError: One of the databases is another one than before.
        """
        await self._client.check_databases()
        await self._rebuilt.recreate()
        await self._apply(topic, self._rebuilt)
        await self._wait_until_equal(topic)
        await self._rebuilt.replace(self._live)
        # Events that arrived during the replacement were applied to the old projection only.
        await self._apply(topic, self._live)
        return await self._live.count()

    async def _wait_until_equal(self, topic: Topic) -> None:
        different: list[str] = []
        for _ in range(ATTEMPTS):
            different = await self._request_different(topic)
            if not different:
                return
            log.info("products requested again", products=len(different))
            await self._apply(topic, self._rebuilt)
        raise ProjectionDiffersError(different)

    async def _request_different(self, topic: Topic) -> list[str]:
        async def let_events_arrive(seconds: float) -> None:
            # Otherwise every product that is sold meanwhile would differ.
            await self._sleep(seconds)
            await self._apply(topic, self._rebuilt)

        different: list[str] = []
        comparison = ProductComparison(self._rebuilt, self._client)
        async for section in compare_sections(comparison, sleep=let_events_arrive):
            different += section.drift
            # After products-db was restored, the topic has products that no longer exist.
            await self._rebuilt.remove(await self._client.resend(section.drift))
        return different

    async def _apply(self, topic: Topic, projection: ProjectionRepository) -> None:
        service = ProjectionService(projection)
        async for deliveries in topic.read_to_end():
            await service.apply(deliveries)
