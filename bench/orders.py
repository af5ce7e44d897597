"""The path of an order, on a stack of its own: from a POST at nginx to ACCEPTED in orders-db.

    python -m bench.orders [--seconds 60] [--connections 100]

Every order has one line and an Idempotency-Key. Four loads follow each other: 50 orders a second,
for the time that one takes; as many as go, over 1,000 products; the same for one product; and more
of one product than there is. After each, once all is settled, both databases are compared in full;
the process ends with 1 where they are inconsistent.
"""

import argparse
import asyncio
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import uvloop
from bench import harness
from bench.consistency import Databases, disagreements
from bench.harness import Costs, Figure, Shop, percentile
from bench.load import Answer, Load, Next, request
from bson import ObjectId

SCARCE = 200


@dataclass(frozen=True)
class Run:
    """What came of a load of orders."""

    placed: int
    refused: int
    intake: float
    settled: float
    backlog: int
    drained_seconds: float


class Bench:
    """The loads, one after the other."""

    def __init__(self, shop: Shop, databases: Databases, options: argparse.Namespace) -> None:
        self.shop = shop
        self.databases = databases
        self.options = options
        self.tokens = shop.shoppers(20)
        self.figures: list[Figure] = []
        self.wrong: list[str] = []
        self.stocks: dict[str, int] = {}

    async def stock_up(self) -> None:
        """Add the products, and wait until orders-ms knows them."""
        stocks = {**harness.many_products(), "best seller": harness.STOCK, "last ones": SCARCE}
        self.ids = await self.shop.add_products(stocks)
        self.stocks = {self.ids[name]: count for name, count in stocks.items()}
        await self._until(lambda: self.databases.know(self.stocks), "the projection")

    def orders_of(self, *names: str) -> Next:
        """Return what gives requests for one of a product by random."""
        ids = [self.ids[name] for name in names]
        lots = random.Random(1)
        keys = itertools.count()
        run = ObjectId()

        def next_request() -> bytes:
            return request(
                "POST",
                "/api/orders",
                lots.choice(self.tokens),
                {"products": [{"id": lots.choice(ids), "quantity": 1}]},
                Idempotency_Key=f"{run}-{next(keys)}",
            )

        return next_request

    async def latency(self, rate: float, seconds: float) -> None:
        """Measure how long an order takes where there is no hurry."""
        orders = self.orders_of(*harness.many_products())
        with self.databases.watched() as accepted:
            answers = await Load(self.shop.port, 64).at_rate(orders, rate, seconds)
            harness.expect(answers, 201)
            sent = {json.loads(answer.body)["id"]: answer.sent_at for answer in answers}
            await self._until(lambda: sent.keys() <= accepted.keys(), "the change stream")
        took = [(accepted[order_id] - at) * 1000 for order_id, at in sent.items()]
        named = f"POST to ACCEPTED at {rate:g} orders/s, "
        self.figures += [
            Figure(f"{named}p50", percentile(took, 50), "ms", 40, least=False),
            Figure(f"{named}p99", percentile(took, 99), "ms", 200, least=False),
        ]

    async def load(self, what: str, seconds: float, *names: str) -> Run:
        """Place as many orders as go, wait until they are settled, and check both databases."""
        costs = Costs(self.shop.stack)
        began = time.monotonic()
        answers = await Load(self.shop.port, self.options.connections).back_to_back(
            self.orders_of(*names), seconds
        )
        loaded = time.monotonic()
        backlog = self.databases.pending()
        self.databases.wait_until_settled()
        ended = time.monotonic()
        placed = sum(answer.status == 201 for answer in answers)
        run = Run(
            placed=placed,
            refused=sum(answer.status == 409 for answer in answers),
            intake=placed / (loaded - began),
            settled=placed / (ended - began),
            backlog=backlog,
            drained_seconds=ended - loaded,
        )
        _describe(what, run, answers)
        print(costs.per(max(placed, 1), "an order"))
        self.wrong += [f"{what}: {one}" for one in disagreements(self.databases, self.stocks)]
        if unexpected := placed + run.refused - len(answers):
            self.wrong.append(f"{what}: {-unexpected} answers were neither 201 nor 409")
        return run

    async def run(self) -> None:
        """Run all loads."""
        await self.stock_up()
        many, seconds = tuple(harness.many_products()), self.options.seconds
        await self.load("warm-up", min(5, seconds), *many)
        await self.latency(50, min(20, seconds))
        over_many = await self.load("many products", seconds, *many)
        over_one = await self.load("one product", seconds, "best seller")
        scarce = await self.load(f"one product of which there are {SCARCE}", 3, "last ones")
        ratio = over_one.settled / over_many.settled
        self.figures += [
            Figure("orders settled, many products", over_many.settled, "/s", 600),
            Figure("orders taken (201), many products", over_many.intake, "/s", 1000),
            Figure("orders settled, one product", over_one.settled, "/s"),
            Figure("one product / many products", ratio, "", 0.8),
            Figure(f"sold of {SCARCE}", self._sold("last ones"), "", SCARCE, least=False),
        ]
        if not scarce.refused:
            self.wrong.append("nobody was refused of a product that ran out")

    def _sold(self, name: str) -> int:
        return self.databases.sold().get(self.ids[name], 0)

    async def _until(self, condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"{what} did not come within {seconds} s")
            await asyncio.sleep(0.05)


def _describe(what: str, run: Run, answers: Sequence[Answer]) -> None:
    waits = [answer.seconds * 1000 for answer in answers if answer.status == 201]
    print(
        f"{what}: {run.placed} taken ({run.intake:.0f}/s, answered in p50 "
        f"{percentile(waits, 50):.0f} ms, p99 {percentile(waits, 99):.0f} ms), "
        f"{run.refused} refused; {run.backlog} waited when the load ended, all settled "
        f"{run.drained_seconds:.1f} s later: {run.settled:.0f}/s"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long each load lasts")
    parser.add_argument("--connections", type=int, default=100)
    options = parser.parse_args()
    print(f"{harness.machine(harness.ROOT)}\n{harness.SETTINGS}")
    print(f"{options.connections} connections, {options.seconds:g} s a load")
    with harness.shop() as shop, Databases.of(shop.stack) as databases:
        bench = Bench(shop, databases, options)
        uvloop.run(bench.run())
    print(*bench.figures, sep="\n")
    print(*bench.wrong or ["both databases agree: C1, C3 and C7 hold after every load"], sep="\n")
    sys.exit(1 if bench.wrong else 0)


if __name__ == "__main__":
    main()
