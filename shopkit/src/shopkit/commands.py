"""The commands that services have in common."""

import argparse
import asyncio
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pymongo.errors import PyMongoError

from shopkit.retry import patiently
from shopkit.settings import MongoSettings, Settings
from shopkit.storage import migrations
from shopkit.storage.migrations import Migration
from shopkit.storage.mongo import DATABASE, check_writable_primary, connect
from shopkit.web.telemetry import configure_logging


def run(service: str, settings: Settings, commands: Mapping[str, str]) -> None:
    """Run the commands that the arguments name, one after the other.

    Args:
        service: The service's name, for logs.
        settings: Its settings, which each command is given.
        commands: Where each command's function is, as `module:function`, so that a process imports
            what its own commands need and no more. It may be a coroutine function.

    Raises:
        SystemExit: A command returned an exit code other than 0.
    """
    parser = argparse.ArgumentParser(prog=service)
    parser.add_argument("command", choices=list(commands), nargs="+")
    names = parser.parse_args().command
    configure_logging(service, settings.log_level, for_people=settings.development)
    for name in names:
        result = look_up(commands[name])(settings)
        if code := asyncio.run(result) if inspect.iscoroutine(result) else result:
            sys.exit(code)


def look_up(place: str) -> Callable[..., Any]:
    """Return the function at a place, `module:function`."""
    module, _, function = place.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


async def migrate(service: str, settings: MongoSettings, steps: Sequence[Migration]) -> None:
    """Apply the migrations that are missing, and say which.

    At a first installation the database may come up only now, and its users with it.
    """
    async with connect(settings, service) as client:
        await patiently("database", lambda: check_writable_primary(client), (PyMongoError, OSError))
        applied = await migrations.apply(client[DATABASE], steps)
    sys.stdout.write(f"{service}: {', '.join(applied) or 'nothing'} migrated\n")


def refuse_seed_in_production(settings: Settings, seed: str) -> None:
    """Return where demonstration data may be loaded.

    Raises:
        SystemExit: It may not: neither is this development, nor is SEED=demo set.
    """
    if not settings.development and seed != "demo":
        raise SystemExit("Demonstration data is loaded in development, or where SEED=demo is set.")
