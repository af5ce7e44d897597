"""Refreshes in the background what documents repeat of other data.

Products repeat the names of their categories, for the search and for replicas of the previous
release. After a rename they are refreshed in small chunks. If a chunk is interrupted, the next run
continues, because the category stays marked and a product says which name it repeats.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from products.models.product import Category
from products.repositories.categories import CategoryRepository
from products.repositories.products import ProductRepository
from shopkit.storage.job_leases import JobLeases

JOB = "refresh"
LEASE = timedelta(seconds=30)
CHUNK = 50
"""How many products are refreshed at a time. Their search terms take a few milliseconds."""
REST_FACTOR = 1.0
"""How long to rest after a chunk, as a multiple of the time that it took."""

Sleep = Callable[[float], Awaitable[None]]

log = structlog.get_logger(__name__)


class RefreshService:
    """Refreshes products after their categories were renamed, and adds missing keys of names."""

    def __init__(
        self,
        *,
        products: ProductRepository,
        categories: CategoryRepository,
        leases: JobLeases,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._products = products
        self._categories = categories
        self._leases = leases
        self._sleep = sleep
        self._holder = secrets.token_hex(8)

    async def refresh(self) -> None:
        """Refresh what is outdated. One replica at a time refreshes products."""
        # Replicas of the previous release store names without keys.
        await self._categories.add_missing_keys(CHUNK)
        await self._products.add_missing_keys(CHUNK)
        category = await self._categories.find_outdated()
        if category and await self._acquire():
            await self._refresh_products(category)

    async def _refresh_products(self, category: Category) -> None:
        after, count = None, 0
        while products := await self._products.find_outdated(category, after, CHUNK):
            began = time.monotonic()
            await self._products.refresh(products)
            after, count = products[-1].id, count + len(products)
            await self._sleep((time.monotonic() - began) * REST_FACTOR)
            if not await self._acquire():
                return
        # A product that was edited meanwhile is refreshed by the next run.
        if not await self._products.find_outdated(category, None, 1):
            await self._categories.set_refreshed(category)
            log.info("products of a category refreshed", category=category.id, products=count)

    async def _acquire(self) -> bool:
        return await self._leases.acquire(JOB, LEASE, self._holder)
