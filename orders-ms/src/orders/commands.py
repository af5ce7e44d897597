"""The commands of orders-ms: `python -m orders COMMAND ...`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orders.settings import SERVICE, OrdersSettings
from shopkit import commands, operator_commands

if TYPE_CHECKING:
    from orders.services.reconcile import Report
    from shopkit.messaging.dead_letter_service import DeadLetterService

app = commands.create(SERVICE)
operator_commands.add_status(app, SERVICE)


@app.command()
def serve() -> None:
    """Serve HTTP requests until SIGTERM."""
    from orders.main import serve

    serve(_settings())


@app.command()
def migrate() -> None:
    """Apply missing migrations to the database."""
    from orders.migrations import MIGRATIONS
    from orders.repositories.projection import REBUILT_COLLECTION
    from shopkit.storage import migrations

    later = (REBUILT_COLLECTION,)
    asyncio.run(migrations.migrate(SERVICE, _settings(), MIGRATIONS, later=later))


@app.command()
def resume(topic: str | None = commands.TOPIC) -> None:
    """Resume paused consumers, and print their topics."""
    from shopkit.messaging import pauses

    asyncio.run(pauses.resume_and_print(SERVICE, _settings(), topic))


@asynccontextmanager
async def _dead_letters() -> AsyncIterator["DeadLetterService"]:
    from orders.runtime import connected

    async with connected(_settings()) as services:
        assert services.dead_letters  # noqa: S101 - `connected` opens it.
        yield services.dead_letters


app.add_typer(operator_commands.dead_letters_app(_dead_letters), name="dead-letters")


@app.command()
def seed() -> None:
    """Load the demo data. Existing data is kept."""
    from orders.seed import seed

    asyncio.run(seed(_settings()))


@app.command()
def mail_previews(folder: Path) -> None:
    """Write every kind of mail with sample data into a folder."""
    from orders.models.mails import SAMPLES
    from shopkit.mail.previews import write_previews

    write_previews("orders", SAMPLES, folder)


@app.command()
def topics() -> None:
    """Create missing topics."""
    from shopkit.contract.topics import TOPICS
    from shopkit.messaging.topics import create_topics

    created = asyncio.run(create_topics(_settings(), TOPICS))
    sys.stdout.write(f"topics created: {', '.join(created) or 'none'}\n")


@app.command()
def reconcile(
    apply: Annotated[  # noqa: FBT002 - Typer makes an option of it.
        bool,
        typer.Option("--apply", help="Cancel decided orders that do not exist, at most 10."),
    ] = False,
    as_json: bool = operator_commands.JSON,  # noqa: FBT001 - Typer makes an option of it.
) -> None:
    """Compare orders-db with products-db once, and repair what can be repaired without a loss.

    Orders that products-ms has decided but that do not exist in orders-db are only listed, unless
    --apply cancels them. The exit code is 1 if anything differed.
    """
    report = asyncio.run(_reconcile(_settings(), cancel_lost=apply))
    if as_json:
        operator_commands.print_json(asdict(report))
    else:
        sys.stdout.write(_describe(report))
    if not report.empty:
        raise typer.Exit(commands.EXIT_FAILED)


@app.command()
def accept_databases() -> None:
    """Accept orders-db and products-db as they are now, after one was replaced by another."""
    products_db = asyncio.run(_accept_databases(_settings()))
    sys.stdout.write(f"products-db {products_db} and this orders-db accept each other\n")


@app.command()
def rebuild(*, as_json: bool = operator_commands.JSON) -> None:
    """Rebuild the projection from the products topic."""
    count, skipped = asyncio.run(_rebuild(_settings()))
    if as_json:
        operator_commands.print_json({"products": count, "skipped_messages": skipped})
    else:
        sys.stdout.write(f"projection rebuilt: {count} products, {skipped} messages skipped\n")


@app.command()
def recount() -> None:
    """Count all orders again for the statistics."""
    asyncio.run(_recount(_settings()))
    sys.stdout.write("orders counted\n")


async def _reconcile(settings: OrdersSettings, *, cancel_lost: bool) -> "Report":
    from orders.runtime import comparing

    with _explained():
        async with comparing(settings) as comparison:
            return await comparison.reconcile.reconcile(cancel_lost=cancel_lost)


async def _accept_databases(settings: OrdersSettings) -> str:
    from orders.runtime import comparing

    with _explained():
        async with comparing(settings) as comparison:
            return await comparison.reconcile.accept_databases()


async def _rebuild(settings: OrdersSettings) -> tuple[int, int]:
    from orders.consumers.products_topic import products_topic
    from orders.runtime import comparing

    with _explained():
        async with (
            comparing(settings) as comparison,
            products_topic(settings.kafka_connection) as topic,
        ):
            return await comparison.rebuild.rebuild(topic), topic.skipped


async def _recount(settings: OrdersSettings) -> None:
    from orders.runtime import connected

    with _explained():
        async with connected(settings) as services:
            await services.counting.recount()


@contextmanager
def _explained() -> Iterator[None]:
    """Show what to do about an error that an operator can resolve."""
    import aiohttp
    from pymongo.errors import PyMongoError

    from orders.errors import ProjectionDiffersError
    from orders.repositories.order_counts import SnapshotLostError
    from shopkit.storage.database_identity import IdentityError

    try:
        yield
    except IdentityError as error:
        hint = "See docs/operations/restore.md before you run `accept-databases`."
        raise commands.CommandError(f"{error}\n{hint}") from error
    except (ProjectionDiffersError, SnapshotLostError) as error:
        raise commands.CommandError(str(error)) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise commands.CommandError(f"products-ms does not answer: {error}") from error
    except PyMongoError as error:
        raise commands.CommandError(f"The database failed: {type(error).__name__}") from error


def _describe(report: "Report") -> str:
    from orders.services.reconcile import LOST, PRODUCTS, STATISTICS, UNRECORDED

    found = report.found
    lines = [
        (
            f"products that differ: {found[PRODUCTS]}, "
            f"orders without the same decision: {found[UNRECORDED]}, "
            f"decisions without an order: {found[LOST]}"
        ),
        f"days whose statistics differ: {found[STATISTICS]}",
    ]
    if report.cancelled:
        remaining = found[LOST] - len(report.cancelled)
        lines.append(f"cancelled: {', '.join(report.cancelled)}; {remaining} remain")
    elif report.lost:
        lines.append(f"--apply would cancel: {', '.join(report.lost)}")
    return "".join(f"{line}\n" for line in lines)


def _settings() -> OrdersSettings:
    return commands.load_settings(SERVICE, OrdersSettings)
