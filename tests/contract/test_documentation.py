"""The decision records have one form, and the documentation names only files that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RECORDS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
RECORD = re.compile(
    r"# (?P<number>\d{4})\. (?P<title>\S.*)\n"
    r"\n- Status: (?:proposed|accepted|superseded by \[\d{4}\]\([\w.-]+\.md\))\n"
    r"- Date: \d{4}-\d{2}-\d{2}\n"
    r"\n## Context\n\n.+?"
    r"(?:\n## Options\n\n.+?)?"
    r"\n## Decision\n\n.+?"
    r"\n## Consequences\n\n.+",
    re.DOTALL,
)
LINK = re.compile(r"\]\((?!https?:|#)([^)\s]+)\)")
NAMED_FILE = re.compile(
    r"`((?:docs|infrastructure|tests|bench|nginx_proxy|frontend|shopkit|[a-z]+-ms)/[\w./-]+)`"
)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def number_and_title(record: Path) -> tuple[str, str]:
    first_line = record.read_text(encoding="utf-8").partition("\n")[0]
    number, _, title = first_line.removeprefix("# ").partition(". ")
    return number, title


@pytest.mark.parametrize("record", RECORDS, ids=name)
def test_a_decision_record_has_the_form_of_the_template(record: Path) -> None:
    match = RECORD.fullmatch(record.read_text(encoding="utf-8"))
    assert match
    assert record.name.startswith(f"{match['number']}-")
    assert re.findall(r"^## (.*)", match.string, re.MULTILINE) in (
        ["Context", "Decision", "Consequences"],
        ["Context", "Options", "Decision", "Consequences"],
    )


def test_the_index_lists_every_decision_record_in_order_with_its_title() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\d{4})\]\(([\w.-]+)\) \| (.+) \|$", index, re.MULTILINE)
    expected = [
        (number, record.name, title)
        for record in RECORDS
        for number, title in [number_and_title(record)]
    ]
    assert rows == expected


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=name)
def test_a_page_of_the_site_links_only_to_files_of_the_site(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    outside = [
        target
        for target in targets
        if not (page.parent / target.partition("#")[0]).resolve().is_relative_to(DOCS)
    ]
    assert outside == []


def named_files(page: Path) -> Iterator[str]:
    yield from NAMED_FILE.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_names_only_files_that_exist(page: Path) -> None:
    missing = [file for file in named_files(page) if not (ROOT / file).exists()]
    assert missing == []
