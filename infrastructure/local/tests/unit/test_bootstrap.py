import importlib.util
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

from stack.settings import REPOSITORY


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = REPOSITORY / "infrastructure" / "local" / "bootstrap.py"
    specification = importlib.util.spec_from_file_location("bootstrap", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "LOCAL", tmp_path)
    return module


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


class TestStep:
    def test_is_done_once_and_again_when_an_input_changes(
        self, bootstrap: ModuleType, tmp_path: Path
    ) -> None:
        # Given
        lock, done = tmp_path / "lock", []
        lock.write_text("a==1")

        def step() -> None:
            bootstrap.step("a", tmp_path / "venv", [lock], lambda: done.append(lock.read_text()))

        # When
        step()
        step()
        lock.write_text("a==2")
        step()

        # Then
        assert done == ["a==1", "a==2"]

    def test_a_failed_one_is_done_again(self, bootstrap: ModuleType, tmp_path: Path) -> None:
        def fail() -> None:
            raise bootstrap.BootstrapError("no network")

        for _ in range(2):
            with pytest.raises(bootstrap.BootstrapError, match="no network"):
                bootstrap.step("a", tmp_path / "venv", [], fail)


class TestCheckSpace:
    def test_names_what_is_left(
        self, bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = namedtuple("usage", "free")  # noqa: PYI024 - shutil answers with one like it.
        monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda _: usage(500_000_000))

        with pytest.raises(bootstrap.BootstrapError, match=r"has 0\.5 GB left; 2 GB are"):
            bootstrap.check_space()


class TestCheckMongod:
    def test_a_missing_library_is_named_with_the_package_that_has_it(
        self, bootstrap: ModuleType, tmp_path: Path
    ) -> None:
        words = "error while loading shared libraries: libcurl.so.4: cannot open"
        mongod = program(tmp_path / "mongod", f"echo '{words}' >&2; exit 127")

        with pytest.raises(bootstrap.BootstrapError, match=r"libcurl\.so\.4.*\n.*\n?.*libcurl4"):
            bootstrap.check_mongod(mongod)

    def test_one_that_starts(self, bootstrap: ModuleType, tmp_path: Path) -> None:
        bootstrap.check_mongod(program(tmp_path / "mongod", "echo db version v6.0.5"))


class TestMakeVenv:
    def test_a_python_without_its_venv_module(
        self, bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        python = program(tmp_path / "python3", "echo ensurepip is not available; exit 1")
        monkeypatch.setattr(sys, "executable", str(python))

        with pytest.raises(bootstrap.BootstrapError, match=r"apt install python3\.\d+-venv"):
            bootstrap.make_venv()


class TestInstallUv:
    def test_installs_exactly_what_the_lock_names(
        self, bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        locks: list[str] = []
        monkeypatch.setattr(bootstrap, "run", lambda run: locks.append(Path(run[-1]).read_text()))

        # When
        bootstrap.install_uv()

        # Then
        lines = locks[0].splitlines()
        assert lines[0].startswith("uv==")
        assert len(lines) > 1
        assert all(line.lstrip().startswith("--hash=sha256:") for line in lines[1:])


class TestUseAnotherPython:
    def test_says_which_are_needed_where_there_is_none(
        self,
        bootstrap: ModuleType,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(bootstrap.shutil, "which", lambda _: None)

        assert bootstrap.use_another_python() == 1
        assert "Python 3.11, 3.12 or 3.13 is needed" in capsys.readouterr().err
