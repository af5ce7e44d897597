"""The command line that all services share: `python -m SERVICE COMMAND ...`.

A command imports what it runs inside its function, so that a process loads no more than it needs.
"""

import sys
from collections.abc import Container, Sequence
from typing import TypeVar

import typer
from pydantic import ValidationError

from shopkit.settings import Settings
from shopkit.web.telemetry import configure_logging

EXIT_FAILED = 1
EXIT_UNUSABLE = 2

TOPIC = typer.Argument(None, help="The topic of the consumer. All consumers, if it is left out.")

S = TypeVar("S", bound=Settings)


class CommandError(Exception):
    """A command cannot do what it was asked to do. The message is shown without a traceback."""


class UnusableError(CommandError):
    """The arguments or the settings are unusable."""


def create(service: str) -> typer.Typer:
    """Return an empty command line."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help=f"Commands of {service}. Several can be given, and run in order.",
    )
    # A callback, so that a command line with one command expects its name as well.
    app.callback()(lambda: None)
    return app


def run(app: typer.Typer) -> None:
    """Run the commands that the arguments name, until one fails, and exit.

    Raises:
        SystemExit: Always. The code is 1 if a command failed, and 2 if the arguments or the
            settings are unusable.
    """
    try:
        for arguments in _split(sys.argv[1:], _names(app)):
            try:
                app(arguments)
            except SystemExit as exit_:
                if exit_.code:
                    raise
    except UnusableError as error:
        _exit(str(error), EXIT_UNUSABLE)
    except CommandError as error:
        _exit(str(error), EXIT_FAILED)
    sys.exit(0)


def load_settings(service: str, settings_class: type[S]) -> S:
    """Load the settings from the environment, and configure the logs.

    Raises:
        UnusableError: A setting is missing or invalid.
    """
    try:
        settings = settings_class()
    except ValidationError as error:
        raise UnusableError(_explain(error)) from error
    configure_logging(service, settings.log_level, human_readable=settings.development)
    return settings


def refuse_demo_data_in_production(settings: Settings, seed: str) -> None:
    """Check that demo data may be loaded.

    Raises:
        CommandError: The service does not run in development, and SEED is not `demo`.
    """
    if not settings.development and seed != "demo":
        raise CommandError("Demo data is loaded only in development, or if SEED=demo is set.")


def _names(app: typer.Typer) -> set[str]:
    callbacks = (command.callback for command in app.registered_commands)
    return {callback.__name__.replace("_", "-") for callback in callbacks if callback}


def _split(arguments: Sequence[str], names: Container[str]) -> list[list[str]]:
    """Split arguments so that each part begins with the name of a command."""
    parts: list[list[str]] = []
    for argument in arguments:
        if argument in names or not parts:
            parts.append([])
        parts[-1].append(argument)
    return parts or [[]]


def _exit(message: str, code: int) -> None:
    sys.stderr.write(f"{message}\n")
    sys.exit(code)


def _explain(error: ValidationError) -> str:
    # Without the values, which may be secrets.
    lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
    return "\n".join(["The settings are invalid:", *lines])
