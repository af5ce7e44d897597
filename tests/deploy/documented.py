"""The commands of docs/operations.md, run as a person would."""

import re
import subprocess
from pathlib import Path

from tests.deploy.compose import REPOSITORY


def run(commands: str, folder: Path = REPOSITORY) -> str:
    """Run what a person would type in a folder, and return what it printed.

    Raises:
        AssertionError: A command of them failed.
    """
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def documented(pattern: str) -> str:
    """Return the one block of commands in which a pattern is found."""
    text = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    block: str
    [block] = [one for one in blocks if re.search(pattern, one, re.DOTALL)]
    return block


def command(pattern: str) -> str:
    """Return the one command in which a pattern is found."""
    commands = re.findall(r"(?:.*\\\n)*.+", documented(pattern))
    one: str
    [one] = [each for each in commands if re.search(pattern, each, re.DOTALL)]
    return one
