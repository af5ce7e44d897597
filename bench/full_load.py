"""What benchmarks of orders share: the usual catalogue, and how much the shop can settle."""

import asyncio
import time
from collections.abc import Mapping
from typing import NamedTuple

from bench import harness
from bench.consistency import Databases
from bench.harness import Shop
from bench.load import Load, NextRequest

CONNECTIONS = 100
"""How many connections measure what the shop can settle."""


class Catalogue(NamedTuple):
    """The products of a benchmark.

    Attributes:
        ids: Their ids, by name.
        stocks: Their initial stock, by id.
    """

    ids: Mapping[str, str]
    stocks: Mapping[str, int]


async def add_many_products(shop: Shop, databases: Databases) -> Catalogue:
    """Add the usual products, and wait until the projection has them."""
    stocks = harness.many_products()
    ids = await shop.add_products(stocks)
    while not databases.projection_has(ids.values()):
        await asyncio.sleep(0.1)
    return Catalogue(ids, {ids[name]: stock for name, stock in stocks.items()})


async def measure_capacity(
    shop: Shop, databases: Databases, place: NextRequest, seconds: float
) -> float:
    """Return how many orders a second the shop can take and settle."""
    began = time.monotonic()
    responses = await Load(shop.port, CONNECTIONS).back_to_back(place, seconds)
    harness.expect_status(responses, 201)
    await asyncio.to_thread(databases.wait_until_settled)
    return len(responses) / (time.monotonic() - began)
