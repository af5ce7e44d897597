"""Runs other programs."""

import subprocess
from collections.abc import Sequence

from kiosk.errors import KioskError


def output(arguments: Sequence[str], text: str | None = None) -> str:
    """Run a program and return what it prints.

    Args:
        arguments: The command line.
        text: What it reads from its standard input.

    Raises:
        KioskError: The program is missing, or it failed.
    """
    try:
        done = subprocess.run(arguments, input=text, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise KioskError(f"{arguments[0]} is not on the PATH.") from error
    except subprocess.CalledProcessError as error:
        raise KioskError(error.stderr.strip() or f"{arguments[0]} failed.") from error
    return done.stdout
