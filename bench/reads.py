"""The list of products, on a stack of its own: 20 of 1,000 through nginx and the gateway.

    python -m bench.reads [--seconds 20] [--connections 32] [--gzip]

Visitors ask for the first page, back to back. Afterwards the projection is compared with the
products; the process ends with 1 where they differ.
"""

import argparse
import json
import sys

import uvloop
from bench import harness
from bench.consistency import Databases, different_products
from bench.harness import Costs, Figure, Shop, percentile
from bench.load import Load, request

PAGE = "/api/products?limit=20"


async def measure(shop: Shop, options: argparse.Namespace) -> list[Figure]:
    """Add the products, then ask for pages of them."""
    await shop.add_products(harness.many_products())
    encoding = "gzip" if options.gzip else "identity"
    asked = request("GET", PAGE, Accept_Encoding=encoding)
    load = Load(shop.port, options.connections)
    await load.back_to_back(lambda: asked, min(3, options.seconds))
    costs = Costs(shop.stack)
    answers = await load.back_to_back(lambda: asked, options.seconds)
    print(costs.per(len(answers), "a page"))
    harness.expect(answers, 200)
    if not options.gzip:
        body = answers[-1].body
        page = json.loads(body)
        print(f"  a page: {len(page['products'])} of {page['total']}, {len(body)} bytes")
    waits = [answer.seconds * 1000 for answer in answers]
    percents = (50, 95, 99)
    return [
        Figure("pages of 20 of 1,000 products", len(answers) / options.seconds, "/s", 3_000),
        *(Figure(f"answered in, p{each}", percentile(waits, each), "ms") for each in percents),
    ]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--gzip", action="store_true", help="have nginx compress, as for browsers")
    options = parser.parse_args()
    print(f"{harness.machine(harness.ROOT)}\n{harness.SETTINGS}")
    print(f"{options.connections} connections, {options.seconds:g} s")
    with harness.shop() as shop, Databases.of(shop.stack) as databases:
        figures = uvloop.run(measure(shop, options))
        databases.wait_until_settled()
        wrong = different_products(databases)
    print(*figures, sep="\n")
    print(f"C7: {len(wrong)} products differ" if wrong else "C7: the projection is the products")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
