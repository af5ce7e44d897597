"""Scripts keep LF line endings in every clone, also with core.autocrlf."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT_NAMES = ("Makefile", "Dockerfile", "Dockerfile.prod")
SCRIPT_SUFFIXES = (".sh", ".envsh")


def git(*arguments: str, folder: Path = ROOT) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def is_script(path: Path) -> bool:
    named = path.name in SCRIPT_NAMES or path.suffix in SCRIPT_SUFFIXES
    return path.is_file() and (named or path.read_bytes().startswith(b"#!"))


TRACKED = git("ls-files", "-z").rstrip("\0").split("\0")
SCRIPTS = [file for file in TRACKED if is_script(ROOT / file)]


def test_every_kind_of_script_is_found() -> None:
    kinds = {Path(file).name if "." not in file else Path(file).suffix for file in SCRIPTS}
    assert {"Makefile", "Dockerfile", ".prod", ".sh", ".envsh", "deploy"} <= kinds


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_stored_and_checked_out_with_lf(script: str) -> None:
    stored, _, attributes = git("ls-files", "--eol", "--", script).split("\t")[0].split(maxsplit=2)
    assert stored == "i/lf"
    assert attributes.strip() == "attr/text=auto eol=lf"


def test_a_clone_with_autocrlf_has_scripts_with_lf(tmp_path: Path) -> None:
    # Given a repository with the attributes and a script
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / ".gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    (origin / "start.sh").write_bytes(b"#!/bin/sh\necho started\n")
    git("init", "--quiet", folder=origin)
    git("add", "--all", folder=origin)
    author = ("-c", "user.name=A", "-c", "user.email=a@shop.example")
    git(*author, "commit", "--quiet", "--message", "Add a script", folder=origin)
    # When it is cloned as on Windows
    git("clone", "--quiet", "--config", "core.autocrlf=true", "origin", "clone", folder=tmp_path)
    # Then
    assert (tmp_path / "clone" / "start.sh").read_bytes() == b"#!/bin/sh\necho started\n"
