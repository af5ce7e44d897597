"""The outcomes of faults: printed, kept as JSON, and rendered into docs/reliability.md."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tests.faults.checker import Findings
from tests.faults.invariants import INVARIANTS

BEGIN, END = "<!-- results -->", "<!-- end of results -->"
FINDINGS_SHOWN = 3
NAME_WIDTH = 44


@dataclass(frozen=True)
class Outcome:
    """The outcome of a fault.

    Args:
        fault: The name of the fault.
        findings: The violations of each invariant.
        unchecked: The invariants that the fault breaks by its nature.
        recovery_seconds: When an order was settled after the fault; None if none was.
        goal_seconds: When it had to be settled.
        answered: How many requests were answered.
        unanswered: How many were not.
    """

    fault: str
    findings: Findings
    unchecked: Sequence[str] = ()
    recovery_seconds: float | None = None
    goal_seconds: float = 0
    answered: int = 0
    unanswered: int = 0

    @property
    def violated(self) -> set[str]:
        """The violated invariants."""
        return {invariant for invariant, findings in self.findings.items() if findings}

    @property
    def recovery(self) -> str:
        """The recovery time and its goal."""
        if self.recovery_seconds is None:
            return f"never ({self.goal_seconds:g} s)"
        return f"{self.recovery_seconds:.1f} s ({self.goal_seconds:g} s)"

    def cells(self) -> list[str]:
        """Return the number of findings of each invariant, or a sign."""
        return [
            "-" if name in self.unchecked else str(len(self.findings.get(name, ())) or ".")
            for name in INVARIANTS
        ]

    def __str__(self) -> str:
        """Return a line of the matrix, and the first findings."""
        cells = "".join(f"{cell:>4}" for cell in self.cells())
        line = f"{self.fault:<{NAME_WIDTH}}{cells}{self.recovery:>16}"
        shown = [
            f"    {invariant} {finding}"
            for invariant, findings in self.findings.items()
            for finding in findings[:FINDINGS_SHOWN]
        ]
        return "\n".join([line, *shown])


def heading() -> str:
    """Return the heading of the matrix."""
    columns = "".join(f"{invariant:>4}" for invariant in INVARIANTS)
    return f"{'':<{NAME_WIDTH}}{columns}{'recovery (goal)':>16}"


@dataclass
class MutantResult:
    """Whether a mutant was detected.

    Args:
        mutant: The name of the mutant.
        fault: The fault.
        expected: The invariants that must be violated; none if the guard is redundant.
        violated: The invariants that were violated.
        control: The invariants that were violated without the mutant.
        executed: Whether the code of the mutant ran.
    """

    mutant: str
    fault: str
    expected: Sequence[str]
    violated: Sequence[str]
    control: Sequence[str]
    executed: bool

    @property
    def verdict(self) -> str:
        """What the mutant proved."""
        if not self.executed:
            return "NOT EXECUTED"
        if self.control:
            return f"control violates {', '.join(self.control)}"
        if not self.expected:
            return f"NOT REDUNDANT: {', '.join(self.violated)}" if self.violated else "redundant"
        missing = set(self.expected) - set(self.violated)
        return f"NOT DETECTED by {', '.join(sorted(missing))}" if missing else "detected"

    @property
    def passed(self) -> bool:
        """Whether the mutant proved what it had to."""
        return self.verdict in {"detected", "redundant"}

    def __str__(self) -> str:
        """Return a line of the report."""
        violated = ", ".join(self.violated) or "none"
        return f"{self.mutant:<{NAME_WIDTH}}{self.fault:<38}violates {violated}: {self.verdict}"


@dataclass
class Results:
    """All results of a run, by name.

    Args:
        machine: The machine, and its load before.
        seed: The seed of the run.
    """

    machine: str = ""
    seed: int = 0
    faults: dict[str, Outcome] = field(default_factory=dict)
    mutants: dict[str, MutantResult] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> "Results":
        """Return the results in a file; empty if there is none."""
        if not file.exists():
            return cls()
        content = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            content["machine"],
            content["seed"],
            {name: Outcome(**value) for name, value in content["faults"].items()},
            {name: MutantResult(**value) for name, value in content["mutants"].items()},
        )

    def write(self, file: Path) -> None:
        """Write the results as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def only(self, faults: Iterable[str], mutants: Iterable[str]) -> "Results":
        """Return the results of these, in this order. The file may have some with earlier names."""
        return replace(
            self,
            faults={name: self.faults[name] for name in faults if name in self.faults},
            mutants={name: self.mutants[name] for name in mutants if name in self.mutants},
        )

    def tables(self) -> str:
        """Return the results as tables in Markdown."""
        faults = _table(
            ["Fault", *INVARIANTS, "Recovery (goal)"],
            ([name, *outcome.cells(), outcome.recovery] for name, outcome in self.faults.items()),
        )
        mutants = _table(
            ["Missing guard", "Fault", "Violated", "Verdict"],
            (
                [name, result.fault, ", ".join(result.violated) or "none", result.verdict]
                for name, result in self.mutants.items()
            ),
        )
        return (
            f"Seed {self.seed}; {self.machine}.\n\n### Faults\n\n{faults}\n\n"
            f"### Mutants\n\n{mutants}"
        )


def render(results: Results, page: Path) -> None:
    """Put the tables between the marks of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{results.tables()}\n\n{END}{after}", encoding="utf-8")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def violated_in(findings: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the invariants with findings."""
    return [name for name in INVARIANTS if findings.get(name)]
