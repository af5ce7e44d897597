"""Refuses the phrases of phrases.txt in every tracked text file that people write."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PHRASES = Path(__file__).with_name("phrases.txt")
EXCLUDED = (
    ":(exclude)*LICENSE*",
    ":(exclude)infrastructure/lint/phrases.txt",
    ":(exclude,attr:linguist-generated)",
)
BETWEEN_WORDS = r"[\s#*/]+"
"""Also matches a line break inside a comment."""


@dataclass(frozen=True)
class Phrase:
    """A phrase to refuse, and what to write instead."""

    pattern: re.Pattern[str]
    replacement: str


@dataclass(frozen=True)
class Finding:
    """A refused phrase in a file."""

    file: str
    line: int
    text: str
    replacement: str

    def __str__(self) -> str:
        """Return the finding in the form of a compiler message."""
        return f'{self.file}:{self.line}: "{self.text}" -> {self.replacement}'


def main() -> int:
    """Print every finding, and return 1 if there is one."""
    phrases = read_phrases(PHRASES.read_text(encoding="utf-8"))
    findings = [
        finding
        for file in written_files()
        if (text := read_text(ROOT / file)) is not None
        for finding in find(phrases, file, text)
    ]
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} phrases to rewrite (infrastructure/lint/phrases.txt)")
    return 1 if findings else 0


def read_phrases(text: str) -> list[Phrase]:
    """Return the phrases of the data file."""
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return [Phrase(_compile(expression), replacement) for expression, replacement in rows]


def _compile(expression: str) -> re.Pattern[str]:
    spaced = expression.replace(" ", BETWEEN_WORDS)
    return re.compile(rf"(?<!\w)(?:{spaced})(?!\w)", re.IGNORECASE)


def written_files() -> list[str]:
    """Return the tracked files, except licences and generated files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", ".", *EXCLUDED], cwd=ROOT, check=True, capture_output=True
    )
    return [name for name in listed.stdout.decode().split("\0") if name]


def read_text(path: Path) -> str | None:
    """Return the text of a file, or None if it is binary or was deleted."""
    if not path.is_file():
        return None
    content = path.read_bytes()
    return None if b"\0" in content else content.decode("utf-8")


def find(phrases: list[Phrase], file: str, text: str) -> Iterator[Finding]:
    """Yield the findings in the text of a file, from top to bottom."""
    matches = [
        (match.start(), match[0], phrase.replacement)
        for phrase in phrases
        for match in phrase.pattern.finditer(text)
    ]
    for start, matched, replacement in sorted(matches):
        line = text.count("\n", 0, start) + 1
        yield Finding(file, line, " ".join(matched.split()), replacement)


if __name__ == "__main__":
    sys.exit(main())
