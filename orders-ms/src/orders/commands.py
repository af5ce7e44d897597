"""The commands of orders-ms: `python -m orders COMMAND ...`."""

import asyncio
import sys
from typing import TYPE_CHECKING

import typer

from orders.settings import SERVICE, OrdersSettings
from shopkit import commands

if TYPE_CHECKING:
    from orders.services.reconcile import Drift

app = commands.create(SERVICE)


@app.command()
def serve() -> None:
    """Serve HTTP requests until SIGTERM."""
    from orders.main import serve

    serve(_settings())


@app.command()
def migrate() -> None:
    """Apply missing migrations to the database."""
    from orders.migrations import MIGRATIONS
    from shopkit.storage import migrations

    asyncio.run(migrations.migrate(SERVICE, _settings(), MIGRATIONS))


@app.command()
def resume(topic: str | None = commands.TOPIC) -> None:
    """Resume paused consumers, and print their topics."""
    from shopkit.messaging import pauses

    asyncio.run(pauses.resume_and_print(SERVICE, _settings(), topic))


@app.command()
def seed() -> None:
    """Load the demo data. Existing data is kept."""
    from orders.seed import seed

    asyncio.run(seed(_settings()))


@app.command()
def topics() -> None:
    """Create missing topics."""
    from shopkit.contract.topics import TOPICS
    from shopkit.messaging.topics import create_topics

    created = asyncio.run(create_topics(_settings(), TOPICS))
    sys.stdout.write(f"topics created: {', '.join(created) or 'none'}\n")


@app.command()
def reconcile() -> None:
    """Compare orders-db with products-db once, and repair what differs.

    The exit code is 1 if anything differed.
    """
    drift = asyncio.run(_reconcile(_settings()))
    sys.stdout.write(
        f"products that differ: {len(drift.products)}, "
        f"orders without the same decision: {len(drift.orders_without_decision)}, "
        f"decisions without an order: {len(drift.decisions_without_order)}\n"
    )
    if not drift.empty:
        raise typer.Exit(commands.EXIT_FAILED)


@app.command()
def rebuild() -> None:
    """Rebuild the projection from the products topic."""
    count = asyncio.run(_rebuild(_settings()))
    sys.stdout.write(f"projection rebuilt: {count} products\n")


async def _reconcile(settings: OrdersSettings) -> "Drift":
    from orders.runtime import comparing

    async with comparing(settings) as comparison:
        return await comparison.reconcile.reconcile()


async def _rebuild(settings: OrdersSettings) -> int:
    from orders.consumers.products_topic import products_topic
    from orders.runtime import comparing

    async with (
        comparing(settings) as comparison,
        products_topic(settings.kafka_bootstrap_servers) as topic,
    ):
        return await comparison.rebuild.rebuild(topic)


def _settings() -> OrdersSettings:
    return commands.load_settings(SERVICE, OrdersSettings)
