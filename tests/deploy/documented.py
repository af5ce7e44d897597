"""Runs the commands of the operations guide as a person would."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.deploy.compose import REPOSITORY

PAGES = REPOSITORY / "docs" / "operations"
ADMIN_PAGE = "minikube.md"
BACKUP_PAGE = "backup.md"
RESTORE_PAGE = "restore.md"
VOLUMES_PAGE = "grow-volumes.md"


def run(
    commands: str, folder: Path = REPOSITORY, environment: Mapping[str, str] | None = None
) -> str:
    """Run commands in a folder as a shell does, and return their output.

    Args:
        commands: The commands.
        folder: The folder.
        environment: The variables; None for those of this process.

    Raises:
        AssertionError: A command failed.
    """
    completed = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, f"{commands}\n{completed.stdout}\n{completed.stderr}"
    return completed.stdout


def find_block(page: str, pattern: str) -> str:
    """Return the only block of commands in a page that matches a pattern."""
    text = (PAGES / page).read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    [block] = [block for block in blocks if re.search(pattern, block, re.DOTALL)]
    return block


def find_command(page: str, pattern: str) -> str:
    """Return the only command in a page that matches a pattern."""
    commands: list[str] = re.findall(r"(?:.*\\\n)*.+", find_block(page, pattern))
    [command] = [command for command in commands if re.search(pattern, command, re.DOTALL)]
    return command
