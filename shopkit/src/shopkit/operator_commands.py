"""The commands for operators that several services have: the status and the dead letters.

They print JSON. `kiosk` shows it as text (docs/operations/kiosk.md).
"""

import asyncio
import json
import math
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from shopkit import commands
from shopkit.settings import Settings

if TYPE_CHECKING:
    from shopkit.messaging.dead_letter_service import DeadLetterService
    from shopkit.messaging.dead_letters import DeadLetter

COMMAND_LINE = "command line"
"""The actor of changes by commands, in the audit trail."""
SHOWN = (
    "outbox_unsent",
    "outbox_oldest_unsent_seconds",
    "orders_oldest_pending_seconds",
    "broker_up",
    "consumer_up",
    "consumer_lag",
    "consumer_paused",
    "mail_waiting",
    "mail_parked",
)
"""The metrics that the status shows, if the service has them."""
PAGE = 100
"""How many dead letters are listed."""
LOCAL = "127.0.0.1"
SECONDS = 15
"""How long a running service may take to answer."""

Opener = Callable[[], AbstractAsyncContextManager["DeadLetterService"]]
T = TypeVar("T")

JSON = typer.Option(False, "--json", help="Print the result as JSON.")
LETTER = Annotated[str, typer.Argument(metavar="ID", help="The id of the dead letter.")]


def print_json(value: object) -> None:
    """Print a value as one line of JSON. Times are in ISO 8601."""
    sys.stdout.write(f"{json.dumps(value, default=str)}\n")


def add_status(app: typer.Typer, service: str) -> None:
    """Add the command `status`."""

    @app.command()
    def status() -> None:
        """Print whether the running service is ready, and what waits in its queues, as JSON.

        The exit code is 1 if it is not ready.
        """
        settings = commands.load_settings(service, Settings)
        found = read_status(service, settings.monitoring_port)
        print_json(found)
        if not found["ready"]:
            raise typer.Exit(commands.EXIT_FAILED)


def read_status(service: str, port: int) -> dict[str, Any]:
    """Return the status of a service on this machine.

    Args:
        service: The name of the service.
        port: Its port for monitoring.
    """
    from prometheus_client.parser import text_string_to_metric_families

    address = f"http://{LOCAL}:{port}"
    try:
        ready, checks = _get(port, "/ready")
        _, metrics = _get(port, "/metrics")
        found = json.loads(checks)
    except (OSError, HTTPException, ValueError):
        found = {"failing": {"process": f"does not answer at {address}"}}
        ready, metrics = False, ""
    return {
        "service": service,
        "ready": ready,
        "failing": found.get("failing", {}),
        "paused": found.get("paused", []),
        "metrics": [
            {"name": sample.name, "labels": sample.labels, "value": sample.value}
            for family in text_string_to_metric_families(metrics)
            for sample in family.samples
            if sample.name in SHOWN and not math.isnan(sample.value)
        ],
    }


def _get(port: int, path: str) -> tuple[bool, str]:
    connection = HTTPConnection(LOCAL, port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status == HTTPStatus.OK, response.read().decode()
    finally:
        connection.close()


def dead_letters_app(opened: Opener) -> typer.Typer:
    """Return the commands for the dead letters of a service.

    Args:
        opened: Opens the service that handles them.
    """
    from shopkit.messaging.dead_letters import DeadLetterStatus

    app = typer.Typer(
        no_args_is_help=True, help="Inspect, replay and discard dead letters. Prints JSON."
    )

    @app.command("list")
    def list_(
        status: Annotated[
            DeadLetterStatus, typer.Option(help="Which dead letters to list.")
        ] = DeadLetterStatus.PARKED,
    ) -> None:
        """List the newest dead letters of a status, at most 100."""

        async def page(letters: "DeadLetterService") -> list[dict[str, Any]]:
            found, _ = await letters.page(status, limit=PAGE, cursor=None)
            return [_described(letter) for letter in found]

        print_json(_run(opened, page))

    @app.command()
    def show(letter_id: LETTER) -> None:
        """Show a dead letter with its event and its history."""
        print_json(_described(_run(opened, lambda letters: letters.get(letter_id))))

    @app.command()
    def replay(letter_id: LETTER) -> None:
        """Apply the event of a dead letter again. If it fails again, it stays parked."""
        letter = _run(opened, lambda letters: letters.replay(letter_id, COMMAND_LINE))
        print_json(_described(letter))

    @app.command()
    def discard(
        letter_id: LETTER,
        reason: Annotated[str, typer.Option(help="Why. It is stored with the dead letter.")],
    ) -> None:
        """Discard a dead letter. It is kept, with the status `discarded`."""
        letter = _run(opened, lambda letters: letters.discard(letter_id, COMMAND_LINE, reason))
        print_json(_described(letter))

    return app


def _run(opened: Opener, work: "Callable[[DeadLetterService], Coroutine[Any, Any, T]]") -> T:
    from shopkit.messaging.dead_letter_service import (
        DeadLetterClosedError,
        DeadLetterNotFoundError,
        ReplayFailedError,
    )

    async def run() -> T:
        async with opened() as letters:
            return await work(letters)

    try:
        return asyncio.run(run())
    except (DeadLetterNotFoundError, DeadLetterClosedError, ReplayFailedError) as error:
        raise commands.CommandError(str(error)) from error


def _described(letter: "DeadLetter") -> dict[str, Any]:
    from shopkit.web.admin_routes import DeadLetterBody

    return DeadLetterBody.of(letter).model_dump(mode="json")
