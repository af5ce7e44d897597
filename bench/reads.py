"""Measures the list of products: the first page of 20 of 1,000, through nginx and the gateway.

It runs its own stack. Visitors request the page without a pause. Afterwards the projection is
compared with the products; the exit code is 1 if they differ.
"""

import json
from typing import Annotated

import typer
import uvloop
from bench import harness, results
from bench.consistency import Databases, differing_products
from bench.harness import Costs, Figure, Shop, percentile
from bench.load import Load, request

PAGE = "/api/products?limit=20"


async def measure(shop: Shop, seconds: float, connections: int, *, gzip: bool) -> list[Figure]:
    """Add the products, then request pages of them."""
    await shop.add_products(harness.many_products())
    content = request("GET", PAGE, Accept_Encoding="gzip" if gzip else "identity")
    load = Load(shop.port, connections)
    await load.back_to_back(lambda _: content, min(3, seconds))
    costs = Costs(shop.stack)
    responses = await load.back_to_back(lambda _: content, seconds)
    print(costs.per_item(len(responses), "a page"))
    harness.expect_status(responses, 200)
    if not gzip:
        body = responses[-1].body
        page = json.loads(body)
        print(f"  a page: {len(page['products'])} of {page['total']}, {len(body)} bytes")
    milliseconds = [response.seconds * 1000 for response in responses]
    return [
        Figure("pages of 20 of 1,000 products", len(responses) / seconds, "/s", 3_000),
        *(
            Figure(f"response time, p{percent}", percentile(milliseconds, percent), "ms")
            for percent in (50, 95, 99)
        ),
    ]


def main(
    *,
    seconds: float = 20,
    connections: int = 32,
    gzip: Annotated[bool, typer.Option("--gzip", help="Let nginx compress the pages.")] = False,
) -> None:
    """Measure the list of products."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}")
    print(f"{connections} connections, {seconds:g} s")
    with harness.running_shop() as shop, Databases.of(shop.stack) as databases:
        figures = uvloop.run(measure(shop, seconds, connections, gzip=gzip))
        databases.wait_until_settled()
        differing = differing_products(databases)
    problems = [f"C7: {len(differing)} products differ"] if differing else []
    results.finish("reads", figures, problems, holds="C7 holds")


if __name__ == "__main__":
    typer.run(main)
