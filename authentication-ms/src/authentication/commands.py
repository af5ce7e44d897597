"""The commands: `python -m authentication serve | migrate | seed | create-admin EMAIL`.

Those without arguments of their own can be given together and run in turn.
"""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pymongo.errors import PyMongoError

from authentication import seed
from authentication.errors import UnusableKeyError
from authentication.migrations import MIGRATIONS
from authentication.models.accounts import AccountRole
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.revocations import RevocationRepository
from authentication.schemas import NewEmail, NewPassword
from authentication.services.administration import Administration
from authentication.services.passwords import Passwords, argon2id
from authentication.services.revocations import Revocations
from authentication.settings import SERVICE, AuthenticationSettings, DatabaseSettings
from shopkit import clock, commands
from shopkit.storage import mongo
from shopkit.storage.audit import AuditTrail
from shopkit.web import telemetry

WITHOUT_ARGUMENTS = frozenset({"serve", "migrate", "seed"})
COMMAND_LINE = "command line"
"""The actor of what is done here, in the audit trail."""


class RefusedError(Exception):
    """A command can't do what is asked; its text says why."""


def main(arguments: Sequence[str]) -> int:
    """Run commands until one fails, and return the process's exit code."""
    together = WITHOUT_ARGUMENTS.issuperset(arguments)
    each = [[verb] for verb in arguments] if arguments and together else [arguments]
    codes = (_run(_parser().parse_args(one)) for one in each)
    return next((code for code in codes if code), 0)


def _run(asked: argparse.Namespace) -> int:
    try:
        told = asked.run(asked)
    except RefusedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except ValidationError as error:
        sys.stderr.write(f"{_explain(error)}\n")
        return 2
    except UnusableKeyError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except PyMongoError as error:
        sys.stderr.write(f"the database failed: {type(error).__name__}\n")
        return 1
    sys.stdout.write(f"{told}\n" if told else "")
    return 0


def _explain(error: ValidationError) -> str:
    # Without the values: they may be secrets.
    lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
    return "\n".join(["the settings are not usable:", *lines])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m authentication")
    verbs = parser.add_subparsers(required=True)
    verbs.add_parser("serve", help="answer requests").set_defaults(run=_serve)
    verbs.add_parser("migrate", help="bring the database up to date").set_defaults(run=_migrate)
    verbs.add_parser("seed", help="add the demonstration's accounts").set_defaults(run=_seed)
    admin = verbs.add_parser("create-admin", help="make an account of an admin, or promote one")
    admin.add_argument("email")
    admin.add_argument(
        "--password-file", type=Path, help="where a new account's password is; or standard input"
    )
    admin.set_defaults(run=_create_admin)
    return parser


def _serve(_asked: argparse.Namespace) -> None:
    settings = AuthenticationSettings()
    _configure_logging(settings)
    # Looked up here, as the other commands need no web framework.
    commands.look_up("authentication.main:serve")(settings)


def _migrate(_asked: argparse.Namespace) -> None:
    settings = DatabaseSettings()
    _configure_logging(settings)
    asyncio.run(commands.migrate(SERVICE, settings, MIGRATIONS))


def _seed(_asked: argparse.Namespace) -> str:
    settings = DatabaseSettings()
    commands.refuse_seed_in_production(settings, settings.seed)

    async def work(database: mongo.Database, _transactions: mongo.Transactions) -> str:
        with Passwords(argon2id()) as passwords:
            added = await seed.plant(AccountRepository(database), passwords, clock.utc_now)
        return f"added: {', '.join(added)}" if added else "nothing to add"

    return _with_database(settings, work)


def _create_admin(asked: argparse.Namespace) -> str:
    email = _checked(NewEmail, asked.email, f"{asked.email} is no e-mail")

    settings = DatabaseSettings()

    async def work(database: mongo.Database, transactions: mongo.Transactions) -> str:
        return await create_admin(
            settings, database, transactions, email, lambda: _read_password(asked.password_file)
        )

    return _with_database(settings, work)


async def create_admin(
    settings: DatabaseSettings,
    database: mongo.Database,
    transactions: mongo.Transactions,
    email: str,
    read_password: Callable[[], str],
) -> str:
    """Promote the account with this e-mail, or make one; return what was done.

    Args:
        settings: The settings.
        database: The database.
        transactions: Its transactions.
        email: Normalised.
        read_password: Gives a new account's password; an account that exists keeps its own.
    """
    accounts = AccountRepository(database)
    administration = Administration(
        accounts,
        revocations=Revocations(
            RevocationRepository(database),
            clock=clock.utc_now,
            access_token_life=settings.access_token_life,
        ),
        trail=AuditTrail(database),
        transactions=transactions,
        clock=clock.utc_now,
    )
    found = await accounts.find(email)
    if found and found.role is AccountRole.ADMIN:
        return f"{email} is an admin already; nothing was changed"
    if found:
        await administration.change_role(email, AccountRole.ADMIN, actor=COMMAND_LINE)
        return f"{email} is an admin now; the password stays as it was"
    with Passwords(argon2id()) as passwords:
        password_hash = await passwords.hash(read_password())
    await administration.create_admin(email, password_hash, actor=COMMAND_LINE)
    return f"{email} was made, an admin"


def _read_password(path: Path | None) -> str:
    if path:
        typed = path.read_text(encoding="utf-8").rstrip("\n")
    elif sys.stdin.isatty():
        typed = getpass.getpass("Password of the new admin: ")
    else:
        typed = sys.stdin.readline().rstrip("\n")
    return _checked(NewPassword, typed, "a password has 8 to 128 characters")


def _checked(kind: Any, value: str, refusal: str) -> str:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise RefusedError(refusal) from error


def _with_database(
    settings: DatabaseSettings,
    work: Callable[[mongo.Database, mongo.Transactions], Awaitable[str]],
) -> str:
    async def run() -> str:
        async with mongo.connect(settings, f"{SERVICE}-ms") as client:
            return await work(client[mongo.DATABASE], mongo.MongoTransactions(client))

    _configure_logging(settings)
    return asyncio.run(run())


def _configure_logging(settings: DatabaseSettings) -> None:
    telemetry.configure_logging(
        f"{SERVICE}-ms", settings.log_level, human_readable=settings.development
    )
