"""The language check finds refused phrases, and the pre-commit hooks run all of `make lint`."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from infrastructure.lint import language

ROOT = Path(__file__).resolve().parents[2]
PHRASES = language.read_phrases("leverages? it\tuse it\nutilise\tuse\n")


class TestLanguage:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("It leverages it.", 'a.py:1: "leverages it" -> use it'),
            ("first\nLEVERAGE IT all", 'a.py:2: "LEVERAGE IT" -> use it'),
            ("# what leverages\n    # it all", 'a.py:1: "leverages # it" -> use it'),
            ("// leverages\n// it", 'a.py:1: "leverages // it" -> use it'),
        ],
    )
    def test_reports_the_place_the_phrase_and_the_replacement(
        self, text: str, expected: str
    ) -> None:
        assert [str(finding) for finding in language.find(PHRASES, "a.py", text)] == [expected]

    @pytest.mark.parametrize("text", ["leverage items", "utilised", "reutilise", "utilise_count"])
    def test_ignores_parts_of_words(self, text: str) -> None:
        assert list(language.find(PHRASES, "a.py", text)) == []

    def test_reports_findings_from_top_to_bottom(self) -> None:
        findings = language.find(PHRASES, "a.py", "utilise\nleverage it\nutilise")
        assert [finding.line for finding in findings] == [1, 2, 3]

    def test_checks_files_that_people_write_and_no_others(self) -> None:
        files = language.written_files()
        assert "README.md" in files
        assert "infrastructure/lint/language.py" in files
        for excluded in (
            "LICENSE",
            "infrastructure/lint/phrases.txt",
            "requirements-dev.txt",
            "frontend/package-lock.json",
            "docs/asyncapi.yaml",
        ):
            assert excluded not in files

    def test_every_row_of_the_list_has_a_phrase_and_a_replacement(self) -> None:
        for phrase in language.read_phrases(language.PHRASES.read_text(encoding="utf-8")):
            assert phrase.pattern.search("") is None
            assert phrase.replacement


class TestHooks:
    def test_the_hooks_run_every_step_of_make_lint(self) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        steps = re.findall(r"^LINT := (.*)$", makefile, re.MULTILINE)[0].split()
        config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
        entries = [
            hook["entry"].split()[-1]
            for repository in config["repos"]
            for hook in repository["hooks"]
            if hook["entry"].startswith("make ")
        ]
        assert entries == steps

    @pytest.mark.parametrize(
        ("subject", "accepted"),
        [
            ("docs: Split the operations guide by task", True),
            ("orders-ms: " + "A" * 61, True),
            ("orders-ms: " + "A" * 62, False),
            ("Split the operations guide", False),
            ("docs: split the operations guide", False),
            ("Merge branch 'part/docs'", True),
            ('Revert "docs: Split the operations guide"', True),
            ("fixup! docs: Split the operations guide", True),
        ],
    )
    def test_the_commit_hook_checks_the_subject(
        self, tmp_path: Path, subject: str, accepted: bool
    ) -> None:
        message = tmp_path / "message"
        message.write_text(f"{subject}\n\n{'a long line in the body ' * 9}\n", encoding="utf-8")
        script = ROOT / "infrastructure" / "lint" / "commit_subject"
        done = subprocess.run([script, message], capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is accepted, done.stderr
