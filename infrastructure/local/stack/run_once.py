"""Runs commands that end: migrations, demo data, a build."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.diagnosis import advice, last_lines
from stack.errors import ProgramFailedError
from stack.settings import REPOSITORY

LIMIT_SECONDS = 120


def run_once(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    folder: Path = REPOSITORY,
) -> None:
    """Run a command, write its output to a log, and wait until it ends.

    Raises:
        ProgramFailedError: It failed or took too long.
    """
    with log.open("w", encoding="utf-8") as output:
        try:
            code = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=LIMIT_SECONDS,
                check=False,
            ).returncode
            reason = f"ended with code {code}"
        except subprocess.TimeoutExpired:
            code, reason = 1, f"did not end within {LIMIT_SECONDS} s"
    if code != 0:
        end = last_lines(log)
        raise ProgramFailedError(log.stem, reason, log, end, advice(end))
