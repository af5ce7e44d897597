"""The commands that services have in common."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from shopkit import migrations
from shopkit.migrations import Migration
from shopkit.mongo import DATABASE, connect
from shopkit.settings import MongoSettings, Settings
from shopkit.telemetry import configure_logging


def run(service: str, settings: Settings, commands: Mapping[str, Callable[[], None]]) -> None:
    """Run the commands that the arguments name, one after the other.

    Args:
        service: The service's name, for logs.
        settings: Its settings.
        commands: What each command does.
    """
    parser = argparse.ArgumentParser(prog=service)
    parser.add_argument("command", choices=list(commands), nargs="+")
    names = parser.parse_args().command
    configure_logging(service, settings.log_level, for_people=settings.development)
    for name in names:
        commands[name]()


async def migrate(service: str, settings: MongoSettings, steps: Sequence[Migration]) -> None:
    """Apply the migrations that are missing, and say which."""
    async with connect(settings, service) as client:
        applied = await migrations.apply(client[DATABASE], steps)
    sys.stdout.write(f"{service}: {', '.join(applied) or 'nothing'} migrated\n")


def refuse_seed_in_production(settings: Settings, seed: str) -> None:
    """Return where demonstration data may be loaded.

    Raises:
        SystemExit: It may not: neither is this development, nor is SEED=demo set.
    """
    if not settings.development and seed != "demo":
        raise SystemExit("Demonstration data is loaded in development, or where SEED=demo is set.")
