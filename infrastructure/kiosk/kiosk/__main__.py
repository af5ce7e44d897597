"""`python -m kiosk COMMAND ...`. docs/operations/kiosk.md describes it."""

import sys

from kiosk.commands import app
from kiosk.errors import KioskError
from stack.errors import StackError


def main() -> None:
    """Run a command. The exit code is 1 if it failed."""
    try:
        app()
    except (KioskError, StackError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
