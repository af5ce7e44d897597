"""Committed files work on every machine: they name no registry and no folder of one machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements*.txt", "package-lock.json", "*.lock.toml")
HOME = re.compile(rb"(?<![\w.])/(?:home|Users|root|work)/[\w.-]+/")
ADDRESS = re.compile(rb"https?://[^\s\"'#]+")
HASHED = re.compile(r"^\S+==\S+.*\\\n(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE)
PINNED = re.compile(r"^[A-Za-z0-9][^\s=]*==", re.MULTILINE)


def committed(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, capture_output=True
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_no_file_names_a_folder_of_one_machine() -> None:
    named_folders = {
        str(file.relative_to(ROOT)): match[0]
        for file in committed()
        # Paths in a Dockerfile are paths in the image.
        if not file.name.startswith("Dockerfile")
        if (match := HOME.search(file.read_bytes()))
    }
    assert named_folders == {}


@pytest.mark.parametrize("lock", committed(*(f":(glob)**/{name}" for name in LOCKS)), ids=str)
def test_a_lock_names_no_registry(lock: Path) -> None:
    content = lock.read_bytes()
    assert b'"resolved"' not in content
    if lock.name.startswith("requirements"):
        assert ADDRESS.findall(content) == []


@pytest.mark.parametrize("lock", committed(":(glob)**/requirements*.txt"), ids=str)
def test_a_lock_has_a_hash_for_every_python_package(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert len(HASHED.findall(text)) == len(PINNED.findall(text)) > 0
