"""SECURITY.md names a test for each control. They must exist."""

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TEXT = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(?:[\w./-]+/)?(test_\w+\.py)(?:::(\w+))?`", TEXT)
CLASSES = re.findall(r"`(Test\w+)`", TEXT)


def sources(file: str) -> list[str]:
    found = subprocess.run(
        ["git", "ls-files", f"**/{file}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [REPOSITORY / line for line in found.stdout.splitlines()]
    return [path.read_text(encoding="utf-8") for path in paths if path.exists()]


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_named_test_exists(file: str, name: str) -> None:
    texts = sources(file)
    assert texts
    assert any(
        re.search(rf"^\s*(?:class|(?:async )?def) {name}", text, re.MULTILINE) for text in texts
    )


@pytest.mark.parametrize("name", sorted(set(CLASSES)))
def test_a_named_class_exists(name: str) -> None:
    files = {file for file, _ in NAMED}
    assert any(f"class {name}" in text for file in files for text in sources(file))


def test_each_component_has_a_table_with_a_test_in_each_row() -> None:
    rows = re.findall(r"^\| (?!Threat|---|Version|the |older)(.*) \|$", TEXT, re.MULTILINE)
    assert len(rows) > 25
    assert all(row.split(" | ")[2] for row in rows)
