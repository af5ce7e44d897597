"""Shows where the time of an order goes, from the POST request to ACCEPTED, stage by stage.

It runs its own stack, places orders at a moderate rate, and records the trace of each. A stage
begins where the one before it ends, so their times add up to the time of the order. The last column
is the mean of the slowest 2% of the orders, which says what makes an order slow.
"""

import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Annotated, NamedTuple

import typer
import uvloop
from bench import harness
from bench.harness import Shop, percentile
from bench.load import Load

from shopkit.testing.collector import Collector, ReceivedSpan, collecting

SLOWEST = 0.02
SENT = "orders-ms PRODUCER send shop.orders"
SETTLED = "orders-ms CONSUMER process shop.order-status"


class Stage(NamedTuple):
    """A stage of an order, which ends when a span begins, or when it ends."""

    name: str
    span: str
    at_its_end: bool = False


STAGES = (
    Stage("nginx and gateway-ms", "orders-ms SERVER POST /api/orders"),
    Stage("orders-ms takes the order", SENT),
    Stage("Kafka, and products-ms gathers a batch", "products-ms CONSUMER process shop.orders"),
    Stage("products-ms decides", "products-ms PRODUCER send shop.order-status"),
    Stage("Kafka, and orders-ms gathers a batch", SETTLED),
    Stage("orders-ms settles the order", SETTLED, at_its_end=True),
)


def stage_times(spans: Sequence[ReceivedSpan], due: float) -> dict[str, float]:
    """Return the seconds of each stage of an order.

    Args:
        spans: The spans of the order's trace.
        due: When the request was due, in seconds since the epoch.
    """
    by_name = {str(span): span for span in spans}
    times = {}
    began = due
    for stage in STAGES:
        span = by_name[stage.span]
        ended = span.ended if stage.at_its_end else span.began
        times[stage.name] = ended - began
        began = ended
    return times


def report(orders: Sequence[Mapping[str, float]]) -> Iterator[str]:
    """Yield the lines of the table."""
    slowest = sorted(orders, key=lambda times: -sum(times.values()))
    slowest = slowest[: max(1, round(len(orders) * SLOWEST))]
    yield f"{'milliseconds':<42}{'p50':>8}{'p99':>8}{'slowest 2%':>12}"
    for name in [stage.name for stage in STAGES]:
        seconds = [times[name] for times in orders]
        yield _row(name, seconds, fmean(times[name] for times in slowest))
    totals = [sum(times.values()) for times in orders]
    yield _row("POST to ACCEPTED", totals, fmean(sum(times.values()) for times in slowest))


def _row(name: str, seconds: Sequence[float], slow: float) -> str:
    p50, p99 = (percentile(seconds, percent) * 1000 for percent in (50, 99))
    return f"{name:<42}{p50:>8.1f}{p99:>8.1f}{slow * 1000:>12.1f}"


async def _measure(
    shop: Shop, collector: Collector, rate: float, seconds: float
) -> list[dict[str, float]]:
    ids = await shop.add_products(harness.many_products())
    orders = harness.orders_of(shop.issue_tokens(500), list(ids.values()))
    load = Load(shop.port, 64)
    await load.at_rate(orders, rate, 5)
    responses = await load.at_rate(orders, rate, seconds)
    harness.expect_status(responses, 201)
    due = {
        f"OrderCreate/{json.loads(response.body)['id']}": response.sent_at for response in responses
    }
    traces = await _wait_for_traces(collector, due)
    return [stage_times(traces[event_id], due[event_id]) for event_id in due]


async def _wait_for_traces(
    collector: Collector, event_ids: Mapping[str, float], seconds: float = 30
) -> dict[str, list[ReceivedSpan]]:
    """Return the spans of the orders, by the ids of their events."""
    deadline = time.monotonic() + seconds
    complete = {stage.span for stage in STAGES}
    while True:
        traces = defaultdict(list)
        for span in collector.spans:
            traces[span.trace].append(span)
        found = {
            span.attributes["messaging.message.id"]: traces[span.trace]
            for span in collector.spans
            if str(span) == SENT and complete <= set(map(str, traces[span.trace]))
        }
        if event_ids.keys() <= found.keys():
            return found
        if time.monotonic() > deadline:
            missing = len(event_ids.keys() - found.keys())
            raise SystemExit(f"{missing} orders have no complete trace")
        await asyncio.sleep(0.5)


def main(
    rate: Annotated[float, typer.Option(help="Orders a second.")] = 50,
    seconds: Annotated[float, typer.Option(help="How long to place orders.")] = 30,
) -> None:
    """Measure the stages of an order."""
    print(f"{harness.describe_machine(harness.ROOT)}\n{harness.SETTINGS}, every order traced")
    with collecting() as collector:
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.endpoint  # noqa: TID251 - for the stack.
        with harness.running_shop() as shop:
            orders = uvloop.run(_measure(shop, collector, rate, seconds))
    print(f"{len(orders)} orders at {rate:g} a second", *report(orders), sep="\n")


if __name__ == "__main__":
    typer.run(main)
