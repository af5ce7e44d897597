"""The commands of `kiosk`."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from kiosk.errors import KioskError
from kiosk.places import DATABASES, SERVICES, Cluster, Compose, Machine, Part, Place

app = typer.Typer(
    help="Operate the shop: on this machine, in Docker Compose, or in a cluster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
letters_app = typer.Typer(
    help="Inspect, replay and discard events that could not be applied.", no_args_is_help=True
)
app.add_typer(letters_app, name="dead-letters")
console = Console()


class On(StrEnum):
    """Where the shop runs."""

    MACHINE = "machine"
    COMPOSE = "compose"
    CLUSTER = "cluster"


class Consumer(StrEnum):
    """A service that applies events."""

    PRODUCTS = "products"
    ORDERS = "orders"


class Keys(StrEnum):
    """Keys that can be replaced while the shop runs."""

    SIGNING = "signing"
    PROOFS = "proofs"


class Step(StrEnum):
    """A step of a key rotation."""

    PUBLISH = "publish"
    SWAP = "swap"
    FORGET = "forget"


LetterId = Annotated[str, typer.Argument(metavar="ID", help="The id of the dead letter.")]
OfConsumer = Annotated[Consumer, typer.Argument(help="The service that set the event aside.")]

PROVING = ("authentication", "products", "orders", "gateway")
ROTATIONS: Mapping[Keys, Mapping[Step, tuple[str, Sequence[str], int]]] = {
    Keys.SIGNING: {
        Step.PUBLISH: ("publish-next-key", ["authentication"], 15),
        Step.SWAP: ("swap-keys", ["authentication"], 15 * 60),
        Step.FORGET: ("forget-previous-key", ["authentication"], 0),
    },
    Keys.PROOFS: {
        Step.PUBLISH: ("publish-next-proof-keys", PROVING, 0),
        Step.SWAP: ("swap-proof-keys", PROVING, 5 * 60),
        Step.FORGET: ("forget-previous-proof-keys", PROVING, 0),
    },
}
"""For each step: its name, the services that have to restart, and the seconds to wait after it."""


class Context:
    """What the options before the command say.

    Attributes:
        as_json: Whether to print JSON.
    """

    def __init__(self, on: On, file: Path, namespace: str, context: str | None) -> None:
        self._arguments = on, file, namespace, context
        self.as_json = False

    def place(self) -> Place:
        """Return where the shop runs."""
        on, file, namespace, context = self._arguments
        if on is On.COMPOSE:
            return Compose(file)
        return Cluster(namespace, context) if on is On.CLUSTER else Machine()


@app.callback()
def options(
    ctx: typer.Context,
    on: Annotated[On, typer.Option(envvar="KIOSK_ON", help="Where the shop runs.")] = On.MACHINE,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    file: Annotated[
        Path, typer.Option(envvar="KIOSK_COMPOSE_FILE", help="The file of Docker Compose.")
    ] = Path("docker-compose.prod.yml"),
    namespace: Annotated[
        str, typer.Option(envvar="KIOSK_NAMESPACE", help="The namespace in the cluster.")
    ] = "kiosk",
    context: Annotated[
        str | None, typer.Option(envvar="KIOSK_CONTEXT", help="The context of kubectl.")
    ] = None,
) -> None:
    """Read the options that all commands share."""
    ctx.obj = Context(on, file, namespace, context)
    ctx.obj.as_json = as_json


@app.command()
def status(ctx: typer.Context) -> None:
    """Show the state of every part. The exit code is 1 if one is not well."""
    place: Place = ctx.obj.place()
    parts = place.parts()
    replicas = list(_statuses(place))
    if ctx.obj.as_json:
        _print_json({"parts": [vars(part) for part in parts], "replicas": replicas})
    else:
        _show_parts(parts)
        _show_replicas(replicas)
    if not all(part.well for part in parts) or not all(found["ready"] for found in replicas):
        raise typer.Exit(1)


@app.command()
def events(ctx: typer.Context) -> None:
    """Show what waits in the outboxes, and how far the consumers are behind."""
    replicas = list(_statuses(ctx.obj.place()))
    if ctx.obj.as_json:
        _print_json(replicas)
        return
    table = Table("replica", "figure", "value")
    for found in replicas:
        for sample in found["metrics"]:
            labels = " ".join(sample["labels"].values())
            name = sample["name"].replace("_", " ")
            table.add_row(found["replica"], f"{name} {labels}".strip(), f"{sample['value']:g}")
    console.print(table)


@letters_app.command("list")
def list_letters(
    ctx: typer.Context,
    status: Annotated[str, typer.Option(help="parked, replayed or discarded")] = "parked",
) -> None:
    """List the newest dead letters of all services."""
    place: Place = ctx.obj.place()
    found = {
        consumer.value: _answer(place, consumer, ["dead-letters", "list", "--status", status])
        for consumer in Consumer
    }
    if ctx.obj.as_json:
        _print_json(found)
        return
    for service, letters in found.items():
        for letter in letters:
            console.print(f"[bold]{letter['id']}[/bold] {service}", soft_wrap=True)
            console.print(f"  {letter['parked_at']}  {letter['type']}: ", end="")
            console.print(letter["reason"], markup=False)
    if not any(found.values()):
        console.print(f"There are no dead letters with the status {status}.")


@letters_app.command()
def show(ctx: typer.Context, service: OfConsumer, letter_id: LetterId) -> None:
    """Show a dead letter with its event and its history."""
    _show_letter(ctx, service, ["show", letter_id])


@letters_app.command()
def replay(ctx: typer.Context, service: OfConsumer, letter_id: LetterId) -> None:
    """Apply the event of a dead letter again. If it fails again, it stays parked."""
    _show_letter(ctx, service, ["replay", letter_id])


@letters_app.command()
def discard(
    ctx: typer.Context,
    service: OfConsumer,
    letter_id: LetterId,
    reason: Annotated[str, typer.Option(prompt=True, help="Why. It is stored.")],
) -> None:
    """Discard a dead letter. It is kept, with the status `discarded`."""
    _show_letter(ctx, service, ["discard", letter_id, "--reason", reason])


@app.command()
def resume(
    ctx: typer.Context,
    service: OfConsumer,
    topic: Annotated[str | None, typer.Argument(help="Its topic, all if left out.")] = None,
) -> None:
    """Resume the paused consumers of a service."""
    _pass_through(ctx, service, ["resume", *([topic] if topic else [])])


@app.command()
def reconcile(
    ctx: typer.Context,
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Cancel decided orders that do not exist, at most 10.")
    ] = False,
) -> None:
    """Compare the databases, and repair what can be repaired without a loss."""
    _pass_through(ctx, "orders", ["reconcile", *(["--apply"] if apply else [])], json_option=True)


@app.command()
def rebuild(ctx: typer.Context) -> None:
    """Rebuild the products that orders-ms knows from their topic."""
    _pass_through(ctx, "orders", ["rebuild"], json_option=True)


@app.command()
def create_admin(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address of the admin.")],
) -> None:
    """Create an admin. The password is asked for, or read from standard input."""
    _pass_through(ctx, "authentication", ["create-admin", email])


@app.command()
def rotate_keys(
    ctx: typer.Context,
    keys: Annotated[Keys, typer.Argument(help="Which keys to replace.")],
    step: Annotated[
        Step | None, typer.Option(help="Only this step. By default, all of them.")
    ] = None,
) -> None:
    """Replace keys without signing anybody out. It takes up to 16 minutes."""
    place: Place = ctx.obj.place()
    chosen = [step] if step else list(Step)
    for one in chosen:
        name, services, seconds = ROTATIONS[keys][one]
        with console.status(f"{name}, and restart {', '.join(services)}"):
            place.perform(name)
            place.restart(services)
        if one is not chosen[-1]:
            _wait(seconds)
    if ctx.obj.as_json:
        _print_json({"keys": keys, "steps": chosen})
    else:
        console.print(f"Done: {', '.join(chosen)}.")


@app.command()
def backup(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to write a file for each database.")],
) -> None:
    """Back up every database now, to files on this machine. They are not encrypted."""
    place: Place = ctx.obj.place()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    time_ = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    files = []
    for database in DATABASES:
        file = folder / f"{database}-{time_}.gz"
        _dump(place, database, file)
        files.append({"file": str(file), "bytes": file.stat().st_size})
    if ctx.obj.as_json:
        _print_json(files)
        return
    for written in files:
        console.print(f"{written['file']}  {written['bytes']:,} bytes", soft_wrap=True)


def _dump(place: Place, database: str, file: Path) -> None:
    invocation = place.dump(database)
    draft = file.with_suffix(".part")
    # A backup has personal data, and the folder may be readable by others.
    draft.touch(mode=0o600, exist_ok=False)
    with draft.open("wb") as target, console.status(f"{database}-db"):
        done = subprocess.run(
            invocation.arguments,
            env=invocation.environment,
            stdin=subprocess.DEVNULL,
            stdout=target,
            stderr=subprocess.PIPE,
            check=False,
        )
    if done.returncode or not draft.stat().st_size:
        draft.unlink()
        reason = done.stderr.decode(errors="replace").strip()
        raise KioskError(f"The backup of {database}-db failed.\n{reason}")
    draft.rename(file)


def _statuses(place: Place) -> Iterator[dict[str, Any]]:
    for service in SERVICES:
        replicas = place.replicas(service)
        if not replicas:
            yield {"replica": f"{service}-ms", "ready": False, "metrics": [], "paused": []} | {
                "failing": {"process": "does not run"}
            }
        for replica in replicas:
            found = _answer(place, service, ["status"], replica, failing_codes=(1,))
            name = replica if service in replica else f"{service}-ms {replica}"
            yield {"replica": name, **found}


def _show_parts(parts: Sequence[Part]) -> None:
    table = Table("part", "state")
    for part in parts:
        table.add_row(part.name, part.state, style=None if part.well else "bold red")
    console.print(table)


def _show_replicas(replicas: Sequence[Mapping[str, Any]]) -> None:
    table = Table("replica", "ready", "what is wrong")
    for found in replicas:
        wrong = [f"{name}: {reason}" for name, reason in found["failing"].items()]
        wrong += [f"{name}: paused" for name in found["paused"]]
        style = None if found["ready"] and not wrong else "bold red"
        table.add_row(
            found["replica"], "yes" if found["ready"] else "no", "\n".join(wrong), style=style
        )
    console.print(table)


def _show_letter(ctx: typer.Context, service: Consumer, arguments: Sequence[str]) -> None:
    letter = _answer(ctx.obj.place(), service, ["dead-letters", *arguments])
    if ctx.obj.as_json:
        _print_json(letter)
        return
    for name in ("id", "status", "parked_at", "topic", "partition", "offset", "type", "key"):
        console.print(f"{name:10} {letter[name]}", markup=False, soft_wrap=True)
    console.print(f"{'reason':10} {letter['reason']}", markup=False)
    console.print(letter["event"], markup=False)
    for entry in letter["history"]:
        console.print(
            f"{entry['at']}  {entry['actor']}: {entry['action']}. {entry['detail']}", markup=False
        )


def _answer(
    place: Place,
    service: str,
    arguments: Sequence[str],
    replica: str = "",
    failing_codes: Sequence[int] = (),
) -> Any:
    """Return what a command of a service prints as JSON."""
    invocation = place.invocation(service, arguments, replica)
    try:
        done = subprocess.run(
            invocation.arguments,
            env=invocation.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise KioskError(f"{invocation.arguments[0]} is not on the PATH.") from error
    lines = [line for line in done.stdout.splitlines() if line.startswith(("{", "["))]
    if not lines or (done.returncode and done.returncode not in failing_codes):
        raise KioskError(done.stderr.strip() or f"{service}-ms: the command failed.")
    return json.loads(lines[-1])


def _pass_through(
    ctx: typer.Context, service: str, arguments: Sequence[str], *, json_option: bool = False
) -> None:
    """Run a command of a service in this terminal, and exit with its code."""
    invocation = ctx.obj.place().invocation(service, arguments)
    as_json = ctx.obj.as_json
    command = [*invocation.arguments, *(["--json"] if json_option and as_json else [])]
    wrapped = as_json and not json_option
    try:
        done = subprocess.run(
            command,
            env=invocation.environment,
            stdout=subprocess.PIPE if wrapped else None,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise KioskError(f"{command[0]} is not on the PATH.") from error
    if wrapped and not done.returncode:
        _print_json({"result": done.stdout.strip()})
    raise typer.Exit(done.returncode)


def _wait(seconds: int) -> None:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        waiting = progress.add_task("Wait, so that nobody is signed out", total=seconds)
        for _ in range(seconds):
            time.sleep(1)
            progress.advance(waiting)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, default=str))
