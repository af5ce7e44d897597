"""The commands behind `make up`, `make down` and the others."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence

from stack.errors import StackError
from stack.lifecycle import Stack
from stack.services import SERVICES
from stack.settings import Settings, load_settings
from stack.status import table

LOG_INS = """
  aaa@aaa.com, bbb@bbb.com        users; the password is the e-mail address
  admin@admin.com, ccc@ccc.com    administrators; likewise
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        options.run(Stack(settings), options)
    except (StackError, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; `make down` stops what was started.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stack",
        description="The whole system on this machine. Settings (STATE, MODE, SEED, PORTS=free,"
        " SHOP_PORT and every other port) come from the environment and are remembered.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_life(commands)
    _add_faults(commands)
    return parser


def _add_life(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    up = commands.add_parser("up", help="start what is not running and wait until it is ready")
    up.add_argument("--only", default="", help="names, or databases, services: a,b,c")
    up.set_defaults(run=_up)
    down = commands.add_parser("down", help="stop everything that was started")
    down.set_defaults(run=lambda stack, _: stack.down())
    status = commands.add_parser("status", help="what is up, and where its log is")
    status.set_defaults(run=lambda stack, _: print(table(stack.status())))
    logs = commands.add_parser("logs", help="follow the logs")
    logs.add_argument("names", nargs="*")
    logs.add_argument("--no-follow", action="store_true")
    logs.set_defaults(run=_logs)
    reset = commands.add_parser("reset", help="empty the data")
    reset.add_argument("--force", action="store_true", help="without asking")
    reset.set_defaults(run=_reset)


def _add_faults(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    environment = commands.add_parser("env", help="a service's environment as JSON")
    environment.add_argument("service", choices=SERVICES)
    environment.set_defaults(run=_environment)
    url = commands.add_parser("db-url", help="a database's address with its credentials")
    url.add_argument("service")
    url.add_argument("--root", action="store_true", help="as the database's administrator")
    url.set_defaults(run=lambda stack, o: print(stack.database_url(o.service, root=o.root)))
    for name, text in {"stop": "stop one program", "start": "start one program"}.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("name")
        command.set_defaults(run=lambda stack, o, verb=name: getattr(stack, verb)(o.name))
    kill = commands.add_parser("kill", help="send a program and its children a signal")
    kill.add_argument("name")
    kill.add_argument("--signal", default="KILL", type=_signal, help="KILL, STOP, CONT, ...")
    kill.set_defaults(run=lambda stack, o: stack.kill(o.name, o.signal))


def _up(stack: Stack, options: argparse.Namespace) -> None:
    only = [name for name in options.only.split(",") if name]
    stack.up(only)
    if not only:
        print(_welcome(stack.settings))


def _welcome(settings: Settings) -> str:
    log_ins = LOG_INS if settings.seeded else ""
    return f"""
The shop is at {settings.shop_url}
{log_ins}
  make status    what is up, and where its log is
  make logs      follow the logs (make logs SERVICE=orders)
  make down      stop everything"""


def _logs(stack: Stack, options: argparse.Namespace) -> None:
    files = [str(path) for path in stack.logs(options.names)]
    if not files:
        raise StackError("There is no log yet; `make up` starts the programs.")
    follow = [] if options.no_follow else ["-F"]
    os.execvp("tail", ["tail", "-n", "40", *follow, "--", *files])  # noqa: S606 - tail takes over.


def _reset(stack: Stack, options: argparse.Namespace) -> None:
    data = stack.settings.state / "data"
    if not options.force and not _agrees(f"Empty all data in {data}?"):
        raise StackError("Nothing was changed.")
    stack.reset()


def _agrees(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").lower() in {"y", "yes"}
    except EOFError:
        return False


def _environment(stack: Stack, options: argparse.Namespace) -> None:
    print(json.dumps(stack.environment(options.service), indent=2))


def _signal(name: str) -> signal.Signals:
    return signal.Signals[f"SIG{name.upper().removeprefix('SIG')}"]


if __name__ == "__main__":
    sys.exit(main())
