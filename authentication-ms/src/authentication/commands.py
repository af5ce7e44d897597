"""The commands of authentication-ms: `python -m authentication COMMAND ...`."""

import asyncio
import getpass
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from pydantic import TypeAdapter, ValidationError

from authentication.settings import SERVICE, AuthenticationSettings, DatabaseSettings
from shopkit import commands, operator_commands

if TYPE_CHECKING:
    from authentication.services.administration import AdministrationService
    from authentication.services.passwords import PasswordHasher

T = TypeVar("T")

app = commands.create(SERVICE)
operator_commands.add_status(app, SERVICE)


@app.command()
def serve() -> None:
    """Serve HTTP requests until SIGTERM."""
    from authentication.errors import UnusableKeyError
    from authentication.main import serve

    settings = commands.load_settings(SERVICE, AuthenticationSettings)
    try:
        serve(settings)
    except UnusableKeyError as error:
        raise commands.UnusableError(str(error)) from error


@app.command()
def migrate() -> None:
    """Apply missing migrations to the database."""
    from authentication.migrations import MIGRATIONS
    from authentication.repositories.accounts import GUARDS
    from shopkit.storage import migrations

    _run(migrations.migrate(SERVICE, _settings(), MIGRATIONS, later=(GUARDS,)))


@app.command()
def seed() -> None:
    """Load the demo data. Existing data is kept."""
    from authentication.seed import seed

    added = _run(seed(_settings()))
    sys.stdout.write(f"accounts created: {len(added)}\n")


@app.command()
def mail_previews(folder: Path) -> None:
    """Write every kind of mail with sample data into a folder."""
    from authentication.models.mails import SAMPLES
    from shopkit.mail.previews import write_previews

    write_previews("authentication", SAMPLES, folder)


@app.command()
def create_admin(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The email address of the admin.")],
    password_file: Annotated[
        Path | None,
        typer.Option(
            help="The file with the password. By default it is read from the terminal or from "
            "standard input.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Create an account with the role admin, or make the owner of an existing one an admin.

    An existing account keeps its password.
    """
    from authentication.schemas.accounts import NewEmail

    address = _validate(NewEmail, email, f"{email} is not an email address.")
    outcome = _run(_create_admin(_settings(), address, lambda: _read_password(password_file)))
    sys.stdout.write(f"{outcome}\n")


async def _create_admin(
    settings: DatabaseSettings, email: str, read_password: Callable[[], str]
) -> str:
    from authentication.dependencies import build_administration
    from authentication.services.passwords import PasswordHasher, argon2id
    from shopkit.storage.mongo import DATABASE, connect
    from shopkit.storage.unit_of_work import MongoTransactions

    with PasswordHasher(argon2id()) as hasher:
        async with connect(settings, SERVICE) as client:
            administration = build_administration(
                settings, client[DATABASE], MongoTransactions(client)
            )
            return await make_admin(administration, hasher, email, read_password)


async def make_admin(
    administration: "AdministrationService",
    hasher: "PasswordHasher",
    email: str,
    read_password: Callable[[], str],
) -> str:
    """Make someone an admin, and return a sentence that says what was done.

    Args:
        administration: The service.
        hasher: Hashes the password of a new account.
        email: The normalized email address.
        read_password: Returns the password. It is called only if there is no account yet.
    """
    from authentication.models.account import AccountRole

    account = await administration.find(email)
    if account and account.role is AccountRole.ADMIN:
        return f"{email} is already an admin. Nothing was changed."
    if account:
        await administration.change_role(
            str(account.id), AccountRole.ADMIN, actor=operator_commands.COMMAND_LINE
        )
        return f"{email} is an admin now. The password is unchanged."
    password_hash = await hasher.hash(read_password())
    await administration.create_admin(email, password_hash, actor=operator_commands.COMMAND_LINE)
    return f"{email} was created as an admin."


def _read_password(path: Path | None) -> str:
    from authentication.schemas.accounts import NewPassword

    if path:
        password = path.read_text(encoding="utf-8").rstrip("\n")
    elif sys.stdin.isatty():
        password = getpass.getpass("Password of the new admin: ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    return _validate(NewPassword, password, "A password has 8 to 128 characters.")


def _validate(kind: Any, value: str, refusal: str) -> str:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise commands.CommandError(refusal) from error


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run work that uses the database. A database error is shown without the server's address."""
    from pymongo.errors import PyMongoError

    try:
        return asyncio.run(work)
    except PyMongoError as error:
        raise commands.CommandError(f"The database failed: {type(error).__name__}") from error


def _settings() -> DatabaseSettings:
    return commands.load_settings(SERVICE, DatabaseSettings)
