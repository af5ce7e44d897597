from pathlib import Path

import pytest
from tests.faults.results import BEGIN, END, MutantResult, Outcome, Results, render


def mutant(**fields: object) -> MutantResult:
    values = {"violated": ["C1"], "control": [], "executed": True, "expected": ["C1"], **fields}
    return MutantResult("no guard", "none", **values)  # type: ignore[arg-type]


class TestVerdict:
    def test_passes_if_all_expected_invariants_are_violated(self) -> None:
        result = mutant(violated=["C1", "C3"])

        assert (result.verdict, result.passed) == ("detected", True)

    def test_fails_if_only_another_invariant_is_violated(self) -> None:
        result = mutant(violated=["C3"])

        assert (result.verdict, result.passed) == ("NOT DETECTED by C1", False)

    def test_fails_if_the_code_did_not_run(self) -> None:
        result = mutant(executed=False)

        assert (result.verdict, result.passed) == ("NOT EXECUTED", False)

    def test_fails_if_the_control_is_not_clean(self) -> None:
        result = mutant(control=["C9"])

        assert (result.verdict, result.passed) == ("control violates C9", False)

    @pytest.mark.parametrize(
        ("violated", "verdict"), [([], "redundant"), (["C7"], "NOT REDUNDANT: C7")]
    )
    def test_a_redundant_guard_violates_nothing(self, violated: list[str], verdict: str) -> None:
        result = mutant(expected=[], violated=violated)

        assert (result.verdict, result.passed) == (verdict, not violated)


def test_results_survive_a_file_and_are_rendered_into_a_page(tmp_path: Path) -> None:
    # Given
    page, file = tmp_path / "page.md", tmp_path / "results.json"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    findings = {"C1": ["one", "two"], "C3": []}
    results = Results("a machine", 7)
    results.faults["kill"] = Outcome("kill", findings, ["C5"], 1.25, 5)
    results.mutants["no guard"] = mutant()

    # When
    results.write(file)
    render(Results.read(file), page)

    # Then
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "before"
    assert lines[-1] == "after"
    assert "old" not in lines
    assert "Seed 7; a machine." in lines
    assert "| kill | 2 | . | . | . | - " + "| . " * 11 + "| 1.2 s (5 s) |" in lines
    assert "| no guard | none | C1 | detected |" in lines
