"""The commands of products-ms: `python -m products COMMAND ...`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from products.settings import SERVICE, ProductsSettings
from shopkit import commands, operator_commands

if TYPE_CHECKING:
    from shopkit.messaging.dead_letter_service import DeadLetterService

app = commands.create(SERVICE)
operator_commands.add_status(app, SERVICE)


@app.command()
def serve() -> None:
    """Serve HTTP requests until SIGTERM."""
    from products.main import serve

    serve(_settings())


@app.command()
def migrate() -> None:
    """Apply missing migrations to the database."""
    from products.migrations import migrations_for
    from shopkit.storage import migrations

    settings = _settings()
    steps = migrations_for(settings.shop_language)
    asyncio.run(migrations.migrate(SERVICE, settings, steps))


@app.command()
def resume(topic: str | None = commands.TOPIC) -> None:
    """Resume paused consumers, and print their topics."""
    from shopkit.messaging import pauses

    asyncio.run(pauses.resume_and_print(SERVICE, _settings(), topic))


@asynccontextmanager
async def _dead_letters() -> AsyncIterator["DeadLetterService"]:
    from products.runtime import connected

    async with connected(_settings()) as services:
        assert services.dead_letters  # noqa: S101 - `connected` opens it.
        yield services.dead_letters


app.add_typer(operator_commands.dead_letters_app(_dead_letters), name="dead-letters")


@app.command()
def seed() -> None:
    """Load the demo data. Existing data is kept."""
    from products.seed import seed

    asyncio.run(seed(_settings()))


def _settings() -> ProductsSettings:
    return commands.load_settings(SERVICE, ProductsSettings)
