"""Prints the result of a benchmark, and stores it as JSON for comparisons and plots."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, NoReturn

from bench.harness import ROOT, SETTINGS, describe_machine

FOLDER = ROOT / ".local" / "bench-results"


def finish(
    benchmark: str,
    figures: Sequence[Any],
    problems: Sequence[str] = (),
    *,
    holds: str = "",
    must_meet_goals: bool = False,
) -> NoReturn:
    """Print the figures and the problems, store them, and exit.

    Args:
        benchmark: The name of the benchmark's module.
        figures: The figures, or other rows of a table, as dataclasses.
        problems: What must not happen and did.
        holds: What to print if there is no problem.
        must_meet_goals: Whether the exit code is 1 if a goal is missed. It always is after a
            problem.
    """
    print(*figures, *(problems or [holds] * bool(holds)), sep="\n")
    now = datetime.now(UTC)
    result = {
        "benchmark": benchmark,
        "date": now.isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": describe_machine(ROOT),
        "settings": SETTINGS,
        "figures": [asdict(figure) for figure in figures],
        "problems": list(problems),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{benchmark}-{now:%Y%m%dT%H%M%S}.json"
    file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"stored in {file.relative_to(ROOT)}")
    missed = must_meet_goals and any(figure.met is False for figure in figures)
    sys.exit(1 if problems or missed else 0)


def _commit() -> str:
    """Return the commit, marked if the working tree differs from it. Empty without Git."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    described = subprocess.run(  # noqa: S603 - the command is constant.
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    return described.stdout.strip()
