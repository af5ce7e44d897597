"""The commands that `make up`, `make down` and other targets run."""

import json
import os
import signal
import sys
from typing import Annotated

import typer

from stack.errors import StackError
from stack.lifecycle import Stack
from stack.settings import Settings, load_settings
from stack.status import table

ACCOUNTS = """
  aaa@aaa.com, bbb@bbb.com        shoppers
  admin@admin.com, ccc@ccc.com    admins
  The password of each account is its email address.
"""

app = typer.Typer(
    help="Run the whole system on this machine. Settings (STATE, MODE, SEED, PORTS=free, SHOP_PORT"
    " and every other port) come from the environment and are remembered.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def up(
    only: Annotated[str, typer.Option(help="Programs, or databases, services: a,b,c")] = "",
) -> None:
    """Start what is not running and wait until it is ready."""
    stack = _stack()
    names = [name for name in only.split(",") if name]
    try:
        stack.up(names)
    except KeyboardInterrupt:
        typer.echo("\nInterrupted; `make down` stops what was started.", err=True)
        raise typer.Exit(130) from None
    if not names:
        typer.echo(_welcome(stack.settings))


@app.command()
def down() -> None:
    """Stop everything that was started."""
    _stack().down()


@app.command()
def status() -> None:
    """Show the state of each program and the path of its log."""
    typer.echo(table(_stack().status()))


@app.command()
def logs(
    names: Annotated[list[str] | None, typer.Argument(help="Programs; default: all")] = None,
    *,
    follow: Annotated[bool, typer.Option(help="Wait for new lines.")] = True,
) -> None:
    """Show the logs."""
    files = [str(path) for path in _stack().logs(names or [])]
    if not files:
        raise StackError("There is no log yet; `make up` starts the programs.")
    options = ["-n", "40", *(["-F"] if follow else [])]
    os.execvp("tail", ["tail", *options, "--", *files])  # noqa: S606 - tail takes over.


@app.command()
def reset(*, force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False) -> None:
    """Delete the data."""
    stack = _stack()
    if not force and not typer.confirm(f"Delete all data in {stack.settings.state / 'data'}?"):
        raise StackError("Nothing was changed.")
    stack.reset()


@app.command("env")
def environment(service: str) -> None:
    """Print a service's environment as JSON."""
    typer.echo(json.dumps(_stack().environment(service), indent=2))


@app.command()
def db_url(
    service: str,
    *,
    root: Annotated[bool, typer.Option("--root", help="As the database's administrator.")] = False,
) -> None:
    """Print a database's address with its credentials."""
    typer.echo(_stack().database_url(service, root=root))


@app.command()
def url() -> None:
    """Print the address of the shop."""
    settings = load_settings()
    if not settings.file.exists():
        raise StackError(f"There is no stack in {settings.state}. Run make up first.")
    typer.echo(settings.shop_url)


@app.command()
def mail() -> None:
    """Print the mails that the shop has sent, oldest first."""
    from stack.mails import describe  # noqa: PLC0415 - no other command loads the parser.

    settings = load_settings()
    typer.echo(f"{describe(_stack().mails())}\nThe same mails are at {settings.mail_url}")


@app.command()
def stop(name: str) -> None:
    """Stop one program."""
    _stack().stop(name)


@app.command()
def start(name: str) -> None:
    """Start one program and wait until it is ready."""
    _stack().start(name)


def _signal(name: str) -> signal.Signals:
    try:
        return signal.Signals[f"SIG{name.upper().removeprefix('SIG')}"]
    except KeyError:
        raise typer.BadParameter(f"{name} is not a signal.") from None


@app.command()
def kill(
    name: str,
    number: Annotated[
        signal.Signals,
        typer.Option("--signal", parser=_signal, metavar="NAME", help="KILL, STOP, CONT, ..."),
    ] = signal.SIGKILL,
) -> None:
    """Send a signal to a program and its children."""
    _stack().kill(name, number)


def _stack() -> Stack:
    return Stack(load_settings())


def _welcome(settings: Settings) -> str:
    accounts = ACCOUNTS if settings.seeded else ""
    mails = f"Its mails are at {settings.mail_url}\n" if settings.mail == "on" else ""
    metrics = f"Its metrics and alerts are at {settings.prometheus_url}\n"
    return f"""
The shop is at {settings.shop_url}
{mails}{metrics if settings.observability else ""}{accounts}
  make status    show the state of each program and the path of its log
  make logs      follow the logs (make logs SERVICE=orders)
  make down      stop everything"""


def main() -> None:
    """Run one command."""
    try:
        app()
    except (StackError, OSError) as error:
        sys.exit(f"\n{error}")


if __name__ == "__main__":
    main()
